"""What happened to one thing, and why it is not moving."""

from collections.abc import Iterable
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
import typer
from attrs import asdict, has

from enrichcore.application import Enrichment, UnknownId
from enrichcore.application.explaining import explain as explained
from enrichcore.application.revisions import Changed, before_and_after, in_words, revisions
from enrichcore.domain.events import (
    CallbackUnmatched,
    ConnectionsFailed,
    DoubtsCounted,
    Event,
    LaneHeld,
    LaneResumed,
    LaneStopped,
    Recorded,
    RefusalsCounted,
    UploadStarted,
    WebhookEndsSoon,
)
from enrichcore.domain.pipeline import Condition, Pipeline, Step
from runners import standing
from runners.cli.opening import application
from runners.cli.showing import AsJson, line, show_json
from runners.plain import body_text, plain
from runners.running import not_in_force
from runners.statements import rows

_PANEL = "Looking into it"
#: Characters of an event's data that people are shown on a line.
_DATA_SHOWN = 300
#: Ids that people are shown of each group.
_IDS_SHOWN = 3

TheId = Annotated[UUID, typer.Argument(metavar="ID", help="Of an item or a company run.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=_PANEL)(history)
    app.command(rich_help_panel=_PANEL)(explain)


def history(context: typer.Context, run_id: TheId, as_json: AsJson = False) -> None:
    """Show every event of an item or company run, in order, with its time.

    The ids of batches, uploads, lanes (`lanes --json`) and unmatched answers are taken too.
    """
    with application(context, decides=False) as enrichment:
        recorded = enrichment.store.stream(run_id)
        if not recorded:
            raise UnknownId(
                "item, company run, batch, upload, lane or unmatched answer", run_id, what_it_is(enrichment, run_id)
            )
    revised = revisions(recorded)
    if as_json:
        show_json({"id": run_id, "events": [event_json(one, revised.get(one.version)) for one in recorded]})
        return
    for event in recorded:
        shown = event_json(event)
        changed = in_words(revised.get(event.version, {}))
        said = {"changed": changed, **shown["data"]} if changed else shown["data"]
        data = msgspec.json.encode(said).decode("utf-8", "replace")
        short = data if len(data) <= _DATA_SHOWN else f"{data[:_DATA_SHOWN]}…"
        line(f"{event.version:>4}  {event.at:%Y-%m-%d %H:%M:%S}  {shown['type']}  {short}")


def event_json(recorded: Recorded, changed: Changed | None = None) -> dict[str, Any]:
    """One event under the names of the contract, and what a revised answer changed; a body is text, shortened."""
    return {
        "version": recorded.version,
        "type": type(recorded.event).__name__,
        "at": recorded.at.isoformat(),
        "position": recorded.position,
        "data": _data(recorded.event),
        **({} if changed is None else {"changed": before_and_after(changed)}),
    }


def _data(event: Event) -> dict[str, Any]:
    return {name: _value(value) for name, value in asdict(event, recurse=False).items()}


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return body_text(value)
    if isinstance(value, Condition):
        return str(value)
    if isinstance(value, Step | Pipeline) or has(type(value)):
        return {name: _value(entry) for name, entry in asdict(value, recurse=False).items()}
    if isinstance(value, list | tuple):
        return [_value(entry) for entry in value]
    return plain(value)


def explain(
    context: typer.Context,
    any_id: Annotated[UUID, typer.Argument(metavar="ID", help="Of an item, a company run or a batch.")],
    *,
    ids: Annotated[bool, typer.Option("--ids", help="Of a batch, list every item.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say why an item, a company run or a batch is not moving, and what would move it.

    Of a batch, say it for its items, those that stand still for the same reason together, with their ids.
    """
    with application(context, decides=False) as enrichment:
        batch = next((found for found, _ in enrichment.store.batches([any_id])), None)
        if batch is not None:
            said, groups = standing.sentence(enrichment, batch), standing.groups_of(enrichment, batch)
        else:
            try:
                said, groups = explained(enrichment.store, enrichment.registry, any_id, now=enrichment.now()), []
            except UnknownId as unknown:
                raise UnknownId("item, company run or batch", any_id, what_it_is(enrichment, any_id)) from unknown
        told = not_in_force(enrichment)
    if as_json:
        more = {} if batch is None else {"groups": list(map(standing.shown, groups))}
        show_json({"id": any_id, "explanation": said, **more, "hindrances": told})
    else:
        tell(said, groups, all_ids=ids)
        for sentence in told:
            line(sentence)


def tell(said: str, groups: Iterable[standing.Group], *, all_ids: bool) -> None:
    """Print a batch's sentence and its groups, for people."""
    line(said)
    for group in groups:
        line(f"{group.count:>7,} at {group.workflow}, {str(group.state).replace('_', ' ')}: {group.explanation}")
        for item_id in group.ids if all_ids else group.ids[:_IDS_SHOWN]:
            line(f"          {item_id}")
        if group.count > _IDS_SHOWN and not all_ids:
            line(f"          and {group.count - _IDS_SHOWN:,} more, which --ids lists")


#: By the event that begins it, what an id is of, and what looks into that.
_BEGINNINGS: Final[tuple[tuple[tuple[type[Event], ...], str], ...]] = (
    ((UploadStarted,), "it is an upload's; `enrichcore status` shows the batches"),
    ((LaneStopped, LaneHeld, LaneResumed, RefusalsCounted, ConnectionsFailed, DoubtsCounted, WebhookEndsSoon),
     "it is a lane's; `enrichcore lanes` shows where each stands"),
    ((CallbackUnmatched,), "it is an unmatched answer's; `enrichcore unmatched` shows why each has no place"),
)  # fmt: skip


def what_it_is(enrichment: Enrichment, any_id: UUID) -> str:
    """What an id is of that a command cannot take, and what to give instead."""
    begun = enrichment.store.stream(any_id, limit=1)
    for kinds, told in _BEGINNINGS:
        if begun and isinstance(begun[0].event, kinds):
            return told
    if begun:
        return ""
    if any(client.id == any_id for client in enrichment.registry.clients.values()):
        return "it is a client's; `enrichcore status` shows the batches"
    items = rows(enrichment, "items_about", id=any_id)
    if items:
        kind, item_id = items[0]
        return f"it is a {kind}'s; give that of an item, such as the newest about it, {item_id}"
    return "`enrichcore status` shows the ids of batches, and `explain BATCH_ID` those of items"
