"""The sandbox's command line: its help says what each option does, and wrong use is one line that a person can act on."""

import re
import socket

import pytest
from attrs import fields

from runners.sandbox.__main__ import main
from runners.sandbox.options import SECRET_VARIABLE, build_parser, settings_from
from runners.sandbox.settings import Faults, SandboxSettings


def test_no_option_gives_the_default_settings(monkeypatch):
    """Defaults stand in the settings, and nowhere else."""
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    assert settings_from(build_parser().parse_args([])) == SandboxSettings()


def test_every_option_says_what_it_does():
    """Also each fault; and an option that has a number by default shows it."""
    options = build_parser()._actions
    assert [option.option_strings for option in options if not option.help] == []
    shown = {name.lstrip("-").replace("-", "_"): option for option in options for name in option.option_strings}
    assert "(default: %(default)s)" in shown["port"].help
    assert "(default: %(default)s)" in shown["delay"].help
    assert {attribute.name for attribute in fields(Faults)} <= shown.keys()


def test_help_names_the_command_as_it_is_typed(capsys):
    """Its example begins with the command that a user has."""
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert "example: enrichcore sandbox --port" in shown
    assert "python -m" not in shown


def test_help_shows_no_secret(capsys, monkeypatch):
    """One that is in the environment is used, and told nowhere."""
    monkeypatch.setenv(SECRET_VARIABLE, "hunter2")
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "hunter2" not in capsys.readouterr().out
    assert settings_from(build_parser().parse_args([])).callback_secret == "hunter2"
    assert settings_from(build_parser().parse_args(["--secret", "own"])).callback_secret == "own"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--lost", "2"], "argument --lost: '2' is out of bounds: give a number from 0 to 1"),
        (["--lost", "nan"], "argument --lost: 'nan' is out of bounds: give a number from 0 to 1"),
        (["--delay", "-1"], "argument --delay: '-1' is out of bounds: give a number from 0 to 31536000"),
        (["--burst", "0"], "argument --burst: '0' is out of bounds: give 1 or more"),
        (["--burst", "many"], "argument --burst: 'many' is not a whole number"),
        (["--port", "99999"], "argument --port: '99999' is out of bounds: give a number from 0 to 65535"),
        (["--rate", "fast"], "argument --rate: 'fast' is not a number"),
        (["--as-of", "soon"], "argument --as-of: 'soon' is not a day: write it as 2026-03-01"),
        (["--client-secret", "hunter2"], "argument --client-secret: write it as CLIENT_ID=SECRET"),
        (["--nope"], "unrecognized arguments: --nope"),
    ],
)
def test_wrong_use_is_one_line_that_says_what_would_fit(arguments, said, capsys):
    """It ends with 2, and repeats no secret."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr().err
    assert ended.value.code == 2
    assert shown.splitlines()[-1] == f"enrichcore sandbox: error: {said}"
    assert len(shown.splitlines()) == 2
    assert "hunter2" not in shown


def test_a_port_that_is_taken_is_one_sentence(capsys):
    """It names the address, why, and what would help."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"cannot listen on 127.0.0.1:{port}: another program listens there already, perhaps an earlier start of this"
        " one; stop it, or name another with --port\n"
    )


def test_a_name_that_nobody_has_is_one_sentence(capsys):
    """In the words of the system."""
    assert main(["--host", "no-such-host.invalid", "--port", "0"]) == 1
    assert re.fullmatch(
        r"cannot listen on no-such-host\.invalid:0: .+; name another with --port\n", capsys.readouterr().err
    )


def test_a_file_of_answers_that_is_missing_is_one_sentence(capsys, tmp_path):
    """It names the file."""
    assert main(["--payloads", str(tmp_path / "none.jsonl"), "--port", "0"]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none.jsonl'}: No such file or directory\n"
