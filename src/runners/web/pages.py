"""The pages that show clients, batches, items and leads; those of uploads, lanes and unmatched answers have modules of their own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Stream

from enrichcore.application import UnknownId
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.events import BatchCancelled, BatchPaused
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import State
from projections.final_leads import FINAL_LEADS
from runners.lead_columns import COLUMNS
from runners.retrying import notes_on
from runners.spreadsheets import table_csv
from runners.web.access import guard_pages, name_cookie, remembered_name
from runners.web.batch_actions import ACTIONS, Said, SaidOfRetry, act, named, retry, settle
from runners.web.desk import BY, PAGE, Desk, Row, TheDesk, facts_of, person_name
from runners.web.lane_pages import lane_handlers
from runners.web.progress import again, progress_of, steps_of
from runners.web.rendering import PageNumber, Paging, when
from runners.web.run_page import run_page
from runners.web.signing_in import sign_out
from runners.web.standing import standing_of
from runners.web.unmatched_page import unmatched_handlers
from runners.web.upload_form import KINDS
from runners.web.uploading import upload_handlers

#: Which items a batch page can be narrowed to.
_ITEM_FILTERS: Final = ("", "active", "completed", "failed", "cancelled", "gaps", "in_doubt")
#: How long read models may be behind before the page says so.
_PATIENCE: Final = timedelta(seconds=30)
#: Leads that are held at once while a file of them is written.
_FILE_PAGE: Final = 1000
#: signal → its words on the page of leads.
SIGNALS: Final = {
    "": "all",
    "with_email": "with e-mail",
    "new_in_role": "new in role",
    "recently_funded": "recently funded",
    "worked_at_customer": "worked at a customer",
}


def pages() -> Router:
    """Every page, behind the guard."""
    shown = [
        home,
        clients,
        batches,
        batch,
        batch_settle,
        confirm_retry,
        batch_retry,
        batch_action,
        item,
        leads,
        lead_file,
    ]
    return Router(
        "/",
        route_handlers=[*shown, *lane_handlers(), *unmatched_handlers(), *upload_handlers(), sign_out],
        guards=[guard_pages],
        include_in_schema=False,
    )


@get("/", sync_to_thread=False)
def home() -> Redirect:
    """The batches are what people look for first."""
    return Redirect("/batches", status_code=303)


@get("/clients", sync_to_thread=False)
def clients(desk: TheDesk) -> Response[str]:
    """Every client of the configuration, with ways to its uploads and leads."""
    ingests = {stream.ingest for stream in desk.registry.workstreams.values()}
    kinds = [(path, kind) for path, kind in KINDS.items() if kind.ingest in ingests]
    return desk.page("clients.html", clients=list(desk.registry.clients.values()), kinds=kinds)


@get("/batches", sync_to_thread=True)
def batches(desk: TheDesk, page: PageNumber = 1) -> Response[str]:
    """All batches, newest first."""
    paging = Paging(number=page, size=PAGE, total=desk.row("batch_count")["count"])
    ids = [row["batch_id"] for row in desk.rows("batch_ids", limit=paging.size, offset=paging.offset)]
    found = progress_of(desk, [one for one, _ in desk.store.batches(ids)])
    return desk.page(
        "batches.html", batches=found, paging=paging, live=any(one.items_active or one.filling for one in found)
    )


@get("/batches/{batch_id:uuid}", sync_to_thread=True)
def batch(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    batch_id: FromPath[UUID],
    page: PageNumber = 1,
    only: FromQuery[str] = "",
) -> Response[str]:
    """One batch: each step with its states, and the items."""
    found = _known(desk, batch_id)
    (progress,) = progress_of(desk, [found])
    only = only if only in _ITEM_FILTERS else ""
    total = {
        "": progress.items_total,
        "gaps": progress.items_with_gaps,
        "in_doubt": progress.items_in_doubt,
    }.get(only, getattr(progress, f"items_{only}", 0))
    paging = Paging(number=page, size=PAGE, total=total)
    rows = desk.rows("items", batch=batch_id, only=only, limit=paging.size, offset=paging.offset)
    steps = steps_of(desk, found, progress.items_total)
    standing, left = standing_of(desk, found)
    items: list[dict[str, Any]] = [{**row, "facts": facts_of(row["facts"])} for row in rows]
    return desk.page(
        "batch.html",
        batch=progress,
        steps=steps,
        waiting=desk.row("any_out", batch=batch_id)["any_out"],
        decided=_decided(desk, found),
        again=again(found.status, steps),
        standing=standing,
        standing_left=left,
        items=[{**row, "name": person_name(row["facts"])} for row in items],
        paging=paging,
        only=only,
        filters=_ITEM_FILTERS,
        live=progress.items_active > 0 or progress.filling or found.status is BatchStatus.PAUSED,
        # What a look costs grows with the batch.
        pause_ms=1500 + progress.items_total // 10,
        actions=ACTIONS[found.status],
        name=remembered_name(request),
    )


@post("/batches/{batch_id:uuid}/settle", sync_to_thread=True)
def batch_settle(desk: TheDesk, batch_id: FromPath[UUID], data: URLEncodedBody[Said]) -> Redirect:
    """Decide what is in doubt."""
    settle(desk.application, BatchId(batch_id), data.decision, by=named(data.by, BY), why=data.why)
    return _back(batch_id, data.by)


@get("/batches/{batch_id:uuid}/retry", sync_to_thread=True)
def confirm_retry(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    batch_id: FromPath[UUID],
    ended: FromQuery[str] = "",
    step: FromQuery[str] = "",
    reason: FromQuery[str] = "",
) -> Response[str]:
    """What a retry would send and cost, before anything is sent."""
    found = _known(desk, batch_id)
    (progress,) = progress_of(desk, [found])
    steps = steps_of(desk, found, progress.items_total)
    choices = again(found.status, steps)
    if ended not in {one.state for one in choices}:
        ended = choices[0].state if choices else ""
    step, reason = step if found.pipeline.step(step) else "", reason.replace("\0", "").strip()[:200]
    asked = step or None, State(ended) if ended else None, reason
    costs = desk.application.retry_costs(BatchId(batch_id), step=asked[0], state=asked[1], reason=reason)
    notes = notes_on(desk.application, batch_id, len(costs), *asked)
    return desk.page(
        "retry.html",
        batch=progress,
        again=choices,
        steps=steps,
        ended=ended,
        step=step,
        reason=reason,
        costs=costs,
        dear=any(one.posts_at_most > one.rows for one in costs),
        notes=[desk.masked(note) for note in notes],
        name=remembered_name(request),
    )


@post("/batches/{batch_id:uuid}/retry", sync_to_thread=True)
def batch_retry(desk: TheDesk, batch_id: FromPath[UUID], data: URLEncodedBody[SaidOfRetry]) -> Redirect:
    """Run what failed or timed out again; where nothing did, the page of the retry says why."""
    retried = retry(
        desk.application,
        BatchId(batch_id),
        by=named(data.by, BY),
        why=data.why,
        step=data.step or None,
        state=data.state or None,
        reason=data.reason.strip(),
    )
    if not retried:
        asked = urlencode({"ended": data.state, "step": data.step, "reason": data.reason.strip()})
        return Redirect(f"/batches/{batch_id}/retry?{asked}", status_code=303)
    return _back(batch_id, data.by)


@post("/batches/{batch_id:uuid}/{action:str}", sync_to_thread=True)
def batch_action(
    desk: TheDesk, batch_id: FromPath[UUID], action: FromPath[str], data: URLEncodedBody[Said]
) -> Redirect:
    """Pause, resume or cancel a batch."""
    act(desk.application, BatchId(batch_id), action, by=named(data.by, BY), why=data.why)
    return _back(batch_id, data.by)


def _known(desk: Desk, batch_id: UUID) -> Batch:
    known = desk.store.batches([batch_id])
    if not known:
        raise UnknownId("batch", batch_id)
    return known[0][0]


def _decided(desk: Desk, batch: Batch) -> str:
    """Who paused or cancelled a batch that is, when and why; empty of any other."""
    kind = _DECIDED.get(batch.status)
    if kind is None:
        return ""
    told = [(one.at, one.event) for one in desk.store.stream(batch.batch_id) if isinstance(one.event, kind)]
    at, event = told[-1]
    why = f": {event.why}" if event.why else ""
    return desk.masked(f"{str(batch.status).capitalize()} on {when(at)} by {event.by}{why}")


_DECIDED: Final[dict[BatchStatus, type[BatchPaused | BatchCancelled]]] = {
    BatchStatus.PAUSED: BatchPaused,
    BatchStatus.CANCELLED: BatchCancelled,
}


def _back(batch_id: UUID, by: str) -> Redirect:
    """To the batch, with the name remembered for the next form."""
    return Redirect(f"/batches/{batch_id}", status_code=303, cookies=[name_cookie(by)] if by.strip() else [])


@get("/items/{item_id:uuid}", sync_to_thread=True)
def item(desk: TheDesk, item_id: FromPath[UUID]) -> Response[str]:
    """The history of an item or a company run, in order."""
    return run_page(desk, item_id)


@get("/clients/{client:str}/leads", sync_to_thread=True)
def leads(
    request: Request[Any, Any, Any],
    desk: TheDesk,
    client: FromPath[str],
    page: PageNumber = 1,
    signal: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Response[str]:
    """What is known of everyone of a client: the go-to-market dashboard."""
    owner = desk.registry.client(client)
    signal, q = _narrowed(signal, q)
    found = desk.rows("leads", client=owner.id, signal=signal, words=_pattern(q), limit=PAGE, offset=(page - 1) * PAGE)
    paging = Paging(number=page, size=PAGE, total=found[0]["found"] if found else 0)
    return desk.page(
        "leads.html",
        client=owner,
        leads=found,
        summary=desk.row("lead_summary", client=owner.id),
        paging=paging,
        signal=signal,
        signals=SIGNALS,
        q=q,
        path=request.url.path,
        unread_since=_unread_since(desk),
    )


@get("/clients/{client:str}/leads.csv", sync_to_thread=True)
def lead_file(desk: TheDesk, client: FromPath[str], signal: FromQuery[str] = "", q: FromQuery[str] = "") -> Stream:
    """Those leads as a file, with every column of an export."""
    owner = desk.registry.client(client)
    signal, q = _narrowed(signal, q)
    pieces = table_csv(COLUMNS, _every_lead(desk, owner.id, signal, q), for_excel=True)
    headers = {"content-disposition": f'attachment; filename="leads-{owner.slug}.csv"'}
    return Stream(pieces, media_type="text/csv", headers=headers)


def _every_lead(desk: Desk, client_id: UUID, signal: str, q: str) -> Iterator[Row]:
    """The leads page by page, so that no connection waits for a slow browser."""
    after: UUID | None = None
    while found := desk.rows(
        "leads_after", client=client_id, signal=signal, words=_pattern(q), after=after, limit=_FILE_PAGE
    ):
        yield from found
        after = found[-1]["lead_id"]


def _narrowed(signal: str, q: str) -> tuple[str, str]:
    """What the leads are narrowed to, as far as there is such a signal, and as searches take words."""
    return signal if signal in SIGNALS else "", q.strip().replace("\0", "")[:200]


def _pattern(q: str) -> str:
    """The words anywhere in a text; empty for no words."""
    return f"%{_literal(q)}%" if q else ""


def _unread_since(desk: Desk) -> datetime | None:
    """When what leads do not show yet happened first, where that is longer ago than a projector takes."""
    found = desk.rows("unread", read_model=FINAL_LEADS.name)
    since: datetime | None = found[0]["recorded_at"] if found else None
    return since if since is not None and desk.application.now() - since > _PATIENCE else None


def _literal(text: str) -> str:
    """A text as a pattern that means just itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
