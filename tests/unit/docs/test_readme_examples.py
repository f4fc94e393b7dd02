"""The examples of the README and of the page on testing run as written."""

import io
import re
import sys
import unittest
from contextlib import redirect_stdout

import pytest
from hypothesis import settings

from tests.unit.docs.pages import ROOT, blocks

LIBRARY, MACHINE = blocks(ROOT / "README.md", "python")
SAME_MACHINE, PROPERTIES, READING = blocks(ROOT / "docs" / "testing.md", "python")
TOO_LONG = 25
#: Lines in which a user can hold a configuration against all promises.
TEN = 10


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path):
    """Whoever has the package has no file of the repository."""
    monkeypatch.chdir(tmp_path)


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


def test_the_machine_finds_nothing_wrong_in_the_example():
    """A whole test of a configuration, in ten lines."""
    names = {"__name__": "readme"}
    exec(compile(MACHINE, "README.md", "exec"), names)
    assert issubclass(names["TestOurPipelines"], unittest.TestCase)
    names["TestOurPipelines"].settings = settings(max_examples=5, stateful_step_count=10, deadline=None)
    names["TestOurPipelines"]("runTest").runTest()
    assert len(MACHINE.splitlines()) < TEN
    assert MACHINE == SAME_MACHINE


def test_a_log_can_be_read_for_broken_promises():
    """That of the library example breaks none."""
    names = {"__name__": "readme"}
    with redirect_stdout(io.StringIO()):
        exec(compile(LIBRARY, "README.md", "exec"), names)
    exec(compile(READING, "testing.md", "exec"), names)
    assert names["broken_promises"](names["app"].store) == []


def test_the_property_example_holds():
    """The property on the page is a test that passes."""
    names = {"__name__": "readme"}
    exec(compile(PROPERTIES, "testing.md", "exec"), names)
    (check,) = (value for name, value in names.items() if name.startswith("test_"))
    check()


def test_the_examples_need_no_server():
    """Nothing in the library example opens the embedded PostgreSQL."""
    before = {name for name in sys.modules if name.startswith("pixeltable")}
    with redirect_stdout(io.StringIO()):
        exec(compile(LIBRARY, "README.md", "exec"), {"__name__": "readme"})
    assert {name for name in sys.modules if name.startswith("pixeltable")} == before
