"""Made-up companies, in the shape of the object that Clay's company enrichment gives.

`url` is the LinkedIn page, `company_id` and `org_id` are Clay's own, and a place may be told in any of three ways.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from .fiction import company_key, dice_for, employer_in, slug_of, world

Place = Mapping[str, str]

#: Where Clay puts a company's place: each way as the keys that it adds.
_PLACES: tuple[Callable[[Place], dict[str, Any]], ...] = (
    lambda place: {
        "locations": [
            {
                "address": f"1 Imaginary Wharf, {place['city']}",
                "is_primary": True,
                "inferred_location": {
                    "locality": place["city"],
                    "admin_district": place["code"],
                    "country_region": place["country"],
                    "country_region_iso": place["iso"],
                    "postal_code": place["postal"],
                },
            }
        ]
    },
    lambda place: {"locations": [{"city": place["city"], "geographic_area": place["state"], "is_hq": True}]},
    lambda place: {
        "structured_locations": [
            {
                "is_headquarters": True,
                "city": place["city"],
                "state": place["state"],
                "region": None,
                "country_iso": place["iso"],
                "postal_code": place["postal"],
            }
        ],
        "structured_locations_count": 1,
    },
    lambda _: {"locations": [], "structured_locations": None},
)


def company_object(payload: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The company that a row is about: its name, domain and page as sent, the rest made up."""
    key = company_key(payload)
    dice = dice_for(seed, "company", key)
    employer = employer_in(payload)
    industry, place, size = (dice.choice(world()[name]) for name in ("industries", "cities", "sizes"))
    headcount = dice.randint(size["from"], size["to"])
    about = f"{employer.name} makes {industry['about']}."
    own_id = dice.randrange(1_000_000, 10_000_000)
    return {
        "slug": slug_of(key.split(".")[0]),
        "name": employer.name,
        "domain": employer.domain,
        "url": employer.linkedin_url,
        "website": f"https://www.{employer.domain.removeprefix('www.')}",
        "logo_url": f"https://img.logo-cdn.example/{slug_of(employer.name)}.png",
        "description": about,
        "industry": industry["label"],
        "size": size["label"],
        "employee_count": headcount,
        "type": dice.choice(world()["types"]),
        "founded": dice.randint(1950, 2022),
        "locality": f"{place['city']}, {place['code']}",
        "country": dice.choice((place["iso"], place["country"])),
        **dice.choice(_PLACES)(place),
        "annual_revenue": size["revenue"],
        "total_funding_amount_range_usd": dice.choice(size["funding"]),
        "derived_datapoints": _derived(industry, size, about, dice),
        "specialties": industry["sub"],
        "follower_count": headcount * dice.randint(5, 40),
        "org_id": own_id + 40,
        "company_id": own_id,
        "clay_company_id": own_id + 31_000_000,
    }


def technologies(payload: Mapping[str, Any], seed: int) -> list[str]:
    """What the company works with; in Clay a column of its own."""
    dice = dice_for(seed, "technologies", company_key(payload))
    chosen: list[str] = dice.sample(world()["technologies"], dice.randint(2, 5))
    return chosen


def _derived(industry: Mapping[str, Any], size: Mapping[str, Any], about: str, dice: Random) -> dict[str, Any]:
    return {
        "industry": industry["derived"],
        "subindustry": industry["sub"],
        "business_type": [dice.choice(("B2B", "B2C"))],
        "business_stage": size["stage"],
        "revenue_streams": ["Services"],
        "primary_offerings": industry["sub"],
        "scale_scope": dice.choice(("Regional", "National", "Global")),
        "pattern_tags": None,
        "description": f"{about} (summary)",
    }
