"""What programs and people are told of an upload."""

from decimal import Decimal

import pytest
from attrs import evolve

from enrichcore.store import MemoryStore
from runners.cli.showing import show_table
from runners.cli.upload_report import show_report
from runners.plain import plain
from runners.reports import report_json
from tests.contracts.world import ACME, CRM, World


def test_a_column_that_is_ambiguous_is_not_read_and_is_told_as_that():
    """Who only looks at what is not read sees it, and why, who looks further."""
    file = b"Name,Email,Employer,Company Name,Shoe size\nAnn Fennimarsh,ann@vale.example,Vale,Vale,38\n"
    told = report_json(World(MemoryStore()).app.upload(file, client=ACME, workstream=CRM, dry_run=True))
    assert set(told["ambiguous"]) == {"Employer", "Company Name"}
    assert sorted(told["unmapped"]) == ["Company Name", "Employer", "Shoe size"]
    assert set(told["mapped"]) == {"Name", "Email"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (b"Ann Fennimarsh,ann@vale.example\n", ["x.csv: 1 row imported, 1 person, 1 company, 0 rows kept aside"]),
        (
            b"Ann Fennimarsh,ann@vale.example\nAnn Fennimarsh,ann@vale.example\nBo Vale,bo@elm.example\n",
            [
                "x.csv: 3 rows imported, 2 people, 2 companies, 0 rows kept aside",
                "New: 2 people, 2 companies; known already: 0 people, 0 companies; 1 row is of people of earlier rows",
            ],
        ),
    ],
)
def test_people_are_told_one_row_of_one(rows, told, capsys):
    """And many of many."""
    show_report(World(MemoryStore()).app.upload(b"Name,Email\n" + rows, client=ACME, workstream=CRM), "x.csv")
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(told)] == told


def test_whoever_imports_hardly_any_row_is_told_so(capsys):
    """With the commonest reason, for people and programs; and blank rows are told, too."""
    file = b"Name,Email,City\nAnn Fennimarsh,ann@vale.example,\n\n,,Leeds\n,,Bath\n"
    report = World(MemoryStore()).app.upload(file, client=ACME, workstream=CRM)
    because = "nothing names a person: no name, e-mail address or LinkedIn profile"
    most = f"most rows are kept aside, 2 of 3, of these 2 because {because}"
    assert report_json(report)["notes"] == (most,)
    show_report(report, "x.csv")
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "x.csv: 1 row imported, 1 person, 1 company, 2 rows kept aside, 1 blank row passed over"
    assert f"Note: {most}" in told


@pytest.mark.parametrize("file", [b"Name,Email\n", b"Email\n\n"])
def test_a_file_without_rows_is_told_to_have_none(file):
    """Whatever columns it has."""
    report = World(MemoryStore()).app.upload(file, client=ACME, workstream=CRM)
    assert report.notes == ("the file has column names and no rows below them",)


@pytest.mark.parametrize("dry_run", [True, False])
def test_whoever_imports_what_cannot_be_launched_is_told_so(dry_run):
    """A workstream without webhooks is named before the launch is refused."""
    world = World(MemoryStore())
    client = evolve(world.registry.client(ACME), webhooks={})
    app = world.another(evolve(world.registry, clients={**world.registry.clients, ACME: client}))
    report = app.upload(b"Name,Email\nAnn,ann@vale.example\n", client=ACME, workstream=CRM, dry_run=dry_run)
    (note,) = report.notes
    assert note.startswith("a launch would be refused: no webhook is configured; add clients.acme.webhooks.crm_data.")


def test_credits_are_written_in_one_way(capsys):
    """In tables for people, and as exact text for programs, whoever computed them."""
    ones = [Decimal(1), Decimal("1.0"), Decimal("1.00")]
    show_table(["credits"], [[one] for one in ones])
    assert [line.strip() for line in capsys.readouterr().out.splitlines()] == ["credits", "1", "1", "1"]
    assert plain([*ones, Decimal("1204.50")]) == ["1", "1", "1", "1204.5"]
