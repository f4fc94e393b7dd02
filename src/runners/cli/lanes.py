"""Lanes: the ways to webhooks, with their pace, what is out, what was sent and spent, and why one stands still."""

from typing import Annotated, Any

import typer
from attrs import asdict

from enrichcore.application import Enrichment
from enrichcore.domain.events import Event
from enrichcore.domain.ids import lane_id
from runners.cli.opening import By, Why, application, who
from runners.cli.showing import AsJson, line, show_json, show_table
from runners.lanes import budget_line, known_budgets, known_lanes, lane_words, sent_words

_PANEL = "Batches"
_PARTS = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(lanes)


def lanes(
    context: typer.Context,
    stop: Annotated[
        str | None, typer.Option(metavar="LANE", help="Send nothing on this lane: CLIENT/WORKSTREAM/WORKFLOW.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="LANE", help="Send on this lane again.")] = None,
    history: Annotated[
        str | None, typer.Option(metavar="LANE", help="Show when and why this lane stopped, was held, and went on.")
    ] = None,
    why: Why = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Show every lane: its pace, what is out, what was sent and spent, and whether and why it stands still.

    A lane is named CLIENT/WORKSTREAM/WORKFLOW. The runner stops one by itself when its webhook refuses everything.
    """
    if sum(option is not None for option in (stop, resume, history)) > 1:
        raise typer.BadParameter("choose one of --stop, --resume and --history")
    changed: bool | None = None
    with application(context, decides=False) as enrichment:
        if stop is not None:
            changed = enrichment.stop_lane(*_lane(enrichment, stop, "--stop"), by=who(by), why=why or "stopped by hand")
        if resume is not None:
            changed = enrichment.resume_lane(*_lane(enrichment, resume, "--resume"), by=who(by), why=why)
        if history is not None:
            show_history(enrichment, history, as_json=as_json)
            return
        found, money = known_lanes(enrichment), known_budgets(enrichment)
    if as_json:
        told = {"lanes": found, "budgets": money}
        show_json(told if changed is None else {"changed": changed, **told})
        return
    if changed is not None:
        done = f"{stop} is stopped" if stop is not None else f"{resume} is open"
        line(f"Lane {done}{'' if changed else '; that changed nothing'}")
    if found:
        show_table(
            list(_COLUMNS.values()),
            [[sent_words(lane) if name == "sent" else lane[name] for name in _COLUMNS] for lane in found],
        )
    else:
        line("No client has a webhook yet.")
    for budget in money:
        line(budget_line(budget))


_COLUMNS = {
    "lane": "lane",
    "rate": "a second",
    "max_in_flight": "cap",
    "in_flight": "in flight",
    "ready": "ready",
    "sent": "sent",
    "lifetime_used": "of its life",
    "credits_spent": "spent",
    "credits_reserved": "reserved",
    "status": "status",
    "reason": "why",
}


def show_history(enrichment: Enrichment, lane: str, *, as_json: bool) -> None:
    """Print what happened to a lane, oldest first.

    Raises:
        UnknownNameError: The configuration has no such lane.
    """
    client, workstream, workflow = _lane(enrichment, lane, "--history")
    key = lane_id(enrichment.registry.client(client).id, workstream, workflow)
    recorded = enrichment.store.stream(key)
    if as_json:
        events = [{"at": one.at, "type": type(one.event).__name__, **lane_event(one.event)} for one in recorded]
        show_json({"lane": lane, "lane_id": key, "events": events})
        return
    if not recorded:
        line(f"Nothing ever stopped or held {lane}.")
    for one in recorded:
        line(f"{one.at:%Y-%m-%d %H:%M:%S}  {lane_words(one.event)}")


def lane_event(event: Event) -> dict[str, Any]:
    """What an event says of its lane, for programs."""
    return {name: value for name, value in asdict(event).items() if name not in {"workstream", "workflow"}}


def _parts(lane: str, option: str) -> tuple[str, str, str]:
    parts = lane.split("/")
    if len(parts) != _PARTS or not all(parts):
        raise typer.BadParameter("name the lane as CLIENT/WORKSTREAM/WORKFLOW", param_hint=option)
    client, workstream, workflow = parts
    return client, workstream, workflow


def _lane(enrichment: Enrichment, lane: str, option: str) -> tuple[str, str, str]:
    """The parts of a lane that the configuration has.

    Raises:
        UnknownNameError: The client, workstream or workflow does not exist, or is not sent anywhere.
    """
    parts = _parts(lane, option)
    enrichment.registry.lane(*parts)
    return parts
