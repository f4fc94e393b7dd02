"""Fictional files to try things with: a configuration, an Apollo people export and a HubSpot export of any size.

The same seed gives the same files of a day: funding is told by its date, and what is recent depends on today. A part of the people of the second file are in the first one too, and so are many of
its companies, as with a real customer: who is known is not asked about again.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import frozen

from enrichcore.registry import init_text
from runners.sandbox.fiction import slug_of, world

#: People to one company, on average.
_COLLEAGUES: Final = 5
#: The part of the people who have an e-mail address in the file.
_WITH_EMAIL: Final = 0.7
#: The part of the second file's people who are in the first one too.
_IN_BOTH: Final = 0.25
#: Days since a company was funded, as ranges: a half of the funded ones recently.
_FUNDED_AGO: Final = ((20, 300), (500, 2500))

#: What the simulated Clay gives with its callbacks.
SAMPLE_SECRET: Final = "demo-callback-secret"  # noqa: S105 - of a simulated Clay that lives as long as the demo
#: High, for the simulated Clay is in no hurry to be spared.
_PACE: Final = "rate = 1000\nburst = 200\nmax_in_flight = 5000\nlifetime_limit = 1000000"


@frozen(kw_only=True)
class Company:
    """A company that does not exist."""

    name: str
    domain: str
    slug: str
    place: Mapping[str, str]
    employees: int
    industry: str
    #: Its latest funding, and when that was; none for a company that was never funded.
    round: str
    raised: date | None


@frozen(kw_only=True)
class Person:
    """A person who does not exist."""

    first_name: str
    last_name: str
    title: str
    slug: str
    #: Empty where the file does not know it.
    email: str
    company: Company


def configuration_text(clay: str) -> str:
    """The shipped configuration with every webhook at the simulated Clay, at a high pace and on a free port."""
    text = (
        init_text().replace("127.0.0.1:8000", "127.0.0.1:0").replace('"env:ACME_CALLBACK_SECRET"', f'"{SAMPLE_SECRET}"')
    )
    # Simulated credits buy as many rows as are asked for.
    text = re.sub(r"^budget_credits .*\n", "", text, flags=re.MULTILINE)
    return re.sub(
        r'^url = "env:ACME_(\w+)_URL"$',
        lambda found: f'url = "{clay}/hooks/{found[1].lower()}"\n{_PACE}',
        text,
        flags=re.MULTILINE,
    )


def write_samples(folder: Path, rows: int, *, seed: int = 7, today: date | None = None) -> tuple[Path, Path]:
    """Write an Apollo export and a HubSpot export with `rows` rows each.

    Args:
        folder: where they go.
        rows: people in each file, 1 or more.
        seed: the same one gives the same files, on the same day.
        today: what dates are counted back from; the present day by default.
    """
    people = _people(2 * rows, seed, today or datetime.now(UTC).date())
    shared = int(rows * _IN_BOTH)
    apollo, crm = folder / "apollo_people_export.csv", folder / "crm_contacts.csv"
    _write(apollo, map(_apollo_row, people[:rows]))
    _write(crm, map(_crm_row, [*people[:shared], *people[rows : 2 * rows - shared]]))
    return apollo, crm


def _people(count: int, seed: int, today: date) -> list[Person]:
    dice = Random(seed)  # noqa: S311 - fiction, not a secret
    companies = [_company(number, dice, today) for number in range(max(1, count // _COLLEAGUES))]
    return [_person(number, companies, dice) for number in range(count)]


def _company(number: int, dice: Random, today: date) -> Company:
    words = _words()
    # Every number has a name of its own: the first words count it through, and a further one tells it from later rounds.
    beginnings, endings, trades = words["beginnings"], words["endings"], words["trades"]
    rest, first = divmod(number, len(beginnings))
    rest, last = divmod(rest, len(endings))
    again, trade = divmod(rest, len(trades))
    plain = f"{beginnings[first]}{endings[last]} {trades[(trade + first) % len(trades)]}" + (
        f" {again}" if again else ""
    )
    slug, funding = slug_of(plain), dice.choice(words["rounds"])
    return Company(
        name=f"{plain} {dice.choice(words['forms'])}".strip(),
        domain=f"{slug}.example",
        slug=f"{slug}-zz9demo",
        place=dice.choice(world()["cities"]),
        employees=dice.choice([8, 24, 75, 214, 640, 1800]),
        industry=dice.choice(world()["industries"])["label"],
        round=funding,
        raised=today - timedelta(days=dice.randint(*dice.choice(_FUNDED_AGO))) if funding else None,
    )


def _person(number: int, companies: list[Company], dice: Random) -> Person:
    first_name, last_name = dice.choice(world()["first_names"]), dice.choice(world()["last_names"])
    company = dice.choice(companies)
    own = f"{slug_of(first_name)}.{slug_of(last_name)}{number}"
    return Person(
        first_name=first_name,
        last_name=last_name,
        title=dice.choice(world()["titles"]),
        slug=f"{slug_of(first_name)}-{slug_of(last_name)}-zz9demo{number}",
        email=f"{own}@{company.domain}" if dice.random() < _WITH_EMAIL else "",
        company=company,
    )


def _apollo_row(person: Person) -> dict[str, Any]:
    company = person.company
    return {
        "First Name": person.first_name,
        "Last Name": person.last_name,
        "Title": person.title,
        "Company Name": company.name,
        "Email": person.email or "email_not_unlocked@domain.com",
        "Email Status": "Verified" if person.email else "Unavailable",
        "# Employees": f"{company.employees:,}",
        "Industry": company.industry.lower(),
        "Person Linkedin Url": f"http://www.linkedin.com/in/{person.slug}",
        "Website": f"http://www.{company.domain}",
        "Company Linkedin Url": f"http://www.linkedin.com/company/{company.slug}",
        "Company City": company.place["city"],
        "Company State": company.place["state"],
        "Company Country": company.place["country"],
        "Technologies": ", ".join(world()["technologies"][:3]),
        "Latest Funding": company.round,
        "Last Raised At": "" if company.raised is None else company.raised.isoformat(),
    }


def _crm_row(person: Person) -> dict[str, Any]:
    company = person.company
    return {
        "First Name": person.first_name,
        "Last Name": person.last_name,
        "Email": person.email,
        "Job Title": person.title,
        "Company Name": company.name,
        "Company Domain Name": company.domain,
        "Website URL": f"https://{company.domain}/",
        "LinkedIn URL": f"https://www.linkedin.com/in/{person.slug}",
        "Industry": company.industry.upper(),
        "Number of Employees": company.employees,
        "City": company.place["city"],
        "State/Region": company.place["state"],
        "Country/Region": company.place["country"],
    }


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    every = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(every[0]))
        writer.writeheader()
        writer.writerows(every)


@cache
def _words() -> Mapping[str, list[str]]:
    lists: dict[str, list[str]] = json.loads(files(__package__ or "").joinpath("sample_words.json").read_text("utf-8"))
    return lists
