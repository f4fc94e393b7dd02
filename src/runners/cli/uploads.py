"""`upload` imports a file; `launch` starts it through its workstream's pipeline."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from enrichcore.application import Enrichment, UploadUnderWay
from enrichcore.application.estimating import Estimate, estimate
from enrichcore.domain.amounts import counted, credits_said
from enrichcore.domain.batch import Batch
from enrichcore.domain.ids import BatchId, UploadId
from enrichcore.ingest import BadMapping, check_field
from enrichcore.store.commit import StoreUnavailable
from runners.cli.commands import CannotDo, Interrupted, say
from runners.cli.opening import application, client_name, told_when_lost, who
from runners.cli.progress import counting, reading
from runners.cli.showing import AsJson, line, show_json
from runners.cli.upload_report import show_report, show_steps
from runners.reports import budget_said, report_json, step_json
from runners.running import hindrances

_PANEL = "Data in"
_HALF_READ = "nothing was imported"
_HALF_IMPORTED = "what was imported of the file cannot be launched: import it again, and the same people are found"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=_PANEL)(upload)
    app.command(rich_help_panel=_PANEL)(launch)


def upload(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    *,
    client: Annotated[str, typer.Option(metavar="CLIENT", help="Whose data it is: slug or uuid.")],
    workstream: Annotated[str, typer.Option(metavar="NAME", help="Such as apollo_scrape or crm_data.")],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="Read a column as this field, also as FIELD=COLUMN; FIELD may be ignore. Repeatable.",
        ),
    ] = None,
    save_mapping: Annotated[
        bool, typer.Option("--save-mapping", help="Keep what --map says for later files of this client and workstream.")
    ] = False,
    saved: Annotated[bool, typer.Option(help="Read columns as an earlier --save-mapping said.")] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be imported, and what a launch would send.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a file of people, such as an Apollo export or a CRM export: CSV, TSV or XLSX, also as .gz or .zip.

    Shows how each column was understood, who was known already, and which rows were kept aside; nothing is sent before `launch`.
    """
    overrides = overrides_of(map_ or [])
    if save_mapping and not overrides:
        raise typer.BadParameter("there is nothing to save without --map", param_hint="--save-mapping")
    with (
        application(context, record=not dry_run) as enrichment,
        reading("Reading" if dry_run else "Importing", file, silent=as_json) as progress,
        told_when_lost(_HALF_READ if dry_run else _HALF_IMPORTED),
    ):
        try:
            report = enrichment.upload(
                file,
                client=client,
                workstream=workstream,
                overrides=overrides,
                by=who(),
                dry_run=dry_run,
                use_saved=saved,
                save=save_mapping,
                progress=progress,
            )
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted; {_HALF_READ if dry_run else _HALF_IMPORTED}") from None
    if as_json:
        show_json(report_json(report))
    else:
        show_report(report, str(file))
    if not report.person_count:
        why = "give names with --map COLUMN=person_full_name, or look at the rows kept aside"
        raise CannotDo(f"{file} names no one: {why if report.row_count or report.rejected else 'it has no rows'}")


def overrides_of(pairs: list[str]) -> dict[str, str]:
    """Column → field, out of the options of the command line, which say either first.

    The field is the side that names one; where both do, or neither, it is the last.
    """
    return dict(map(_override, pairs))


def _override(pair: str) -> tuple[str, str]:
    column, _, field = pair.rpartition("=")
    if not _is_field(field):
        first, _, rest = pair.partition("=")
        column, field = (rest, first) if _is_field(first) else (column, field)
    if not column.strip() or not field.strip():
        raise typer.BadParameter("write it as COLUMN=FIELD, or FIELD=COLUMN", param_hint="--map")
    return column, field.strip()


def _is_field(text: str) -> bool:
    try:
        check_field("", text.strip())
    except BadMapping:
        return False
    return True


def launch(
    context: typer.Context,
    upload_id: Annotated[UUID, typer.Argument(metavar="UPLOAD_ID", help="As printed by `upload`.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be sent.")] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Also while another batch of this upload is under way: whoever was given nothing there is asked about again.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a batch: every person of an upload through the steps of its workstream.

    Rows leave as soon as `enrichcore run` is up. `--dry-run` counts per step what would be sent and what is already known.
    """
    with application(context, record=not dry_run) as enrichment:
        uploaded = enrichment.get_upload(UploadId(upload_id))
        if dry_run:
            estimated = estimate(enrichment.store, enrichment.registry, uploaded, now=enrichment.now())
            missing = enrichment.missing_webhooks(uploaded.client_id, uploaded.workstream)
            for other in enrichment.batches_of(UploadId(upload_id)):
                if other.under_way:
                    say(f"This upload is under way in batch {other.batch_id}.")
            _show_estimate(estimated, missing, as_json=as_json)
            return
        try:
            with counting("Items made", uploaded.person_count, silent=as_json) as progress:
                batch = _launched(enrichment, UploadId(upload_id), progress, again=again)
        except UploadUnderWay as refused:
            raise CannotDo(f"{refused}; if that is meant, launch it with --again") from refused
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted{_what_became(enrichment, UploadId(upload_id), again=again)}") from None
        except StoreUnavailable as lost:
            raise CannotDo(f"{lost}{_what_became(enrichment, UploadId(upload_id), again=again)}") from lost
        owner = client_name(enrichment.registry, batch.client_id)
        told = hindrances(enrichment)
    if as_json:
        show_json(
            {
                "batch_id": batch.batch_id,
                "item_count": batch.item_count,
                "upload_id": upload_id,
                "client": owner,
                "workstream": batch.workstream,
                "status": batch.status,
                "hindrances": told,
            }
        )
    else:
        line(f"Batch {batch.batch_id}: {counted(batch.item_count, 'item')} of {owner} in {batch.workstream}")
        for sentence in told:
            line(sentence)
        line(f"Follow it with: enrichcore status {batch.batch_id} --watch")


def _launched(enrichment: Enrichment, upload_id: UploadId, progress: Callable[[int], None], *, again: bool) -> Batch:
    """Start a batch; where an earlier launch was interrupted, make the rest of its items."""
    try:
        return enrichment.launch(upload_id, by=who(), progress=progress, again=again)
    except UploadUnderWay as refused:
        if any(batch.filled for batch in enrichment.batches_of(upload_id) if batch.batch_id == refused.batch_id):
            raise
        say(f"Batch {refused.batch_id} was started before, and not all of its items were made: now they are.")
        return enrichment.fill(BatchId(refused.batch_id), progress=progress)


def _what_became(enrichment: Enrichment, upload_id: UploadId, *, again: bool) -> str:
    """What became of a launch that was ended: its batch goes on, where it has one."""
    same = f"enrichcore launch {upload_id}"
    try:
        made = [one for one in enrichment.batches_of(upload_id) if one.under_way and not (again and one.filled)]
    except StoreUnavailable:
        return f"; whether a batch was started is not known: once the database is back, `{same}` goes on with it, or starts one"
    if not made:
        return f" before anything was started; start it with: {same}"
    batch_id = max(made, key=lambda one: one.launched_at).batch_id
    return (
        f", but batch {batch_id} is started: `enrichcore run`, or `{same}`, makes the rest of its items, and it is sent;"
        f" stop it with: enrichcore cancel {batch_id}"
    )


def _show_estimate(estimated: Estimate, missing: list[str], *, as_json: bool) -> None:
    if as_json:
        steps = [step_json(step) for step in estimated.steps]
        show_json(
            {
                "upload_id": estimated.upload_id,
                "batch_id": None,
                "item_count": estimated.item_count,
                "steps": steps,
                "credits": estimated.credits,
                "budget_left": estimated.budget_left,
                "missing_webhooks": missing,
            }
        )
        return
    line(f"Dry run: a launch would make {counted(estimated.item_count, 'item')}; nothing was started")
    show_steps(estimated.steps)
    line(
        f"All of it would cost {credits_said(estimated.credits)} at most, where answers cost what credits_per_send says"
    )
    if told := budget_said(estimated):
        line(told)
    for key in missing:
        line(f"A launch would be refused: no webhook is configured; add {key}")
