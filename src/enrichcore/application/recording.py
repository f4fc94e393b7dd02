"""What came back from outside, in one commit for a whole group: what became of POSTs, and answers."""

from collections.abc import Sequence
from functools import partial

from attrs import evolve

from enrichcore.application import placing
from enrichcore.application.answers import Ack, Incoming
from enrichcore.application.asking import record_response, response_as_answer
from enrichcore.application.core import Core
from enrichcore.application.placing import parsed, place, reading_of
from enrichcore.application.sending import SendReport
from enrichcore.application.unit import Unit
from enrichcore.domain import lane as lanes
from enrichcore.domain import posts
from enrichcore.domain import step_run as steps
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import LaneId
from enrichcore.domain.step_run import PostOutcome


def record(core: Core, reports: Sequence[SendReport], incoming: Sequence[Incoming]) -> list[Ack]:
    """Record what became of claimed attempts, and answers; what became of each answer, now that it is durable."""
    return core.decided(partial(record_in, core, reports=reports, incoming=incoming))


def set_aside(core: Core, incoming: Incoming, fault: BaseException) -> Ack:
    """Keep an answer that could not be recorded with the others, for `fault` was raised; it is durable then."""
    return placing.set_aside(core, incoming, fault)


def set_response_aside(core: Core, report: SendReport, fault: BaseException) -> None:
    """Keep the response of a report that could not be recorded, and record the rest of it: the answer waits to be placed.

    Raises:
        Exception: The rest cannot be recorded either; the response is kept all the same.
    """
    assert report.response is not None  # noqa: S101 - what the caller looked at
    placing.set_aside(core, response_as_answer(report.send, report.response), fault, report.send.run_id)
    record(core, [evolve(report, response=None)], [])


def record_in(
    core: Core, unit: Unit, reports: Sequence[SendReport] = (), incoming: Sequence[Incoming] = ()
) -> list[Ack]:
    """Record what became of claimed attempts, and answers, within a unit."""
    read = [parsed(one) for one in incoming]
    answered = [found for _, found in read if found is not None]
    answered += [report.send.run_id for report in reports if report.response is not None]
    unit.preload([*(report.send.run_id for report in reports), *answered])
    unit.expect(unit.items(answered))
    # All are read before any is placed: reading and deciding do not fit into a processor's cache together, and taken in turns
    # for each answer both take half as long again.
    readings = [reading_of(core, unit, one, found) for one, (_, found) in zip(incoming, read, strict=True)]
    for report, seen in _told_by_lanes(unit, reports):
        _record_outcome(core, unit, report, seen)
    acks = [place(core, unit, one, *what, reading) for one, what, reading in zip(incoming, read, readings, strict=True)]
    for ack in acks:
        unit.count_answer(ack.outcome)
    return acks


def _told_by_lanes(unit: Unit, reports: Sequence[SendReport]) -> list[tuple[SendReport, PostOutcome]]:
    """What became of each POST, with what that says of its lane; a lane stops, or is held, in this commit."""
    by_lane: dict[LaneId, list[SendReport]] = {}
    for report in reports:
        by_lane.setdefault(report.send.lane_id, []).append(report)
    told: list[tuple[SendReport, PostOutcome]] = []
    for group in by_lane.values():
        send = group[0].send
        lane = unit.lane(send.lane_id, send.client_id)
        news: list[SendReport] = []
        for report in group:
            if _is_recorded(unit, report):
                told.append((report, report.outcome))
            else:
                news.append(report)
        events, outcomes = lanes.decide_outcomes(
            lane.state,
            [report.outcome for report in news],
            workstream=send.workstream,
            workflow=send.workflow,
            now=unit.now,
        )
        lane.emit_all(events)
        told += zip(news, outcomes, strict=True)
    return told


def _is_recorded(unit: Unit, report: SendReport) -> bool:
    """Whether it is recorded already that a row was not taken: by a commit of this very outcome that was not heard of.

    The lane was told then. Whoever resumed it since would see it stop, or be held, for what they had resumed it after.
    """
    draft, seen = unit.run(report.send.run_id), report.outcome
    if draft is None or seen.outcome not in steps.SURELY_NOT:
        return False
    run = unit.step_run(draft, report.send.workflow)
    return seen.attempt <= run.attempt and posts.find(run.posts, seen.attempt) is None


def _record_outcome(core: Core, unit: Unit, report: SendReport, seen: PostOutcome) -> None:
    send = report.send
    draft = unit.run(send.run_id)
    step = unit.pinned_step(draft, send.workflow) if draft is not None else None
    if draft is None or step is None:
        return
    before = unit.step_run(draft, send.workflow)
    draft.emit_all(steps.decide_outcome(before, step, seen, now=unit.now))
    if isinstance(draft.state, BatchItem):
        unit.go_on(draft, before)
    if report.response is not None:
        record_response(core, unit, send, report.response)
