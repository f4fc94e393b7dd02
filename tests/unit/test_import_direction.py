"""Imports point one way, and the domain stands on the standard library, attrs and transitions alone."""

import ast
import sys
from importlib.util import resolve_name
from pathlib import Path
from subprocess import PIPE, STDOUT, run

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "src" / "enrichcore" / "domain"
ALLOWED = {"attrs", "attr", "transitions"}


def test_every_contract_of_import_linter_is_kept():
    """The layers of the packages, as pyproject.toml declares them."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    found = run(command, cwd=ROOT, stdout=PIPE, stderr=STDOUT, text=True, check=False, env={"PYTHONPATH": "src:."})
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", sorted(DOMAIN.glob("**/*.py")), ids=lambda path: path.stem)
def test_the_domain_imports_nothing_but_its_own_and_three_others(path):
    """Also inside functions: the whole file is looked through."""
    outside = {name for name in imported_by(path) if name.split(".")[0] not in ALLOWED | sys.stdlib_module_names}
    assert {name for name in outside if not f"{name}.".startswith("enrichcore.domain.")} == set()


def imported_by(path):
    """The full names of the modules that a file imports."""
    package = ".".join(path.relative_to(ROOT / "src").parent.parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield resolve_name("." * node.level + (node.module or ""), package)
