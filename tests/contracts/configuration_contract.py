"""The configuration and saved mappings: what is recorded holds from then on, and changes nothing that was launched."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from attrs import evolve

from enrichcore.application import StaleConfiguration
from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from enrichcore.ingest import BadMapping
from enrichcore.registry import Secret
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import ACME, APOLLO, APOLLO_PERSON, CRM, World, person, tuned


class SavedMappingsContract(WorldContract):
    """Mappings of columns that are kept per client and workstream."""

    FILE = b"Who,Mail,Note\nAnn Fenn,ann@quillhaven.example,x\n"

    def test_a_saved_mapping_reads_the_next_file(self, world):
        """Whatever case its headers have; what is given goes before, and it can be left aside."""
        given = {"Who": "person_full_name", "Mail": "ignore"}
        first = world.app.upload(self.FILE, client=ACME, workstream=CRM, overrides=given, save=True)
        again = world.app.upload(self.FILE.replace(b"Who", b"WHO"), client=ACME, workstream=CRM)
        assert (first.mapped, again.mapped) == ({"Who": "person_full_name"}, {"WHO": "person_full_name"})
        assert again.saved == ("Who", "Mail")
        over = world.app.upload(self.FILE, client=ACME, workstream=CRM, overrides={"Note": "person_full_name"})
        assert over.mapped == {"Note": "person_full_name"}
        aside = world.app.upload(self.FILE, client=ACME, workstream=CRM, use_saved=False, dry_run=True)
        assert aside.mapped == {"Mail": "person_email"}

    def test_it_holds_for_its_client_and_workstream_only(self, world):
        """And a column that a file has not is passed over."""
        world.app.save_mapping(ACME, CRM, {"Who": "person_full_name", "Elsewhere": "person_title"})
        assert "Who" not in world.app.upload(self.FILE, client=ACME, workstream=APOLLO, dry_run=True).mapped
        assert (
            world.app.upload(self.FILE, client=ACME, workstream=CRM, dry_run=True).mapped["Who"] == "person_full_name"
        )

    def test_it_is_changed_and_forgotten(self, world):
        """A column is the same however it is written; what changes nothing is not recorded."""
        assert world.app.save_mapping(ACME, CRM, {"Who": "person_full_name"})
        assert not world.app.save_mapping(ACME, CRM, {"Who": "person_full_name"})
        assert world.app.save_mapping(ACME, CRM, {"who": "person_title", "Note": "ignore"})
        assert world.app.saved_mapping(ACME, CRM) == {"who": "person_title", "Note": "ignore"}
        assert world.app.forget_mapping(ACME, CRM, ["WHO", "never saved"])
        assert not world.app.forget_mapping(ACME, CRM, ["WHO"])
        assert world.app.saved_mapping(ACME, CRM) == {"Note": "ignore"}
        assert len(world.events(e.ColumnMappingSaved)) == 3

    def test_a_field_that_does_not_exist_is_not_saved(self, world):
        """Neither by itself nor with a file."""
        with pytest.raises(BadMapping):
            world.app.save_mapping(ACME, CRM, {"Who": "person_nmae"})
        with pytest.raises(BadMapping):
            world.app.upload(self.FILE, client=ACME, workstream=CRM, overrides={"Nope": "person_email"}, save=True)
        assert world.app.saved_mapping(ACME, CRM) == {}


class ConfigurationContract(WorldContract):
    """The configuration is recorded when it changes, and a launch pins its part of it."""

    def test_a_changed_configuration_is_recorded_once(self, world):
        """Whoever sees it first."""
        assert world.app.apply(by="ann")
        assert not world.another().apply(by="bob")
        assert world.another(tuned(world.registry, attempts=2)).apply(by="bob")
        assert len(world.events(e.ConfigurationApplied)) == 2

    def test_a_superseded_configuration_is_refused_until_meant(self, world):
        """So hosts with different files cannot flip-flop."""
        newer = world.another(tuned(world.registry, attempts=2))
        world.app.apply(by="ann")
        newer.apply(by="bob")
        with pytest.raises(StaleConfiguration):
            world.app.apply(by="ann")
        assert world.app.apply(by="ann", on_purpose=True)
        with pytest.raises(StaleConfiguration):
            newer.apply(by="bob")

    def test_two_hosts_that_start_at_once_record_one_change(self, store):
        """Neither of them fails."""
        world, together, told = World(store), Barrier(4), []

        def run():
            app = world.another()
            together.wait()
            try:
                told.append(app.apply(by="a host"))
            except Exception as error:  # noqa: BLE001 - a thread's failure is the test's
                told.append(error)

        threads = [Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told, key=str) == [False, False, False, True]

    def test_secrets_and_addresses_are_not_recorded(self, world):
        """Only their hashes are."""
        world.app.apply(by="ann")
        (event,) = world.events(e.ConfigurationApplied)
        assert "clay.example" not in str(event.snapshot)
        assert "secret of" not in str(event.snapshot)

    def test_a_day_passes_once(self, world):
        """Whichever runner sees it first."""
        today = date(2026, 3, 2)
        assert [world.app.pass_day(today), world.another().pass_day(today)] == [True, False]
        assert world.app.pass_day(today + timedelta(days=1))
        assert not world.app.pass_day(today)

    def test_a_launched_batch_keeps_its_pipeline(self, world):
        """A runner with a newer configuration sends, waits and goes on as the launch pinned it."""
        batch = world.launch(person("ann"))
        world.app = world.another(tuned(world.registry, answer_within=timedelta(minutes=1), attempts=9))
        sent = world.send()
        world.clock.tick(hours=5)
        world.app.wake()
        assert world.run_of(sent[0]).state is State.AWAITING_ANSWER
        world.clock.tick(hours=2)
        world.app.wake()
        assert world.run_of(sent[0]).state is State.TIMED_OUT
        world.play()
        assert world.status(batch) == "finished"

    def test_a_step_that_the_configuration_lost_is_still_answered(self, world):
        """The item's pipeline has it, whatever today's configuration has."""
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.send()
        world.app = world.another(shortened(world.registry, APOLLO_PERSON))
        world.answer(send)
        world.app.turn_batches()
        assert (world.run_of(send).state, world.status(batch)) == (State.COMPLETED, "finished")

    def test_a_pinned_local_step_still_runs_when_the_configuration_lost_it(self, store):
        """Its function is named by the pipeline that was pinned."""
        world = World(store, local_last(World(store).registry))
        batch = world.launch(person("ann"))
        world.app = world.another(shortened(world.registry, "split_raw_apollo_scrape", "normalize_company_name"))
        world.play()
        assert (world.status(batch), world.item(batch).gaps) == ("finished", ())

    def test_a_new_launch_uses_the_new_pipeline(self, world):
        """And the old batch still its own."""
        world.launch(person("ann"))
        world.app = world.another(shortened(world.registry, APOLLO_PERSON))
        batch = world.launch(person("bob", company="caldora"))
        assert APOLLO_PERSON not in world.item(batch).workflows

    def test_the_crm_pipeline_is_untouched_by_changes_of_the_other(self, world):
        """Everything is looked up by workstream and workflow."""
        world.app = world.another(shortened(world.registry, APOLLO_PERSON))
        batch = world.launch(person("ann"), workstream=CRM)
        world.play()
        assert world.status(batch) == "finished"

    def test_a_secret_that_is_taken_away_while_rows_are_out_is_told_of(self, world, caplog):
        """Their answers are paid for, and would be refused; one that is kept beside a new one, or of nobody who waits, is no matter."""
        acme = world.registry.client(ACME)
        other = evolve(acme, callback_secrets=(Secret("another"),))
        kept = evolve(acme, callback_secrets=(Secret("another"), *acme.callback_secrets))
        rotated, gone, beside = (
            world.another(evolve(world.registry, clients=clients)) for clients in ({ACME: other}, {}, {ACME: kept})
        )
        world.app.apply(by="ann")
        assert rotated.answers_shut_out() == []
        world.launch(person("ann"), person("bob", "caldora"))
        world.claim()
        assert beside.answers_shut_out() == []
        assert [str(fault).partition(" such")[0] for fault in gone.answers_shut_out()] == [
            f"clients.{ACME}: has no longer a secret with which 2 steps may be answered:"
        ]
        assert [fault.key for fault in rotated.answers_shut_out()] == [f"clients.{ACME}.callback_secret"]
        assert not caplog.records
        rotated.apply(by="ann")
        assert "keep that secret, as one of a list, until they are answered" in caplog.text
        assert rotated.answers_shut_out() == []


def shortened(registry, *workflows):
    """The configuration without some workflows of the Apollo workstream."""
    return _with_steps(registry, lambda steps: [step for step in steps if step.workflow not in workflows])


def local_last(registry):
    """The configuration with the Apollo workstream's local steps at its end."""
    return _with_steps(registry, lambda steps: sorted(steps, key=lambda step: step.kind is Kind.LOCAL))


def _with_steps(registry, change):
    stream = registry.workstreams[APOLLO]
    changed = evolve(stream, pipeline=evolve(stream.pipeline, steps=change(stream.pipeline.steps)))
    return evolve(registry, workstreams={**registry.workstreams, APOLLO: changed})
