"""`http` steps: what they cannot ask, and the response that is their answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from attrs import evolve

from enrichcore.application.answers import Incoming, parse, read
from enrichcore.application.core import Core
from enrichcore.application.drafts import AnyDraft
from enrichcore.application.pricing import credits_in, priced
from enrichcore.application.sending import Response, Send, asked, payload
from enrichcore.application.unit import Unit
from enrichcore.domain import batch_item, company_run
from enrichcore.domain import step_run as steps
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.events import Source
from enrichcore.domain.pipeline import Entity
from enrichcore.domain.step_run import Answer
from enrichcore.fields import AskedCompany
from enrichcore.registry import HttpRequest
from enrichcore.store.commit import StoreError

_TOO_LARGE = "the response is too large for an answer; only its beginning is kept"


def skip_what_cannot_ask(
    core: Core, unit: Unit, run_ids: Sequence[UUID], workflow: str, request: HttpRequest | None
) -> list[UUID]:
    """Of runs that are ready, those whose request has all that it names; the others are skipped, and their items go on."""
    if request is None or not request.fields:
        return list(run_ids)
    left: list[UUID] = []
    for run_id in run_ids:
        draft = unit.run(run_id)
        if draft is None:
            continue
        if not (missing := _missing(core, unit, draft, workflow, request)):
            left.append(run_id)
            continue
        before = unit.step_run(draft, workflow)
        draft.emit_all(steps.decide_skip(before, f"nothing to ask with: {', '.join(missing)} not known"))
        if isinstance(draft.state, BatchItem):
            unit.go_on(draft, before)
    return left


def _missing(core: Core, unit: Unit, draft: AnyDraft, workflow: str, request: HttpRequest) -> tuple[str, ...]:
    try:
        facts = unit.known_facts(draft)
        return request.missing(asked(payload(draft.state, facts, workflow, "", core.callback_base_url), facts))
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - the claim tells of a row that cannot be made, and lets the others leave
        return ()


def record_response(core: Core, unit: Unit, send: Send, response: Response) -> None:
    """Place a response as the answer to its request."""
    draft = unit.run(send.run_id)
    step = unit.pinned_step(draft, send.workflow) if draft is not None else None
    if draft is None or step is None:
        return
    entity = step.entity if isinstance(draft.state, BatchItem) else Entity.COMPANY
    came = _read(core, send, response, draft.state, entity, unit.asked_at(draft.state, entity))
    came = priced(core.registry, send.client_id, send.workstream, send.workflow, came)
    if isinstance(draft.state, BatchItem):
        batch_item.answer(draft, unit.around(draft.state), send.workflow, came)
        unit.carry_on(draft)
    else:
        company_run.answer(draft, came)


def response_as_answer(send: Send, response: Response) -> Incoming:
    """A response in the form that answers come in."""
    return Incoming(
        client_id=send.client_id,
        workstream=send.workstream,
        workflow=send.workflow,
        body=response.body,
        token=send.key,
        source=Source.RESPONSE,
    )


def _read(core: Core, send: Send, response: Response, run: Any, entity: Entity, at: AskedCompany) -> Answer:
    incoming = response_as_answer(send, response)
    parsed = _parsed(response.body)
    answer = read(incoming, parsed, run, entity, core.registry.rules, at)
    if send.request is not None and (told := credits_in(parsed, send.request.credits_at)) is not None:
        answer = evolve(answer, credits=told)
    if response.too_large:
        return evolve(answer, rank=Rank.ERROR, facts={}, error=_TOO_LARGE)
    if response.nothing_found:
        # What such a body holds besides, such as an echo of what was asked, is no finding.
        return evolve(answer, rank=Rank.EMPTY, facts={}, error=response.nothing_found)
    return answer


def _parsed(body: bytes) -> Any:
    """The body as JSON, or as text where it is none: its hash tells it from others all the same."""
    try:
        return parse(body)
    except ValueError:
        return body.decode("utf-8", "replace")
