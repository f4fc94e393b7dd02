import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.ingest.composing import bare_cell
from runners.cli.commands import CannotDo
from runners.cli.export import COLUMNS, Format, write_leads
from runners.spreadsheets import csv_cell

LEAD = dict.fromkeys(COLUMNS) | {
    "lead_id": UUID(int=1),
    "workstreams": ["apollo_scrape", "crm_data"],
    "updated_at": datetime(2026, 1, 2, tzinfo=UTC),
    "person_full_name": "Zoë Velmarrin",
    "person_title": "=cmd()",
    "company_employee_count": 214,
    "company_technologies": ["AWS", "SAP"],
    "is_new_in_role": True,
    "is_recently_funded": False,
    "provenance": {"person_title": ["import", 7]},
}


def exported(form, leads):
    """The text of an export."""
    out = io.BytesIO()
    assert write_leads(leads, out, form) == len(leads)
    return out.getvalue().decode("utf-8")


def test_the_columns_are_those_of_the_contract_in_their_order():
    """Keys, the person, the company, indicators, the rest; none twice."""
    assert COLUMNS[:8] == (
        "lead_id", "client_id", "person_id", "company_id", "workstreams", "batch_id", "item_id", "updated_at",
    )  # fmt: skip
    assert COLUMNS[8:18] == (
        "person_first_name", "person_last_name", "person_full_name", "person_email", "person_linkedin_url",
        "person_title", "person_headline", "person_location", "person_summary", "person_current_job_start_date",
    )  # fmt: skip
    assert COLUMNS[18:38] == (
        "company_name", "company_domain", "company_linkedin_url", "company_website", "company_logo_url",
        "company_description", "company_industry", "company_industries", "company_subindustries",
        "company_size_bucket", "company_employee_count", "company_city", "company_state", "company_country",
        "company_revenue_range", "company_founded_year", "company_type", "company_business_stage",
        "company_funding_range", "company_technologies",
    )  # fmt: skip
    assert COLUMNS[38:] == (
        "is_new_in_role", "is_recently_funded", "is_worked_at_customer", "moved_company", "person_email_status",
        "provenance",
    )  # fmt: skip


def test_csv_tells_true_false_and_unknown_apart():
    """Lists are joined, unknown is empty, and a formula is no formula."""
    (row,) = csv.DictReader(io.StringIO(exported(Format.CSV, [LEAD])))
    assert (row["is_new_in_role"], row["is_recently_funded"], row["is_worked_at_customer"]) == ("true", "false", "")
    assert (row["workstreams"], row["company_technologies"]) == ("apollo_scrape, crm_data", "AWS, SAP")
    assert (row["person_title"], row["person_full_name"]) == ("'=cmd()", "Zoë Velmarrin")
    assert json.loads(row["provenance"]) == {"person_title": ["import", 7]}


def test_an_export_of_nobody_has_its_header():
    """So that a program that reads it finds its columns."""
    assert exported(Format.CSV, []).strip().split(",") == list(COLUMNS)
    assert exported(Format.JSONL, []) == ""


#: What a spreadsheet takes for the beginning of a formula, in full width as well.
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@given(st.text() | st.builds("{}{}".format, st.sampled_from(SIGNS), st.text()))
def test_no_cell_begins_as_a_formula(text):
    """Whatever is known of someone; an innocent text is left as it is, and one of our own files is read as it was."""
    cell = csv_cell(text)
    assert not cell.startswith(SIGNS)
    assert not text.startswith(SIGNS) or bare_cell(cell) == text
    assert cell in {text, f"'{text}"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_json_lines(text):
    """One line a lead, whatever the text."""
    written = exported(Format.JSONL, [LEAD | {"person_summary": text, "person_title": Decimal("1.50")}])
    assert written.count("\n") == 1
    assert json.loads(written)["person_summary"] == text
    assert json.loads(written)["person_title"] == "1.5"


def test_a_file_for_excel_says_that_it_is_utf_8():
    """Excel takes any other CSV for the system's encoding; JSON lines never have the mark."""
    out = io.BytesIO()
    write_leads([LEAD], out, Format.CSV, for_excel=True)
    assert out.getvalue().startswith("\ufefflead_id,".encode())
    lines = io.BytesIO()
    write_leads([LEAD], lines, Format.JSONL, for_excel=True)
    assert lines.getvalue().startswith(b"{")


def test_parquet_keeps_the_types_and_writes_page_by_page(monkeypatch):
    """Numbers, flags, lists and times are what they were; unknown is null."""
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("runners.cli.export._PAGE", 2)
    out = io.BytesIO()
    assert write_leads(iter([LEAD] * 5), out, Format.PARQUET) == 5
    file = parquet.ParquetFile(io.BytesIO(out.getvalue()))
    assert (file.num_row_groups, file.schema_arrow.names) == (3, list(COLUMNS))
    lead = file.read().to_pylist()[0]
    assert lead["updated_at"] == LEAD["updated_at"]
    assert (lead["company_employee_count"], lead["company_technologies"]) == (214, ["AWS", "SAP"])
    assert (lead["is_recently_funded"], lead["is_worked_at_customer"]) == (False, None)
    assert json.loads(lead["provenance"]) == LEAD["provenance"]


def test_parquet_says_what_it_needs(monkeypatch):
    """Without its library the refusal names what to install."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(CannotDo, match=r"pip install pyarrow"):
        write_leads([], io.BytesIO(), Format.PARQUET)
