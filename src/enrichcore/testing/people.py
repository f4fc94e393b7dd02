"""Files of people as both shipped profiles read them, for tests: few names, so that people and companies are shared."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

#: The short name of each column, and its header.
COLUMNS: Final = {
    "first": "First Name",
    "last": "Last Name",
    "title": "Title",
    "email": "Email",
    "company": "Company Name",
    "website": "Website",
    "linkedin": "Person Linkedin Url",
}
_NAMES: Final = ("ann", "bob", "eve")
_COMPANIES: Final = ("quillhaven", "caldora")


def person(name: str, company: str, *, without: Sequence[str] = ()) -> dict[str, str]:
    """One person at one company, some columns left empty."""
    row = {
        "first": name.capitalize(),
        "last": "Fennimarsh",
        "title": "Buyer",
        "email": f"{name}@{company}.example",
        "company": company.capitalize(),
        "website": f"https://{company}.example",
        "linkedin": f"https://www.linkedin.com/in/{name}-{company}",
    }
    return {column: "" if column in without else value for column, value in row.items()}


_WITHOUT: Final = ((), (), ("email",), ("linkedin",), ("company", "website"), ("email", "title"))


def people(max_size: int = 4) -> SearchStrategy[list[dict[str, str]]]:
    """A few people who share companies; some lack an address, a title, or a company."""
    one = st.builds(
        lambda name, company, without: person(name, company, without=without),
        st.sampled_from(_NAMES),
        st.sampled_from(_COMPANIES),
        st.sampled_from(_WITHOUT),
    )
    return st.lists(one, min_size=1, max_size=max_size)


def export_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The file that holds these people."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS.values())
    table.writerows([row.get(column, "") for column in COLUMNS] for row in rows)
    return out.getvalue().encode()
