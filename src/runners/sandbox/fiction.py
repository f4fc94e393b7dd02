"""The made-up world that answers are drawn from, and the dice that draw them.

Everything is a pure function of the seed and of whom a row is about, so the same row gives the same answer in every
run. The lists are data, in `world.json`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from random import Random
from typing import Any

from attrs import frozen

from .fate import COMPANY_KEYS, key_of

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@frozen(kw_only=True)
class Employer:
    """A company as a person's jobs name it."""

    name: str
    domain: str
    linkedin_url: str


@cache
def world() -> Mapping[str, Any]:
    """The lists of `world.json`."""
    lists: dict[str, Any] = json.loads(files(__package__).joinpath("world.json").read_text(encoding="utf-8"))
    return lists


def number_for(*about: object) -> int:
    """A number that stands for what it is about, the same in every process."""
    text = "\x00".join(map(str, about))
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def dice_for(*about: object) -> Random:
    """Dice that always fall the same way for the same thing."""
    return Random(number_for(*about))  # noqa: S311 - fiction, not a secret


def text_of(payload: Mapping[str, Any], name: str) -> str:
    """A field of the row as trimmed text; empty where it is missing or no text."""
    value = payload.get(name)
    return value.strip() if isinstance(value, str) else ""


def slug_of(name: str) -> str:
    """A name as it stands in an address: `Zoë Velmarrin` is `zoe-velmarrin`; a number where nothing is left."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o")).encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", plain.casefold()).strip("-") or f"x{number_for(name) % 100_000:05d}"


def employer_in(payload: Mapping[str, Any]) -> Employer:
    """The company that a row names, with what it leaves out made up to fit."""
    name, domain, linkedin_url = (
        text_of(payload, key) for key in ("company_name", "company_domain", "company_linkedin_url")
    )
    known_by = key_of(domain).split(".")[0] or key_of(linkedin_url) or slug_of(name or company_key(payload))
    return Employer(
        name=name or known_by.replace("-", " ").title(),
        domain=domain or f"{slug_of(known_by)}.example",
        linkedin_url=linkedin_url or f"https://www.linkedin.com/company/{slug_of(known_by)}-zz9sandbox",
    )


def company_key(payload: Mapping[str, Any]) -> str:
    """What a row's company is known by."""
    return next((key_of(text) for key in COMPANY_KEYS if (text := text_of(payload, key))), "nobody")
