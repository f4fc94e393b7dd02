"""Wrong use and expected errors: one message on standard error, an exit code, never a traceback."""

import re
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application import CannotLaunch, StaleConfiguration, UnknownId
from enrichcore.ingest import BadMapping, NotATable
from enrichcore.registry import ConfigurationError, Fault, UnknownClientError
from enrichcore.store.commit import Conflict, StoreUnavailable
from runners.cli.commands import CannotDo, Interrupted, hoisted, refuse
from runners.cli.opening import told_when_lost

FAULT = Fault(key="clients.acme.id", problem="is missing", remedy="give it")
COMMANDS = [
    "demo", "init", "check", "apply", "upload", "launch", "run", "status", "pause", "resume", "cancel", "retry", "settle",
    "lanes", "unmatched", "history", "explain", "replay", "leads", "sandbox",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_contract_has_help(enrichcore, command):
    """`--help` ends with 0 and says something."""
    shown = enrichcore(command, "--help")
    assert (shown.exit_code, "--help" in shown.output) == (0, True)


@pytest.mark.parametrize(
    "args",
    [
        ["nothing"],
        ["status", "no-uuid"],
        ["launch"],
        ["launch", "no-uuid"],
        ["history", "12"],
        ["upload", "nowhere.csv", "--client", "acme", "--workstream", "crm_data"],
        ["retry", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--state", "ready"],
        ["retry", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--state", "awaiting_answer"],
        ["settle", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--as", "maybe"],
        ["settle", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--as", "lost"],
        ["run", "--role", "king"],
        ["leads", "--client", "acme", "--format", "pdf"],
        ["demo", "--rows", "0"],
        ["unmatched", "--match", "one"],
        ["lanes", "--stop", "acme/crm_data/email", "--resume", "acme/crm_data/email"],
        ["lanes", "--stop", "acme/crm_data/email", "--history", "acme/crm_data/email"],
    ],
)
def test_wrong_use_ends_with_2(enrichcore, args):
    """What cannot be understood is told on standard error and nothing is printed."""
    ended = enrichcore(*args)
    assert (ended.exit_code, bool(ended.stderr.strip()), ended.stdout) == (2, True, "")


def test_whoever_names_no_end_is_told_of_those_that_can_run_again(enrichcore):
    """And of no other state, which would be refused next."""
    refused = enrichcore("retry", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--state", "weird")
    assert "'weird' is none of completed, failed, timed_out, skipped, cancelled" in " ".join(refused.stderr.split())
    assert "in_doubt" not in refused.stderr


def test_whoever_retries_what_waits_for_an_answer_is_told_how_to_end_that(enrichcore):
    """Such a wait has not ended, and is given up only on purpose."""
    refused = enrichcore("retry", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--state", "awaiting_answer")
    assert "settle" in refused.stderr
    assert "lost" in refused.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["status", "no-uuid"], "'no-uuid' is no id; one looks like"),
        (["unmatched", "--match", "one", "two"], "'one' is no id; one looks like"),
        (["leads", "--client", "acme", "--batch-id", ""], "'' is no id; one looks like"),
        (["leads", "--client", "acme", "--format", "pdf"], "'pdf' is not one of 'csv', 'jsonl', 'parquet'"),
        (["leads", "--client", "acme", "--as-of", "yesterday"], "'yesterday' is no moment: write it as 2026-03-01"),
        (["leads", "--client", "acme", "--as-of", "2100-01-01"], "'2100-01-01' lies ahead"),
        (["settle", "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10", "--as", "maybe"], "'maybe' is not one of 'sent'"),
        (["demo", "--rows", "0"], "'0' is too small: give 1 or more"),
        (["demo", "--rows", "many"], "'many' is not a whole number"),
        (["run", "--role", "sender", "--health-port", "99999"], "'99999' is too large: give 65535 or less"),
    ],
)
def test_wrong_use_is_told_in_our_words(enrichcore, args, said):
    """A value that does not fit is named, with one that would; nothing of the library that checks values is heard."""
    ended = enrichcore(*args)
    assert (ended.exit_code, said in " ".join(ended.stderr.split())) == (2, True), ended.stderr
    assert not re.search("Input should|Value error|UUID|pydantic", ended.stderr)


def test_parquet_is_not_written_to_a_terminal(enrichcore, monkeypatch):
    """Its bytes are no text, and may change how the terminal works."""
    monkeypatch.setattr("runners.cli.leads._is_terminal", lambda: True)
    ended = enrichcore("leads", "--client", "acme", "--format", "parquet")
    assert (ended.exit_code, "name a file with --out" in " ".join(ended.stderr.split())) == (2, True)


def test_the_help_of_a_flag_is_what_it_does(enrichcore):
    """A flag takes no value, so none is named."""
    for command in ([], ["upload"], ["demo"]):
        assert "<bool>" not in enrichcore(*command, "--help").output


@pytest.mark.parametrize(
    "args", [["status"], ["run"], ["check"], ["apply"], ["--config", "elsewhere.toml", "status", "--json"]]
)
def test_a_missing_configuration_is_a_message(enrichcore, args):
    """It names the file and the way to one."""
    ended = enrichcore(*args)
    assert ended.exit_code == 1
    assert "enrichcore init" in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownClientError("acmee", ["acme"]), 2),
        (UnknownId("batch", "b1"), 2),
        (BadMapping("Mail", "person_mail", "there is no such field"), 2),
        (ConfigurationError([FAULT]), 1),
        (CannotLaunch("not yet"), 1),
        (StaleConfiguration([], by="ann", at=datetime(2026, 1, 1, tzinfo=UTC)), 1),
        (NotATable("x.pdf", "is a PDF", "export it as CSV"), 1),
        (Conflict("again"), 1),
        (StoreUnavailable("no route"), 1),
        (psycopg.OperationalError("no route"), 1),
        (PermissionError(13, "Permission denied", "leads.csv"), 1),
        (KeyboardInterrupt(), 130),
        (Interrupted("interrupted; nothing was imported"), 130),
        (ZeroDivisionError("unforeseen"), 1),
    ],
)
def test_every_error_becomes_one_message(error, code, capsys, monkeypatch):
    """Its text is shown, and its kind decides the exit code."""
    monkeypatch.delenv("ENRICHCORE_DEBUG", raising=False)
    assert refuse(error) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert (str(error.args[-1]) if error.args and isinstance(error.args[-1], str) else "") in shown.err
    assert shown.err.strip()


@pytest.mark.parametrize(
    ("kind", "hint", "said"),
    [
        ("batch", "", ": `enrichcore status` shows the batches"),
        ("batch of acme", "", ": `enrichcore status` shows the batches"),
        ("upload", "", ": `enrichcore upload` printed it, and the pages list a client's uploads"),
        ("person or company", "", ": give a person_id or company_id of `enrichcore leads`"),
        ("unmatched answer", "", ": `enrichcore unmatched` lists them"),
        ("item or company run", "it is a lane's", ": it is a lane's"),
    ],
)
def test_an_unknown_id_says_where_those_are_that_there_are(kind, hint, said, capsys):
    """Unless it is known what the given one is of."""
    assert refuse(UnknownId(kind, "x", hint)) == 2
    assert capsys.readouterr().err == f"there is no {kind} with the id x{said}\n"


def test_an_unforeseen_error_shows_its_origin_when_asked(monkeypatch):
    """With the debug variable it is raised on, traceback and all."""
    monkeypatch.setenv("ENRICHCORE_DEBUG", "1")
    assert refuse(ZeroDivisionError("unforeseen")) is None


def test_the_configuration_may_be_named_anywhere():
    """Before or after the command, with a space or an equals sign; what follows `--` is left alone."""
    assert hoisted(["status", "--config", "a.toml", "--json"]) == ["--config", "a.toml", "status", "--json"]
    assert hoisted(["--config=a.toml", "status"]) == ["--config=a.toml", "status"]
    assert hoisted(["upload", "--", "--config"]) == ["upload", "--", "--config"]


@given(st.lists(st.sampled_from(["status", "--config", "--config=b", "--json", "--", "x"])))
def test_hoisting_loses_nothing(args):
    """It only changes the order."""
    assert sorted(hoisted(args)) == sorted(args)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (psycopg.OperationalError("closed\nthis means"), "the database failed: closed; nothing was changed"),
        (StoreUnavailable("the database is away"), "the database is away; nothing was changed"),
    ],
)
def test_a_database_that_is_lost_in_the_middle_leaves_nobody_wondering_what_became_of_the_work(lost, said):
    """Whichever part of the work met it."""
    with pytest.raises(CannotDo) as refused, told_when_lost("nothing was changed"):
        raise lost
    assert str(refused.value) == said
