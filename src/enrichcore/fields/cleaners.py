"""How a raw value from a tree becomes the clean value of a field, by the cleaner that the catalogue names.

A cleaner takes anything and returns a clean value or None; it never raises. Values that come as an object
(`{"name": ...}`) or a list where a text is wanted are read by their first text. What an answer writes in a value's place
when a column failed ("Error: ...", "Run condition not met") is no value.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any, Final

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages, sort_of_page
from enrichcore.fields.company_types import reads_like_a_type, spelled
from enrichcore.fields.sentences import (
    WORDS_OF_SENTENCE,
    denies_link,
    is_hedged,
    is_sentence,
    says_of_somebody,
    without_aside,
)
from enrichcore.fields.sources import words
from enrichcore.fields.statuses import term
from enrichcore.normalize.lists import entries
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
#: The largest count of employees: what PostgreSQL's integer holds.
MAX_COUNT = 2**31 - 1
#: A company may be named by a number of so many digits: "1906".
_SHORTEST_NUMBER = 3
#: Letters of the longest code of a country or state.
CODE_LENGTH: Final = 3
FIRST_FOUNDED = 1000
LAST_FOUNDED = 2100

Cleaner = Callable[[Any], Any]

#: Folded keys under which an object keeps its own text, in the order of trust.
_TEXT_KEYS = (
    "name",
    "displayname",
    "label",
    "value",
    "text",
    "title",
    "default",
    "answer",
    "response",
)
#: Those of a technology, which are no name of anything else.
_TECHNOLOGY_KEYS = (*_TEXT_KEYS, "technology", "tech", "product")
_LINK_KEYS = ("url", "link", "href", "domain", "website", "websiteurl", "linkedinurl", "linkedin", "profileurl")
_LIST_KEYS = ("items", "list", "values", "results", "result", "data", "names", "answer", "response")
_TECHNOLOGY_LISTS = ("technologies", *_LIST_KEYS)
#: Those of prose: what an object is called, or lists beside that, tells nothing of what it is.
_PROSE_KEYS = ("text", "value", "default", "description", "summary", "answer", "response")
_PROSE_LISTS = ("items", "list", "values", "results", "result", "data")

_JOINED = re.compile(r"(?: and | & )[^,]*$")
#: A comma in brackets separates nothing: "AWS (EC2, S3)".
_COMMAS, _BARS = re.compile(r"[;|,\n](?![^(\n]*\))"), re.compile(r"[;|]")
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
_PAGE_TITLE = re.compile(
    r"(?::\s*(?:overview|about|jobs|company profile\S*))?\s[|\u2013-]\s*(?:linkedin(?: \w+)?|xing|facebook|crunchbase.*|zoominfo.*|rocketreach.*|apollo\.io)\s*$",
    re.IGNORECASE,
)
_TWO = re.compile(r"\s+(?:and|&|und|et|y)\s+")
_USES = re.compile(
    r"^\W*(?:(?:we|they|it|the company)\s+)?(?:uses?|using|utili[sz]es|runs on|built (?:with|on)|powered by)\s+",
    re.IGNORECASE,
)
_AND = re.compile(r"^\s*(?:and|&|und|et|y)\s+")
_BETWEEN_LINKS = re.compile(r"[\s,;|]+")
_SIGNS_AROUND = re.compile(r"^\W+|\W+$")
_ADDRESS = re.compile(r"\S+@[^\s@]+\.[^\s@]+|(?:https?://|www\.)\S+|(?:\w+\.)?linkedin\.com/\S*", re.IGNORECASE)
#: A range whose ends are told apart.
_ENDS_OF_RANGE = re.compile(r"([\d.,' ]*\d)\s*(?:[-\u2013\u2014]|to|bis)\s*(\d[\d.,']*)(?: .*)?", re.IGNORECASE)
#: A company may be called by two numbers: "1&1".
_TWO_NUMBERS = re.compile(r"\d+ ?[&+] ?\d+")
_MARKED = re.compile(r"^(?:[-*\u2022\u00b7\u25cf]|\d{1,3}[.)])\s+")
#: At the end of a list that tells not all.
_AND_MORE = re.compile(
    r"(?:and |& )?(?:etc\.?|(?:many )?(?:more|others)|\+ ?\d+(?: more)?|\d+ more)(?:\.{3}|\u2026)?", re.IGNORECASE
)
_COUNTED = re.compile(
    r"(.*?\d)\s*(?:full[- ]time )?"
    r"(?:employees?|people|persons|staff(?: members)?|ftes?|team members|members|workers|associates|headcount|mitarbeiter\w*"
    r"|employ\u00e9s|empleados|dipendenti|medewerkers)\.?",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?:(?:founded|established|incorporated|est|since|circa|ca|c|year|in)\.?[ :]*){1,3}(\d{4})\.?", re.IGNORECASE
)
_RANGE = re.compile(
    r"\d[^\d]{0,4}(?:-|\u2013|\u2014| to | bis )[^\d]{0,4}\d|\d\s*[km]?\s*\+|[<>\u2264\u2265]\s*\d|\b(?:over|under) \d",
    re.IGNORECASE,
)
_AMOUNT_KEYS = ("printed", "formatted", "display", "amount", "valueusd", "amountusd", "usd")
_ENDS = (("min", "start", "from", "low", "lower", "gte"), ("max", "end", "to", "high", "upper", "lte"))
_ONE = re.compile(r"(?:0-)?1(?: employees?)?|self[- ]?employed|myself only", re.IGNORECASE)
#: "HQ: Leeds", "Location: Leeds".
_PLACE_NAME = re.compile(
    r"^(?:(?:hq|headquarters?|head office|location|city|based in|address|country|state)\s*[:\u2013-]|(?:is |are )?(?:headquartered|based|located|hq) in)\s+",
    re.IGNORECASE,
)
_REMOTE = re.compile(r"(?:fully )?remote\b", re.IGNORECASE)
#: How long a span is, behind it: "Mar 2020 - Jan 2023 2 years 10 months".
_LASTING = re.compile(
    r"(?<=\S)\s+\(?\d{1,2}\+?\s+(?:years?|yrs?|months?|mos?|jahre?n?|monate?n?|ans?|mois|a\u00f1os?|meses|mes|anni|anno|mesi|jaar|maand(?:en)?)\b.*$",
    re.IGNORECASE,
)
#: What LinkedIn shows beside a place or in a headline's place.
_CONNECTED = re.compile(
    r"\s*(?:\u00b7\s*)?(?:(?:[\d,.]+\+? (?:connections?|followers?|contacts?)|contact info)\b.*|(?:1st|2nd|3rd\+?)(?: degree(?: connection)?)?)$",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s+(?:[-\u2013\u2014]|to|bis|until|till)\s+|\s*\u2013\s*")


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
    if is_wall(text) or ("/" in text[:_BEGINNING] and _NOT_AVAILABLE.match(text)):
        return True
    if (text[0].isdigit() or text[0] in "cC\u00b7") and _CONNECTED.fullmatch(text):
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


def texts(value: Any, keys: tuple[str, ...] = _TEXT_KEYS, lists: tuple[str, ...] = _LIST_KEYS) -> Iterator[str]:
    """Every text that a value holds: itself, the members of a list, the name of an object."""
    if isinstance(value, str):
        if text := said(value):
            yield text
    elif isinstance(value, Mapping):
        inner = next((value[key] for key in (*keys, *lists) if not normalize.is_nothing(value.get(key))), None)
        if isinstance(inner, list):
            yield from texts(inner, keys, lists)
        elif text := said(inner):
            yield text
    elif isinstance(value, list):
        for part in value[:MAX_ENTRIES]:
            # A list inside a list is a group of the same.
            flat = part if isinstance(part, list) else [part]
            for one in flat[:MAX_ENTRIES]:
                yield from texts(one, keys, lists) if not isinstance(one, list) else ()
    elif text := said(value):
        yield text


def links(value: Any) -> Iterator[str]:
    """Every text that may be a link or domain; what is told beside a denial is another's: "Not found, the closest is ..."."""
    if isinstance(value, str):
        # Not `said`: a link may stand in mark-up.
        text = normalize.clean_text(value)
        if text and not denies_link(text):
            yield text.strip("`")
    elif isinstance(value, Mapping | list):
        yield from (text for text in texts(value, (*_LINK_KEYS, *_TEXT_KEYS)) if not denies_link(text))


def line(value: Any) -> str | None:
    """One line of text, no longer than a label can be."""
    return next((text for text in texts(value) if len(text) <= MAX_LABEL), None)


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
    return None if not text or is_hedged(text) or is_sentence(text) else text


@remembered
def job_title(value: Any) -> str | None:
    """A job title; a form of address and the title of a page are none, nor is a sentence about the person, but their own motto is."""
    text = label(value)
    text = None if text is None else without_aside(text)
    if not text or is_hedged(text) or _PAGE_TITLE.search(text) or says_of_somebody(text):
        return None
    plain = " ".join(text.casefold().replace(".", " ").split())
    is_address = plain in entries("salutations") and text != "HR"
    return None if is_address or plain in words("no_titles") else text


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
    if isinstance(value, Mapping):
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
    if isinstance(value, Mapping):
        value = {key: _in_use(part) for key, part in value.items()}
    return texts(_in_use(value), _TECHNOLOGY_KEYS, _TECHNOLOGY_LISTS)


def _in_use(value: Any) -> Any:
    """A list without the entries that say that they are no longer used."""
    if not isinstance(value, list):
        return value
    return [part for part in value if not (isinstance(part, Mapping) and _is_removed(part))]


def _is_removed(entry: Mapping[str, Any]) -> bool:
    if any(entry.get(key) is False for key in ("active", "isactive", "current", "iscurrent", "live")):
        return True
    told = entry.get("status") or entry.get("state")
    return isinstance(told, str) and told.strip().casefold() in words("removed")


@remembered
def place(value: Any) -> str | None:
    """The name of a place; one with digits or longer than a name is an address."""
    text = fact(_listed(value))
    if text is None:
        return None
    bare = text if text.isascii() else "".join(part for part in text if unicodedata.category(part) != "So").strip()
    bare = without_place_name(_CONNECTED.sub("", bare) if "\u00b7" in bare else bare)
    return None if bare.casefold() in words("no_places") or not bare else bare


def place_line(value: Any) -> str | None:
    """A text with places, one a line or one after the other."""
    text = line(_listed(value))
    return None if text is None or is_sentence(text) else text


def _listed(value: Any) -> Any:
    """Lines as a list in one line."""
    return (
        "; ".join(filter(None, map(str.strip, value.splitlines())))
        if isinstance(value, str) and "\n" in value
        else value
    )


def city(value: Any) -> str | None:
    """The name of a city or a state; a continent and a sales region are none."""
    text = place(value)
    return None if text is None or is_no_place(text) else text


def is_no_place(text: str) -> bool:
    """Whether a clean text is what stands in a city's stead: "Remote", "EMEA", "Headquarters", "Europe"."""
    plain = text.casefold()
    return plain in words("no_places") or plain in entries("no_countries") or is_remote(text)


def is_remote(text: str) -> bool:
    """Whether a text says that there is no place: "Remote - EU"."""
    return _REMOTE.match(text) is not None


def state(value: Any) -> str | None:
    """The name of a state, or its code: Oklahoma's is a word for success elsewhere."""
    return value if isinstance(value, str) and value in words("codes_like_no_values") else city(value)


def without_place_name(text: str) -> str:
    """A place without the name of what it is: "HQ: Leeds" is Leeds."""
    return _PLACE_NAME.sub("", text, count=1) if " " in text else text


@remembered
def location(value: Any) -> str | None:
    """A place in one line, "City, State, Country", without the parts that say nothing."""
    text = place(value)
    if text is None or "," not in text:
        # A code, and "Remote - EU", are no place that anybody could be at.
        return None if text is None or (len(text) <= 3 and text.isupper()) or is_remote(text) else text  # noqa: PLR2004 - codes
    told = (said for part in text.split(",") if (said := normalize.clean_text(part)))
    parts = [part for part in told if part.casefold() not in words("no_places")]
    if text.islower():
        parts = [_code_or_place(part) if index else cased_place(part) for index, part in enumerate(parts)]
    # A state's code alone is no place.
    return ", ".join(parts) if len(parts) > 1 or (parts and len(parts[0]) > 3) else None  # noqa: PLR2004 - codes


def cased_place(name: str) -> str:
    """A place all in capitals or all in lower case as one writes it: "BOSTON", "frankfurt am main"; "CDMX" is short for one."""
    if not (name.islower() or (name.isupper() and len(name) > CODE_LENGTH and _can_be_said(name))):
        return name
    small = words("small_words")
    return " ".join(
        word if index and word in small else "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
        for index, word in enumerate(name.lower().split())
    )


def _can_be_said(name: str) -> bool:
    return not name.isascii() or any(letter in "AEIOUY" for letter in name)


def _code_or_place(name: str) -> str:
    return name.upper() if len(name) <= CODE_LENGTH else cased_place(name)


def company_type(value: Any) -> str | None:
    """A company's legal kind or ownership; a code such as `PRIVATELY_HELD` or `PARTNERSHIP` is spelled as words.

    Under a key as common as `type` many other things stand: a page's network, a trade, whom a company sells to.
    """
    text = fact(value)
    if text is None or len(text) <= 2 or text.casefold() in words("record_kinds"):  # noqa: PLR2004 - codes
        return None
    return spelled(text) if reads_like_a_type(text) else None


def own_company_type(value: Any) -> str | None:
    """Whatever a path of one's own calls a company's type; a code is spelled as words."""
    text = label(value)
    return None if text is None else spelled(text)


@remembered
def size(value: Any) -> str | None:
    """A size bucket as given, such as "201-500 employees"; it must tell a range, which a spreadsheet has not made a date.

    Of a constant such as `SIZE_51_200` only the range is told.
    """
    text = _as_range(value) or word(value)
    text = text and (normalize.constant_range(text) or text)
    if text is None or _is_reversed(text) or (any(map(str.isdigit, text)) and not any(map("123456789".count, text))):
        return None
    if any(map(str.isdigit, text)) and not normalize.is_head_count(text):
        return None
    return text if _RANGE.search(text) or _ONE.fullmatch(text) else None


def _is_reversed(text: str) -> bool:
    """Whether a range ends below its beginning, so that it is none."""
    ends = _ENDS_OF_RANGE.fullmatch(text)
    first, last = (normalize.whole_number(end) for end in ends.groups()) if ends else (None, None)
    return first is not None and last is not None and last < first


@remembered
def amount(value: Any) -> str | None:
    """An amount of money or a range of them, as given; zero is unknown."""
    told = next((value[key] for key in _AMOUNT_KEYS if value.get(key)), value) if isinstance(value, Mapping) else value
    text = _as_range(told) or (None if isinstance(told, list) and len(told) > 1 else word(told))
    return text if text is not None and normalize.is_amount(text) else None


def _as_range(value: Any) -> str | None:
    """A range whose ends come apart: `[51, 200]`, `{"start": 51, "end": 200}`; one without an upper end is open."""
    if isinstance(value, Mapping):
        ends = [next((value[key] for key in kind if value.get(key) is not None), None) for kind in _ENDS]
    elif isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - a range has two ends
        ends = value
    else:
        return None
    first, last = (normalize.whole_number(end) for end in ends)
    if first is None or (last is None and ends[1] is not None) or (last is not None and last < first):
        return None
    return f"{first}+" if last is None else f"{first}-{last}"


def company_name(value: Any) -> str | None:
    """A company's name; a short number is none, nor is a sentence about it, and of the title of its page elsewhere the name."""
    text = label(value)
    if text is not None:
        text = without_aside(_PAGE_TITLE.sub("", text))
        if len(text.split()) >= WORDS_OF_SENTENCE and is_sentence(text):
            return None
    if text is None and isinstance(value, str) and _is_named_by_numbers(value.strip()):
        text = line(value)
    return normalize.company_name(text)


def _is_named_by_numbers(text: str) -> bool:
    return (len(text) >= _SHORTEST_NUMBER and text.isdecimal()) or _TWO_NUMBERS.fullmatch(text) is not None


def count(value: Any) -> int | None:
    """A count of people; no company has none."""
    number = normalize.whole_number(value)
    if number is None and not isinstance(value, int | float):
        text = line(value) or ""
        counted = _COUNTED.fullmatch(text)
        number = normalize.whole_number(counted[1] if counted else text)
    return number if number is not None and 0 < number <= MAX_COUNT else None


def year(value: Any) -> int | None:
    """A year, from a number, a text or a date."""
    number = normalize.whole_number(value)
    if number is None or number > LAST_FOUNDED:
        told = date(value)
        number = int(told[:4]) if told else None
    if number is None and (text := line(value)) is not None:
        found = _YEAR.fullmatch(text)
        number = normalize.whole_number(found[1] if found else text)
    return number if number is not None and FIRST_FOUNDED <= number <= LAST_FOUNDED else None


def date(value: Any) -> str | None:
    """One date; a list of one counts as its member."""
    if isinstance(value, list):
        return date(value[0]) if len(value) == 1 else None
    return normalize.partial_date(value)


def start_date(value: Any) -> str | None:
    """A date, or that on which a span begins: "Mar 2021 - Present"."""
    return date(value) or start_of_span(value)


def start_of_span(value: Any) -> str | None:
    """The date on which a span begins."""
    return _end_of_span(value, 0)


def end_of_span(value: Any) -> str | None:
    """The date on which a span ends; None where it goes on."""
    return _end_of_span(value, 1)


def _end_of_span(value: Any, which: int) -> str | None:
    text = said(value) if isinstance(value, str) else None
    if text is None:
        return None
    ends = _SPAN.split(_LASTING.sub("", text.partition("\u00b7")[0]).strip())
    return normalize.partial_date(ends[which]) if len(ends) == 2 else None  # noqa: PLR2004 - a span has two ends


def latest_date(value: Any) -> str | None:
    """The latest of the dates in a value."""
    dates = [normalize.partial_date(part) for part in (value if isinstance(value, list) else [value])]
    return max((told for told in dates if told), default=None)


def person_name(value: Any) -> str | None:
    """A first or a last name; "Ok" and "Na" are some."""
    if isinstance(value, str) and value.istitle() and value.casefold() in words("names_like_no_values"):
        return normalize.person_name(value)
    return normalize.person_name(line(value))


def last_name(value: Any) -> str | None:
    """A last name."""
    if isinstance(value, str) and value.istitle() and value.casefold() in words("names_like_no_values"):
        return normalize.last_name(value)
    return normalize.last_name(line(value))


def full_name(value: Any) -> str | None:
    """A full name; `Last, First` is turned round."""
    turned = last_name_first(value)
    if turned:
        return " ".join(turned)
    told = line(value) or ""
    text = normalize.full_name(told)
    # The sign at its end tells a sentence.
    return None if text is None or is_sentence(text) or (told.endswith(".") and is_sentence(f"{text}.")) else text


def last_name_first(value: Any) -> tuple[str, str] | None:
    """First and last name of `Last, First`; None where a full name is written otherwise."""
    text = line(value)
    first, last = normalize.split_full_name(text)
    is_turned = first and last and "," in (normalize.full_name(text) or "")
    return (first, last) if first and last and is_turned else None


def lone_last_name(value: Any) -> str | None:
    """The last name of a full one that tells no other: "Mr Bell"."""
    return normalize.lone_last_name(line(value))


def company_domain(value: Any) -> str | None:
    """A company's domain from a domain, URL or list."""
    return next((domain for text in links(value) if (domain := normalize.company_domain(text))), None)


def website(value: Any) -> str | None:
    """A company's own website; other people's pages are none."""
    return next(
        (url for text in links(value) if normalize.company_domain(text) and (url := normalize.website_url(text))), None
    )


def link(value: Any) -> str | None:
    """Any URL."""
    return next((url for text in links(value) if (url := normalize.website_url(text))), None)


def country(value: Any) -> str | None:
    """A country's English name."""
    told = normalize.country_name(value)
    return None if told is None or fails(told) else told


def _distinct(parts: Iterator[str]) -> list[str] | None:
    """Clean labels in order, without repetitions; None where there is none."""
    kept: dict[str, str] = {}
    for part in parts:
        text = normalize.clean_text(_MARKED.sub("", part.strip(" ,;|")))
        if (
            text
            and not _AND_MORE.fullmatch(text)
            and len(text) <= MAX_LABEL
            and len(kept) < MAX_ENTRIES
            and any(map(str.isalpha, text))
        ):
            kept.setdefault(text.casefold(), text)
    return list(kept.values()) or None


def linkedin(kind: normalize.LinkedInKind, *, slug: bool = False) -> Cleaner:
    """A cleaner for LinkedIn pages of people or companies, or for their bare slugs."""
    return lambda value: next(_pages(value, kind, slug=slug), None)


def _pages(value: Any, kind: normalize.LinkedInKind, *, slug: bool = False) -> Iterator[str]:
    """The LinkedIn pages that a value holds; a text with two of them tells of none."""
    for text in links(value):
        url = normalize.linkedin_url(text, kind, slug=slug)
        if url and not (" " in text and _names_another(text, url, kind)):
            yield url


def _names_another(text: str, url: str, kind: normalize.LinkedInKind) -> bool:
    """Whether a text holds another page beside the one."""
    own = url.rpartition("/")[2]
    told = (normalize.linkedin_url(part, kind) for part in _BETWEEN_LINKS.split(text))
    return any(other and differ_as_pages(own, other.rpartition("/")[2]) for other in told)


def person_page(value: Any) -> str | None:
    """A person's LinkedIn page under the address with their name."""
    return next((url for url in _pages(value, "in") if not sort_of_page(url.rpartition("/")[2])), None)


CLEANERS: Mapping[str, Cleaner] = {
    "text": line,
    "label": label,
    "fact": fact,
    "job_title": job_title,
    "paragraph": paragraph,
    "word": word,
    "status": status,
    "labels": labels,
    "technologies": technologies,
    "place": city,
    "location": location,
    "size": size,
    "amount": amount,
    "count": count,
    "year": year,
    "date": start_date,
    "latest_date": latest_date,
    "person_name": person_name,
    "last_name": last_name,
    "full_name": full_name,
    "company_name": company_name,
    "company_type": company_type,
    "own_company_type": own_company_type,
    "email": normalize.usable_email,
    "domain": company_domain,
    "website": website,
    "link": link,
    "country": country,
    "person_linkedin": person_page,
    # What a person's page is called where nothing tells its name.
    "person_member": linkedin("in"),
    "company_linkedin": linkedin("company"),
    "person_slug": linkedin("in", slug=True),
    "company_slug": linkedin("company", slug=True),
    "flag": lambda value: value if isinstance(value, bool) else None,
    "records": lambda value: value if isinstance(value, list) else None,
}
