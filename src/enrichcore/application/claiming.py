"""Claims: rows that can leave now become durable attempts, lane by lane, in one short transaction each."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from attrs import evolve, frozen

from enrichcore.application.asking import skip_what_cannot_ask
from enrichcore.application.core import Core
from enrichcore.application.drafts import AnyDraft
from enrichcore.application.paces import paces_of, take
from enrichcore.application.sending import Pace, Send, asked, payload, response_within
from enrichcore.application.unheard import Unheard
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain import step_run as steps
from enrichcore.domain.ids import ItemId, LaneId, lane_id
from enrichcore.domain.lane import NEARLY_OVER, decide_probe, decide_stop, decide_warning
from enrichcore.domain.pipeline import Entity, Kind
from enrichcore.registry import Client, Registry, RenderedRequest, Webhook
from enrichcore.store.commit import Claims, Commit, Conflict, Reads, StoreError, StoreUnavailable

log = logging.getLogger("enrichcore.application")

#: More rows than any claim takes.
ALL: Final = 2**31 - 1
#: More rows than all runners together claim in one moment.
_CLAIMED_AT_ONCE: Final = 4_000
#: How long a process passes over a row that it could not make.
_PASSED_OVER_FOR: Final = timedelta(minutes=1)


@frozen(kw_only=True)
class ConfiguredLane:
    """A lane with where its rows go, and whose money they cost."""

    lane_id: LaneId
    client: Client
    workstream: str
    workflow: str
    webhook: Webhook
    #: Hash of its URL.
    webhook_hash: str
    #: Whether its rows are about people, not companies.
    about_people: bool
    #: That of its group, and its own where that is slower.
    paces: tuple[Pace, ...]

    @property
    def kind(self) -> Kind:
        """How its rows get their answers."""
        return Kind.WEBHOOK if self.webhook.request is None else Kind.HTTP


Lanes = Mapping[UUID, ConfiguredLane]


def claim(
    core: Core, configured: Lanes, limit: int, kind: Kind | None = None, *, turn: int, unheard: Unheard
) -> list[Send]:
    """Take at most `limit` rows for sending, over all open lanes of a kind; each is durable as `StepSending`.

    Args:
        core: what claims rest on.
        configured: lanes that have a webhook, or a request.
        limit: most rows.
        kind: only of steps of this kind.
        turn: counts the claims: each begins with another lane, or those that come last would starve while a slow webhook
            leaves few connections free.
        unheard: gets the rows of a claim whose end is not heard of.
    """
    ready = [
        (LaneId(lane), probes)
        for lane, probes in core.store.ready_lanes(core.clock()).items()
        if lane in configured and kind in {None, configured[lane].kind}
    ]
    first = turn % len(ready) if ready else 0
    open_lanes = ready[first:] + ready[:first]
    claimed: list[Send] = []
    failure: Exception | None = None
    for number, (lane, probes) in enumerate(open_lanes):
        left = limit - len(claimed)
        if left <= 0:
            break
        share = max(1, left // (len(open_lanes) - number))
        try:
            claimed += _claim_lane(core, configured[lane], 1 if probes else share, unheard, probes=probes)
        except Exception as error:  # noqa: BLE001 - what earlier lanes gave is durable: it must leave, or it falls in doubt
            log.warning("a lane of %s could not be claimed: %s", configured[lane].workflow, error)
            failure = error
            if isinstance(error, StoreUnavailable):
                break
    if failure is not None and not claimed:
        raise failure
    return claimed


def lanes_of(registry: Registry) -> Lanes:
    """The lanes that a configuration has a webhook for, or the request of an `http` step."""
    found = {
        lane_id(client.id, workstream, workflow): (client, workstream, workflow, webhook)
        for client in registry.clients.values()
        for workstream, workflow, webhook in registry.webhooks_of(client)
    }
    paces = paces_of({name: webhook.lane for name, (*_, webhook) in found.items()})
    return {
        name: ConfiguredLane(
            lane_id=name,
            client=client,
            workstream=workstream,
            workflow=workflow,
            webhook=webhook,
            webhook_hash=webhook.url.fingerprint(),
            about_people=_is_about_people(registry, workstream, workflow),
            paces=paces[name],
        )
        for name, (client, workstream, workflow, webhook) in found.items()
    }


def _is_about_people(registry: Registry, workstream: str, workflow: str) -> bool:
    step = registry.workstream(workstream).pipeline.step(workflow)
    return step is not None and step.entity is Entity.PERSON


def _claim_lane(core: Core, lane: ConfiguredLane, limit: int, unheard: Unheard, *, probes: bool = False) -> list[Send]:
    settings, now = lane.webhook.lane, core.clock()
    written: list[Send] = []
    try:
        with core.store.claims() as claims:
            # Locks the group's bucket, so that runners count what is out one after the other.
            take(claims, lane.paces, 0, now)
            room = settings.max_in_flight - claims.in_flight(lane.lane_id, settings.max_in_flight)
            found = _ready(core, claims, lane, now, min(limit, room)) if room > 0 else []
            if not found:
                return []
            unit = core.unit(now, claims)
            if probes and not _may_probe(unit, lane):
                return []
            unit.preload(found)
            if lane.about_people or lane.client.budget_credits is not None:
                # Lanes of other pace groups may ask the same about the same people, and spend of the same budget. Always before
                # the webhook, which they may share.
                claims.lock_client(lane.client.id)
            # The same person may have been answered in another batch since the row became ready, or be out in one.
            left = unit.not_served_by_now(found, lane.workflow)
            left = skip_what_cannot_ask(core, unit, left, lane.workflow, lane.webhook.request)
            sent = _sent(claims, lane, len(left))
            most = _rows_left(claims, unit, lane, wanted=len(left), sent=sent)
            tokens = take(claims, lane.paces, most, now)
            sends = _claim_runs(core, unit, left, lane, most=tokens)
            if len(sends) < tokens:
                # What cannot leave after all keeps no other lane of the group from its turn.
                take(claims, lane.paces, len(sends) - tokens, now)
            if probes and sends:
                sends = _probing(unit, lane, sends)
            if sends:
                _warn_of_end(unit, lane, sent + len(sends))
            commit = unit.finish()
            if not commit.empty:
                written = _placed(sends, commit, claims.append(commit))
    except Conflict:
        return []
    except Exception:
        # Before the commit nothing is written, so nothing is in this.
        unheard.extend(written)
        raise
    return written


def _placed(sends: Sequence[Send], commit: Commit, positions: Sequence[int]) -> list[Send]:
    """The rows, each with where its `StepSending` stands in the log."""
    stored = zip(commit.events, positions, strict=True)
    found = {one.stream_id: position for one, position in stored if isinstance(one.event, e.StepSending)}
    return [evolve(send, position=found[send.run_id]) for send in sends]


def _sent(claims: Claims, lane: ConfiguredLane, wanted: int) -> int:
    """What the webhook has taken over its life; where that nears its end, no other claim counts beside this one."""
    life, webhook = lane.webhook.lane.lifetime_limit, lane.webhook_hash
    if life is None:
        return 0
    if (sent := claims.sends_of(webhook)) + wanted + max(life * (1 - NEARLY_OVER), _CLAIMED_AT_ONCE) <= life:
        return sent
    claims.lock_webhook(webhook)
    return claims.sends_of(webhook)


def _may_probe(unit: Unit, lane: ConfiguredLane) -> bool:
    """Whether no other runner's row is out to see whether rows may leave again."""
    known = unit.lane(lane.lane_id, lane.client.id).state
    return known.held_until is None or known.held_until <= unit.now


def _probing(unit: Unit, lane: ConfiguredLane, sends: Sequence[Send]) -> list[Send]:
    draft = unit.lane(lane.lane_id, lane.client.id)
    until = max(send.lease_until for send in sends)
    where = {"workstream": lane.workstream, "workflow": lane.workflow}
    draft.emit_all(decide_probe(draft.state, **where, now=unit.now, lease_until=until))
    return [evolve(send, probe=True) for send in sends]


def _warn_of_end(unit: Unit, lane: ConfiguredLane, sends: int) -> None:
    """Say, with the rows that come to it, that nine tenths of a webhook's life are over."""
    life, webhook = lane.webhook.lane.lifetime_limit, lane.webhook_hash
    if life is None or sends < life * NEARLY_OVER:
        return
    draft = unit.lane(lane.lane_id, lane.client.id)
    warning = decide_warning(
        draft.state, workstream=lane.workstream, workflow=lane.workflow, webhook=webhook, sends=sends, limit=life
    )
    if draft.emit_all(warning):
        log.warning("%s of %s has used nine tenths of its webhook's lifetime_limit", lane.workflow, lane.client.slug)


def _rows_left(claims: Claims, unit: Unit, lane: ConfiguredLane, *, wanted: int, sent: int) -> int:
    """How many more rows the webhook's life and the client's budget allow; a webhook at the end of its life stops its lane."""
    settings = lane.webhook.lane
    life = settings.lifetime_limit
    left = wanted if life is None else min(wanted, max(life - sent, 0))
    if wanted and not left:
        why = f"its webhook has taken {sent:,} rows, all that lifetime_limit allows: give it a new URL"
        draft = unit.lane(lane.lane_id, lane.client.id)
        draft.emit_all(
            decide_stop(draft.state, workstream=lane.workstream, workflow=lane.workflow, reason=why, by="runner")
        )
    if left and lane.client.budget_credits is not None:
        left = min(left, rows_in_budget(claims, lane.client, settings.credits_per_send, unit.now))
    return left


def rows_in_budget(reads: Reads, client: Client, price: Decimal, now: datetime) -> int:
    """How many more rows a client's budget pays for, spent and reserved credits counted; none once it is used up."""
    assert client.budget_credits is not None  # noqa: S101 - asked for a client that has a budget
    left = client.budget_credits - reads.credits_of(client.id, client.budget_since(now))
    if left <= 0:
        return 0
    return int(left // price) if price else ALL


def _ready(core: Core, claims: Claims, lane: ConfiguredLane, now: datetime, wanted: int) -> list[UUID]:
    """The rows that are longest due, but for those that could not be made a moment ago: they stand in nobody's way."""
    known = core.unmakeable.get(lane.lane_id, {})
    passed_over = {run_id: until for run_id, until in known.items() if until > now}
    core.unmakeable[lane.lane_id] = passed_over
    return claims.ready(lane.lane_id, now, wanted, besides=passed_over)


def _claim_runs(core: Core, unit: Unit, run_ids: Sequence[UUID], lane: ConfiguredLane, *, most: int) -> list[Send]:
    sends: list[Send] = []
    faults: dict[UUID, Exception] = {}
    for run_id in run_ids:
        if len(sends) >= most:
            break
        try:
            send = _claim_run(core, unit, run_id, lane)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others leave
            faults[run_id] = error
            continue
        if send is not None:
            sends.append(send)
    if faults:
        core.unmakeable[lane.lane_id] |= dict.fromkeys(faults, unit.now + _PASSED_OVER_FOR)
        first, fault = next(iter(faults.items()))
        log.error("%d rows of %s cannot be made, the first is %s", len(faults), lane.workflow, first, exc_info=fault)
    return sends


def why_unmakeable(unit: Unit, run_id: UUID, workflow: str, webhook: Webhook) -> str:
    """What kind of error keeps a row from being made for sending; empty where none does. Its words may hold a secret."""
    draft = unit.run(run_id)
    try:
        if draft is not None:
            _made(unit, draft, workflow, webhook, "", "")
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - as when it is claimed
        return type(error).__name__
    return ""


def _made(
    unit: Unit, draft: AnyDraft, workflow: str, webhook: Webhook, key: str, base_url: str
) -> tuple[dict[str, Any], RenderedRequest | None]:
    """A row, and the request that an `http` step makes of it."""
    facts = unit.known_facts(draft)
    row = payload(draft.state, facts, workflow, key, base_url)
    return row, None if webhook.request is None else webhook.request.render(asked(row, facts))


def _claim_run(core: Core, unit: Unit, run_id: UUID, lane: ConfiguredLane) -> Send | None:
    workflow, webhook = lane.workflow, lane.webhook
    draft = unit.run(run_id)
    step = unit.pinned_step(draft, workflow) if draft is not None else None
    if draft is None or step is None or unit.waits_for_other(draft, workflow):
        return None
    # A response that is its answer takes its time, and must not be in doubt while it is waited for.
    within = response_within(webhook.request, step.answer_within)
    decided = steps.decide_claim(
        unit.step_run(draft, workflow),
        step,
        ItemId(run_id),
        now=unit.now,
        lease=core.registry.runner.lease + (within if webhook.request is not None else timedelta(0)),
        workstream=draft.state.workstream,
        webhook=lane.webhook_hash,
        price=webhook.lane.credits_per_send,
    )
    if not decided:
        return None
    (sending,) = decided
    assert isinstance(sending, e.StepSending)  # noqa: S101 - what decide_claim makes
    row, request = _made(unit, draft, workflow, webhook, sending.key, core.callback_base_url)
    send = Send(
        run_id=run_id,
        workstream=draft.state.workstream,
        workflow=workflow,
        attempt=sending.attempt,
        key=sending.key,
        url=webhook.url,
        auth=webhook.auth,
        payload=row,
        reserved=sending.reserved,
        lane_id=lane.lane_id,
        lease_until=sending.lease_until,
        request=request,
        response_within=within,
        paces=lane.paces,
    )
    draft.emit_all(decided)
    unit.note_sending(draft)
    return send
