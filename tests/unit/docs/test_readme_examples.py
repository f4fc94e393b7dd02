"""The README's examples run as written."""

import io
import re
import sys
from contextlib import redirect_stdout

import pytest

from tests.unit.docs.pages import ROOT, blocks

LIBRARY, PROPERTIES = blocks(ROOT / "README.md", "python")
TOO_LONG = 15


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    """Examples name files from the root of the repository."""
    monkeypatch.chdir(ROOT)


def test_the_library_example_prints_what_it_says():
    """From a configuration to a lead, in memory; the comment behind `print` is what is printed."""
    told = re.findall(r"^print\(.*\)  # (.+)$", LIBRARY, re.MULTILINE)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(LIBRARY, "README.md", "exec"), {"__name__": "readme"})
    assert printed.getvalue().splitlines() == told
    assert told


def test_the_library_example_is_short():
    """A newcomer reads it in one go."""
    lines = [line for line in LIBRARY.splitlines() if line.strip()]
    assert len(lines) < TOO_LONG


def test_the_property_example_holds():
    """The property in the README is a test that passes."""
    names = {"__name__": "readme"}
    exec(compile(PROPERTIES, "README.md", "exec"), names)
    (check,) = (value for name, value in names.items() if name.startswith("test_"))
    check()


def test_the_examples_need_no_server():
    """Nothing in the library example opens the embedded PostgreSQL."""
    before = {name for name in sys.modules if name.startswith("pixeltable")}
    with redirect_stdout(io.StringIO()):
        exec(compile(LIBRARY, "README.md", "exec"), {"__name__": "readme"})
    assert {name for name in sys.modules if name.startswith("pixeltable")} == before
