"""Every command that the pages name can be typed."""

import re

import pytest
import typer

from runners.cli.main import app
from runners.sandbox.options import build_parser as sandbox_parser
from tests.unit.docs.pages import commands

NAMED = sorted({(command.name, option) for command in commands() for option in ("", *command.options)})


@pytest.fixture(scope="module")
def known():
    """The commands of `enrichcore`, each with its options."""
    group = typer.main.get_command(app)
    found = {
        name: {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for name, command in group.commands.items()
    }
    # The sandbox has a parser of its own, because it runs without the command line as well.
    found["sandbox"] |= set(re.findall(r"--[\w-]+", sandbox_parser().format_help()))
    return found


@pytest.mark.parametrize(("name", "option"), NAMED, ids=lambda word: word or "itself")
def test_every_command_that_the_pages_name_exists(name, option, known):
    """A command and its options, as README and docs write them, are those of the command line."""
    assert name in known
    assert option in {"", "--help", "--config", *known[name]}


def test_every_command_has_help(known):
    """`--help` of each command says what it does, and ends well."""
    from typer.testing import CliRunner

    for name in known:
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0, name
        assert "usage:" in shown.output.lower(), name


def test_the_readme_names_every_command(known):
    """A reader of the pages meets each command at least once."""
    assert known.keys() - {command.name for command in commands()} == set()
