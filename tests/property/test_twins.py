"""Two companies that turn out to be one, at whatever moment that is learnt: from then on nothing is paid for that the other's row tells."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrichcore.application.drafts import is_wait
from enrichcore.application.twins import Twins
from enrichcore.domain import batch_item, company_run
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import OnDoubt
from enrichcore.domain.step_run import Outcome
from enrichcore.store import MemoryStore
from enrichcore.store.replaying import fold_runs, inline_rows
from enrichcore.testing import broken
from tests.contracts.imports_contract import COMPANY_TWICE, THE_SAME_COMPANY
from tests.contracts.world import ACME, APOLLO, CRM, World, configuration, tuned

ANY = st.integers(0, 20)
REUSE = timedelta(days=30)
OF_USE = {Rank.DATA, Rank.EMPTY}


def stories():
    """Both are launched, and asked about, before and after somebody learns that they are one."""
    outcomes = st.sampled_from([Outcome.DELIVERED, Outcome.DELIVERED, *Outcome]) | st.none()
    steps = st.one_of(
        st.tuples(st.just("launch"), ANY),
        st.tuples(st.just("launch"), ANY),
        st.tuples(st.just("merge")),
        st.tuples(st.just("send"), outcomes),
        st.tuples(st.just("send"), outcomes),
        st.tuples(st.just("answer"), ANY, st.sampled_from([True, True, False])),
        st.tuples(st.just("answer"), ANY, st.just(True)),
        st.tuples(st.just("resend_and_cancel"), ANY),
        st.tuples(st.just("time"), st.sampled_from([1, 61, 400, 60 * 24 * 31])),
        st.tuples(st.just("cancel"), ANY),
        st.tuples(st.just("pause"), ANY),
        st.tuples(st.just("resume"), ANY),
        st.tuples(st.just("retry"), ANY, st.none() | st.sampled_from([State.COMPLETED, State.CANCELLED])),
        st.tuples(st.just("settle"), ANY, st.sampled_from(e.Settlement)),
    )
    return st.lists(steps, min_size=8, max_size=30)


class TwoThatAreOne:
    """The world in which it happens."""

    def __init__(self, attempts, on_doubt):
        registry = tuned(configuration(), attempts=attempts, on_doubt=on_doubt, lane={"rate": 1000.0, "burst": 1000})
        self.world = World(MemoryStore(), registry)
        self.app = self.world.app
        header, ann, bob = COMPANY_TWICE.splitlines(keepends=True)
        self.uploads = [self.upload(header + row, stream) for row in (ann, bob) for stream in (APOLLO, CRM)]
        self.batches = [self.app.launch(self.uploads[0])]

    def upload(self, rows, stream=APOLLO):
        return self.app.upload(rows, client=ACME, workstream=stream).upload_id

    def batch(self, which):
        return self.batches[which % len(self.batches)].batch_id

    def do(self, name, *rest):
        """One step of a story, and what time asks for after it."""
        getattr(self, f"do_{name}")(*rest)
        self.app.wake()
        for lane, _ in self.world.store.lanes():
            if lane.stopped or lane.probed:
                self.app.resume_lane(ACME, lane.workstream, lane.workflow, by="ann")

    def do_launch(self, which):
        self.batches.append(self.app.launch(self.uploads[which % len(self.uploads)]))

    def do_merge(self):
        self.upload(COMPANY_TWICE + THE_SAME_COMPANY)

    def do_send(self, outcome):
        sends = self.world.claim()
        if outcome is not None:
            self.world.report(sends, outcome)

    def do_answer(self, which, good):
        if self.world.posted:
            send = self.world.posted[-1 - which % len(self.world.posted)]
            before = self.world.run_of(send)
            self.world.answer(send, None if good else self.world.body(send, result=None, error="no credits"))
            # One that comes in time ends the waits for its own run, and asks nobody about other ids.
            if before.ended and before.state is not State.COMPLETED:
                self.look_for_gaps(send)

    def look_for_gaps(self, send):
        """Nobody has a gap beside an answer that has just come late for the company."""
        runs = self.world.store.load(row.run_id for row in self.world.store.inline_rows()[0])
        known = runs[send.run_id].state
        if isinstance(known, CompanyRun) and known.run.state is State.COMPLETED:
            log = self.world.store.log(0, 1_000_000)
            merged = {one.entity_id for one in log if isinstance(one.event, e.CompaniesMerged)}
            merged |= {one.event.merged for one in log if isinstance(one.event, e.CompaniesMerged)}
            same = {
                run_id
                for run_id, run in runs.items()
                if isinstance(run.state, CompanyRun) and is_one(run.state, known, merged)
            }
            items = [run.state for run in runs.values() if isinstance(run.state, BatchItem)]
            gaps = [run for item in items for run in item.runs.values() if run.is_gap and run.company_run_id in same]
            assert gaps == [] or known.run.answered_at < self.world.clock.now

    def do_time(self, minutes):
        self.world.clock.tick(minutes=minutes)

    def do_cancel(self, which):
        self.app.cancel(self.batch(which), by="ann")

    def do_pause(self, which):
        self.app.pause(self.batch(which), by="ann")

    def do_resume(self, which):
        self.app.resume(self.batch(which), by="ann")

    def do_retry(self, which, state):
        self.app.retry(self.batch(which), by="ann", state=state)

    def do_resend_and_cancel(self, which):
        self.do_settle(which, e.Settlement.RESEND)
        self.do_cancel(which)

    def do_settle(self, which, settlement):
        self.app.settle(self.batch(which), settlement, by="ann")

    def end(self):
        """Everything comes to its end, and the log says that nothing was bought that was known or out."""
        for batch in self.batches:
            self.app.resume(batch.batch_id, by="ann")
        for _ in range(100):
            before, posted = self.world.store.last_position(), len(self.world.posted)
            self.do("send", Outcome.DELIVERED)
            for send in self.world.posted[posted:]:
                self.world.answer(send)
            self.do("time", 7 * 60)
            self.app.turn_batches()
            if self.world.store.last_position() == before:
                break
        else:
            raise AssertionError("something never comes to its end")
        log = self.world.store.log(0, 1_000_000)
        assert {str(self.world.status(batch)) for batch in self.batches} <= {"finished", "cancelled"}
        assert self.world.store.inline_rows() == inline_rows(log)
        assert broken(log, {batch.batch_id: batch.pipeline for batch, _ in self.world.store.batches()}) == []
        assert bought_in_vain(log) == []


def bought_in_vain(log):
    """Rows of companies that left although a twin's was out, or an answer of either was there for whoever waited."""
    runs, merged, told, found = {}, set(), {}, []
    for one in log:
        if isinstance(one.event, e.CompaniesMerged):
            merged |= {one.entity_id, one.event.merged}
        known = runs.get(one.stream_id)
        if isinstance(one.event, e.StepSending) and isinstance(known, CompanyRun):
            same = [run for run in runs.values() if isinstance(run, CompanyRun) and is_one(run, known, merged)]
            found += [one for run in same if in_vain(known, run, runs, told.get(run.company_run_id), one.at)]
        if isinstance(one.event, e.AnswerEvent) and isinstance(known, CompanyRun) and one.event.rank in OF_USE:
            # Whatever became of it: somebody paid for it.
            told[one.stream_id] = one.at
        if known is None:
            runs |= {run_id: loaded.state for run_id, loaded in fold_runs([one]).items()}
        else:
            fold = batch_item.fold if isinstance(known, BatchItem) else company_run.fold
            runs[one.stream_id] = fold(known, one.event, one.at, one.version)
    return found


def is_one(one, other, merged):
    """Whether two runs are known to be of one company."""
    return one.company_id == other.company_id or {one.company_id, other.company_id} <= merged


def in_vain(known, other, runs, told_at, now):
    """Whether a row of one leaves although the other is out, or what either was told will do for somebody who waits."""
    if other is not known and other.run.open and other.run.out:
        return True
    if told_at is None or now - told_at >= REUSE:
        return False
    waits = [
        run
        for item in runs.values()
        if isinstance(item, BatchItem)
        for run in item.runs.values()
        # Whoever joins a generation that was begun on purpose waits for it, also when the one who asked is gone.
        if is_wait(run, known.company_run_id) or (other is known and run.company_run_id == known.company_run_id)
    ]
    return not any(run.asked_anew_at is not None and run.asked_anew_at >= told_at for run in waits)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(attempts=st.sampled_from([1, 2]), on_doubt=st.sampled_from(OnDoubt), story=stories())
def test_a_company_with_two_ids_is_paid_for_once_as_soon_as_that_is_known(attempts, on_doubt, story):
    """Whatever happens to either before and after."""
    world = TwoThatAreOne(attempts, on_doubt)
    for step in story:
        world.do(*step)
    world.end()


def test_the_check_finds_what_was_bought_in_vain(monkeypatch):
    """Without the claim's look at twins."""
    monkeypatch.setattr(Twins, "move", lambda _self, _draft: None)
    world = TwoThatAreOne(1, OnDoubt.WAIT)
    for step in (("launch", 2), ("merge",), ("send", Outcome.DELIVERED)):
        world.do(*step)
    assert len(bought_in_vain(world.world.store.log(0, 1000))) == 1
