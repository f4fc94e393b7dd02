"""Batches: how far they are, and what a person decides about them."""

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from attrs import asdict

from enrichcore.application import Enrichment, UnknownId
from enrichcore.application.retry_costs import RetriedStep
from enrichcore.domain.amounts import counted, credits_said
from enrichcore.domain.batch import Batch, BatchStatus
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import ENDS, State
from enrichcore.domain.pipeline import Kind
from enrichcore.store.commit import Store
from runners.cli.opening import By, Why, application, client_name, who
from runners.cli.showing import AsJson, json_text, line, show_json, show_table
from runners.lanes import held_back
from runners.retrying import notes_on, nothing_to_retry
from runners.running import behind, hindrances, not_in_force

_PANEL = "Batches"
#: Seconds between two looks of `--watch`.
_PAUSE_S: Final = 1.0
#: States of rows that are to leave; a company's row is counted by those who wait for it.
_LEAVING: Final = frozenset({State.READY, State.RETRY_WAIT, State.WAITING_FOR_COMPANY})
#: States of rows that are out.
_WAITS: Final = frozenset({State.AWAITING_ANSWER, State.IN_DOUBT})
#: States that can run again, in the order of the life cycle.
_ENDS: Final = [str(state) for state in State if state in ENDS]
_OVER: Final = frozenset({BatchStatus.CANCELLED, BatchStatus.FINISHED})

TheBatch = Annotated[UUID, typer.Argument(metavar="BATCH_ID", help="As printed by `launch` and `status`.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, pause, resume, cancel, retry, settle):
        app.command(rich_help_panel=_PANEL)(command)


def status(
    context: typer.Context,
    batch_id: Annotated[UUID | None, typer.Argument(metavar="BATCH_ID", help="One batch; all by default.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing until every batch has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how far each batch is, and each of its steps.

    With `--json --watch` every change is one line of JSON.
    """
    with application(context, decides=False) as enrichment:
        before: tuple[list[dict[str, Any]], list[str]] | None = None
        while True:
            found = progress_of(enrichment, batch_id)
            moving = any(batch["status"] == BatchStatus.RUNNING for batch in found)
            # Where the daemon is gone, this is all that changes.
            told = hindrances(enrichment) if moving else [*behind(enrichment), *not_in_force(enrichment)]
            if (found, told) != before:
                _show(found, told, as_json=as_json, one_line=watch)
            before = (found, told)
            if not watch or all(batch["status"] in _OVER and not batch["items_active"] for batch in found):
                return
            time.sleep(_PAUSE_S)


def progress_of(enrichment: Enrichment, batch_id: UUID | None = None) -> list[dict[str, Any]]:
    """The progress of one batch or of all, under the names of the contract.

    Raises:
        UnknownId: There is no such batch.
    """
    found = enrichment.store.batches(None if batch_id is None else [batch_id])
    if batch_id is not None and not found:
        raise UnknownId("batch", batch_id)
    return [_progress(enrichment, batch) for batch, _ in found]


def _progress(enrichment: Enrichment, batch: Batch) -> dict[str, Any]:
    items = enrichment.store.item_counts(batch.batch_id)
    steps = _steps(enrichment.store, batch)
    counts = {f"items_{status}": items.get(status, 0) for status in ("active", "completed", "failed", "cancelled")}
    return {
        "batch_id": str(batch.batch_id),
        "client": client_name(enrichment.registry, batch.client_id),
        "client_id": str(batch.client_id),
        "workstream": batch.workstream,
        "upload_id": str(batch.upload_id),
        "launched_at": batch.launched_at.isoformat(),
        "status": str(batch.status),
        "filled": batch.filled,
        "filling_failed": batch.filling_failed,
        "item_count": batch.item_count,
        "items_total": sum(counts.values()),
        **counts,
        "items_with_gaps": items["gaps"],
        "items_in_doubt": items["in_doubt"],
        "steps": steps,
        "held_back": _held_back(enrichment, batch, steps),
    }


def _held_back(enrichment: Enrichment, batch: Batch, steps: list[dict[str, Any]]) -> list[str]:
    """Why rows that are ready do not leave, as far as their lanes tell, and which local functions rows wait for."""
    local = {step.workflow: step.function for step in batch.pipeline.steps if step.kind is Kind.LOCAL}
    waiting = [step["workflow"] for step in steps if not _LEAVING.isdisjoint(step["states"])]
    sent = [workflow for workflow in waiting if workflow not in local]
    held = held_back(enrichment, batch.client_id, batch.workstream, sent) if sent else []
    client = client_name(enrichment.registry, batch.client_id)
    return held + [
        f"{client}/{batch.workstream}/{workflow} waits for its local function {local[workflow]}, which is not loaded in the processes"
        " that came to it"
        for workflow in waiting
        if workflow in local
    ]


def _steps(store: Store, batch: Batch) -> list[dict[str, Any]]:
    states: dict[str, dict[str, int]] = {step.workflow: {} for step in batch.pipeline.steps}
    for (workflow, state), count in sorted(store.step_counts(batch.batch_id).items()):
        states.setdefault(workflow, {})[str(state)] = count
    doubted = store.doubt_counts(batch.batch_id)
    return [
        {"workflow": workflow, "states": counted, "in_doubt": doubted.get(workflow, 0)}
        for workflow, counted in states.items()
    ]


_COLUMNS: Final = ("total", "active", "completed", "failed", "cancelled", "with_gaps", "in_doubt")


def _show(found: list[dict[str, Any]], told: Sequence[str] = (), *, as_json: bool, one_line: bool) -> None:
    if as_json and one_line:
        typer.echo(json_text({"batches": found, "hindrances": told}, indent=None))
        return
    if as_json:
        show_json({"batches": found, "hindrances": told})
        return
    if not found:
        line("There are no batches yet; `enrichcore upload` and `enrichcore launch` make one.")
    for batch in found:
        filling = (
            ""
            if batch["filled"] or batch["status"] == BatchStatus.CANCELLED
            else f", {batch['items_total']:,} of {batch['item_count']:,} items made{_unfilled(batch['filling_failed'])}"
        )
        line(f"Batch {batch['batch_id']}: {batch['client']}, {batch['workstream']}, {batch['status']}{filling}")
        counts = [f"{batch[f'items_{name}']:,} {name.replace('_', ' ')}" for name in _COLUMNS]
        line(f"  items: {', '.join(counts)}")
        steps = [(step["workflow"], ", ".join(_counts(step)) or "none yet") for step in batch["steps"]]
        show_table(["  step", "states"], [(f"  {workflow}", states) for workflow, states in steps])
        for why in batch["held_back"]:
            line(f"  lane {why}")
    for sentence in told:
        line(sentence)


def _unfilled(why: str) -> str:
    return f"; the others cannot be made ({why}), which is tried again every minute" if why else ""


def _counts(step: dict[str, Any]) -> list[str]:
    """How many items are in each state of a step; of those that wait for a company, how many wait for one in doubt."""
    states = step["states"]
    behind = step["in_doubt"] - states.get(State.IN_DOUBT, 0)
    doubted = {State.WAITING_FOR_COMPANY: f" ({behind:,} of them for a row in doubt)"} if behind else {}
    return [f"{count:,} {state}{doubted.get(state, '')}" for state, count in states.items()]


def pause(context: typer.Context, batch_id: TheBatch, why: Why = "", by: By = "", as_json: AsJson = False) -> None:
    """Send nothing more of a batch for now.

    Answers of what is out already are taken, and deadlines run on.
    """
    with application(context) as enrichment:
        changed = enrichment.pause(BatchId(batch_id), by=who(by), why=why)
        _told(enrichment, batch_id, changed=changed, as_json=as_json)


def resume(context: typer.Context, batch_id: TheBatch, why: Why = "", by: By = "", as_json: AsJson = False) -> None:
    """Go on with a paused batch.

    One that was cancelled goes on by `retry --state cancelled`.
    """
    with application(context) as enrichment:
        changed = enrichment.resume(BatchId(batch_id), by=who(by), why=why)
        batch_now = _told(enrichment, batch_id, changed=changed, as_json=as_json)
    if batch_now == BatchStatus.CANCELLED and not as_json:
        line(f"  `enrichcore retry {batch_id} --state cancelled` takes the cancellation back.")


def _told(enrichment: Enrichment, batch_id: UUID, *, changed: bool, as_json: bool) -> str:
    now: str = progress_of(enrichment, batch_id)[0]["status"]
    if as_json:
        show_json({"batch_id": batch_id, "status": now, "changed": changed})
    else:
        line(f"Batch {batch_id} is {now}" + ("" if changed else "; that changed nothing"))
    return now


def cancel(context: typer.Context, batch_id: TheBatch, why: Why = "", by: By = "", as_json: AsJson = False) -> None:
    """Stop a batch: nothing more of it is sent.

    What is known stays known. Answers that still come are kept with the history, and serve later batches. `retry --state cancelled`
    takes it back.
    """
    with application(context) as enrichment:
        stopped = enrichment.cancel(BatchId(batch_id), by=who(by), why=why)
        _counted(enrichment, batch_id, "cancelled", stopped, as_json=as_json)


def retry(
    context: typer.Context,
    batch_id: TheBatch,
    *,
    step: Annotated[str | None, typer.Option(metavar="WORKFLOW", help="Only this step; every one by default.")] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help=f"Steps that ended so: {', '.join(_ENDS)}; by default those that failed or timed out.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(metavar="WORDS", help="Only those that ended for a reason with these words in it.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be sent, and what it would cost.")
    ] = False,
    why: Why = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Send again what gave nothing, and only that.

    By default the steps that failed or timed out; `explain BATCH_ID` tells for which reasons. With `--state completed` (or skipped, cancelled) others are asked again,
    which may cost credits a second time: `--dry-run` tells how many. A cancelled step whose row is still out is waited for, not sent again. A step that waits
    for its answer has not ended: `settle --as lost` ends such waits before their deadline.
    """
    wanted = None if state is None else _ended_so(state, batch_id)
    with application(context, in_force=not dry_run) as enrichment:
        _require_step(enrichment, batch_id, step)
        if dry_run:
            costs = enrichment.retry_costs(BatchId(batch_id), step=step, state=wanted, reason=reason)
            _show_costs(batch_id, costs, as_json=as_json)
            if not costs and not as_json:
                line(f"  {nothing_to_retry(enrichment, batch_id, step, wanted, reason)}")
            return
        again = enrichment.retry(BatchId(batch_id), by=who(by), why=why, step=step, state=wanted, reason=reason)
        _counted(
            enrichment,
            batch_id,
            "retried",
            again,
            notes_on(enrichment, batch_id, again, step, wanted, reason),
            as_json=as_json,
        )


def _ended_so(state: str, batch_id: UUID) -> State:
    """The end that was named."""
    if state in _ENDS:
        return State(state)
    hint = f"; `enrichcore settle {batch_id} --as lost` ends waits for answers first" if state in _WAITS else ""
    raise typer.BadParameter(
        f"{state!r} is none of {', '.join(_ENDS)}: only what has ended can run again{hint}", param_hint="--state"
    )


def _show_costs(batch_id: UUID, found: Sequence[RetriedStep], *, as_json: bool) -> None:
    total = sum((step.credits for step in found), Decimal(0))
    most = sum((step.credits_at_most for step in found), Decimal(0))
    if as_json:
        steps = [asdict(step) for step in found]
        show_json({"batch_id": batch_id, "dry_run": True, "steps": steps, "credits": total, "credits_at_most": most})
        return
    for step in found:
        on = f", {counted(step.behind, 'item')} would go on to it" if step.behind else ""
        rows = f"{counted(step.rows, 'row')} at most, {credits_said(step.credits)}"
        more = f"; with every attempt {counted(step.posts_at_most, 'POST')}, {credits_said(step.credits_at_most)}"
        line(
            f"{step.workflow}: {counted(step.items, 'item')} again{on}: {rows}{more if step.posts_at_most > step.rows else ''}"
        )
    one_each = f"{credits_said(total)} with one POST of each row, " if most > total else ""
    line(f"Dry run: a retry would cost {one_each}{credits_said(most)} at most; nothing was asked for")


def settle(
    context: typer.Context,
    batch_id: TheBatch,
    *,
    as_: Annotated[
        Settlement,
        typer.Option(
            "--as",
            metavar="sent|resend|lost",
            help="sent: wait for the answer; resend: POST it again; lost: no answer will come, as if the deadline had passed.",
        ),
    ],
    step: Annotated[str | None, typer.Option(metavar="WORKFLOW", help="Only this step; every one by default.")] = None,
    why: Why = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Decide what is in doubt: rows of which nobody knows whether they were delivered.

    With `--as lost`, and --why, also rows that were delivered and whose answer will not come: the wait ends now, for companies'
    rows in all batches that wait for them. To send a row again that had been delivered costs its credits twice.
    """
    if as_ is Settlement.LOST and not why:
        raise typer.BadParameter("say how it is known that no answer will come", param_hint="--why")
    with application(context) as enrichment:
        _require_step(enrichment, batch_id, step)
        settled = enrichment.settle(BatchId(batch_id), as_, by=who(by), why=why, step=step)
        _counted(enrichment, batch_id, "settled", settled, as_json=as_json)
    if as_ is Settlement.LOST and settled and not as_json:
        line("  Their credits count as spent, and answers that come all the same count.")
        line(f"  `enrichcore retry {batch_id} --state timed_out` sends them again, which may cost their credits twice.")


def _require_step(enrichment: Enrichment, batch_id: UUID, step: str | None) -> None:
    found = enrichment.store.batches([batch_id])
    if not found:
        raise UnknownId("batch", batch_id)
    pipeline = found[0][0].pipeline
    if step is not None and pipeline.step(step) is None:
        known = ", ".join(known.workflow for known in pipeline.steps)
        raise typer.BadParameter(f"the batch has no step {step!r}; it has {known}", param_hint="--step")


def _counted(
    enrichment: Enrichment, batch_id: UUID, done: str, count: int, notes: Sequence[str] = (), *, as_json: bool
) -> None:
    now = progress_of(enrichment, batch_id)[0]["status"]
    if as_json:
        show_json({"batch_id": batch_id, "status": now, done: count, "notes": notes})
        return
    line(f"Batch {batch_id}: {count:,} {done}; the batch is {now}")
    for note in notes:
        line(f"  {note}")
