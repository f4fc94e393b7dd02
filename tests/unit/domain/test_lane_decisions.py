"""A lane stops for what concerns the whole webhook, holds when asked to, and opens when a person resumes it."""

import pytest

from enrichcore.domain import events as e
from enrichcore.domain import ids
from enrichcore.domain import lane as lanes
from enrichcore.domain.step_run import Outcome, PostOutcome
from tests.unit.domain.scenes import BY_ANN, CLIENT, HOURS, NOW, names

WHICH = {"workstream": "crm_data", "workflow": "enrich_person"}


def lane_after(*events):
    """A lane after these events."""
    state = lanes.Lane(lane_id=ids.lane_id(CLIENT, **WHICH), client_id=CLIENT)
    for version, event in enumerate(events, start=1):
        state = lanes.fold(state, event, NOW, version)
    return state


STOPPED = e.LaneStopped(**WHICH, reason="401 from the webhook", by="sender")
HELD = e.LaneHeld(**WHICH, until=NOW + HOURS, reason="429")


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (Outcome.DELIVERED, [200, 201, 202, 204]),
        (Outcome.NOT_DELIVERED, [429, 503]),
        (Outcome.UNKNOWN, [500, 502, 504]),
        (Outcome.ROW_REFUSED, [400, 413, 422]),
        (Outcome.LANE_REFUSED, [401, 402, 403, 404, 410, 301, 307, 308, 405, 411, 415, 501]),
        (Outcome.UNKNOWN, [0, 100, 199, 300, 302, 303, 409, 418, 599, 999]),
    ],
)
def test_a_status_says_what_became_of_the_row(outcome, statuses):
    """What no one has told us of is unknown, and so never sent again silently."""
    assert {lanes.outcome_of_status(status) for status in statuses} == {outcome}


def test_a_lane_stops_once_and_says_why():
    """The first reason stands."""
    (stopped,) = lanes.decide_stop(lane_after(), **WHICH, reason="401 from the webhook", by="sender")
    lane = lane_after(stopped)
    assert (lane.stopped, lane.workflow) == ("401 from the webhook", "enrich_person")
    assert lanes.decide_stop(lane, **WHICH, reason="403", by="sender") == ()


@pytest.mark.parametrize(("hours", "held"), [(0.5, []), (1, []), (2, ["LaneHeld"])])
def test_only_a_longer_hold_changes_a_hold(hours, held):
    """A shorter pause ends within the present one."""
    decided = lanes.decide_hold(lane_after(HELD), **WHICH, until=NOW + hours * HOURS, reason="429")
    assert names(decided) == held


@pytest.mark.parametrize(
    ("events", "resumed"),
    [([], []), ([STOPPED], ["LaneResumed"]), ([HELD], ["LaneResumed"]), ([STOPPED, HELD], ["LaneResumed"])],
)
def test_resuming_opens_a_lane_that_is_stopped_or_held(events, resumed):
    """Afterwards it is neither, and resuming again finds nothing to do."""
    decided = lanes.decide_resume(lane_after(*events), **BY_ANN)
    assert names(decided) == resumed
    lane = lane_after(*events, *decided)
    assert (lane.stopped, lane.held_until) == ("", None)
    assert lanes.decide_resume(lane, **BY_ANN) == ()


def outcomes(*kinds):
    """POSTs that ended so, one after the other."""
    return [PostOutcome(attempt=1, outcome=kind, due=NOW) for kind in kinds]


@pytest.mark.parametrize(
    ("before", "seen", "in_a_row"),
    [
        (0, [Outcome.ROW_REFUSED, Outcome.ROW_REFUSED], 2),
        (3, [Outcome.ROW_REFUSED], 4),
        (3, [Outcome.DELIVERED, Outcome.ROW_REFUSED], 1),
        (3, [Outcome.DELIVERED], 0),
        (3, [Outcome.UNKNOWN, Outcome.NOT_DELIVERED], None),
        (0, [Outcome.DELIVERED], None),
    ],
)
def test_refusals_in_a_row_are_counted_once_per_commit(before, seen, in_a_row):
    """What neither was taken nor refused for good says nothing, and a lane that is well records nothing."""
    lane = lane_after(e.RefusalsCounted(**WHICH, in_a_row=before))
    decided, told = lanes.decide_outcomes(lane, outcomes(*seen), **WHICH, now=NOW)
    refused = [event for event in decided if isinstance(event, e.RefusalsCounted)]
    assert [event.in_a_row for event in refused] == ([] if in_a_row is None else [in_a_row])
    assert told == tuple(outcomes(*seen))


def test_resuming_a_lane_begins_the_count_anew():
    """The person has looked into it."""
    stopped = lane_after(e.RefusalsCounted(**WHICH, in_a_row=lanes.REFUSALS_IN_A_ROW), STOPPED)
    (resumed,) = lanes.decide_resume(stopped, **BY_ANN)
    anew = lanes.fold(stopped, resumed, NOW, 3)
    _, told = lanes.decide_outcomes(anew, outcomes(Outcome.ROW_REFUSED), **WHICH, now=NOW)
    assert [one.outcome for one in told] == [Outcome.ROW_REFUSED]
