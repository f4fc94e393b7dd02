"""What people decide about batches and lanes: nothing is lost by it, and nothing is paid for twice."""

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore.application import AckStatus, CannotLaunch, UnknownId, UploadUnderWay
from enrichcore.application import launching as module
from enrichcore.application.estimating import estimate
from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import OnFailure
from enrichcore.domain.step_run import Outcome
from enrichcore.store import StoreUnavailable
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.lanes_contract import LanesContract
from tests.contracts.world import (
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    CRM_COMPANY,
    CRM_PERSON,
    EMAIL,
    World,
    configuration,
    person,
    tuned,
)

NAMES = ("ann", "bob", "eve", "joe", "kim")


class LaunchContract(WorldContract):
    """From an upload to a batch whose items all exist."""

    @pytest.mark.parametrize(("status", "sent"), [("invalid", 1), ("verified", 0)])
    def test_an_address_that_no_mail_reaches_spares_no_email_step(self, world, status, sent):
        """Nor does the estimate count it as known."""
        upload = world.upload(person("ann", status=status))
        told = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        item = world.item(world.app.launch(upload.upload_id))
        assert [step.to_send for step in told.steps if step.workflow == EMAIL] == [sent]
        assert ("person_email" not in item.imported) is bool(sent)

    def test_each_distinct_person_gives_one_item(self, world):
        """A person who is in the file twice is sent once."""
        batch = world.launch(person("ann"), person("bob"), person("ann", title="Head of Buying"))
        assert (batch.item_count, len(world.store.items_of(batch.batch_id, None, 10))) == (2, 2)

    def test_what_cannot_be_launched_is_refused_with_words(self, world):
        """An unknown upload, one that names no one, and one whose webhooks are missing."""
        with pytest.raises(UnknownId):
            world.app.launch(world.item(world.launch(person("ann"))).batch_id)
        with pytest.raises(CannotLaunch, match="no one"):
            world.app.launch(world.upload().upload_id)
        world.app = world.another(without_webhook(world.registry, APOLLO_PERSON))
        with pytest.raises(CannotLaunch, match=f"webhooks.{APOLLO}.{APOLLO_PERSON}"):
            world.launch(person("bob"))

    def test_an_upload_under_way_is_launched_again_only_on_purpose(self, world):
        """Nobody pays twice for people by starting a command twice; once the batch is over, it may be launched."""
        upload = world.upload(person("ann"))
        first = world.app.launch(upload.upload_id, again=False)
        with pytest.raises(UploadUnderWay, match=str(first.batch_id)):
            world.app.launch(upload.upload_id, again=False)
        assert world.app.launch(upload.upload_id).batch_id != first.batch_id
        world.play()
        assert world.app.launch(upload.upload_id, again=False).batch_id != first.batch_id

    def test_an_interrupted_launch_is_filled_later(self, world, monkeypatch):
        """The items that exist stay as they are; the others are made; none is made twice."""
        monkeypatch.setattr(module, "ITEMS_PER_COMMIT", 2)
        upload = world.upload(*(person(name) for name in NAMES))

        def lose_the_database(done):
            raise StoreUnavailable(f"after {done} items")

        with pytest.raises(StoreUnavailable):
            world.app.launch(upload.upload_id, progress=lose_the_database)
        ((batch, _),) = world.store.batches()
        first = world.store.items_of(batch.batch_id, None, 10)
        assert (len(first), batch.filled) == (2, False)
        (send,) = world.send()
        assert world.another().fill(batch.batch_id).filled
        assert set(first) < set(world.store.items_of(batch.batch_id, None, 10))
        world.answer(send)
        sent = world.play()
        assert (len(sent), world.status(batch)) == (5, "finished")

    def test_filling_a_full_batch_changes_nothing(self, world):
        """Whoever fills, and however often."""
        batch = world.launch(person("ann"))
        before = world.store.last_position()
        world.app.fill(batch.batch_id)
        assert world.store.last_position() == before

    def test_a_cancelled_launch_is_not_filled(self, world, monkeypatch):
        """A batch that was stopped halfway gets no items that nothing would ever move."""
        monkeypatch.setattr(module, "ITEMS_PER_COMMIT", 2)
        upload = world.upload(*(person(name) for name in NAMES))

        def cancel(done):
            ((batch, _),) = world.store.batches()
            if batch.status != "cancelled":
                world.app.cancel(batch.batch_id, by="ann")

        batch = world.app.launch(upload.upload_id, progress=cancel)
        assert world.status(batch) == "cancelled"
        assert world.store.active_items(batch.batch_id) == []
        assert world.play() == []


class LocalStepsContract(WorldContract):
    """Local functions are a user's own code."""

    @pytest.mark.parametrize("made", [{"company_revenue": 2**64}, {1: "x"}, {"company_logo": b"x"}, SystemExit(3)])
    def test_a_bad_result_fails_its_own_row_and_no_other(self, store, made):
        """The batch is launched, and goes on past it."""
        world = World(store, with_first_step(configuration(), makes_for_ann))
        MADE["ann"] = made
        batch = world.launch(person("ann"), person("bob"))
        world.play()
        counts = store.step_counts(batch.batch_id)
        first = world.registry.workstreams[APOLLO].pipeline.steps[0].workflow
        assert (counts[first, State.FAILED], counts[first, State.COMPLETED]) == (1, 1)
        assert (world.status(batch), store.inline_rows()) == ("finished", inline_rows(store.log(0, 1000)))

    def test_what_a_function_gives_is_the_same_when_it_is_replayed(self, store):
        """A date is a text in both lives, and what it changes in place is changed in neither."""
        world = World(store, with_first_step(configuration(), makes_for_ann))
        MADE["ann"] = {"company_seen": date(2026, 3, 2), "company_technologies": ("Zoom",)}
        world.launch(person("ann"))
        world.play()
        assert store.inline_rows() == inline_rows(store.log(0, 1000))


#: What the local function gives for each person, by first name.
MADE = {}


def makes_for_ann(facts):
    """A local function that changes what it was given, and gives what a test says."""
    facts.setdefault("company_technologies", []).append("Apache")
    made = MADE.get(facts["person_first_name"].lower(), {})
    if isinstance(made, BaseException):
        raise made
    return made


def with_first_step(registry, function):
    """The Apollo pipeline with another function in its first step."""
    stream = registry.workstreams[APOLLO]
    first, *others = stream.pipeline.steps
    first = evolve(first, function=f"{__name__}:{function.__name__}")
    changed = evolve(stream, pipeline=evolve(stream.pipeline, steps=[first, *others]))
    return evolve(registry, workstreams={**registry.workstreams, APOLLO: changed})


class BatchControlContract(WorldContract):
    """Pause, resume and cancel."""

    def test_a_pause_holds_back_and_a_resume_goes_on(self, world):
        """Answers are taken meanwhile; nothing leaves."""
        batch = world.launch(person("ann"))
        (company,) = world.send()
        assert world.app.pause(batch.batch_id, by="ann", why="budget")
        assert not world.app.pause(batch.batch_id, by="ann")
        assert world.answer(company).status is AckStatus.ACCEPTED
        assert world.send() == []
        assert world.app.resume(batch.batch_id, by="ann")
        assert [send.workflow for send in world.play()] == [APOLLO_PERSON]
        assert world.status(batch) == "finished"

    def test_a_paused_batch_times_out_and_finishes_without_sending(self, world):
        """Deadlines run on, and the last step may end while the batch is paused."""
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        world.send()
        world.app.pause(batch.batch_id, by="ann")
        world.clock.tick(hours=7)
        world.app.wake()
        world.app.turn_batches()
        assert world.status(batch) == "finished"
        assert world.store.item_counts(batch.batch_id)["gaps"] == 1

    def test_an_answer_after_a_cancel_is_kept_and_changes_nothing(self, world):
        """It was paid for, so it is in the log; the item stays cancelled."""
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.send()
        assert world.app.cancel(batch.batch_id, by="ann") == 1
        assert world.answer(send).status is AckStatus.KEPT
        assert (world.run_of(send).state, world.status(batch)) == (State.CANCELLED, "cancelled")
        assert [event.body for event in world.events(e.AnswerKept)] == [world.body(send)]
        assert world.play() == []

    def test_a_late_answer_resumes_an_item_that_its_failure_had_stopped(self, store):
        """Its batch is open again, and the next step is sent."""
        world = World(store, tuned(configuration(), on_failure=OnFailure.STOP))
        batch = world.launch(person("ann"))
        (send,) = world.send()
        world.clock.tick(hours=7)
        world.app.wake()
        world.app.turn_batches()
        assert (world.item(batch).status, world.status(batch)) == (ItemStatus.FAILED, "finished")
        world.answer(send)
        world.app.turn_batches()
        assert world.status(batch) == "running"
        assert [send.workflow for send in world.play()] == [APOLLO_PERSON]
        assert world.status(batch) == "finished"

    def test_no_answer_resumes_an_item_of_a_cancelled_batch(self, store):
        """Nothing would move it any more, so it stays as it ended, and the answer is kept."""
        world = World(store, tuned(configuration(), on_failure=OnFailure.STOP))
        batch = world.launch(person("ann"), person("bob", company="caldora"))
        (failing, _) = world.send()
        world.answer(failing, world.body(failing, result=None, error="no credits"))
        world.app.cancel(batch.batch_id, by="ann")
        world.answer(failing)
        world.app.turn_batches()
        assert world.store.active_items(batch.batch_id) == []
        assert world.status(batch) == "cancelled"

    def test_commands_name_batches_that_exist(self, world):
        """Anything else is refused by name."""
        nothing = world.launch(person("ann")).upload_id
        for command in (world.app.pause, world.app.resume, world.app.cancel, world.app.retry):
            with pytest.raises(UnknownId):
                command(nothing, by="ann")


class RetryContract(WorldContract):
    """Retrying, and deciding what is in doubt."""

    def finished_with(self, world, **answers):
        """A finished batch whose rows were answered as said, by name of the person; the others well."""
        batch = world.launch(*(person(name) for name in answers))
        world.play_to(APOLLO_PERSON)
        names = {
            str(world.item(batch, number).item_id): world.item(batch, number).imported for number in range(len(answers))
        }
        for send in world.send():
            error = answers[names[send.payload["item_id"]]["person_first_name"].lower()]
            world.answer(send, world.body(send, result=None, error=error) if error else None)
        world.app.turn_batches()
        assert world.status(batch) == "finished"
        return batch

    def test_what_failed_is_sent_again_and_only_that(self, world):
        """As a new generation with a key of its own; the batch is open until it is answered."""
        batch = self.finished_with(world, ann="no credits", bob="")
        assert world.app.retry(batch.batch_id, by="ann") == 1
        assert world.status(batch) == "running"
        (send,) = world.play()
        assert send.key not in {earlier.key for earlier in world.posted[:-1]}
        assert (world.status(batch), world.store.item_counts(batch.batch_id)["gaps"]) == ("finished", 0)

    def test_a_state_names_what_is_sent_again(self, world):
        """Completed data too, when it is asked for."""
        batch = self.finished_with(world, ann="no credits", bob="")
        assert world.app.retry(batch.batch_id, by="ann", state=State.TIMED_OUT) == 0
        assert world.app.retry(batch.batch_id, by="ann", state=State.COMPLETED, step=APOLLO_PERSON) == 1
        assert world.app.retry(batch.batch_id, by="ann", state=State.FAILED, step=EMAIL) == 0
        assert [send.workflow for send in world.play()] == [APOLLO_PERSON]

    @pytest.mark.parametrize("state", [None, State.COMPLETED, State.FAILED, State.TIMED_OUT])
    def test_what_a_retry_costs_is_told_before_it(self, store, state):
        """By the same choice; people of one company share its row, and nothing is recorded."""
        world = World(store, tuned(configuration(), lane={"credits_per_send": Decimal(3)}))
        batch = world.launch(*(person(name) for name in NAMES), person("zoe", "northwind"))
        for send in world.send():
            world.answer(send)
        for send in world.send():
            failed = send.payload["person_first_name"] in {"Ann", "Zoe"}
            world.answer(send, world.body(send, result=None, error="no credits") if failed else None)
        before = world.store.last_position()
        told = world.app.retry_costs(batch.batch_id, state=state)
        assert world.store.last_position() == before
        sent = len(world.posted)
        assert world.app.retry(batch.batch_id, by="ann", state=state) == sum(step.items for step in told)
        world.play()
        assert len(world.posted) - sent == sum(step.rows for step in told if not step.behind)
        assert sum(step.credits for step in told) == 3 * sum(step.rows for step in told)

    def test_rows_that_are_out_cost_a_retry_nothing_more(self, store):
        """Of a cancelled batch they are waited for again; only further attempts of theirs would be POSTs."""
        world = World(store, tuned(configuration(), attempts=2, lane={"credits_per_send": Decimal(2)}))
        batch = world.launch(person("ann"))
        (send,) = world.send()
        world.answer(send)
        assert len(world.send()) == 1
        world.app.cancel(batch.batch_id, by="ann")
        (told,) = (one for one in world.app.retry_costs(batch.batch_id, state=State.CANCELLED) if one.items)
        assert (told.rows, told.credits, told.posts_at_most, told.credits_at_most) == (0, 0, 1, 2)
        assert world.app.retry(batch.batch_id, by="ann", state=State.CANCELLED) == 1
        assert world.send() == []

    def test_what_a_retry_costs_at_most_is_what_its_attempts_allow(self, store):
        """None of its rows is answered, and each leaves as often as it may."""
        world = World(store, tuned(configuration(), attempts=3, lane={"credits_per_send": Decimal(2)}))
        batch = world.launch(person("ann"))
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="no credits"))
        for send in world.send():
            world.answer(send)
        (told,) = world.app.retry_costs(batch.batch_id)
        assert (told.rows, told.credits, told.posts_at_most, told.credits_at_most) == (1, 2, 3, 6)
        world.app.retry(batch.batch_id, by="ann")
        sent = []
        for _ in range(5):
            sent += world.send()
            world.clock.tick(days=1)
            world.app.wake()
        assert len(sent) == told.posts_at_most

    def test_a_retried_company_is_sent_once_for_all(self, world):
        """However many of its people are retried, and over however many commits."""
        batch = world.launch(*(person(name) for name in NAMES))
        (send,) = world.send()
        world.answer(send, world.body(send, result=None, error="no credits"))
        world.play()
        assert world.app.retry(batch.batch_id, by="ann") == len(NAMES)
        assert [send.workflow for send in world.play()] == [APOLLO_COMPANY]
        assert world.store.item_counts(batch.batch_id)["gaps"] == 0

    def test_cancelled_steps_run_again_when_that_is_asked_for(self, world):
        """Their batch runs again with them; without their state's name they stay."""
        batch = world.launch(person("ann"))
        world.app.cancel(batch.batch_id, by="ann")
        assert world.app.retry(batch.batch_id, by="ann") == 0
        assert world.app.retry(batch.batch_id, by="ann", state=State.CANCELLED) == 1
        assert world.status(batch) == "running"
        assert len(world.play()) == 2
        assert world.status(batch) == "finished"

    def test_a_retry_that_finds_nothing_leaves_the_batch_as_it_is(self, world):
        """Neither a finished nor a cancelled batch turns for nothing."""
        finished, cancelled = self.finished_with(world, ann=""), world.launch(person("bob"))
        world.app.cancel(cancelled.batch_id, by="ann")
        before = world.store.last_position()
        for batch in (finished, cancelled):
            assert world.app.retry(batch.batch_id, by="ann", state=State.TIMED_OUT) == 0
        assert world.store.last_position() == before

    def doubtful(self, world):
        """A batch of one person whose row may or may not have been delivered."""
        batch = world.launch(person("ann"))
        world.play_to(APOLLO_PERSON)
        (send,) = world.claim()
        world.report([send], Outcome.UNKNOWN, reason="the connection broke")
        assert world.store.item_counts(batch.batch_id)["in_doubt"] == 1
        assert world.store.doubt_counts(batch.batch_id) == {APOLLO_PERSON: 1}
        return batch, send

    def test_a_company_in_doubt_leaves_all_who_wait_for_it_in_doubt(self, world):
        """Each of them is counted, for a decision about the batch concerns them all."""
        batch = world.launch(person("ann"), person("bob"), person("cy", "caldora"))
        doubtful = next(send for send in world.claim() if send.payload["company_domain"] == "quillhaven.example")
        world.report([doubtful], Outcome.UNKNOWN, reason="the connection broke")
        assert world.store.item_counts(batch.batch_id)["in_doubt"] == 2
        assert world.store.doubt_counts(batch.batch_id) == {APOLLO_COMPANY: 2}
        assert world.app.settle(batch.batch_id, e.Settlement.SENT, by="ann") == 1
        assert world.store.item_counts(batch.batch_id)["in_doubt"] == 0

    def test_a_doubt_settled_as_sent_waits_for_its_answer(self, world):
        """Nothing is sent again."""
        batch, send = self.doubtful(world)
        assert world.app.settle(batch.batch_id, e.Settlement.SENT, by="ann") == 1
        assert (world.run_of(send).state, world.send()) == (State.AWAITING_ANSWER, [])

    def test_a_doubt_settled_as_resend_is_sent_once_more(self, world):
        """On purpose, though the step allows one attempt only."""
        batch, send = self.doubtful(world)
        assert world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann") == 1
        (again,) = world.send()
        assert (again.run_id, again.attempt) == (send.run_id, 2)
        assert world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann") == 0

    def test_a_runner_that_died_leaves_a_doubt_not_a_resend(self, world):
        """The lease is over: nobody knows whether the row left."""
        world.launch(person("ann"))
        (send,) = world.claim()
        world.clock.tick(minutes=2)
        world.another().wake()
        assert world.run_of(send).state is State.IN_DOUBT
        assert world.send() == []
        world.answer(send)
        assert world.run_of(send).state is State.COMPLETED

    @pytest.mark.parametrize("second", ["ready", "sending", "awaiting_answer", "completed", "timed_out"])
    def test_a_row_handed_back_after_its_lease_disturbs_no_later_attempt(self, world, second):
        """Its runner slept, and finds the lease over: the row surely did not leave, and another may have by now."""
        batch = world.launch(person("ann"))
        (slept,) = world.claim()
        world.clock.tick(minutes=2)
        world.app.wake()
        world.app.settle(batch.batch_id, e.Settlement.RESEND, by="ann")
        sends = world.claim() if second != "ready" else []
        if second not in {"ready", "sending"}:
            world.report(sends)
        if second == "completed":
            world.answer(sends[0])
        if second == "timed_out":
            world.clock.tick(hours=7)
            world.app.wake()
        before = world.run_of(slept)
        world.report([slept], Outcome.NOT_DELIVERED, reason="not sent: its lease was over")
        after = world.run_of(slept)
        assert (after.state, after.attempt, after.wake_at) == (second, before.attempt, before.wake_at)
        assert (slept.run_id in [send.run_id for send in world.claim()]) == (second == "ready")

    @pytest.mark.parametrize("woken", [False, True])
    def test_a_row_handed_back_after_its_lease_is_sent_again(self, world, woken):
        """Whether or not the timers were there first: nothing is in doubt about it, and it costs no attempt."""
        world.launch(person("ann"))
        (slept,) = world.claim()
        world.clock.tick(minutes=2)
        if woken:
            world.app.wake()
        world.report([slept], Outcome.NOT_DELIVERED, reason="not sent: its lease was over")
        world.app.wake()
        assert [send.run_id for send in world.claim()] == [slept.run_id]

    def test_a_batch_settles_the_company_that_another_workstream_started(self, world):
        """It is this batch's step that is in doubt, whoever's lane was used."""
        world.launch(person("ann"))
        crm = world.launch(person("bob"), workstream=CRM)
        (send,) = world.claim()
        world.report([send], Outcome.UNKNOWN)
        assert world.app.settle(crm.batch_id, e.Settlement.SENT, by="ann", step=CRM_PERSON) == 0
        assert world.app.settle(crm.batch_id, e.Settlement.SENT, by="ann", step=CRM_COMPANY) == 1

    def test_a_doubt_is_decided_by_a_batch_that_waits(self, world):
        """That of a company's starter may have been cancelled since, and settles nothing."""
        starter = world.launch(person("ann"))
        waiting = world.launch(person("bob"), workstream=CRM)
        (send,) = world.claim()
        world.report([send], Outcome.UNKNOWN)
        world.app.cancel(starter.batch_id, by="ann")
        said = explain(world.store, world.registry, send.run_id, now=world.clock())
        assert f"enrichcore settle {waiting.batch_id}" in said
        world.app.cancel(waiting.batch_id, by="ann")
        assert "enrichcore settle" not in explain(world.store, world.registry, send.run_id, now=world.clock())


def without_webhook(registry, workflow):
    """The configuration without one workflow's webhooks."""
    clients = {
        slug: evolve(client, webhooks={place: hook for place, hook in client.webhooks.items() if place[1] != workflow})
        for slug, client in registry.clients.items()
    }
    return evolve(registry, clients=clients)


class ControlContract(LaunchContract, LocalStepsContract, BatchControlContract, RetryContract, LanesContract):
    """Everything that people decide."""
