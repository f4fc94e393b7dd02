"""Local steps whose function a process has not loaded: their rows wait, with a reason, for a process that has it."""

import pytest
from attrs import evolve

from enrichcore.application.explaining import explain
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.ids import lane_id
from enrichcore.domain.life_cycle import State
from enrichcore.registry import load_functions
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.stored_rows import LONG_AGO, NOW, a_batch, a_run, a_step, put
from tests.contracts.world import ACME, APOLLO, World, person

FIRST, SECOND = "normalize_company_name", "split_raw_apollo_scrape"


class LocalStepsContract(WorldContract):
    """One process was started before the function of the second step was written; another after."""

    @pytest.fixture
    def world(self, store):
        """Launched by the process that lacks it."""
        return World(store)

    @pytest.fixture(autouse=True)
    def agrees(self, store):
        """Replaying the log gives the rows that were lived."""
        yield
        assert store.inline_rows() == inline_rows(store.log(0, 100_000))

    def lacks(self, world, *workflows):
        """A process without the functions of these steps."""
        app, gone = world.another(), {self.function(world, workflow) for workflow in workflows}
        known = {name: function for name, function in load_functions(world.registry).items() if name not in gone}
        app.core.functions = _Lacking(known, gone=gone)
        return app

    def function(self, world, workflow):
        """What the step calls."""
        return world.registry.workflow(APOLLO, workflow).function

    def test_a_row_waits_for_a_function_that_is_not_loaded(self, world):
        """It does not fail, and whoever asks hears what it waits for and what ends that."""
        world.app = self.lacks(world, SECOND)
        batch = world.launch(person("ann"))
        assert world.item(batch).run(SECOND).state is State.READY
        assert world.app.call_functions() == 0
        said = explain(world.store, world.registry, world.item(batch).item_id, now=world.clock.now)
        assert f"waits for its local function {self.function(world, SECOND)}" in said
        assert "restart `enrichcore run`, once `enrichcore check` says nothing of the function" in said

    def test_another_process_that_has_it_calls_it(self, world):
        """And the row goes on to its next step, once."""
        world.app = self.lacks(world, FIRST)
        batch = world.launch(person("ann"), person("bob"))
        app = world.another()
        assert (app.call_functions(), app.call_functions()) == (2, 0)
        assert [world.item(batch, number).run(SECOND).state for number in (0, 1)] == [State.COMPLETED] * 2
        assert {send.workflow for send in world.claim()} == {"enrich_company_via_waterfall_in_clay"}

    def test_a_step_that_is_retried_waits_too(self, world):
        """Though the item has gone further since."""
        batch = world.launch(person("ann"))
        self.lacks(world, FIRST).retry(batch.batch_id, by="ann", step=FIRST, state=State.COMPLETED)
        assert world.item(batch).run(FIRST).state is State.READY
        assert world.another().call_functions() == 1
        assert world.item(batch).run(FIRST).state is State.COMPLETED

    def test_nothing_of_a_paused_batch_goes_on(self, world):
        """Before it is resumed."""
        world.app = self.lacks(world, SECOND)
        batch = world.launch(person("ann"))
        world.app.pause(batch.batch_id, by="ann")
        app = world.another()
        assert app.call_functions() == 0
        world.app.resume(batch.batch_id, by="ann")
        assert app.call_functions() == 1

    def test_a_row_that_waits_for_a_function_is_not_posted(self, world):
        """Though its workflow is a webhook's by now."""
        world.app = self.lacks(world, SECOND)
        batch = world.launch(person("ann"))
        world.app = self.sends(world, SECOND)
        assert world.claim() == []
        assert world.item(batch).run(SECOND).state is State.READY

    def test_rows_that_wait_for_a_function_keep_no_row_of_a_later_batch_from_its_webhook(self, world):
        """As many as a claim takes, and they wait for the function all the same: in a process that has it they go on."""
        world.app = self.lacks(world, SECOND)
        old = world.launch(*[person(f"p{number}", f"old{number}") for number in range(4)])
        world.app = self.sends(world, SECOND)
        world.clock.tick(seconds=5)
        later = world.launch(person("ann", "newco"))
        assert [send.run_id for send in world.claim(4)] == [world.item(later).item_id]
        assert (world.app.call_functions(), world.app.call_functions()) == (4, 0)
        assert world.item(old).run(SECOND).state is State.COMPLETED

    def sends(self, world, workflow):
        """A process that goes by a configuration that has a webhook for this step, which called a function."""
        stream = world.registry.workstreams[APOLLO]
        sent = stream.pipeline.step("enrich_person_via_waterfall_in_clay")
        steps = [
            evolve(sent, workflow=workflow) if step.workflow == workflow else step for step in stream.pipeline.steps
        ]
        lanes = {**stream.lanes, workflow: stream.lanes[sent.workflow]}
        stream = evolve(stream, pipeline=evolve(stream.pipeline, steps=steps), lanes=lanes)
        acme = world.registry.client(ACME)
        webhooks = {**acme.webhooks, (APOLLO, workflow): acme.webhooks[APOLLO, sent.workflow]}
        clients = {**world.registry.clients, ACME: evolve(acme, webhooks=webhooks)}
        return world.another(
            evolve(world.registry, workstreams={**world.registry.workstreams, APOLLO: stream}, clients=clients)
        )

    @pytest.mark.parametrize("fault", [RuntimeError("early"), SystemExit(3), SyntaxError("never closed")])
    def test_a_module_that_breaks_keeps_no_decision_from_its_batch(self, world, monkeypatch, fault):
        """Its rows wait, and those of other steps go on."""
        world.app = self.lacks(world, SECOND)

        def breaks(_):
            raise fault

        monkeypatch.setattr("enrichcore.application.core.resolve_name", breaks)
        batch = world.launch(person("ann"))
        assert world.item(batch).run(SECOND).state is State.READY

    def test_a_module_that_breaks_is_not_imported_again_in_each_decision(self, world, monkeypatch):
        """Its code would run as often as anything is decided; it is tried again every half minute."""
        world.launch(person("ann"), person("bob", "mooncroft"))
        tried = []

        def breaks(name):
            tried.append(name)
            raise RuntimeError("no model server")

        monkeypatch.setattr("enrichcore.application.core.resolve_name", breaks)
        world.app = world.another()
        del world.app.core.functions[self.function(world, FIRST)]
        world.play()
        assert tried == [self.function(world, FIRST)]
        world.clock.tick(seconds=31)
        world.launch(person("eve"))
        assert tried == [self.function(world, FIRST)] * 2

    def test_what_is_missing_is_logged_once(self, world, caplog):
        """However often somebody looks."""
        world.app = self.lacks(world, SECOND)
        world.launch(person("ann"))
        for _ in range(3):
            world.app.call_functions()
        (record,) = [one for one in caplog.records if self.function(world, SECOND) in one.getMessage()]
        assert "restart" in record.getMessage()


class RestingContract:
    """Rows that are ready where nothing is sent."""

    def test_ready_rows_of_running_batches_are_found_by_lane_and_batch(self, store):
        """But those of lanes that send, of companies, and of batches that do not run."""
        runs_now, paused = a_batch(), a_batch(BatchStatus.PAUSED)
        ours, theirs = (lane_id(runs_now.client_id, "apollo_scrape", name) for name in ("local", "sent"))
        owners = [a_run(runs_now) for _ in range(4)] + [a_run(paused), a_run(kind="company")]
        batches = [runs_now, runs_now, runs_now, runs_now, paused, None]
        lanes = [ours, ours, ours, theirs, ours, ours]
        states = ["ready", "ready", "completed", "ready", "ready", "ready"]
        steps = [
            a_step(owner, state, batch=batch, lane_id=lane, wake_at=NOW if number else LONG_AGO)
            for number, (owner, state, batch, lane) in enumerate(zip(owners, states, batches, lanes, strict=True))
        ]
        put(store, batches=[runs_now, paused], runs=owners, steps=steps)
        assert store.resting([theirs]) == [(ours, runs_now.batch_id)]
        assert sorted(store.resting([])) == sorted([(ours, runs_now.batch_id), (theirs, runs_now.batch_id)])
        assert store.resting([ours, theirs]) == []
        assert store.ready_in(ours, runs_now.batch_id, 10) == [owners[0].run_id, owners[1].run_id]
        assert store.ready_in(ours, runs_now.batch_id, 1) == [owners[0].run_id]


class _Lacking(dict):
    """Functions of a process whose modules were loaded before some were written, however often it looks for these."""

    def __init__(self, known, *, gone):
        super().__init__(known)
        self._gone = gone

    def __setitem__(self, name, function):
        if name not in self._gone:
            super().__setitem__(name, function)
