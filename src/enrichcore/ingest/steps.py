"""The local steps of the shipped pipelines: what follows from the facts themselves, without asking anybody.

Each is a pure function from known facts to those that it adds or changes, as a pipeline's `function` is called: the same
facts give the same answer, made of what JSON can hold, and nothing known gives nothing.
"""

import re
from collections.abc import Mapping
from typing import Any

from enrichcore.ingest.cleaning import words
from enrichcore.ingest.composing import find_company_domain, named
from enrichcore.ingest.profiles import sizes, word_list
from enrichcore.normalize import (
    clean_text,
    company_name,
    company_name_key,
    full_name,
    last_name,
    person_name,
    whole_number,
)

_LIST_FACTS = ("company_technologies", "company_industries", "company_subindustries", "company_keywords")
_NAMES = {"person_first_name": person_name, "person_last_name": last_name, "person_full_name": full_name}
_PLACES = ("person_city", "person_state", "person_country")
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_TRADEMARKS = re.compile(r"[®™©℠]")
#: What a page adds to a name: "Acme | Software", "Acme Inc. (formerly Foo)", "Acme, a Foo company", "Foo (NYSE: FOO)".
_ASIDE = re.compile(
    r"\s+\|\s.*$|\s*[(\[](?:formerly|previously|fka|f/k/a|now|acquired|part of|an?|yc|y combinator|nasdaq|nyse|lse|asx|tsx|otc|euronext"
    r"|we(?:'|\u2019| a)re hiring|hiring|stealth)\b[^()\[\]]*[)\]]\s*$"
    r"|,\s+(?:an?\s\S.*\b(?:company|corporation|business|brand|subsidiary|division|partnership)|(?:now|formerly|previously|part of|acquired by)\b.*)$",
    re.IGNORECASE,
)
#: What a company trades as is what it is called: "Foo LLC dba Bar".
_TRADES_AS = re.compile(
    r"\S.*?[\s,(]+(?:d/?b/?a|d\.b\.a\.|doing business as|trading as|t/a)[\s:]+(?P<name>\S[^()]*?)\)?", re.IGNORECASE
)
#: A slogan behind a dash or colon; two names may be joined so, too: "A.P. Møller - Mærsk".
_SLOGAN = re.compile(r"(?P<name>\S.*?)(?:\s+[-\u2013\u2014]|:)\s+(?P<slogan>\S.*)")
_SHORTEST_SLOGAN = 4
_PLACES_OF = frozenset({"hq", "headquarters", "head office", "corporate", "hiring"})
#: "The Coca-Cola Company" is said in full, or without both.
_THE_COMPANY = re.compile(r"the \S.* company", re.IGNORECASE)
#: "Smith & Company" and "Smith & Co." are said in full: what is left would be somebody's name.
_AND_COMPANY = re.compile(r"(?P<name>\S.*) (?:&|and) co(?:mpany|\.)?", re.IGNORECASE)
_QUOTED = re.compile(r"""(["'])(?P<name>[^"']+)\1""")
#: There it is a legal form.
_CO_KG = re.compile(r"(?:&|and|und) co\.? (?:kg|kgaa|ohg)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\s,]+")
#: A name of so many capitals may be an abbreviation: "IBM", "ASML"; within a name, a shorter word.
_BRIEF = 4
#: Short words that are spoken as one: "SUN", "BAY". The others may be abbreviations.
_SYLLABLE = re.compile("[^AEIOU\\W\\d][AEIOUY]+[^AEIOU\\W\\d]?")
_SPELLED, _VOWEL = 5, re.compile(r"[AEIOUY]|[^\x00-\x7f]")
_ARTICLES = frozenset({"the", "la", "le", "les", "el", "los", "die", "der", "das", "de", "het"})
_INNER_CAPITAL = re.compile("^((?:[ODL]['\u2019])|Mc)(\\w)(?=\\w)")


def normalize_company_name(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The company's name as one would say it in a sentence: "QUILLHAVEN ROBOTICS INC" is "Quillhaven Robotics".

    Legal forms leave the end, and a name in capitals is recased. A name that has nothing else stays as it is.
    """
    given = company_name(facts.get("company_name")) or company_name(facts.get("company_short_name"))
    if given is None:
        return {}
    traded = _TRADES_AS.fullmatch(_TRADEMARKS.sub("", given).strip())
    bare = _without_slogan(_ASIDE.sub("", traded["name"] if traded else _TRADEMARKS.sub("", given)).strip()) or given
    return {"company_name": _spoken(_unquoted(_without_legal_form(bare)) or given)}


def split_raw_apollo_scrape(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What an Apollo row implies: the parts of a name, the company's domain and size, lists that came as text.

    Returns:
        The facts that it adds or changes, only.
    """
    told = {fact: value for fact, value in facts.items() if value not in (None, "", [], {})}
    derived = _names(told) | _location(told) | _domain(told) | _size(told) | _lists(told)
    return {fact: value for fact, value in derived.items() if value and facts.get(fact) != value}


def _without_slogan(name: str) -> str:
    """The name without a slogan, which has small words, or many, or cries out; what a dash joins otherwise may be one name."""
    found = _SLOGAN.fullmatch(name)
    if found is None:
        return name
    spoken = found["slogan"].split()
    is_prose = len(spoken) >= _SHORTEST_SLOGAN or found["slogan"][-1] in "!?." or any(word.islower() for word in spoken)
    is_place = found["slogan"].strip(" .").casefold() in _PLACES_OF
    return (
        found["name"] if (is_prose and not found["slogan"].islower() and not _ends_in_form(name)) or is_place else name
    )


def _ends_in_form(name: str) -> bool:
    return company_name(name) is not None and _without_legal_form(name) != name


def _unquoted(name: str) -> str:
    """The name without quotes around all of it."""
    found = _QUOTED.fullmatch(name)
    return found["name"] if found else name


def _without_legal_form(name: str) -> str:
    """The longest beginning of the name with the same key, and without what only a legal form can be."""
    key = company_name_key(name)
    kept = name
    while not _THE_COMPANY.fullmatch(kept):
        partners = None if _CO_KG.search(name) else _AND_COMPANY.fullmatch(kept)
        if partners and _without_legal_form(partners["name"]) == partners["name"]:
            return kept
        shorter = next((cut for cut in _cuts(kept) if company_name_key(cut) == key), None)
        # "The Limited" is a name.
        if shorter is None or shorter.casefold() in _ARTICLES:
            return kept.strip(" ,;-\u2013")
        kept = shorter
    return kept


def _cuts(name: str) -> list[str]:
    """The name without its last words, or brackets, fewest first: a legal form has several words at times."""
    ends = [found.start() for found in _WORD.finditer(name)][:0:-1]
    cuts = [name[:end].rstrip(" ,;") for end in ends[:6]]
    return [cut for cut in (_BRACKETS.sub("", name), *cuts) if cut and cut != name]


def _spoken(name: str) -> str:
    """The name in title case where its own case tells nothing: all capitals, or several words in lower case."""
    parts = name.split()
    letters = sum(part.isalpha() for part in name)
    if (name.isupper() and letters > _BRIEF) or (name.islower() and len(parts) > 1):
        return " ".join(_title(word, first=not index) for index, word in enumerate(parts))
    return " ".join(parts)


def _title(word: str, *, first: bool) -> str:
    """One word in title case; what may be an abbreviation or a domain stays as given."""
    if word.casefold() in word_list("small"):
        return word.capitalize() if first else word.casefold()
    if word.casefold() in word_list("abbreviations"):
        return word
    if word.casefold().rstrip(".") == "co":
        return word.capitalize()
    odd = not word.isalpha() and ("." in word or any(map(str.isdigit, word)))
    brief = word.isupper() and len(word) < _BRIEF and not _SYLLABLE.fullmatch(word)
    # "HSBC": what has no vowel is spelled out, not spoken.
    if odd or brief or (word.isupper() and len(word) <= _SPELLED and _VOWEL.search(word) is None):
        return word
    plain = "-".join(part.capitalize() for part in word.split("-"))
    return _INNER_CAPITAL.sub(lambda found: found[1] + found[2].upper(), plain)


def _names(facts: Mapping[str, Any]) -> dict[str, Any]:
    return named({fact: name for fact, cleaned in _NAMES.items() if (name := cleaned(facts.get(fact)))})


def _location(facts: Mapping[str, Any]) -> dict[str, Any]:
    places = [text for place in _PLACES if (text := clean_text(facts.get(place)))]
    return {} if "person_location" in facts or not places else {"person_location": ", ".join(places)}


def _domain(facts: Mapping[str, Any]) -> dict[str, Any]:
    domain = find_company_domain(facts, facts)
    return {"company_domain": domain} if domain and "company_domain" not in facts else {}


def _size(facts: Mapping[str, Any]) -> dict[str, Any]:
    count = whole_number(facts.get("company_employee_count"))
    if not count or "company_size_bucket" in facts:
        return {}
    return {"company_size_bucket": next(label for highest, label in sizes() if count <= highest)}


def _lists(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {fact: words(facts[fact]) for fact in _LIST_FACTS if isinstance(facts.get(fact), str)}
