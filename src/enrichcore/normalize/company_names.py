"""Names of companies: clean ones to show, folded ones to match.

A company's key is weak: two companies may share it.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from enrichcore.normalize.folding import folded_words
from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.names import words_of_desks
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.pictures import TRADE_MARKS, without_pictures_around
from enrichcore.normalize.remembering import remembered

MAX_COMPANY_NAME = 500
#: An address of mail, a number to call, and the id of a record in Salesforce or elsewhere.
_NO_COMPANY = re.compile(
    r"[^\s@]+@[^\s@]+\.[^\s@]+|\d{5,}|[+(]?(?:\d[\s().\-/]*){8,}|00[0-9A-Za-z](?=\w*\d\w*\d)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:[Ff]ound )?\d+ (?:results?|compan(?:y|ies)|match(?:es)?|records?)(?: found)?"
)
#: How somebody is employed there, behind the name as LinkedIn shows it.
_EMPLOYMENT = re.compile(
    r"\s*\u00b7\s*(?:full[- ]time|part[- ]time|contract|permanent|self[- ]employed|freelance|internship|apprenticeship|seasonal|temporary|remote|hybrid|on-site"
    r"|vollzeit|teilzeit|freiberuflich|selbstst\u00e4ndig|cdi|cdd|temps plein|temps partiel|jornada completa|media jornada|tempo pieno|tempo integral).*$",
    re.IGNORECASE,
)
#: How somebody is employed there, behind the name of a company: "Acorn (Contract)", "Acorn - Part-time".
_TERMS_BEHIND = re.compile(
    r"(?:\s+(?:[(\[](?:contract(?:or)?|full[- ]?time|part[- ]?time|freelance|intern(?:ship)?|temporary|seasonal|permanent|self[- ]employed"
    r"|current|present)[)\]]|[-\u2013\u2014|/]\s+(?:full|part)[- ]?time))+$",
    re.IGNORECASE,
)
#: Of "CFO at Acorn" what a job's title leaves; "AT Kearney", "At Home" and "@Home" are names.
_BEFORE_EMPLOYER = re.compile(r"^(?:(?:at|@)\s+)+(?=[A-Z][^@]*$)")
#: Somebody's last company: "Ex-Acorn", "former Acorn"; "Ex Libris" is a name.
_FORMER_EMPLOYER = re.compile(r"(?:[Ee]x-(?=[A-Z][^-]*$)|ex |(?:[Ff]ormer(?:ly)?|[Pp]reviously)\s+(?=\S))")
#: What an encoding, a list or somebody in doubt left around a company's name: "Pampanet?", "Acorn (?)", "- Acorn", "Acorn..."; "Yahoo!" is one.
_STRAY_MARKS = re.compile(
    r"^(?:[-*\u2022\u00b7\u2013\u2014>?]+\s+)+|(?:\s*(?:[(\[]\?+[)\]]|[?*:;~\u2026\\/]|\.{2,})|\s+[-\u2013\u2014#])+$"
)
_QUOTES = '"“”„'
_QUOTED = re.compile(f"[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]")
_JOINS = frozenset({"and", "und", "et", "y", "og", "och", "e", "en"})


@remembered
def company_name(value: Any) -> str | None:
    """A company's name fit to show, with its legal form and its case as given; None for "Self-employed" and the like."""
    text = clean_text(value)
    if text is None or len(text) > MAX_COMPANY_NAME or "://" in text or _NO_COMPANY.fullmatch(text):
        return None
    shown = text if text.isascii() else without_pictures_around(_EMPLOYMENT.sub("", text))
    bare = shown.strip(" ,;|")
    # Quotes around a name are dirt, and so is one alone; those around a word of it are not.
    if sum(map(bare.count, _QUOTES)) % 2 or _QUOTED.fullmatch(bare):
        bare = bare.strip(f" ,;|{_QUOTES}")
    bare = _STRAY_MARKS.sub("", bare) or bare
    bare = _BEFORE_EMPLOYER.sub("", _TERMS_BEHIND.sub("", bare))
    if _FORMER_EMPLOYER.match(bare) or _is_department(bare):
        return None
    if bare.casefold().replace("-", " ").strip(" ().") in entries("no_companies"):
        return None
    return bare if any(part.isalnum() for part in bare) else None


def _is_department(name: str) -> bool:
    """Whether a name is that of a department: "Marketing Dept", but not "Police Department"."""
    words = name.casefold().replace(".", "").split()
    return len(words) > 1 and not _departments().isdisjoint(words) and words_of_desks().issuperset(words)


@cache
def _departments() -> frozenset[str]:
    return entries("words_for_department")


@remembered
def company_name_key(value: Any) -> str | None:
    """A company's name folded for matching: no legal form, case, accent or punctuation.

    A name that is nothing but a legal form keeps it.
    """
    name = company_name(value)
    if name is None:
        return None
    # The sign of a trade mark folds to letters.
    words = folded_words(name if name.isascii() else "".join(part for part in name if part not in TRADE_MARKS))
    if not words:
        return name.casefold()
    kept = _without_forms(words)
    return " ".join(kept[1:] if len(kept) > 1 and kept[0] == "the" else kept)


def _without_forms(words: list[str]) -> list[str]:
    """The words without legal forms at either end, as long as something stays."""
    after, before = _legal_forms()
    left = words
    while True:
        end = next((n for n in range(min(5, len(left) - 1), 0, -1) if tuple(left[-n:]) in after), 0)
        if end:
            left = left[:-end]
        elif len(left) > 1 and left[-1] in _JOINS and left != words:
            left = left[:-1]
        elif len(left) > 1 and (left[0],) in before:
            left = left[1:]
        else:
            return [_without_joined_form(left[0]), *left[1:]] if len(left) == 1 else left


def _without_joined_form(word: str) -> str:
    """A word without a legal form written on to it without a space, as in Chinese, Japanese and Korean."""
    forms = [form[0] for form in _legal_forms()[0] if len(form) == 1 and not form[0].isascii()]
    for form in sorted(forms, key=len, reverse=True):
        bare = word.removeprefix(form).removesuffix(form)
        if bare and bare != word and unicodedata.category(form[0]) == "Lo":
            return bare
    return word


@cache
def _legal_forms() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """Legal forms that follow a name, and those that stand before it, folded as names are."""
    rows = lines("legal_forms")
    after = frozenset(tuple(folded_words(row)) for row in rows if not row.startswith("^"))
    # Folding makes one letter of the Greek AE, and "Plan A" is not "Plan".
    after = frozenset(form for form in after if len("".join(form)) > 1)
    before = frozenset(tuple(folded_words(row[1:])) for row in rows if row.startswith("^"))
    return after - {()}, before - {()}
