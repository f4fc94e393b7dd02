"""`replay`: read models from the events, again, as of a moment, or only compared."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from enrichcore.application import Enrichment, UnknownId
from enrichcore.projection import Diff, ReadModel, Table, UnknownReadModel, as_of, diff, rebuild, recompute
from enrichcore.projection.rebuilding import Progress
from projections import READ_MODELS
from runners.cli.opening import application, postgres
from runners.cli.progress import reaching
from runners.cli.showing import AsJson, line, show_json, show_table

_PANEL = "Looking into it"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(replay)


def replay(
    context: typer.Context,
    read_models: Annotated[
        list[str] | None, typer.Argument(metavar="READ_MODEL", help="Such as final_leads; all by default.")
    ] = None,
    *,
    as_of_: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIME", help="Show what was known then, such as 2026-03-01T12:00 (UTC); changes nothing."
        ),
    ] = None,
    only_diff: Annotated[bool, typer.Option("--diff", help="Show what would change, and change nothing.")] = False,
    batch_id: Annotated[
        UUID | None, typer.Option(metavar="ID", help="Only the rows of this batch's client, from all their events.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(metavar="CLIENT", help="Only this client's rows, from all their events: slug or uuid.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild read models from the events while the system runs, and switch over at once; no credit is spent.

    Do it after the rules that make leads from answers have changed. `--diff` shows what would change first.
    """
    models, moment = chosen(read_models or []), _moment(as_of_)
    with application(context) as enrichment:
        replaying = _Replaying(enrichment, models, _client_id(enrichment, client, batch_id), as_json=as_json)
        if only_diff:
            replaying.compare(moment)
        elif moment is not None:
            replaying.look_back(moment, with_rows=bool(read_models))
        else:
            replaying.rebuild()


def chosen(names: Sequence[str]) -> list[ReadModel]:
    """The read models of those names; all for none.

    Raises:
        UnknownReadModel: There is none of a name.
    """
    known = {model.name: model for model in READ_MODELS}
    for name in names:
        if name not in known:
            raise UnknownReadModel(name, known)
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        hint = "--as-of"
        raise typer.BadParameter("write it as 2026-03-01 or 2026-03-01T12:00:00+00:00", param_hint=hint) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _client_id(enrichment: Enrichment, client: str | None, batch_id: UUID | None) -> UUID | None:
    owner = None if client is None else enrichment.registry.client(client).id
    if batch_id is None:
        return owner
    found = enrichment.store.batches([batch_id])
    if not found or owner not in {None, found[0][0].client_id}:
        raise UnknownId("batch" if client is None else f"batch of {client}", batch_id)
    return found[0][0].client_id


class _Replaying:
    """One replay: what, of whom, and how it is told."""

    def __init__(
        self, enrichment: Enrichment, models: Sequence[ReadModel], client_id: UUID | None, *, as_json: bool
    ) -> None:
        self._pool = postgres(enrichment).pool
        self._models = models
        self._client_id = client_id
        self._as_json = as_json

    @contextmanager
    def _progress(self) -> Iterator[Progress]:
        with reaching("Events replayed", silent=self._as_json) as progress:
            yield progress

    def rebuild(self) -> None:
        began = time.monotonic()
        with self._progress() as progress:
            if self._client_id is None:
                rebuilt = rebuild(self._pool, self._models, progress=progress, processes=_PROCESSES)
            else:
                rebuilt = recompute(self._pool, self._models, self._client_id, progress=progress, processes=_PROCESSES)
        names, seconds = list(rebuilt.read_models), round(time.monotonic() - began, 3)
        if self._as_json:
            show_json({"read_models": names, "position": rebuilt.position, "seconds": seconds})
        else:
            line(f"Rebuilt {', '.join(names)} from {rebuilt.position:,} events in {seconds:.1f} s")

    def compare(self, moment: datetime | None) -> None:
        with self._progress() as progress:
            found = diff(
                self._pool,
                self._models,
                moment=moment,
                client_id=self._client_id,
                progress=progress,
                processes=_PROCESSES,
            )
        if self._as_json:
            changes = any(not one.is_empty for one in found)
            show_json({"changes": changes, "as_of": moment, "tables": [_diff_json(one) for one in found]})
            return
        show_table(
            ["table", "rows added", "removed", "changed"],
            [(one.table, one.added, one.removed, one.changed) for one in found],
        )
        for one in (one for one in found if one.by_field):
            show_table([f"{one.table}: field", "rows that change"], one.by_field.items())
        line(
            "Nothing would change"
            if all(one.is_empty for one in found)
            else "Nothing was changed; `replay` would do it"
        )

    def look_back(self, moment: datetime, *, with_rows: bool) -> None:
        with (
            self._progress() as progress,
            as_of(
                self._pool, self._models, moment, client_id=self._client_id, progress=progress, processes=_PROCESSES
            ) as then,
        ):
            tables = [table for model in self._models for table in model.tables if table.public]
            counts = [(table.name, self._count(table, then.table(table.name)), self._count(table)) for table in tables]
            shown = [
                {"table": name, "rows": before, "rows_now": now, **self._content(then.table(name), with_rows=with_rows)}
                for name, before, now in counts
            ]
        if self._as_json:
            show_json({"as_of": moment, "position": then.position, "tables": shown})
        else:
            line(f"As of {moment:%Y-%m-%d %H:%M:%S %Z}, after {then.position:,} events; nothing was changed")
            show_table(["table", "rows then", "rows now"], counts)

    def _count(self, table: Table, place: str = "") -> int:
        place = place or f"enrichcore.{table.name}"
        rows = self._rows(f"select count(*) from {place} where {_OF_CLIENT if table.by_client else _OF_ALL}")
        return int(rows[0]["count"])

    def _content(self, place: str, *, with_rows: bool) -> dict[str, Any]:
        return {"content": self._rows(f"select * from {place}")} if with_rows and self._as_json else {}

    def _rows(self, query: str) -> list[dict[str, Any]]:
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query.encode(), {"client": self._client_id})
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]


#: Processes that fold a long log; more than a few would only take memory and the database's own cores.
_PROCESSES: Final = min(os.cpu_count() or 1, 4)
_OF_CLIENT: Final = "(%(client)s::uuid is null or client_id = %(client)s)"
_OF_ALL: Final = "(%(client)s::uuid is null or true)"


def _diff_json(found: Diff) -> dict[str, Any]:
    return {
        "table": found.table,
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
        "by_field": found.by_field,
        "examples": [
            {"key": one.key, "field": one.field, "before": one.before, "after": one.after} for one in found.examples
        ],
    }
