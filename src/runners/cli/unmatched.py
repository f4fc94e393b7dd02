"""Answers that came with the right secret and could not be placed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from enrichcore.application import Enrichment
from enrichcore.application.matching import CannotMatch, standing_answer
from enrichcore.application.matching import match as match_answer
from enrichcore.application.matching import redrive as redrive_answers
from enrichcore.domain.events import CallbackUnmatched, Recorded
from runners.cli.commands import FAILED
from runners.cli.opening import By, Why, application, client_name, who
from runners.cli.showing import AsJson, line, show_json, show_table
from runners.plain import body_text
from runners.statements import rows

_PANEL = "Batches"
_BODY_SHOWN: Final = 80
#: Answers that are read at once.
_AT_ONCE: Final = 100


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(unmatched)


def unmatched(
    context: typer.Context,
    match: Annotated[
        tuple[UUID, UUID] | None,
        typer.Option(
            "--match", metavar="ID ITEM_ID", help="Place this answer: it is the one for that item or company run."
        ),
    ] = None,
    step: Annotated[
        str,
        typer.Option(
            metavar="WORKFLOW", help="With --match: the step that it answers, if it came to another's address."
        ),
    ] = "",
    body: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --match: what the answer should have said, if it is no JSON; - reads it.",
            exists=True,
            dir_okay=False,
            allow_dash=True,
        ),
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="With --match: also where the step has a newer answer, whose place it would take."
        ),
    ] = False,
    redrive: Annotated[
        bool, typer.Option("--redrive", help="Try to place every one again, by its own item_id.")
    ] = False,
    why: Why = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """List answers that could not be placed, or place them.

    An answer ends here when its item_id is missing or unknown, when its workflow does not fit, or when it is no JSON. What came
    stays as it is; how it was placed is kept with it.
    """
    if match is not None and redrive:
        raise typer.BadParameter("choose one of --match and --redrive")
    if match is None and (step or anyway or body is not None):
        raise typer.BadParameter("--step, --body and --anyway say how --match places an answer")
    with application(context) as enrichment:
        if match is not None:
            mended = None if body is None else _read(body)
            standing = standing_answer(enrichment, *match, step=step, body=mended)
            if standing is not None and standing.gives_way_to_older and not anyway:
                raise CannotMatch(f"{standing.said}: give --anyway where that is meant")
            ack = match_answer(enrichment, *match, by=who(by), why=why, step=step, body=mended)
            found = "" if standing is None else standing.said
            facts = {"id": match[0], "item_id": ack.item_id, "status": ack.status, "standing": found}
            _tell(facts, f"Placed: {ack.status}{found and f'. {found}'}", as_json=as_json)
        elif redrive:
            _redrive(enrichment, by=who(by), why=why, as_json=as_json)
        else:
            _list(enrichment, as_json=as_json)


def _read(body: Path) -> bytes:
    return sys.stdin.buffer.read() if str(body) == "-" else body.read_bytes()


def _redrive(enrichment: Enrichment, *, by: str, why: str, as_json: bool) -> None:
    waiting = [row[0] for row in rows(enrichment, "unmatched")]
    placed, left = redrive_answers(enrichment, waiting, by=by, why=why)
    reasons = [{"id": unmatched_id, "reason": reason} for unmatched_id, reason in left.items()]
    _tell({"placed": placed, "left": reasons}, f"{placed:,} placed, {len(left):,} have no place yet", as_json=as_json)
    if left:
        raise typer.Exit(FAILED)


def _tell(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        show_json(facts)
    else:
        line(text)


def _list(enrichment: Enrichment, *, as_json: bool) -> None:
    found = list(_unmatched(enrichment))
    if as_json:
        show_json({"unmatched": found})
    elif not found:
        line("Every answer has its place.")
    else:
        shown = [[*(answer[name] for name in _COLUMNS), answer["body"][:_BODY_SHOWN]] for answer in found]
        show_table([*_COLUMNS.values(), "body"], shown)


_COLUMNS: Final = {
    "id": "id",
    "received_at": "received",
    "client": "with the secret of",
    "workstream": "workstream",
    "workflow": "workflow",
    "claimed_id": "claims",
    "reason": "why",
}


def _unmatched(enrichment: Enrichment) -> Iterator[dict[str, Any]]:
    waiting = [row[0] for row in rows(enrichment, "unmatched")]
    for first in range(0, len(waiting), _AT_ONCE):
        some = waiting[first : first + _AT_ONCE]
        came = enrichment.store.events_at([(unmatched_id, 1) for unmatched_id in some])
        yield from (_shown(enrichment, came[unmatched_id, 1]) for unmatched_id in some)


def _shown(enrichment: Enrichment, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    assert isinstance(event, CallbackUnmatched)  # noqa: S101 - what the statement selects
    return {
        "id": recorded.stream_id,
        "received_at": recorded.at,
        "client": "" if recorded.client_id is None else client_name(enrichment.registry, recorded.client_id),
        "workstream": event.workstream,
        "workflow": event.workflow,
        "claimed_id": event.claimed_id,
        "reason": event.reason,
        "body": body_text(event.body),
    }
