"""One step run, whatever happens to it in whatever order, keeps the life cycle's promises.

The machine below is the outside world of one run: runners that claim it and report outcomes (late, doubled, of any POST,
true or not), third parties that answer at any moment, persons who decide, and a clock. It keeps its own small books of
what was sent and told, and compares.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from enrichcore.domain import events as e
from enrichcore.domain import step_control
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import ItemId, idempotency_key
from enrichcore.domain.life_cycle import State, permits
from enrichcore.domain.pipeline import Entity, Kind, Step
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.domain.step_state import StepRun
from enrichcore.testing import strategies

START_OF_TIME = datetime(2026, 3, 2, 9, tzinfo=UTC)
RUN_ID = ItemId(UUID(int=1))
LEASE = timedelta(minutes=1)
NOTHING = Decimal(0)

SURELY_NOT = {Outcome.NOT_DELIVERED, Outcome.ROW_REFUSED, Outcome.LANE_REFUSED}


class Books:
    """What the outside world knows of the POSTs: each one's generation, fate as first told, and what it costs."""

    def __init__(self):
        self.generation_of = {}
        self.fates = {}
        self.decisions = {}
        #: By POST that is waited for, oldest first: its price.
        self.held = {}
        #: By POST whose wait is over: the day on which that was, and its cost.
        self.counted = {}
        self.answered = set()
        #: What answers told that are of no POST, by day.
        self.unasked = {}

    def sent(self, event):
        """A POST went out."""
        self.generation_of[event.attempt] = event.generation
        self.held[event.attempt] = event.reserved

    def told(self, seen):
        """The first certain report of a POST counts; what contradicts it later is a mistake of its reporter."""
        if seen.outcome is Outcome.UNKNOWN or seen.attempt not in self.generation_of or seen.attempt in self.fates:
            return
        self.fates[seen.attempt] = seen.outcome
        if seen.outcome in SURELY_NOT:
            self.held.pop(seen.attempt, None)
            self.counted.pop(seen.attempt, None)

    def wait_ended(self, now):
        """What is still out is paid for, as far as anybody knows."""
        self.counted |= {attempt: (now.date(), price) for attempt, price in self.held.items()}
        self.held.clear()

    def restored(self, event):
        """What is waited for again is not paid for yet."""
        if event.attempt in self.counted:
            self.held[event.attempt] = self.counted.pop(event.attempt)[1]

    def answer(self, event, now):
        """An answer came: it tells what its own POST costs, and nobody waits for the others any more."""
        known = [*self.counted, *self.held]
        lacking = [attempt for attempt in sorted(known) if attempt not in self.answered]
        guessed = next(reversed([*sorted(self.held)] or lacking or sorted(known)), None)
        own = guessed if event.attempt is None else event.attempt
        if own not in known:
            self.unasked[now.date()] = self.unasked.get(now.date(), NOTHING) + (event.credits or NOTHING)
        self.wait_ended(now)
        if own in known:
            day, cost = self.counted[own]
            if event.credits is not None:
                cost = max(cost, event.credits) if own in self.answered else event.credits
            self.counted[own] = (day, cost)
            self.answered.add(own)
            self.fates.setdefault(own, Outcome.DELIVERED)

    def spent_by_day(self):
        """What each day costs; days that cost nothing are left out."""
        days = dict(self.unasked)
        for day, cost in self.counted.values():
            days[day] = days.get(day, NOTHING) + cost
        return {day: cost for day, cost in days.items() if cost}

    def decided_to_resend(self, generation):
        """A person allowed one more POST."""
        self.decisions[generation] = self.decisions.get(generation, 0) + 1

    def maybe_delivered(self, generation):
        """POSTs of a generation that no one knows to be undelivered."""
        sent = {attempt for attempt, of in self.generation_of.items() if of == generation}
        return {attempt for attempt in sent if self.fates.get(attempt) not in SURELY_NOT}


def as_before(log):
    """The same life as it was recorded before runs counted what was out when they ended."""
    unsettled, reserved = {}, NOTHING
    for lived, at in log:
        event = lived
        match lived:
            case e.StepSending():
                unsettled[event.attempt] = event.reserved
            case e.StepSent():
                unsettled.pop(event.attempt, None)
            case e.SendRefused():
                event = evolve(event, reserved=-unsettled.pop(event.attempt, NOTHING))
            case e.StepFailed():
                event = evolve(event, reserved=-unsettled.pop(event.attempt, NOTHING), spent=NOTHING)
            case e.SendNoted():
                known = None if event.outcome == Outcome.UNKNOWN else unsettled.pop(event.attempt, None)
                refused = known if event.outcome in SURELY_NOT else None
                event = evolve(event, reserved=-(refused or NOTHING), undelivered=refused is not None, **UNCORRECTED)
            case e.AnswerEvent():
                spent = reserved if event.credits is None else event.credits
                event = evolve(event, reserved=-reserved, spent=spent, **UNCORRECTED)
                unsettled.clear()
            case e.AnswerTimedOut() | e.StepCancelled() | e.StepSkipped():
                event = evolve(event, reserved=NOTHING, spent=NOTHING)
            case e.StepRestored():
                # What a cancellation held was held still.
                event = evolve(event, reserved=NOTHING, **UNCORRECTED)
        reserved += getattr(event, "reserved", NOTHING)
        yield event, at


UNCORRECTED = {"corrected": NOTHING, "corrected_on": None}


class StepRunLife(RuleBasedStateMachine):
    """One step run in an arbitrary world."""

    @initialize(
        step=strategies.steps(kinds=st.just(Kind.WEBHOOK), entities=st.just(Entity.PERSON)),
        reached=st.sampled_from([True, True, True, False]),
    )
    def begins(self, step: Step, reached: bool):
        """A run of an arbitrary webhook step; now and then its turn has not come yet."""
        self.step = step
        self.now = START_OF_TIME
        self.run = StepRun(workflow=step.workflow)
        self.log = []
        self.lived = [self.run]
        self.books = Books()
        if reached:
            self.is_reached()

    def record(self, events):
        """Append what was decided, as a store would, and fold it."""
        for event in events:
            assert permits(self.run.state, event), (self.run.state, event)
            self.log.append((event, self.now))
            self.run = steps.fold(self.run, event, at=self.now, version=len(self.log))
            self.lived.append(self.run)
            gave_up = isinstance(event, e.StepFailed) and event.attempt is None
            if gave_up or isinstance(event, e.AnswerTimedOut | e.StepCancelled):
                self.books.wait_ended(self.now)
            if isinstance(event, e.StepRestored):
                self.books.restored(event)
        return tuple(events)

    # --- what may happen -----------------------------------------------------------------------------------------

    @precondition(lambda self: self.run.state is State.START)
    @rule()
    def is_reached(self):
        """The step's turn comes."""
        self.record([e.StepReady(workflow=self.step.workflow, generation=1, due=self.now)])

    @rule(data=st.data())
    def time_passes(self, data):
        """The clock goes on, often to just before or after a limit."""
        self.now += data.draw(strategies.spells(self.step.answer_within) | strategies.spells(LEASE))

    @precondition(lambda self: self.run.wake_at is not None and self.run.state is not State.READY)
    @rule()
    def its_time_comes(self):
        """The clock goes to the moment that the run waits for."""
        self.now, set_aside = max(self.now, self.run.wake_at), self.run.set_aside
        assert self.record(steps.decide_wake(self.run, self.step, now=self.now))
        assert not set_aside or self.run.ended or self.run.state is State.IN_DOUBT

    @precondition(lambda self: self.run.state is State.READY)
    @rule(price=strategies.prices(), seen=st.none() | st.sampled_from(Outcome))
    def a_row_goes_out(self, price, seen):
        """A row is sent when it is due, and often the runner tells at once what became of it."""
        self.now = max(self.now, self.run.wake_at)
        self.claim(price)
        if seen is not None:
            self.report(PostOutcome(attempt=self.run.attempt, outcome=seen, due=self.now))

    @rule(price=strategies.prices())
    def a_runner_claims(self, price):
        """A runner tries to take the row."""
        self.claim(price)

    def claim(self, price):
        """Claim, and enter the POST in the books."""
        claimed = steps.decide_claim(
            self.run,
            self.step,
            RUN_ID,
            now=self.now,
            lease=LEASE,
            workstream="crm_data",
            webhook="hash",
            price=price,
        )
        for event in self.record(claimed):
            assert event.attempt not in self.books.generation_of, "every POST has a number and a key of its own"
            assert event.reserved == price
            self.books.sent(event)

    @precondition(lambda self: self.run.attempt > 0)
    @rule(data=st.data(), doubled=st.booleans())
    def a_runner_reports(self, data, doubled):
        """A runner reports on any POST, perhaps twice."""
        attempts = st.integers(min_value=0, max_value=self.run.attempt + 1)
        seen = data.draw(strategies.post_outcomes(attempts=attempts | st.just(self.run.attempt), now=self.now))
        for _ in range(1 + doubled):
            self.report(seen)

    def report(self, seen):
        """Report, and enter in the books what was told."""
        assert self.record(steps.decide_outcome(self.run, self.step, seen, now=self.now)), "never refused"
        self.books.told(seen)
        if self.run.ended:
            self.books.wait_ended(self.now)

    @rule(data=st.data(), doubled=st.booleans())
    def an_answer_comes(self, data, doubled):
        """An answer comes, with or without a token of any POST, perhaps twice."""
        pairs = st.tuples(st.integers(1, self.run.generation), st.integers(1, max(self.run.attempt, 1)))
        real = pairs.map(lambda pair: idempotency_key(RUN_ID, self.step.workflow, *pair))
        latest = st.just(idempotency_key(RUN_ID, self.step.workflow, self.run.generation, self.run.attempt))
        answer = data.draw(strategies.answers(tokens=st.sampled_from(["", "of another system"]) | real | latest))
        for _ in range(1 + doubled):
            before = self.run
            came = self.record(steps.decide_answer(before, RUN_ID, answer, now=self.now))
            self.was_placed(answer, before, came)

    def was_placed(self, answer, before, came):
        """The answer is recorded with its body, or was seen before."""
        if not came:
            assert answer.content_hash in before.seen, "only what was seen before is not recorded"
            assert not self.settles(answer, before), "a token of this generation settles it, whatever was seen before"
            return
        (event,) = came
        assert (event.body, event.content_hash, event.rank) == (answer.body, answer.content_hash, answer.rank)
        assert answer.content_hash in self.run.seen
        self.books.answer(event, self.now)
        if isinstance(event, e.AnswerKept):
            assert before.state is State.CANCELLED or answer.rank < before.rank

    def settles(self, answer, before):
        """Whether an answer with this generation's token finds it without an answer, or only with a lesser one."""
        attempts = [attempt for attempt, of in self.books.generation_of.items() if of == before.generation]
        keys = {idempotency_key(RUN_ID, self.step.workflow, before.generation, attempt) for attempt in attempts}
        if before.state is State.FAILED:
            settling = answer.rank > Rank.ERROR and answer.rank >= (before.rank or 0)
        else:
            settling = before.state not in {State.COMPLETED, State.CANCELLED}
        return answer.token in keys and settling

    @precondition(lambda self: self.run.out or self.run.unsent)
    @rule()
    def an_answer_is_set_aside(self):
        """It came and cannot be applied: nothing is sent again for want of it."""
        self.record(step_control.decide_set_aside(self.run, "broken", now=self.now))

    @precondition(lambda self: self.run.wake_at is not None)
    @rule()
    def a_timer_looks(self):
        """A timer looks, early or late."""
        self.record(steps.decide_wake(self.run, self.step, now=self.now))

    @precondition(lambda self: self.run.state in {State.IN_DOUBT, State.AWAITING_ANSWER})
    @rule(settlement=st.sampled_from(e.Settlement))
    def a_person_settles(self, settlement):
        """A person decides a doubt, or that no answer will come."""
        generation = self.run.generation
        came = self.record(
            step_control.decide_settle(self.run, self.step, settlement, now=self.now, by="ann", why="looked it up")
        )
        if came and settlement is e.Settlement.RESEND:
            self.books.decided_to_resend(generation)

    @precondition(lambda self: self.run.ended)
    @rule(force=st.sampled_from([True, True, False]))
    def a_person_retries(self, force):
        """A person wants an ended run to run again."""
        self.record(step_control.decide_retry(self.run, now=self.now, by="ann", why="again", force=force))

    @precondition(lambda self: self.run.state is State.CANCELLED)
    @rule()
    def a_person_takes_it_back(self):
        """A person wants a cancelled run back: while its row is out, nothing is sent again."""
        before = self.run
        came = self.record(step_control.decide_restore(before, now=self.now, by="ann", why="after all"))
        out = before.deadline is not None and before.deadline > self.now
        assert bool(came) is out
        if came:
            assert (self.run.deadline, self.run.generation, self.run.tries) == (
                before.deadline,
                before.generation,
                before.tries,
            )

    @precondition(lambda self: len(self.log) > 8)
    @rule()
    def a_person_cancels(self):
        """A person stops the run."""
        self.record(step_control.decide_cancel(self.run, self.step, now=self.now, by="ann", why="enough"))

    # --- what holds ----------------------------------------------------------------------------------------------

    @invariant()
    def no_more_posts_than_allowed(self):
        """Promise 2: POSTs that may have been delivered are at most `attempts` and persons' decisions together."""
        for generation in range(1, self.run.generation + 1):
            allowed = self.step.attempts + self.books.decisions.get(generation, 0)
            assert len(self.books.maybe_delivered(generation)) <= allowed

    @invariant()
    def the_best_answer_is_in_force(self):
        """Promise 3: of all answers not merely kept, the highest in rank is in force, then the latest."""
        placed = [event for event, _ in self.log if isinstance(event, e.StepAnswered | e.AnswerRevised)]
        best = max(enumerate(placed), key=lambda pair: (pair[1].rank, pair[0]), default=(0, None))[1]
        assert self.run.rank == (best and best.rank)
        assert self.run.facts == (best.facts if best else {})

    @invariant()
    def credits_are_right(self):
        """Changes add up to the books: what is waited for is reserved, and each other POST is spent once, on its day."""
        assert self.run.reserved == sum((getattr(event, "reserved", NOTHING) for event, _ in self.log), NOTHING)
        assert self.run.reserved == sum(self.books.held.values(), NOTHING)
        days = {}
        for event, at in self.log:
            changes = [(at.date(), getattr(event, "spent", NOTHING))]
            changes.append((getattr(event, "corrected_on", None), getattr(event, "corrected", NOTHING)))
            for day, change in changes:
                days[day] = days.get(day, NOTHING) + change
        assert {day: spent for day, spent in days.items() if spent} == self.books.spent_by_day()
        assert self.run.spent == sum(days.values(), NOTHING)

    @invariant()
    def nothing_stays_reserved(self):
        """A run at its end holds nothing, however it ended."""
        if self.run.ended:
            assert self.run.reserved == 0

    @invariant()
    def something_will_move_it(self):
        """Promise 4: an open run has a moment from which a claim or a timer moves it."""
        if not self.run.open:
            return
        assert self.run.wake_at is not None
        then = max(self.now, self.run.wake_at)
        if self.run.state is State.READY:
            claim = {"lease": LEASE, "workstream": "crm_data", "webhook": "hash", "price": NOTHING}
            assert steps.decide_claim(self.run, self.step, RUN_ID, now=then, **claim)
        else:
            assert steps.decide_wake(self.run, self.step, now=then)

    @invariant()
    def it_does_not_move_before_its_time(self):
        """No timer fires early, and nothing moves a run at an end but an answer or a retry."""
        if self.run.wake_at is None or self.run.wake_at > self.now:
            assert steps.decide_wake(self.run, self.step, now=self.now) == ()
        if self.run.ended:
            assert self.run.wake_at is None

    @invariant()
    def an_answered_generation_keeps_its_answer(self):
        """A completed run has data or is empty, never an error in force."""
        if self.run.state is State.COMPLETED:
            assert self.run.rank in {Rank.EMPTY, Rank.DATA}

    def a_log_from_before_is_read(self):
        """Its changes add up to the state too, whatever they left reserved."""
        run, changed = StepRun(workflow=self.step.workflow), {"reserved": NOTHING, "spent": NOTHING}
        for version, (event, at) in enumerate(as_before(self.log), start=1):
            run = steps.fold(run, event, at=at, version=version)
            changed = {name: held + getattr(event, name, NOTHING) for name, held in changed.items()}
            assert changed == {"reserved": run.reserved, "spent": run.spent}

    def teardown(self):
        """Promise 1: replaying any prefix gives the state that was lived."""
        if not hasattr(self, "run"):
            return
        self.a_log_from_before_is_read()
        for length in range(len(self.log) + 1):
            replayed = StepRun(workflow=self.step.workflow)
            for version, (event, at) in enumerate(self.log[:length], start=1):
                replayed = steps.fold(replayed, event, at=at, version=version)
            assert replayed == self.lived[length]


TestStepRunLife = StepRunLife.TestCase
TestStepRunLife.settings = settings(deadline=None, stateful_step_count=40)
