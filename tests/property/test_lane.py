"""Whatever a webhook does, a lane that is away or doubtful is tried by one row at a time, and never left closed."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from enrichcore.domain import ids
from enrichcore.domain import lane as lanes
from enrichcore.domain.step_run import Outcome, PostOutcome

LEASE = timedelta(minutes=1)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLIENT = ids.ClientId(ids.NAMESPACE)
WHICH = {"workstream": "crm_data", "workflow": "enrich_person"}

#: What becomes of rows: reached (with a status), put off for so many seconds, not reached, or nobody knows, told or not.
FATES = st.sampled_from(["reached", "put off", "away", "away", "away", "unknown", "unknown", "unknown", "error"])
#: One fate after the other, each of some rows in a row.
REPORTS = st.lists(st.tuples(FATES, st.integers(1, 12)), min_size=1, max_size=4)
COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), st.integers(1, 30)),
        st.tuples(st.just("report"), REPORTS),
        st.tuples(st.just("wait"), st.floats(0, 400)),
        st.tuples(st.just("answer"), st.none()),
        st.tuples(st.just("resume"), st.none()),
    ),
    max_size=60,
)


class Play:
    """A lane, the rows that are out on it, and the clock."""

    def __init__(self):
        self.lane = lanes.Lane(lane_id=ids.lane_id(CLIENT, **WHICH), client_id=CLIENT)
        self.now, self.out = START, []
        #: When rows left that were to find out, since the webhook was last reached.
        self.probes = []
        #: Until when the third party asked to be left alone.
        self.asked = START

    def fold(self, events):
        for event in events:
            before, self.lane = self.lane, lanes.fold(self.lane, event, self.now, 1)
            # Whoever is told by the number in an event is told once each time that it grows so large.
            assert not before.failures < lanes.AWAY_FOR_LONG < self.lane.failures
            assert not before.doubts < lanes.DOUBTFUL_FOR_LONG < self.lane.doubts

    def do_claim(self, number):
        if self.lane.held_until is not None and self.lane.held_until > self.now:
            return
        if self.lane.probed:
            self.fold(lanes.decide_probe(self.lane, **WHICH, now=self.now, lease_until=self.now + LEASE))
            self.probes.append(self.now)
            self.out.append(True)
        else:
            self.out += [False] * number

    def do_report(self, fates):
        came = [(self.out.pop(0), fate) for fate, times in fates for _ in range(times) if self.out]
        seen = [self.outcome(fate, probe=probe) for probe, fate in came]
        events, told = lanes.decide_outcomes(self.lane, seen, **WHICH, now=self.now)
        assert told == tuple(seen)
        self.fold(events)
        if not self.lane.probed:
            self.probes.clear()

    def outcome(self, fate, *, probe):
        given = {"attempt": 1, "due": self.now, "reason": fate, "probe": probe}
        match fate:
            case "reached":
                return PostOutcome(**given, outcome=Outcome.DELIVERED, http_status=200)
            case "put off":
                hold = self.now + timedelta(seconds=200)
                self.asked = max(self.asked, hold)
                return PostOutcome(**given, outcome=Outcome.NOT_DELIVERED, http_status=429, hold=hold)
            case "away":
                return PostOutcome(**given, outcome=Outcome.NOT_DELIVERED, unreachable=True)
        return PostOutcome(**given, outcome=Outcome.UNKNOWN, http_status=500 if fate == "error" else 0)

    def do_answer(self, _):
        """An answer to a row that was in doubt."""
        self.fold(lanes.decide_taken(self.lane, **WHICH, now=self.now))
        assert not self.lane.doubtful
        if not self.lane.probed:
            self.probes.clear()

    def do_wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    def do_resume(self, _):
        self.fold(lanes.decide_resume(self.lane, by="ann", why=""))
        self.probes.clear()
        self.asked = self.now
        assert self.lane.held_until is None


@example(
    [("claim", 10), ("report", [("away", 10)]), *[("wait", 300.0), ("claim", 1)] * 7, ("report", [("away", 12)])],
)
@example(
    [("claim", 10), ("report", [("error", 10)]), *[("wait", 400.0), ("claim", 1)] * 5, ("report", [("error", 12)])],
)
@example([("claim", 30), ("report", [("put off", 1)]), ("report", [("away", 10)])])
@example(
    [
        ("claim", 30),
        ("report", [("unknown", 10), ("away", 10)]),
        ("wait", 30.0),
        ("claim", 1),
        ("report", [("away", 1)]),
    ]
)
@example([("claim", 30), ("report", [("put off", 1), ("error", 10)]), ("answer", None)])
@example([("claim", 12), ("report", [("put off", 1), ("away", 10)]), ("report", [("reached", 1)])])
@given(COMMANDS)
def test_any_order_of_failures_leaves_a_lane_that_goes_on_by_itself(commands):
    """Rows that find out leave one at a time, each after a pause; no pause is longer than the longest, or shorter than asked for."""
    play = Play()
    for name, given_ in commands:
        getattr(play, f"do_{name}")(given_)
        held_s = 0 if play.lane.held_until is None else (play.lane.held_until - play.now).total_seconds()
        longest = lanes.LONGEST_DOUBTFUL_PAUSE if play.lane.doubtful else lanes.LONGEST_PAUSE
        assert held_s <= longest.total_seconds()
        assert not play.lane.stopped
        assert play.asked <= play.now or play.lane.held_until >= play.asked
        apart = [later - before for before, later in zip(play.probes, play.probes[1:], strict=False)]
        assert all(pause >= lanes.FIRST_PAUSE for pause in apart)
        assert not play.lane.probed or play.lane.held_until is not None
