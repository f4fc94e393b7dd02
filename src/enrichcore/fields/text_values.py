"""Raw values of an answer as texts: what it says, in one line, in a paragraph, or in links.

Values that come as an object (`{"name": ...}`) or a list where a text is wanted are read by their first text. What an answer
writes in a value's place when a column failed ("Error: ...", "Run condition not met") is no value.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any

from enrichcore import normalize
from enrichcore.fields.sentences import denies_link, is_hedged, is_sentence, says_of_somebody, without_aside
from enrichcore.fields.sources import words
from enrichcore.fields.statuses import term
from enrichcore.normalize.names import is_form_of_address
from enrichcore.normalize.remembering import remembered

#: Characters of a label such as an industry or a title.
MAX_LABEL = 500
#: Characters of a short text.
MAX_WORD = 60
#: Characters of a text that may be a failure's words; longer ones are prose.
MAX_FAILURE = 300
#: Characters of a text that may be nothing but words about a failure.
MAX_NOTE = 120
#: Entries of a list.
MAX_ENTRIES = 500
#: Folded keys under which an object keeps its own text, in the order of trust.
TEXT_KEYS = (
    "name",
    "displayname",
    "label",
    "localizedname",
    "value",
    "text",
    "title",
    "default",
    "answer",
    "response",
)
_LINK_KEYS = ("url", "link", "href", "domain", "website", "websiteurl", "linkedinurl", "linkedin", "profileurl")
LIST_KEYS = ("items", "list", "values", "results", "result", "data", "names", "answer", "response")
#: Those of prose: what an object is called, or lists beside that, tells nothing of what it is.
_PROSE_KEYS = ("text", "value", "default", "description", "summary", "answer", "response")
_PROSE_LISTS = ("items", "list", "values", "results", "result", "data")
_FAILURE = re.compile(
    r"\W*(?:error(?:s)?\s*(?:[:!(\u2013-]|$)|error_|errored\b|exception\s*(?:[:!(]|$|occurred|in |at )|(?:http|status|status code|code):? [45]\d\d\b"
    r"|[45]\d\d:? (?:error|bad|internal|too many|unauthori[sz]ed|forbidden|not found|service|gateway|client|server)\b"
    r"|error (?:fetching|retrieving|running|loading|processing|while|during|occurred|getting|parsing|calling|connecting)\b"
    r"|(?:execution|run|task|step|job|enrichment|lookup|search|action|scrap(?:e|ing)|fetch|(?:api )?call|query|integration|provider"
    r"|validation|verification|process|workflow|webhook|cell|request) (?:has |was )?(?:failed|errored|timed out|skipped|aborted|cancell?ed)\b"
    r"|skipped\s*[:(\u2013-]|(?:an? )?(?:unknown |unexpected |internal )?error (?:has )?occurred\b|something went wrong"
    r"|(?:run )?condition(?:s)? not met|missing (?:required )?input|invalid (?:input|api key|request|url|domain)"
    r"|request (?:failed|timed out)|failed to |timed out|rate limit(?:ed)?\s*(?:exceeded|reached|hit|error|[:.!(,]|$)|too many requests|(?:unauthori[sz]ed|forbidden)\s*(?:[:!.(]|$)"
    r"|access denied|quota exceeded|(?:out of|insufficient|not enough|no) credits|traceback \(|unexpected token|cannot read prop"
    r"|(?:please )?(?:click|tap|upgrade|unlock|subscribe|log ?in|sign (?:in|up)|contact us)\b[\w ]{0,20} to (?:see|view|reveal|run|unlock|show|access|enrich|get|continue)\b"
    r"|please (?:try|upgrade|check|provide|contact|wait)|upgrade your plan|internal server error|bad gateway|service unavailable"
    r"|n/a (?:at|in|@)\b|(?:null|undefined|none) (?:at|in|@)\b)",
    re.IGNORECASE,
)
#: Characters of a text that tell whether it is a page that shows nothing, and a word for nothing.
_LONGEST_WALL, _BEGINNING = 120, 8
_FOR_SALE = re.compile(
    r"(?:(?:the |this )?(?:premium )?(?:domain|website)\b.{0,60}?|\S+\.\w+) (?:is|may be|are) (?:now )?(?:for sale|available for purchase)\b",
    re.IGNORECASE,
)
#: A short text that begins so says nothing, also where it says why.
_NOT_AVAILABLE = re.compile(r"\W*n/a\s*[-\u2013,:;(]", re.IGNORECASE)
#: A page's title in the answer of a search.
PAGE_TITLE = re.compile(
    r"(?::\s*(?:overview|about|jobs|company profile\S*))?\s[|\u2013-]\s*(?:linkedin(?: \w+)?|xing|facebook|crunchbase.*|zoominfo.*|rocketreach.*|apollo\.io)\s*$",
    re.IGNORECASE,
)
_SIGNS_AROUND = re.compile(r"^\W+|\W+$")
_ADDRESS = re.compile(r"\S+@[^\s@]+\.[^\s@]+|(?:https?://|www\.)\S+|(?:\w+\.)?linkedin\.com/\S*", re.IGNORECASE)
#: What LinkedIn shows beside a place or in a headline's place.
CONNECTED = re.compile(
    r"\s*(?:\u00b7\s*)?(?:(?:[\d,.]+\+? (?:connections?|followers?|contacts?)|contact info)\b.*|(?:1st|2nd|3rd\+?)(?: degree(?: connection)?)?)$",
    re.IGNORECASE,
)


@remembered
def said(value: Any) -> str | None:
    """A text as one clean line, without mark-up; None where it is the words of a failure and no value."""
    text = normalize.clean_text(normalize.without_marks(value) if isinstance(value, str) and "\n" in value else value)
    if text is not None:
        bare = normalize.without_marks(normalize.without_tags(text))
        text = text if bare == text else normalize.clean_text(bare)
    return None if text is None or fails(text) else text


def fails(text: str) -> bool:
    """Whether a text tells of a failure or of a value that is still to come."""
    if len(text) > MAX_FAILURE:
        return False
    if is_wall(text) or text.startswith("urn:") or ("/" in text[:_BEGINNING] and _NOT_AVAILABLE.match(text)):
        return True
    if (text[0].isdigit() or text[0] in "cC\u00b7") and CONNECTED.fullmatch(text):
        return True
    plain = text.casefold()
    bare = plain if plain[0].isalnum() and plain[-1].isalnum() else _SIGNS_AROUND.sub("", plain)
    if bare in words("no_values") or _FAILURE.match(text) is not None:
        return True
    return len(text) <= MAX_NOTE and normalize.tells_of_failure(text)


def is_wall(text: str) -> bool:
    """Whether a text begins like a page that shows no company: of a guard against robots, an empty host, a domain for sale."""
    begins = text[:_LONGEST_WALL]
    plain = (" ".join(begins.split()) if "\n" in begins else begins).casefold()
    return plain.startswith(_walls().get(plain[:2], ())) or (" for " in plain and _FOR_SALE.match(text) is not None)


@cache
def _walls() -> Mapping[str, tuple[str, ...]]:
    """How such pages begin, by their first two letters: asking for all of them takes longer than the rest of the cleaning."""
    starts = sorted(words("walls"))
    return {begins: tuple(group) for begins, group in groupby(starts, key=lambda start: start[:2])}


def texts(value: Any, keys: tuple[str, ...] = TEXT_KEYS, lists: tuple[str, ...] = LIST_KEYS) -> Iterator[str]:
    """Every text that a value holds: itself, the members of a list, the name of an object."""
    if isinstance(value, str):
        if text := said(value):
            yield text
    elif isinstance(value, (dict, Mapping)):
        named = (value[key] for key in (*keys, *lists) if key in value)
        inner = next((part for part in named if not normalize.is_nothing(part)), None)
        if isinstance(inner, list):
            yield from texts(inner, keys, lists)
        elif text := said(inner):
            yield text
    elif isinstance(value, list):
        for part in value[:MAX_ENTRIES]:
            # A list inside a list is a group of the same.
            flat = part if isinstance(part, list) else [part]
            for one in flat[:MAX_ENTRIES]:
                if isinstance(one, str):
                    # As above, without a call for each entry of a plain list.
                    if text := said(one):
                        yield text
                elif not isinstance(one, list):
                    yield from texts(one, keys, lists)
    elif text := said(value):
        yield text


def links(value: Any) -> Iterator[str]:
    """Every text that may be a link or domain; what is told beside a denial is another's: "Not found, the closest is ..."."""
    if isinstance(value, str):
        # Not `said`: a link may stand in mark-up.
        text = normalize.clean_text(value)
        if text and not denies_link(text):
            yield text.strip("`")
    elif isinstance(value, (dict, list, Mapping)):
        yield from (text for text in texts(value, (*_LINK_KEYS, *TEXT_KEYS)) if not denies_link(text))


@remembered
def line(value: Any) -> str | None:
    """One line of text, no longer than a label can be."""
    return next((text for text in texts(value) if len(text) <= MAX_LABEL), None)


@remembered
def label(value: Any) -> str | None:
    """As `line`, but with a letter, and no address of mail or of a page: a number is no title and no industry."""
    return next(
        (
            text
            for text in texts(value)
            if len(text) <= MAX_LABEL and any(map(str.isalpha, text)) and not _is_address(text)
        ),
        None,
    )


@remembered
def fact(value: Any) -> str | None:
    """A label that is told outright: a guess is none, nor is a sentence about it, as models write them."""
    text = label(value)
    if text is None:
        return None
    text = without_aside(text)
    if not text or text.endswith("?") or is_hedged(text) or is_sentence(text):
        return None
    return None if text.casefold() in words("no_facts") else text


@remembered
def job_title(value: Any) -> str | None:
    """A job title; a form of address and the title of a page are none, nor is a sentence about the person, but their own motto is."""
    text = label(value)
    text = None if text is None else without_aside(text)
    if not text or is_hedged(text) or PAGE_TITLE.search(text) or says_of_somebody(text):
        return None
    plain = " ".join(_SIGNS_AROUND.sub("", text).casefold().replace(".", " ").split())
    return None if is_form_of_address(text) or plain in words("no_titles") else text


def _is_address(text: str) -> bool:
    return ("@" in text or "." in text) and _ADDRESS.fullmatch(text) is not None


def paragraph(value: Any) -> str | None:
    """A text with its line breaks; what an object is called is no text about it."""
    told = value if isinstance(value, str) else next(texts(value, _PROSE_KEYS, _PROSE_LISTS), None)
    text = normalize.clean_paragraph(told)
    if text is not None and "<" in text:
        text = normalize.clean_paragraph(normalize.tags_as_lines(text))
    return None if text is None or is_wall(text) or fails(text) or not any(map(str.isalpha, text)) else text


def word(value: Any) -> str | None:
    """A short text such as a status."""
    text = line(value)
    return text if text and len(text) <= MAX_WORD else None


def status(value: Any) -> str | None:
    """The term for what is said of an e-mail address."""
    return term(next(iter(value), None) if isinstance(value, list) and len(value) == 1 else value)
