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
    "company_page": "Company Linkedin Url",
}
NAMES: Final = ("ann", "bob", "eve")
COMPANIES: Final = ("quillhaven", "caldora")


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


def stranger(name: str, company: str) -> dict[str, str]:
    """The same person at the same company, told by their pages alone: nobody knows yet that these are the same."""
    called = {"company": f"{company.capitalize()} Works", "company_page": page_of(company)}
    return {**person(name, company, without=("email", "website")), **called}


def told_in_full(name: str, company: str) -> dict[str, str]:
    """A row that tells who is who: whoever was told by addresses, and by pages, is one."""
    return {**person(name, company), "company_page": page_of(company)}


def page_of(company: str) -> str:
    """A company's page."""
    return f"https://www.linkedin.com/company/{company}"


_WITHOUT: Final = ((), (), ("email",), ("linkedin",), ("company", "website"), ("email", "title"))


def people(max_size: int = 4) -> SearchStrategy[list[dict[str, str]]]:
    """A few people who share companies; some lack an address, a title, or a company."""
    who = {"name": st.sampled_from(NAMES), "company": st.sampled_from(COMPANIES)}
    one = st.builds(person, **who, without=st.sampled_from(_WITHOUT))
    return st.lists(one | one | st.builds(stranger, **who), min_size=1, max_size=max_size)


def export_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The file that holds these people."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS.values())
    table.writerows([row.get(column, "") for column in COLUMNS] for row in rows)
    return out.getvalue().encode()
