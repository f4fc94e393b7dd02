"""What POSTs tell of their lane: that it is to be left alone, and for how long, durable with their outcomes."""

from datetime import timedelta

from attrs import evolve

from enrichcore.application.explaining import explain
from enrichcore.domain import events as e
from enrichcore.domain.ids import NAMESPACE, ClientId, LaneId
from enrichcore.domain.lane import DOUBTS_IN_A_ROW, FAILURES_IN_A_ROW, Lane, decide_outcomes
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.store.counters import counted
from enrichcore.store.replaying import inline_rows
from tests.contracts.answers_contract import WorldContract
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    START,
    World,
    configuration,
    person,
    tuned,
    watch_commits,
)

DOUBT = {"outcome": Outcome.UNKNOWN, "status": 502, "reason": "HTTP 502: bad gateway"}
AWAY = {"outcome": Outcome.NOT_DELIVERED, "unreachable": True, "reason": "could not connect (ClientConnectorDNSError)"}


class BreakersContract(WorldContract):
    """A lane is held, stopped and opened in the commits of what is seen on it."""

    def test_a_lane_is_held_and_stopped_in_the_commit_of_the_outcomes(self, world, monkeypatch):
        """A crash between the two would leave a lane open that was told to be left alone."""
        world.launch(person("ann"), person("bob", "caldora"), person("eve", "tarrowby"))
        first, second, third = world.claim()
        commits = []
        watch_commits(world.store, monkeypatch, commits.append)
        put_off = [world.seen(send, Outcome.NOT_DELIVERED, hold_s=hold) for send, hold in ((first, 300), (second, 90))]
        world.app.record_outcomes([*put_off, world.seen(third, Outcome.LANE_REFUSED, reason="gone")])
        (commit,) = commits
        kinds = [type(one.event).__name__ for one in commit.events]
        assert (kinds.count("SendRefused"), kinds.count("LaneHeld"), kinds.count("LaneStopped")) == (3, 1, 1)
        ((lane, _),) = world.store.lanes()
        assert (lane.held_until, lane.stopped) == (world.clock.now + timedelta(minutes=5), "gone")


class PutOffContract(WorldContract):
    """A pause that a webhook asked for has one end for every row that it was asked of."""

    def test_rows_whose_pause_ends_at_one_moment_leave_at_the_pace(self, store):
        """`Retry-After` has no jitter: the burst first, then as many a second as the rate allows, over all runners."""
        world = World(store, tuned(configuration(), lane={"rate": 10.0, "burst": 20}))
        world.launch(*(person(f"ann{number}", company=f"co{number}") for number in range(80)))
        put_off = []
        while len(put_off) < 80:
            world.clock.tick(seconds=2)
            put_off += world.app.claim(1000)
        asked = world.clock.now + timedelta(minutes=3)
        seen = [world.seen(send, Outcome.NOT_DELIVERED, status=429, hold_s=180, wait_s=180) for send in put_off]
        world.app.record_outcomes(seen)
        world.clock.now = asked - timedelta(seconds=1)
        world.app.wake()
        assert world.app.claim(1000) == []
        world.clock.now, left = asked, []
        world.app.wake()
        for _ in range(7):
            left.append(len(world.app.claim(1000)) + len(world.another().claim(1000)))
            world.clock.tick(seconds=1)
        assert left == [20, 10, 10, 10, 10, 10, 10]
        assert {world.run_of(send).tries for send in put_off} == {1}


class ProbedContract(WorldContract):
    """A lane that is tried with one row at a time."""

    def ready(self, store, rows=3 * FAILURES_IN_A_ROW):
        """So many rows that are ready on one lane."""
        world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))
        world.launch(*(person(f"ann{number}", company=f"co{number}") for number in range(rows)))
        return world

    def lane(self, world):
        """The lane as it stands."""
        ((lane, _),) = world.store.lanes()
        return lane

    def held_s(self, world) -> float:
        """For how many seconds the lane is held from now on."""
        return (self.lane(world).held_until - world.clock.now).total_seconds()

    def probe(self, world):
        """Wait for the end of the pause, and take what may leave then."""
        world.clock.now = self.lane(world).held_until
        return world.app.claim(1000)


class ReachContract(ProbedContract):
    """A webhook that cannot be reached is tried with one row at a time, at growing intervals; nothing is lost by it."""

    def away(self, store):
        """A lane whose webhook could not be reached so often that it is held."""
        world = self.ready(store)
        world.report(world.claim(FAILURES_IN_A_ROW), **AWAY)
        return world

    def test_a_few_connections_that_fail_hold_no_lane(self, store):
        """A blip is no outage; whatever the webhook says then ends the count."""
        world = self.ready(store)
        world.report(world.claim(FAILURES_IN_A_ROW - 1), **AWAY)
        world.report(world.claim(1), Outcome.NOT_DELIVERED, status=503)
        world.report(world.claim(FAILURES_IN_A_ROW - 1), **AWAY)
        assert (self.lane(world).held_until, self.lane(world).failures) == (None, FAILURES_IN_A_ROW - 1)

    def test_a_webhook_that_is_away_is_tried_with_one_row_at_growing_intervals(self, store):
        """However many rows are ready, and however many runners there are."""
        world = self.away(store)
        pauses = [self.held_s(world)]
        assert world.app.claim(1000) == []
        for _ in range(9):
            (send,) = self.probe(world)
            assert world.another().claim(1000) == world.app.claim(1000) == []
            world.report([send], **AWAY)
            pauses.append(self.held_s(world))
        assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]

    def test_it_sends_at_full_pace_once_it_is_reached(self, store):
        """Whatever the webhook says, it is there; no attempt was used, and no row is lost."""
        world = self.away(store)
        (send,) = self.probe(world)
        world.report([send])
        assert (self.held_s(world), self.lane(world).failures) == (0, 0)
        world.app.wake()
        sends = world.app.claim(1000)
        assert len(sends) == 3 * FAILURES_IN_A_ROW - 1
        world.report(sends)
        assert {world.run_of(send).tries for send in sends} == {1}
        assert {world.run_of(send).state for send in sends} == {State.AWAITING_ANSWER}
        log = world.store.log(0, 10_000)
        assert world.store.inline_rows() == inline_rows(log)
        assert world.store.counts() == counted(log).without_nothing()

    def test_rows_that_left_before_tell_nothing_new(self, store):
        """They fail long after, when their connection was waited for in vain; the pause stays as it is."""
        world = self.ready(store)
        first, late = world.claim(FAILURES_IN_A_ROW), world.claim(FAILURES_IN_A_ROW)
        world.report(first, **AWAY)
        held = self.lane(world).held_until
        world.clock.tick(seconds=1)
        world.report(late, **AWAY)
        assert (self.lane(world).held_until, self.lane(world).failures) == (held, FAILURES_IN_A_ROW)

    def test_the_pause_that_a_webhook_asks_for_outlives_its_return(self, store):
        """It is there again, and says when it wants to be asked."""
        world = self.away(store)
        (send,) = self.probe(world)
        world.report([send], Outcome.NOT_DELIVERED, status=429, hold_s=20)
        assert (self.held_s(world), self.lane(world).failures) == (20, 0)

    def test_a_runner_that_dies_with_the_row_leaves_the_lane_to_the_next(self, store):
        """After half a minute another row finds out."""
        world = self.away(store)
        assert len(self.probe(world)) == len(self.probe(world)) == 1
        assert not world.events(e.SendUnknown)

    def test_a_person_opens_it_at_once(self, store):
        """The cause is mended, and nobody wants to wait for the end of the pause."""
        world = self.away(store)
        assert world.app.resume_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann")
        assert len(world.app.claim(1000)) == 2 * FAILURES_IN_A_ROW

    def test_why_nothing_leaves_is_said(self, store):
        """By the lane, and by each item that waits for it."""
        world = self.away(store)
        waiting = next(row.run_id for row in store.inline_rows()[1] if row.state == State.READY)
        told = explain(store, world.registry, waiting, now=world.clock.now)
        assert "no connection could be made 10 times in a row, the last: could not connect (Client" in told
        assert f"it goes on at {self.lane(world).held_until:%Y-%m-%d %H:%M:%S} UTC" in told


class DoubtsContract(ProbedContract):
    """A webhook that leaves every row in doubt gets one row at a time, so that no backlog falls in doubt; nothing is lost by it."""

    def doubtful(self, store):
        """A lane of whose rows nobody knows so often that it is held."""
        world = self.ready(store, 3 * DOUBTS_IN_A_ROW)
        self.doubted = world.claim(DOUBTS_IN_A_ROW)
        world.report(self.doubted, **DOUBT)
        return world

    def doubts(self, world):
        """How many rows are in doubt."""
        return len([row for row in world.store.inline_rows()[1] if row.state == "in_doubt"])

    def test_a_few_doubts_hold_no_lane(self, store):
        """A row that is taken, or refused for good, was read; one that is put off tells nothing of the others."""
        for known, status in ((Outcome.DELIVERED, 200), (Outcome.ROW_REFUSED, 422)):
            lane = Lane(lane_id=LaneId(NAMESPACE), client_id=ClientId(NAMESPACE), doubts=DOUBTS_IN_A_ROW - 1)
            seen = PostOutcome(attempt=1, outcome=known, http_status=status, due=START)
            events, _ = decide_outcomes(lane, [seen], workstream=APOLLO, workflow=APOLLO_COMPANY, now=START)
            assert [event.in_a_row for event in events if isinstance(event, e.DoubtsCounted)] == [0]
        world = self.ready(store)
        world.report(world.claim(DOUBTS_IN_A_ROW - 1), **DOUBT)
        world.report(world.claim(1), Outcome.NOT_DELIVERED, status=503)
        assert (self.lane(world).held_until, self.lane(world).doubts) == (None, DOUBTS_IN_A_ROW - 1)

    def test_a_doubtful_webhook_gets_one_row_at_growing_intervals(self, store):
        """However many rows are ready, and however many runners there are."""
        world = self.doubtful(store)
        pauses = [self.held_s(world)]
        assert world.app.claim(1000) == []
        for _ in range(8):
            (send,) = self.probe(world)
            assert world.another().claim(1000) == world.app.claim(1000) == []
            world.report([send], **DOUBT)
            pauses.append(self.held_s(world))
        assert pauses == [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]
        assert self.doubts(world) == DOUBTS_IN_A_ROW + 8

    def test_it_goes_on_at_full_pace_once_a_row_is_taken(self, store):
        """What is in doubt stays so until its deadline, or a person's word; no row is lost."""
        world = self.doubtful(store)
        (send,) = self.probe(world)
        world.report([send])
        assert (self.held_s(world), self.lane(world).doubts) == (0, 0)
        assert len(world.app.claim(1000)) == 2 * DOUBTS_IN_A_ROW - 1
        assert self.doubts(world) == DOUBTS_IN_A_ROW
        log = world.store.log(0, 10_000)
        assert world.store.inline_rows() == inline_rows(log)

    def test_an_answer_to_a_row_in_doubt_opens_it(self, store):
        """Rows arrive, whatever the webhook says of them."""
        world = self.doubtful(store)
        world.answer(self.doubted[3])
        assert (self.held_s(world), self.lane(world).doubts) == (0, 0)
        left = [send.workflow for send in world.app.claim(1000)]
        assert left.count(APOLLO_COMPANY) == 2 * DOUBTS_IN_A_ROW

    def test_rows_that_left_before_tell_nothing_new(self, store):
        """The pause stays as it is."""
        world = self.ready(store)
        first, late = world.claim(DOUBTS_IN_A_ROW), world.claim(DOUBTS_IN_A_ROW)
        world.report(first, **DOUBT)
        held = self.lane(world).held_until
        world.clock.tick(seconds=1)
        world.report(late, **DOUBT)
        assert (self.lane(world).held_until, self.lane(world).doubts) == (held, DOUBTS_IN_A_ROW)

    def test_a_row_that_finds_out_has_the_lane_for_its_whole_lease(self, store):
        """A response may be waited for as long; should the runner die with it, the next goes then."""
        world = self.doubtful(store)
        (send,) = self.probe(world)
        assert self.lane(world).held_until == send.lease_until
        (other,) = self.probe(world)
        assert other.run_id != send.run_id

    def test_outcomes_that_a_stopping_runner_did_not_wait_for_are_not_the_webhooks(self, store):
        """A restart in the middle of slow responses holds no lane."""
        world = self.ready(store)
        sends = world.claim(2 * DOUBTS_IN_A_ROW)
        given_up = [world.seen(send, **DOUBT) for send in sends]
        world.app.record_outcomes([evolve(one, outcome=evolve(one.outcome, given_up=True)) for one in given_up])
        assert world.store.lanes() == []

    def test_a_person_opens_it_at_once(self, store):
        """And counting begins anew."""
        world = self.doubtful(store)
        world.app.resume_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann")
        assert (self.lane(world).doubts, self.lane(world).held_until) == (0, None)
        assert len(world.app.claim(1000)) == 2 * DOUBTS_IN_A_ROW

    def test_why_it_is_held_is_said(self, store):
        """With the last words of the webhook, and when the next row goes."""
        world = self.doubtful(store)
        waiting = next(row for row in world.store.inline_rows()[1] if row.state == "ready")
        said = explain(world.store, world.registry, waiting.run_id, now=world.clock.now)
        assert "of 10 rows in a row nobody knows whether they were delivered, the last: HTTP 502: bad gateway" in said


class LifeContract(WorldContract):
    """Nine tenths of a webhook's life are told of once, and at its end the lane stops."""

    def test_the_warning_is_given_once_with_the_row_that_comes_to_nine_tenths(self, store, caplog):
        """Not before, not again by another claim or runner, and not when a row that was refused gives its place back."""
        world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "lifetime_limit": 10}))
        world.launch(*(person(f"ann{number}", company=f"co{number}") for number in range(12)))
        sends = world.claim(8)
        assert world.events(e.WebhookEndsSoon) == []
        (ninth,) = world.claim(1)
        (told,) = world.events(e.WebhookEndsSoon)
        assert (told.sends, told.lifetime_limit, told.webhook) == (9, 10, ninth.url.fingerprint())
        world.report([ninth], Outcome.NOT_DELIVERED, status=503)
        world.report(sends)
        world.app.wake()
        assert len(world.another().claim(1)) == len(world.claim(5)) == 1
        assert len(world.events(e.WebhookEndsSoon)) == 1
        assert "nine tenths" in caplog.text
        assert world.claim() == []
        assert "lifetime_limit" in world.events(e.LaneStopped)[0].reason
        log = world.store.log(0, 10_000)
        assert world.store.inline_rows() == inline_rows(log)

    def test_another_limit_or_webhook_has_a_warning_of_its_own(self, store):
        """What was said of the old one says nothing of the new one."""
        world = World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "lifetime_limit": 2}))
        world.launch(*(person(f"ann{number}", company=f"co{number}") for number in range(9)))
        assert len(world.claim()) == 2
        world.app = world.another(tuned(world.registry, lane={"lifetime_limit": 4}))
        world.claim()
        assert [told.lifetime_limit for told in world.events(e.WebhookEndsSoon)] == [2, 4]
