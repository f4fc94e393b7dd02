"""Claims: rows that can leave now become durable attempts, lane by lane, in one short transaction each."""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from enrichcore.application.core import Core
from enrichcore.application.sending import Send, payload
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.ids import NAMESPACE, ItemId, LaneId, lane_id
from enrichcore.domain.pipeline import Kind
from enrichcore.registry import Registry, Webhook
from enrichcore.store.commit import Conflict, StoreError, StoreUnavailable

log = logging.getLogger("enrichcore.application")

#: Of each configured lane its workflow, and where its rows go.
Lanes = Mapping[UUID, tuple[str, Webhook]]


def claim(core: Core, configured: Lanes, limit: int) -> list[Send]:
    """Take at most `limit` rows for sending, over all open lanes; each is durable as `StepSending`."""
    open_lanes = [LaneId(lane) for lane in core.store.ready_lanes(core.clock()) if lane in configured]
    claimed: list[Send] = []
    failure: Exception | None = None
    for number, lane in enumerate(open_lanes):
        left = limit - len(claimed)
        if left <= 0:
            break
        share = max(1, left // (len(open_lanes) - number))
        try:
            claimed += _claim_lane(core, lane, *configured[lane], share)
        except Exception as error:  # noqa: BLE001 - what earlier lanes gave is durable: it must leave, or it falls in doubt
            log.warning("%s on lane %s could not be claimed: %s", configured[lane][0], lane, error)
            failure = error
            if isinstance(error, StoreUnavailable):
                break
    if failure is not None and not claimed:
        raise failure
    return claimed


def lanes_of(registry: Registry) -> Lanes:
    """The lanes that a configuration has a webhook for."""
    return {
        lane_id(client.id, stream.slug, step.workflow): (step.workflow, webhook)
        for client in registry.clients.values()
        for stream in registry.workstreams.values()
        for step in stream.pipeline.steps
        if step.kind is not Kind.LOCAL and (webhook := client.webhooks.get((stream.slug, step.workflow))) is not None
    }


def _claim_lane(core: Core, lane: LaneId, workflow: str, webhook: Webhook, limit: int) -> list[Send]:
    settings, now = webhook.lane, core.clock()
    try:
        with core.store.claims() as claims:
            group = uuid5(NAMESPACE, f"pace/{settings.pace_group}")
            # Locks the group's bucket, so that runners count what is out one after the other.
            claims.take_tokens(group, 0, rate=settings.rate, burst=settings.burst, now=now)
            room = settings.max_in_flight - claims.in_flight(lane, settings.max_in_flight)
            found = claims.ready(lane, now, min(limit, room)) if room > 0 else []
            if not found:
                return []
            tokens = claims.take_tokens(group, len(found), rate=settings.rate, burst=settings.burst, now=now)
            unit = core.unit(now, claims)
            sends = _claim_runs(core, unit, found[:tokens], workflow, webhook, lane)
            commit = unit.finish()
            if not commit.empty:
                claims.append(commit)
            return sends
    except Conflict:
        return []


def _claim_runs(
    core: Core, unit: Unit, run_ids: Sequence[UUID], workflow: str, webhook: Webhook, lane: LaneId
) -> list[Send]:
    sends: list[Send] = []
    unit.preload(run_ids)
    for run_id in run_ids:
        try:
            send = _claim_run(core, unit, run_id, workflow, webhook, lane)
        except StoreError:
            raise
        except Exception:
            log.exception("%s cannot be sent", run_id)
            continue
        if send is not None:
            sends.append(send)
    return sends


def _claim_run(core: Core, unit: Unit, run_id: UUID, workflow: str, webhook: Webhook, lane: LaneId) -> Send | None:
    draft = unit.run(run_id)
    step = unit.pinned_step(draft, workflow) if draft is not None else None
    if draft is None or step is None:
        return None
    decided = steps.decide_claim(
        unit.step_run(draft, workflow),
        step,
        ItemId(run_id),
        now=unit.now,
        lease=core.registry.runner.lease,
        workstream=draft.state.workstream,
        webhook=webhook.url.fingerprint(),
        price=webhook.lane.credits_per_send,
    )
    if not decided:
        return None
    (sending,) = decided
    assert isinstance(sending, e.StepSending)  # noqa: S101 - what decide_claim makes
    send = Send(
        run_id=run_id,
        workstream=draft.state.workstream,
        workflow=workflow,
        attempt=sending.attempt,
        key=sending.key,
        url=webhook.url,
        auth=webhook.auth,
        payload=payload(draft.state, unit.known_facts(draft), workflow, sending.key, core.callback_base_url),
        reserved=sending.reserved,
        lane_id=lane,
        lease_until=sending.lease_until,
    )
    draft.emit_all(decided)
    return send
