"""A lane: the way of one client, workstream and workflow to one webhook.

Only what must be explained later is an event: that a lane stopped, was held, or was resumed, and why, and how many rows
in a row were refused. Its pace is no fact worth keeping and lives in the store.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain.ids import ClientId, LaneId
from enrichcore.domain.step_run import Outcome, PostOutcome

# --- state -------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Lane:
    """The folded state of one lane."""

    lane_id: LaneId
    client_id: ClientId
    workstream: str = ""
    workflow: str = ""
    #: Why nothing is sent until a person resumes the lane; empty while it is open.
    stopped: str = ""
    #: Until when nothing is sent, and why: the third party asked for a pause, or could not be reached.
    held_until: datetime | None = None
    held_for: str = ""
    #: Until when the third party asked to be left alone; whatever else holds or opens the lane, it is.
    asked_until: datetime | None = None
    #: Rows refused for good since the last that was taken, or since a person resumed the lane.
    refusals: int = 0
    #: Times that no connection could be made since the webhook was last reached, or since a person resumed the lane.
    failures: int = 0
    #: Rows of which nobody knows whether they were delivered since one was known to be taken, or since a person resumed the lane.
    doubts: int = 0
    #: The webhook, by its hash, and the limit of whose life a warning was given.
    warned: str = ""

    @property
    def unreachable(self) -> bool:
        """Whether the webhook is taken to be away, and is tried with one row at a time."""
        return self.failures >= FAILURES_IN_A_ROW

    @property
    def doubtful(self) -> bool:
        """Whether nobody knows of any row of late whether it was delivered, so that one row at a time is put at risk."""
        return self.doubts >= DOUBTS_IN_A_ROW

    @property
    def probed(self) -> bool:
        """Whether one row at a time finds out whether rows may leave again."""
        return self.unreachable or self.doubtful


# --- fold --------------------------------------------------------------------------------------------------------


def fold(lane: Lane, event: e.Event, _at: datetime, _version: int) -> Lane:
    """The state after `event`."""
    match event:
        case e.LaneStopped():
            return evolve(lane, workstream=event.workstream, workflow=event.workflow, stopped=event.reason)
        case e.LaneHeld():
            where = evolve(lane, workstream=event.workstream, workflow=event.workflow)
            asked = event.until if event.asked else lane.asked_until
            return evolve(where, held_until=event.until, held_for=event.reason, asked_until=asked)
        case e.RefusalsCounted():
            return evolve(lane, workstream=event.workstream, workflow=event.workflow, refusals=event.in_a_row)
        case e.ConnectionsFailed():
            return evolve(lane, workstream=event.workstream, workflow=event.workflow, failures=event.in_a_row)
        case e.DoubtsCounted():
            return evolve(lane, workstream=event.workstream, workflow=event.workflow, doubts=event.in_a_row)
        case e.WebhookEndsSoon():
            warned = _life(event.webhook, event.lifetime_limit)
            return evolve(lane, workstream=event.workstream, workflow=event.workflow, warned=warned)
        case e.LaneResumed():
            opened = evolve(lane, stopped="", held_until=None, held_for="", asked_until=None)
            return evolve(opened, refusals=0, failures=0, doubts=0)
    return lane


def _life(webhook: str, limit: int) -> str:
    return f"{webhook} {limit}"


# --- decisions ---------------------------------------------------------------------------------------------------

#: What an HTTP status of a webhook says of the row; any status of 200 to 299 delivered it, any other is unknown.
#: 401 to 410 concern the whole webhook, and so do an address that moved, and a method or a type of content that is not taken:
#: the address is wrong. 302 and 303 may follow a row that was taken; 500, 502 and 504 may come from a proxy after that.
OUTCOME_OF_STATUS: Final = {
    400: Outcome.ROW_REFUSED,
    413: Outcome.ROW_REFUSED,
    422: Outcome.ROW_REFUSED,
    **dict.fromkeys((301, 307, 308, 405, 411, 415, 501), Outcome.LANE_REFUSED),
    401: Outcome.LANE_REFUSED,
    402: Outcome.LANE_REFUSED,
    403: Outcome.LANE_REFUSED,
    404: Outcome.LANE_REFUSED,
    410: Outcome.LANE_REFUSED,
    429: Outcome.NOT_DELIVERED,
    503: Outcome.NOT_DELIVERED,
}

_SUCCESS = range(200, 300)

#: From so many rows refused one after the other on, it is the lane that refuses them: a table whose columns changed
#: answers 400 or 422 to every row, and would fail them all. A bad file may well hold a handful of bad rows in a row.
REFUSALS_IN_A_ROW: Final = 20

#: From so many connections on that could not be made one after the other, the webhook is away: each further row would only
#: write into the log that it is. One row at a time then finds out when it is back, after pauses that double from the first
#: to the longest.
FAILURES_IN_A_ROW: Final = 10
#: From so many on, which takes some two minutes, people should hear of it.
AWAY_FOR_LONG: Final = FAILURES_IN_A_ROW + 6
FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=5)
#: From so many rows on of which nobody knows whether they were delivered, one after the other, the whole backlog would fall in
#: doubt. Each row that finds out may be one more that is paid for in vain, so pauses begin longer and grow longer than those
#: for a webhook that is away, where a row surely stays here.
DOUBTS_IN_A_ROW: Final = 10
#: From so many on, which takes some minutes, people should hear of it.
DOUBTFUL_FOR_LONG: Final = DOUBTS_IN_A_ROW + 3
FIRST_DOUBTFUL_PAUSE: Final = timedelta(seconds=30)
LONGEST_DOUBTFUL_PAUSE: Final = timedelta(minutes=30)
#: A row that is to find out holds the lane for as long as its connection may take; should its runner die, the next goes then.
PROBE_WITHIN: Final = timedelta(seconds=30)
#: At this part of a webhook's life a warning is due.
NEARLY_OVER: Final = 0.9


def outcome_of_status(status: int) -> Outcome:
    """What an HTTP status says of the row that was sent."""
    return Outcome.DELIVERED if status in _SUCCESS else OUTCOME_OF_STATUS.get(status, Outcome.UNKNOWN)


def decide_outcomes(
    lane: Lane, seen: Sequence[PostOutcome], *, workstream: str, workflow: str, now: datetime
) -> tuple[tuple[e.Event, ...], tuple[PostOutcome, ...]]:
    """What the outcomes of some POSTs, in order, say of the lane, and what each then says of its row.

    A row that the lane refuses goes back to be sent when the lane is resumed; one refused for good fails. The longest of
    the pauses that were asked for holds the lane, as does a webhook that cannot be reached, or of which nobody knows whether
    it takes rows.
    """
    told: list[PostOutcome] = []
    refusals, stops = lane.refusals, ""
    for one in seen:
        if one.outcome is Outcome.DELIVERED:
            refusals = 0
        elif one.outcome is Outcome.ROW_REFUSED:
            refusals = min(refusals + 1, REFUSALS_IN_A_ROW)
        by_lane = one.outcome is Outcome.ROW_REFUSED and refusals == REFUSALS_IN_A_ROW
        if by_lane:
            stops = stops or f"{refusals} rows in a row were refused, the last with: {one.reason}"
        elif one.outcome is Outcome.LANE_REFUSED:
            stops = stops or one.reason or "the webhook refuses every row"
        told.append(evolve(one, outcome=Outcome.LANE_REFUSED) if by_lane else one)
    events: tuple[e.Event, ...] = ()
    if refusals != lane.refusals:
        events += (e.RefusalsCounted(workstream=workstream, workflow=workflow, in_a_row=refusals),)
    events += _decide_trouble(lane, seen, workstream=workstream, workflow=workflow, now=now)
    held = max((one for one in seen if one.hold is not None), key=lambda one: one.hold or one.due, default=None)
    if held is not None and held.hold is not None:
        after = _after(lane, events, now)
        events += decide_hold(after, workstream=workstream, workflow=workflow, until=held.hold, reason=held.reason)
    if stops:
        events += decide_stop(lane, workstream=workstream, workflow=workflow, reason=stops, by="runner")
    return events, tuple(told)


def _decide_trouble(
    lane: Lane, seen: Sequence[PostOutcome], *, workstream: str, workflow: str, now: datetime
) -> tuple[e.Event, ...]:
    """What connections that could not be made, and rows that nobody knows of, say; and what ends these counts."""
    where = {"workstream": workstream, "workflow": workflow}
    failures, failed = _failures_after(lane, seen)
    doubts, doubted = _doubts_after(lane, seen)
    counted: tuple[e.Event, ...] = ()
    for number in _counted(lane.failures, failures, AWAY_FOR_LONG):
        counted += (e.ConnectionsFailed(**where, in_a_row=number, reason=failed),)
    for number in _counted(lane.doubts, doubts, DOUBTFUL_FOR_LONG):
        counted += (e.DoubtsCounted(**where, in_a_row=number, reason=doubted),)
    after = _after(lane, counted, now)
    reached = failures != lane.failures and (lane.unreachable or after.unreachable)
    known = doubts != lane.doubts and (lane.doubtful or after.doubtful)
    if not reached and not known:
        return counted
    return (*counted, *_decide_pause(lane, after, failed or doubted, where, now))


def _counted(before: int, after: int, news: int) -> tuple[int, ...]:
    """What is recorded of a count that changed: the number that is news too, where several rows at once would jump over it."""
    if before < news < after:
        return news, after
    return (after,) if after != before else ()


def _failures_after(lane: Lane, seen: Sequence[PostOutcome]) -> tuple[int, str]:
    """Connections that failed in a row after these outcomes, and what the last of them said."""
    failures, last = lane.failures, ""
    for one in seen:
        if one.http_status:
            failures, last = 0, ""
        elif one.unreachable and (failures < FAILURES_IN_A_ROW or one.probe):
            # Rows that left before the lane was held fail long after: they tell nothing new.
            failures, last = failures + 1, one.reason
    return failures, last


def _doubts_after(lane: Lane, seen: Sequence[PostOutcome]) -> tuple[int, str]:
    """Rows in a row of which nobody knows after these outcomes, and what the last of them said.

    A row that was put off says nothing of whether others arrive.
    """
    doubts, last = lane.doubts, ""
    for one in seen:
        if one.outcome in {Outcome.DELIVERED, Outcome.ROW_REFUSED}:
            doubts, last = 0, ""
        elif one.outcome is Outcome.UNKNOWN and not one.given_up and (doubts < DOUBTS_IN_A_ROW or one.probe):
            doubts, last = doubts + 1, one.reason
    return doubts, last


def _decide_pause(before: Lane, after: Lane, last: str, where: dict[str, Any], now: datetime) -> tuple[e.Event, ...]:
    """Hold a lane that is tried by one row at a time, or open one that need not be any more."""
    asked = max(before.asked_until or now, now)
    # Longer than the pause for the row that was to find out, or shorter, now that this is known.
    if after.probed and asked <= (until := now + _pause(after)):
        return (e.LaneHeld(**where, until=until, reason=_why_probed(after, last), asked=False),)
    if before.held_until in {None, asked}:
        return ()
    if asked > now:
        return (e.LaneHeld(**where, until=asked, reason="the webhook asked for a pause"),)
    if before.held_until is not None and before.held_until > now:
        why = "it can be reached again" if before.unreachable else "a row is known to be taken"
        return (e.LaneHeld(**where, until=now, reason=why, asked=False),)
    return ()


def _pause(lane: Lane) -> timedelta:
    """How long a lane that is tried by one row at a time is left alone until the next."""
    reach, doubt = lane.failures - FAILURES_IN_A_ROW, lane.doubts - DOUBTS_IN_A_ROW
    return max(
        min(FIRST_PAUSE * 2 ** min(reach, 16), LONGEST_PAUSE) if reach >= 0 else timedelta(0),
        min(FIRST_DOUBTFUL_PAUSE * 2 ** min(doubt, 16), LONGEST_DOUBTFUL_PAUSE) if doubt >= 0 else timedelta(0),
    )


def _why_probed(lane: Lane, last: str) -> str:
    what = (
        f"no connection could be made {lane.failures} times in a row"
        if lane.unreachable
        else f"of {lane.doubts} rows in a row nobody knows whether they were delivered"
    )
    return f"{what}{f', the last: {last}' if last else ''}; one row at a time is tried"


def _after(lane: Lane, events: Sequence[e.Event], now: datetime) -> Lane:
    for event in events:
        lane = fold(lane, event, now, 0)
    return lane


def decide_probe(
    lane: Lane, *, workstream: str, workflow: str, now: datetime, lease_until: datetime
) -> tuple[e.Event, ...]:
    """One row leaves to find out whether rows may leave again; no other does meanwhile.

    What it finds out of a lane that is doubtful may take its whole lease.
    """
    until, why = now + PROBE_WITHIN, "whether it can be reached again"
    after = f"{lane.failures} failures in a row"
    if lane.doubtful:
        until, why = max(until, lease_until), "whether rows are taken"
        after = f"{lane.doubts} in a row of which nobody knows" if not lane.unreachable else after
    said = f"one row is out to see {why}, after {after}"
    return (e.LaneHeld(workstream=workstream, workflow=workflow, until=until, reason=said, asked=False),)


def decide_taken(lane: Lane, *, workstream: str, workflow: str, now: datetime) -> tuple[e.Event, ...]:
    """The answer to a row that was in doubt came: rows arrive, whatever the webhook says of them."""
    arrived = PostOutcome(attempt=0, outcome=Outcome.DELIVERED, due=now)
    return _decide_trouble(lane, [arrived], workstream=workstream, workflow=workflow, now=now)


def decide_warning(
    lane: Lane, *, workstream: str, workflow: str, webhook: str, sends: int, limit: int
) -> tuple[e.Event, ...]:
    """Say once that a webhook's life is nearly over; again for another webhook, or another limit."""
    if sends < limit * NEARLY_OVER or lane.warned == _life(webhook, limit):
        return ()
    where = {"workstream": workstream, "workflow": workflow}
    return (e.WebhookEndsSoon(**where, webhook=webhook, sends=sends, lifetime_limit=limit),)


def decide_stop(lane: Lane, *, workstream: str, workflow: str, reason: str, by: str) -> tuple[e.Event, ...]:
    """Send nothing more until a person resumes the lane."""
    if lane.stopped:
        return ()
    return (e.LaneStopped(workstream=workstream, workflow=workflow, reason=reason, by=by),)


def decide_hold(lane: Lane, *, workstream: str, workflow: str, until: datetime, reason: str) -> tuple[e.Event, ...]:
    """Send nothing before `until`, as the third party asks; a shorter pause than it asked for before changes nothing."""
    if lane.asked_until is not None and lane.asked_until >= until:
        return ()
    # A longer pause of our own stays.
    later = max(until, lane.held_until or until)
    return (e.LaneHeld(workstream=workstream, workflow=workflow, until=later, reason=reason),)


def decide_resume(lane: Lane, *, by: str, why: str) -> tuple[e.Event, ...]:
    """Open the lane again."""
    return (e.LaneResumed(by=by, why=why),) if _troubled(lane) else ()


def _troubled(lane: Lane) -> bool:
    return bool(lane.stopped or lane.held_until or lane.failures or lane.doubts)
