"""Made-up people, in the shape of the object that Clay's person enrichment gives.

`url` is the LinkedIn profile, `person_id` and `profile_id` are Clay's own. Some people have moved to another company
than the one that was asked about, and some have two present jobs.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from .fate import identity
from .fiction import Employer, dice_for, employer_in, number_for, slug_of, text_of, world

#: How many in a hundred are with another company by now, or in two jobs at once.
_MOVED_PERCENT, _TWO_JOBS_PERCENT = 8, 6
#: Days in the present job, as ranges: about a third are new in it.
_TENURES = ((20, 100), (100, 700), (700, 4000))

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: The precisions in which profiles give a month.
_DATE_FORMS: tuple[Callable[[date], str], ...] = (
    lambda day: day.replace(day=1).isoformat(),
    lambda day: f"{day:%Y-%m}",
    lambda day: f"{day:%Y}",
    lambda day: f"{_MONTHS[day.month - 1]} {day.year}",
)
#: How often each of them occurs, in percent.
_DATE_FORM_PERCENT = (30, 30, 20, 20)


def person_object(payload: Mapping[str, Any], seed: int, as_of: date) -> dict[str, Any]:
    """The person that a row is about: name and profile as sent, the career made up, dates counted back from `as_of`."""
    dice = dice_for(seed, "person", identity(payload))
    first, last, full = name_in(payload, seed)
    slug = slug_of(full)
    asked = employer_in(payload)
    place = dice.choice(world()["cities"])
    jobs = _jobs(asked, dice, as_of, f"{place['city']}, {place['state']}")
    present = [job for job in jobs if job["is_current"]]
    title = present[0]["title"]
    own_id = number_for(seed, "profile", identity(payload)) % 10**9
    return {
        "name": full,
        "first_name": first,
        "last_name": last,
        "title": title,
        "headline": f"{title} at {present[0]['company']}",
        "summary": dice.choice((None, f"{first} has worked as {title}.\nFictional profile.")),
        "url": text_of(payload, "person_linkedin_url") or f"https://www.linkedin.com/in/{slug}-zz9sandbox",
        "slug": slug,
        "org": present[0]["company"],
        "location_name": f"{place['city']}, {place['state']}, {place['country']}",
        "country": place["country"],
        "experience": jobs,
        "current_experience": present,
        "latest_experience": present[0],
        "jobs_count": len(jobs),
        "education": _education(dice),
        "connections": dice.randint(50, 500),
        "num_followers": dice.randint(50, 5000),
        "profile_id": own_id,
        "person_id": f"cp_{own_id:09d}",
        "picture_url_orig": f"https://img.logo-cdn.example/p/{slug}.jpg",
        "languages": None,
        "certifications": None,
        "volunteering": None,
    }


def email_address(payload: Mapping[str, Any], seed: int) -> str:
    """The address the person would have at the company that was asked about."""
    first, last, _ = name_in(payload, seed)
    local = ".".join(slug_of(part).replace("-", "") for part in (first, last) if part)
    return f"{local}@{employer_in(payload).domain.removeprefix('www.')}"


def name_in(payload: Mapping[str, Any], seed: int) -> tuple[str, str, str]:
    """First, last and full name: as sent, else read off the full name, else made up."""
    first, last, full = (text_of(payload, f"person_{part}_name") for part in ("first", "last", "full"))
    if not (first or last):
        first, _, last = full.partition(" ")
    if not first and not last:
        dice = dice_for(seed, "name", identity(payload))
        first, last = dice.choice(world()["first_names"]), dice.choice(world()["last_names"])
    return first, last, full or f"{first} {last}".strip()


def _jobs(asked: Employer, dice: Random, as_of: date, locality: str) -> list[dict[str, Any]]:
    """The career, newest job first: one or two present ones, then up to three past ones without gaps."""
    others = [_as_employer(each) for each in dice.sample(world()["employers"], 5) if each["domain"] != asked.domain]
    moved = dice.randrange(100) < _MOVED_PERCENT
    began = as_of - timedelta(days=dice.randint(*dice.choice(_TENURES)))
    jobs = [_job(others[0] if moved else asked, began, None, dice, locality)]
    if dice.randrange(100) < _TWO_JOBS_PERCENT:
        jobs.append(_job(others[1], began - timedelta(days=400), None, dice, locality))
    past = [asked, *others[2:]] if moved else others[2:]
    ended = began
    for employer in past[: dice.randint(1 if moved else 0, 3)]:
        began = ended - timedelta(days=dice.randint(200, 1600))
        jobs.append(_job(employer, began, ended - timedelta(days=1), dice, locality))
        ended = began
    return jobs


def _job(employer: Employer, began: date, ended: date | None, dice: Random, locality: str) -> dict[str, Any]:
    written = dice.choices(_DATE_FORMS, _DATE_FORM_PERCENT)[0]
    return {
        "title": dice.choice(world()["titles"]),
        "company": employer.name,
        "company_domain": employer.domain,
        "url": employer.linkedin_url,
        "org_id": number_for("org", employer.domain) % 10**6,
        "company_id": str(number_for("company", employer.domain) % 10**7),
        "locality": locality,
        "start_date": written(began),
        "end_date": None if ended is None else written(ended),
        "is_current": ended is None,
        "summary": None,
    }


def _as_employer(listed: Mapping[str, str]) -> Employer:
    page = f"https://www.linkedin.com/company/{listed['domain'].split('.')[0]}-zz9sandbox"
    return Employer(name=listed["name"], domain=listed["domain"], linkedin_url=page)


def _education(dice: Random) -> list[dict[str, Any]]:
    if dice.random() < 0.5:  # noqa: PLR2004 - every second profile tells
        return []
    began = dice.randint(1985, 2015)
    return [
        {
            "school_name": dice.choice(world()["schools"]),
            "degree": "Bachelor's degree",
            "field_of_study": "Applied Fiction",
            "start_date": f"{began}-01-01",
            "end_date": f"{began + 4}-01-01",
            "grade": None,
            "activities": None,
        }
    ]
