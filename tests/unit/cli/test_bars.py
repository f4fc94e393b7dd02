"""Bars of progress, as a terminal shows them."""

import io

from rich.console import Console

from runners.cli import progress


def test_an_import_is_told_in_bytes_of_its_file(tmp_path, monkeypatch):
    """How many rows a file has is known at its end only; how many bytes it has is known before."""
    screen = io.StringIO()
    monkeypatch.setattr(progress, "to_side", lambda: Console(file=screen, force_terminal=True, width=120))
    file = tmp_path / "people.csv"
    file.write_bytes(b"x" * 4_000_000)
    with progress.reading("Importing", file) as tell:
        tell(1_000_000, 4_000_000)
    assert "1.0/4.0 MB" in screen.getvalue()
    assert "25%" in screen.getvalue()


def test_a_file_that_is_no_terminal_gets_no_bar(tmp_path, monkeypatch):
    """What a program reads holds no bar."""
    screen = io.StringIO()
    monkeypatch.setattr(progress, "to_side", lambda: Console(file=screen, force_terminal=False))
    with progress.reading("Importing", tmp_path / "gone.csv") as tell:
        tell(1, 2)
    assert screen.getvalue() == ""
