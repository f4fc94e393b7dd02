"""The whole way in one process and a half, on nothing but the installed package.

An embedded PostgreSQL, a simulated Clay in a process of its own, and the daemon in this one. Two fictional files are
imported, launched and run to their end; the summary is read from the database.
"""

import asyncio
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from enrichcore.application import Enrichment
from enrichcore.application.explaining import explain
from enrichcore.domain.amounts import counted
from enrichcore.domain.batch import Batch
from enrichcore.projection import catch_up
from enrichcore.registry import Registry, parse
from enrichcore.store.embedded import embedded_url
from projections import READ_MODELS
from runners.cli.batches import progress_of
from runners.cli.commands import CannotDo, say
from runners.cli.sample_files import SAMPLE_SECRET, configuration_text, write_samples
from runners.cli.showing import line, show_json, show_table, to_side
from runners.daemon import Daemon, Role
from runners.sandbox.options import SECRET_VARIABLE
from runners.statements import postgres, rows

_CLIENT: Final = "acme"
#: What goes wrong with the real Clay goes wrong here too, but for answers that never come: those take hours to miss.
_WORLD: Final = (
    "--delay", "0.2", "--jitter", "0.4", "--doubled", "0.05", "--reordered", "0.05", "--empty", "0.06",
    "--status-429", "0.01", "--retry-after", "1",
)  # fmt: skip
#: Seconds without any progress after which the demo gives up.
_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.2


def run_demo(rows_each: int, *, serve: bool, as_json: bool) -> bool:
    """Run the demo in a folder that goes with the process; whether every item ended.

    Args:
        rows_each: people in each of the two files, 1 or more.
        serve: stay up until interrupted.
        as_json: print the summary as JSON.

    Raises:
        CannotDo: The simulated Clay did not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="enrichcore-demo-"))
    # Before the server starts, so that at the end it is stopped before its folder goes.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if not as_json:
        line("Starting an embedded PostgreSQL and a simulated Clay ...")
    with _sandbox() as clay:
        path = folder / "enrichcore.toml"
        path.write_text(configuration_text(clay), encoding="utf-8")
        demonstration = Demonstration(
            path=path,
            registry=parse(path.read_bytes(), env={}, path=path),
            url=embedded_url(folder / ".enrichcore" / "postgres"),
            rows=rows_each,
            serve=serve,
            as_json=as_json,
        )
        return asyncio.run(_until_terminated(demonstration))


@frozen(kw_only=True)
class Demonstration:
    """One demo."""

    path: Path
    registry: Registry
    url: str
    rows: int
    serve: bool
    as_json: bool

    async def run(self) -> bool:
        """The whole way; whether every item ended."""
        began = time.monotonic()
        async with Daemon(self.registry, self.url, frozenset(Role)) as daemon:
            enrichment = daemon.application
            batches = await asyncio.to_thread(self._launch, enrichment)
            complete = await _ended(enrichment, batches)
            await asyncio.to_thread(catch_up, postgres(enrichment).pool, READ_MODELS)
            await asyncio.to_thread(self._sum_up, enrichment, time.monotonic() - began)
            if self.serve:
                await self._stay(daemon)
        return complete

    def _launch(self, enrichment: Enrichment) -> list[Batch]:
        apollo, crm = write_samples(self.path.parent, self.rows)
        batches = []
        for file, workstream in ((apollo, "apollo_scrape"), (crm, "crm_data")):
            report = enrichment.upload(file, client=_CLIENT, workstream=workstream, by="demo")
            assert report.upload_id is not None  # noqa: S101 - only a dry run has none
            self._tell(
                f"Imported {file.name}: {counted(report.row_count, 'row')}, {counted(report.person_count, 'person')},"
                f" {counted(report.company_count, 'company')}"
            )
            batches.append(enrichment.launch(report.upload_id, by="demo"))
            self._tell(f"Launched batch {batches[-1].batch_id} in {workstream}")
        return batches

    def _sum_up(self, enrichment: Enrichment, took_s: float) -> None:
        progress = progress_of(enrichment)
        summary = [
            _lead_counts(row) for row in rows(enrichment, "lead_summary", client=self.registry.client(_CLIENT).id)
        ]
        if self.as_json:
            leads = sum(counts["leads"] for counts in summary)
            show_json(
                {"seconds": round(took_s, 2), "final_leads": leads, "by_workstreams": summary, "batches": progress}
            )
            return
        for batch in progress:
            line(
                f"{batch['workstream']}: {counted(batch['items_total'], 'item')}, {batch['items_completed']:,} completed,"
                f" {batch['items_failed']:,} failed, {batch['items_active']:,} not ended"
            )
        line("")
        show_table(list(_SUMMARY), [[counts[_SUMMARY[name]] for name in _SUMMARY] for counts in summary])
        line(f"final_leads has {counted(sum(counts['leads'] for counts in summary), 'row')}, after {took_s:.1f} s")

    async def _stay(self, daemon: Daemon) -> None:
        self._tell(f"\nThe daemon is up until Ctrl-C; its pages: {daemon.address}/clients/{_CLIENT}/leads")
        self._tell("In another terminal, try:")
        config = f"enrichcore --config {self.path}"
        for command in (f"{config} status", f"{config} leads --client {_CLIENT}", f"{config} lanes"):
            self._tell(f"  {command}")
        # Ctrl-C cancels this task; it is the ordinary end of a demo that stays.
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    def _tell(self, text: str) -> None:
        if self.as_json:
            say(text)
        else:
            line(text)


_SUMMARY: Final = {
    "final_leads in": "workstreams",
    "leads": "leads",
    "with e-mail": "with_email",
    "with company": "with_company",
    "new in role": "new_in_role",
    "recently funded": "recently_funded",
    "worked at customer": "worked_at_customer",
}


def _lead_counts(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_SUMMARY.values(), [", ".join(row[0] or ()), *row[1:]], strict=True))


async def _until_terminated(demonstration: Demonstration) -> bool:
    """Run it; a SIGTERM ends it as Ctrl-C does, so that nothing that it started outlives it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None and os.name != "nt":
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await demonstration.run()
    except asyncio.CancelledError as stopped:
        raise KeyboardInterrupt from stopped


async def _ended(enrichment: Enrichment, batches: list[Batch]) -> bool:
    """Follow the batches until every item has ended, or nothing goes on; whether all ended."""
    last, since = -1, time.monotonic()
    async with _bars(batches) as show:
        while True:
            done = await asyncio.to_thread(lambda: [_done(enrichment, batch) for batch in batches])
            show([items for items, _ in done])
            if all(items >= batch.item_count for (items, _), batch in zip(done, batches, strict=True)):
                await asyncio.to_thread(enrichment.turn_batches)
                return True
            moved = sum(steps for _, steps in done)
            if moved != last:
                last, since = moved, time.monotonic()
            if time.monotonic() - since > _PATIENCE_S:
                await asyncio.to_thread(_say_why, enrichment, batches)
                return False
            await asyncio.sleep(_LOOK_S)


def _say_why(enrichment: Enrichment, batches: list[Batch]) -> None:
    say(f"Nothing went on for {_PATIENCE_S:.0f} s.")
    for batch in batches:
        for item_id in enrichment.store.active_items(batch.batch_id):
            say(explain(enrichment.store, enrichment.registry, item_id, now=enrichment.now()))


def _done(enrichment: Enrichment, batch: Batch) -> tuple[int, int]:
    """Items that ended, and steps that ended."""
    items = enrichment.store.item_counts(batch.batch_id)
    steps = enrichment.store.step_counts(batch.batch_id)
    ended = sum(items.get(status, 0) for status in ("completed", "failed", "cancelled"))
    return ended, sum(count for (_, state), count in steps.items() if state in {"completed", "skipped", "failed"})


@asynccontextmanager
async def _bars(batches: list[Batch]) -> AsyncIterator[Any]:
    """A bar for each batch; nothing where standard error is not a terminal."""
    console = to_side()
    columns = (
        TextColumn("{task.description:15}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as progress:
        tasks = [progress.add_task(batch.workstream, total=batch.item_count) for batch in batches]

        def show(done: list[int]) -> None:
            for task, count in zip(tasks, done, strict=True):
                progress.update(task, completed=count)

        yield show


@contextmanager
def _sandbox() -> Iterator[str]:
    """The simulated Clay in a process of its own: its address."""
    command = [sys.executable, "-P", "-m", "runners.sandbox", "--port", "0", *_WORLD]
    environment = {**os.environ, SECRET_VARIABLE: SAMPLE_SECRET}
    # A session of its own, so that Ctrl-C reaches the daemon first and the rows under way still find their Clay.
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        found = re.search(r"http://\S+", process.stdout.readline() if process.stdout is not None else "")
        if found is None:
            raise CannotDo("the simulated Clay did not start")
        yield found[0]
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
