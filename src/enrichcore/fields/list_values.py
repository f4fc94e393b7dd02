"""Raw values of an answer as lists of labels, and as the technologies that a company uses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from enrichcore import normalize
from enrichcore.fields.sentences import is_sentence
from enrichcore.fields.sources import words
from enrichcore.fields.text_values import LIST_KEYS, MAX_ENTRIES, MAX_LABEL, TEXT_KEYS, paragraph, said, texts
from enrichcore.normalize.remembering import remembered

#: Those of a technology, which are no name of anything else.
_TECHNOLOGY_KEYS = (*TEXT_KEYS, "technology", "tech", "product")
_TECHNOLOGY_LISTS = ("technologies", *LIST_KEYS)
_JOINED = re.compile(r"(?: and | & )[^,]*$")
#: A comma in brackets separates nothing: "AWS (EC2, S3)".
_COMMAS, _BARS = re.compile(r"[;|,\n](?![^(\n]*\))"), re.compile(r"[;|]")
_TWO = re.compile(r"\s+(?:and|&|und|et|y)\s+")
_USES = re.compile(
    r"^\W*(?:(?:we|they|it|the company)\s+)?(?:uses?|using|utili[sz]es|runs on|built (?:with|on)|powered by)\s+",
    re.IGNORECASE,
)
_AND = re.compile(r"^\s*(?:and|&|und|et|y)\s+")
_MARKED = re.compile(r"^(?:[-*\u2022\u00b7\u25cf]|\d{1,3}[.)])\s+")
#: Flags of what is still used.
_IN_USE = frozenset({"active", "isactive", "current", "iscurrent", "live"})
#: At the end of a list that tells not all.
_AND_MORE = re.compile(
    r"(?:and |& )?(?:etc\.?|(?:many )?(?:more|others)|\+ ?\d+(?: more)?|\d+ more)(?:\.{3}|\u2026)?", re.IGNORECASE
)


def labels(value: Any) -> list[str] | None:
    """A list of labels; one text is split at semicolons and bars, and at commas when it reads like a plain list."""
    if not isinstance(value, str):
        return _distinct(texts(value))
    text = said(value) or ""
    if is_sentence(text):
        return None
    # "Transportation, Logistics, Supply Chain and Storage" is one label.
    return _distinct(iter((_BARS if _JOINED.search(text) else _COMMAS).split(text)))


def technologies(value: Any) -> list[str] | None:
    """A list of technologies; one text is split at commas, semicolons, bars and line breaks, unless it is a sentence."""
    if isinstance(value, (dict, Mapping)):
        listed = next((value[key] for key in _TECHNOLOGY_LISTS if value.get(key)), None)
        told = technologies(listed) if isinstance(listed, str) else _distinct(_technologies(value))
        groups = [part for part in value.values() if isinstance(part, list)]
        # `{"crm": ["HubSpot"], "cms": ["WordPress"]}`: technologies by kind.
        return told or (_distinct(_technologies(groups)) if len(groups) == len(value) else None)
    if not isinstance(value, str):
        return _distinct(_technologies(value))
    text = paragraph(value) or ""
    if is_sentence(text):
        return None
    parts = _COMMAS.split(_USES.sub("", text, count=1))
    if len(parts) > 1 and not any(_TWO.search(part) for part in parts[:-1]):
        # "AWS, SAP and HubSpot", "AWS, SAP, and HubSpot".
        parts[-1:] = _TWO.split(_AND.sub("", parts[-1]))
    return _distinct(iter(parts))


def _technologies(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, Mapping)):
        value = {key: _in_use(part) for key, part in value.items()}
    return texts(_in_use(value), _TECHNOLOGY_KEYS, _TECHNOLOGY_LISTS)


def _in_use(value: Any) -> Any:
    """A list without the entries that say that they are no longer used."""
    if not isinstance(value, list):
        return value
    return [part for part in value if not (isinstance(part, (dict, Mapping)) and _is_removed(part))]


def _is_removed(entry: Mapping[str, Any]) -> bool:
    if not _IN_USE.isdisjoint(entry) and any(entry.get(key) is False for key in _IN_USE):
        return True
    told = entry.get("status") or entry.get("state")
    return isinstance(told, str) and told.strip().casefold() in words("removed")


def _distinct(parts: Iterator[str]) -> list[str] | None:
    """Clean labels in order, without repetitions; None where there is none."""
    kept: dict[str, str] = {}
    for part in parts:
        text = _entry(part)
        if text is not None and len(kept) < MAX_ENTRIES:
            kept.setdefault(text.casefold(), text)
    return list(kept.values()) or None


@remembered
def _entry(part: str) -> str | None:
    """One label of a list, without the sign before it."""
    text = normalize.clean_text(_MARKED.sub("", part.strip(" ,;|")))
    if text is None or _AND_MORE.fullmatch(text) or len(text) > MAX_LABEL or not any(map(str.isalpha, text)):
        return None
    return text
