"""The address of an import's row: the best of several, with what the row says of that very one."""

import csv
import io

import pytest

from enrichcore.ingest import read_import

FIRST, SECOND, THIRD = "jo@acme.example", "jo.b@acme.example", "jo.bell@acme.example"


def address(profile="apollo", **cells):
    """The address and its status of a file of one row."""
    packed = io.StringIO()
    rows = csv.writer(packed)
    rows.writerow(["Full Name", *cells])
    rows.writerow(["Jo Bell", *cells.values()])
    (row,) = read_import(packed.getvalue().encode(), profile=profile).rows()
    return row.person.get("person_email"), row.person.get("person_email_status")


def apollo(*pairs, **more):
    """Cells for first, second and third address, each with its status."""
    columns = zip(("", "Secondary ", "Tertiary "), pairs, strict=False)
    cells = {
        f"{which}{part}": told
        for which, pair in columns
        for part, told in zip(("Email", "Email Status"), pair, strict=True)
    }
    return cells | more


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (apollo((FIRST, "Unverified"), ("", ""), (THIRD, "Verified")), (THIRD, "verified")),
        (apollo((FIRST, "Invalid"), (SECOND, "Verified")), (SECOND, "verified")),
        (apollo((FIRST, "Invalid"), (SECOND, "Extrapolated")), (SECOND, "guessed")),
        (apollo((FIRST, "Verified"), (SECOND, "Verified")), (FIRST, "verified")),
        (apollo((FIRST, ""), (SECOND, "Verified")), (FIRST, None)),
        (apollo(("jo@gmail.com", "Verified"), (SECOND, "Extrapolated")), ("jo@gmail.com", "verified")),
        (apollo(("jo@gmail.com", "Verified"), (SECOND, "Verified")), (SECOND, "verified")),
        (apollo((FIRST, "Invalid")), (FIRST, "invalid")),
        (apollo(("info@acme.example", "Verified"), (SECOND, "Extrapolated")), (SECOND, "guessed")),
        (apollo(("info@acme.example", "Verified"), ("jo@gmail.com", "")), ("jo@gmail.com", None)),
        (apollo((f"sales2@acme.example, {FIRST}", "")), (FIRST, None)),
        (apollo((FIRST, "Verified"), **{"Email Bounced": "TRUE"}), (FIRST, "invalid")),
        (apollo((FIRST, "Verified"), **{"Email Bounced": "FALSE"}), (FIRST, "verified")),
        (apollo((FIRST, "Verified"), (SECOND, "Verified"), **{"Email Bounced": "TRUE"}), (SECOND, "verified")),
    ],
)
def test_the_best_of_several_addresses_counts(cells, told):
    """One that bounces or is a guess is passed over for one that is neither."""
    assert address(**cells) == told


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Email - Work": FIRST, "Email - Home": "jo@gmail.com"}, FIRST),
        ({"Email - Work": "", "Email - Home": "jo@gmail.com"}, "jo@gmail.com"),
        ({"Email": "", "Additional email addresses": f"jo@gmail.com;{SECOND}"}, SECOND),
        ({"Email": FIRST, "Additional email addresses": SECOND}, FIRST),
    ],
)
def test_further_columns_of_addresses_are_read(cells, told):
    """Pipedrive's list of people, HubSpot's further addresses."""
    assert address("crm", **cells)[0] == told


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("jo bell@acme.example", (None, None)), ("bounced: jo@acme.example", (None, None)), ("do not use jo@acme.example", (None, None)),
        ("jo@acme.example - old", (None, None)), ("jo@acme.example (verified)", (FIRST, "verified")), ("jo@acme.example | catch-all", (FIRST, "catch-all")),
        ("Jo Bell <jo@acme.example>", (FIRST, None)), ("jo@acme.example / jb@gmail.com", (FIRST, None)), ("na@na.com", (None, None)),
        ("jo,bell@acme.example", (None, None)), ("jo,jo@acme.example", (FIRST, None)), ("mail,jo@acme.example", (FIRST, None)),
    ],
)  # fmt: skip
def test_what_stands_beside_an_address_counts(cell, told):
    """It tells the status, that the address is none, or is part of it."""
    assert address("crm", Email=cell) == told


def test_a_mailbox_beside_a_private_address_tells_the_company():
    """It is nobody's, and the company's all the same."""
    content = b"Full Name,Email,Secondary Email\nJo Bell,info@acme.example,jo@gmail.com\n"
    (row,) = read_import(content, profile="apollo").rows()
    assert (row.person["person_email"], row.company["company_domain"]) == ("jo@gmail.com", "acme.example")
