"""Progress on standard error, for as long as something is counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from runners.cli.showing import to_side


@contextmanager
def counting(what: str, total: int | None = None, *, silent: bool = False) -> Iterator[Callable[[int], None]]:
    """Something to tell the number that is done; nothing is shown where standard error is not a terminal."""
    console = to_side()
    if silent or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, TaskProgressColumn(), console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def reading(what: str, file: Path, *, silent: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Something to tell how many bytes of a file were read, and how many it has; shown as `counting` is."""
    console = to_side()
    if silent or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=file.stat().st_size)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def reaching(what: str, *, silent: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Something to tell how far it is and how far it goes; nothing is shown where standard error is not a terminal."""
    console = to_side()
    if silent or not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
