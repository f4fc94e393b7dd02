"""`replay`: read models from the events, again, as of a moment, or only compared."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from attrs import asdict

from enrichcore.application import Enrichment, RulesNotInForce, UnknownId
from enrichcore.domain.amounts import counted
from enrichcore.fields import rules_of, rules_to_json
from enrichcore.projection import (
    Diff,
    Difference,
    ReadModel,
    Table,
    as_if,
    as_of,
    diff,
    newest_snapshot,
    rebuild,
    recompute,
)
from enrichcore.projection.rebuilding import Progress
from enrichcore.store.mending import Mended, mend_inline_state
from projections import read_models as chosen
from projections.progress import PROGRESS
from runners.cli.moments import moment as moment_of
from runners.cli.opening import application, told_when_lost
from runners.cli.progress import counting, reaching
from runners.cli.showing import AsJson, json_text, line, show_json, show_table
from runners.statements import postgres

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

    Do it after the rules that make leads from answers have changed: with a new version, or by [fields] and [indicators] in the
    configuration. `--diff` shows what would change first, also by a configuration that is not applied yet.
    """
    models: Sequence[ReadModel] = chosen(*(read_models or []))
    moment = moment_of(as_of_, "--as-of")
    with application(context) as enrichment:
        chosen_by_file = _by_the_file(enrichment, models, only_looking=only_diff or moment is not None)
        replaying = _Replaying(enrichment, chosen_by_file, _client_id(enrichment, client, batch_id), as_json=as_json)
        if only_diff:
            applied = chosen_by_file is models
            replaying.compare(moment, then="replay" if applied else "apply` and then `enrichcore replay")
        elif moment is not None:
            replaying.look_back(moment, with_rows=bool(read_models))
        else:
            with told_when_lost("the read models are as they were: run the same again"):
                replaying.rebuild()


def _by_the_file(enrichment: Enrichment, models: Sequence[ReadModel], *, only_looking: bool) -> Sequence[ReadModel]:
    """The read models by the file's rules, where these are not recorded yet; only for looking.

    Raises:
        RulesNotInForce: They would be made by rules that the log does not tell.
    """
    told = enrichment.registry.rules
    with postgres(enrichment).pool.connection() as connection:
        recorded = rules_of(newest_snapshot(connection))
    if told == recorded or all(model.under is None for model in models):
        return models
    if not only_looking:
        raise RulesNotInForce
    return as_if(models, {"rules": rules_to_json(told)})


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
        self._store = postgres(enrichment)
        self._pool = self._store.pool
        self._models = [model for model in models if model.tables]
        #: Progress is counted from inline state, which belongs to all clients.
        self._inline = PROGRESS in models and client_id is None
        self._client_id = client_id
        self._as_json = as_json

    @contextmanager
    def _progress(self) -> Iterator[Progress]:
        with reaching("Events replayed", silent=self._as_json) as progress:
            yield progress

    def rebuild(self) -> None:
        began = time.monotonic()
        position = self._rebuild_tables() if self._models else self._store.last_position()
        mended = self._mend(only_compare=False) if self._inline else None
        names = [model.name for model in self._models] + [PROGRESS.name] * self._inline
        seconds = round(time.monotonic() - began, 3)
        if self._as_json:
            told = {"read_models": names, "position": position, "seconds": seconds}
            show_json({**told, "inline_state": _mended_json(mended)} if mended else told)
            return
        if self._models:
            line(
                f"Rebuilt {', '.join(model.name for model in self._models)} from {counted(position, 'event')} in {seconds:.1f} s"
            )
        if mended is not None:
            _say_mended(mended, "were put right")
        if not names:
            line("Nothing to rebuild: the events are the log itself, and progress is that of all clients")

    def _rebuild_tables(self) -> int:
        with self._progress() as progress:
            if self._client_id is None:
                return rebuild(self._pool, self._models, progress=progress, processes=_PROCESSES).position
            return recompute(
                self._pool, self._models, self._client_id, progress=progress, processes=_PROCESSES
            ).position

    def _mend(self, *, only_compare: bool) -> Mended:
        with counting("Events folded into inline state", silent=self._as_json) as progress:
            return mend_inline_state(self._store, only_compare=only_compare, progress=progress)

    def compare(self, moment: datetime | None, *, then: str) -> None:
        mended = self._mend(only_compare=True) if self._inline and moment is None else None
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
            changes = any(not one.is_empty for one in found) or (mended is not None and not mended.is_nothing)
            told = {"changes": changes, "as_of": moment, "tables": [_diff_json(one) for one in found]}
            show_json({**told, "inline_state": _mended_json(mended)} if mended else told)
            return
        show_table(
            ["table", "rows added", "removed", "changed"],
            [(one.table, one.added, one.removed, one.changed) for one in found],
        )
        for one in (one for one in found if one.by_field):
            show_table([f"{one.table}: field", "rows that change"], one.by_field.items())
            show_table(
                [f"{one.table}: for example", "before", "after"],
                [(some.field, _shown(some.before), _shown(some.after)) for some in _one_of_each(one.examples)],
            )
        if mended is not None:
            _say_mended(mended, "differ")
        if all(one.is_empty for one in found) and (mended is None or mended.is_nothing):
            line(
                "Nothing would change"
                if moment is None
                else f"Nothing is different since {moment:%Y-%m-%d %H:%M:%S %Z}"
            )
        elif moment is not None:
            line(f"That is how it was on {moment:%Y-%m-%d %H:%M:%S %Z}, compared with now; nothing was changed")
        else:
            line(f"Nothing was changed; `enrichcore {then}` would do it")

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
            line(f"As of {moment:%Y-%m-%d %H:%M:%S %Z}, after {counted(then.position, 'event')}; nothing was changed")
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


#: Changes that people are shown of each table, and characters of a value; `--json` has more of both.
_EXAMPLES: Final = 5
_SHOWN: Final = 60


def _one_of_each(examples: Sequence[Difference]) -> list[Difference]:
    """One example for each field, but of where values came from."""
    by_field = {one.field: one for one in reversed(examples) if one.field != "provenance"}
    return list(by_field.values())[:_EXAMPLES]


def _shown(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json_text(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _say_mended(mended: Mended, what: str) -> None:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in _mended_json(mended).items() if count)
    line(f"Inline state, which progress is counted from: {f'{counts} {what}' if counts else 'as the events say'}")


def _mended_json(mended: Mended) -> dict[str, int]:
    return {name: count for name, count in asdict(mended).items() if name != "position"}


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
