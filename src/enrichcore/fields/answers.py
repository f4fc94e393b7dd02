"""What an answer's body is worth: data, nothing or an error; which fields it gives; what it cost.

An answer of a person step gives only person fields, so that a new employer's name cannot become the company asked about,
and likewise for companies. What only echoes ids, says how the request went or says "nothing" is empty; words of a failure
make an error only where there is no data beside them.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from attrs import frozen

from enrichcore.domain.amounts import credits_told
from enrichcore.domain.answers import Rank, Reading
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import COMPANY_FIELDS, PERSON_FIELDS
from enrichcore.fields.experience import NOT_TOLD, AskedCompany
from enrichcore.fields.extract import fields_in, known
from enrichcore.fields.failures import failing, is_page, of_bare_text, without_signs, words_of_page
from enrichcore.fields.payloads import (
    HOLDERS,
    MAX_NODES,
    MAX_OBJECTS,
    MAX_WRAPPERS,
    NotJson,
    Tree,
    echoes,
    parse_body,
    tree,
)
from enrichcore.fields.sources import OwnSources, Sources, folded_key, keys, own_sources
from enrichcore.normalize import clean_label, clean_text, is_nothing, whole_number

#: Characters of a provider's words that are kept.
MAX_ERROR = 500
#: Status numbers from here on tell of a failure, as in HTTP.
FIRST_ERROR_STATUS = 400
LAST_ERROR_STATUS = 599
#: Of these, those with which providers also say that they found nothing, and the words that are the number's own.
_DENIED_STATUSES = frozenset({400, 404, 410, 422})
_NOT_FOUND = 404
_PHRASE_OF_404 = "not found"
_OK = 200
_STATUS_NUMBER = re.compile(r"\W*(?:(?:http|error|status|code)\W+){0,3}([45]\d\d)\b", re.IGNORECASE)
_NO_LETTERS = re.compile(r"[\W\d_]+")
_ERROR_PAGE = "A page of HTML came in the place of the answer."

#: Bytes of a body whose reading is remembered for a moment.
MAX_REMEMBERED = 8192

_CREDIT_SIGN, _CREDIT_WORD = b"upfront", b"credit"
_CREDIT_PATH = ("upfrontcreditusage", "totalcost")
#: A text of so many words under a wrapper is a finished sentence, not a value.
_SENTENCE = 3


def read_answer(
    body: bytes, *, entity: Entity, sources: Sources | None = None, asked: AskedCompany = NOT_TOLD
) -> Reading:
    """Read an answer's body, whatever it holds; never raises.

    Args:
        body: The bytes as they came.
        entity: Whom the step concerns; only this entity's fields are taken.
        sources: Paths of one's own for some fields.
        asked: The company at which a person was asked about: of several present jobs the one there counts.
    """
    own = own_sources(sources) if sources else None
    read = _remembered if len(body) <= MAX_REMEMBERED else _read
    reading = read(body, entity, own, NOT_TOLD)
    # Whoever reads a body after another remembers it then, though it may know the company by another form of its name.
    return read(body, entity, own, asked) if "person_jobs_are_several" in reading.fields else reading


@lru_cache(maxsize=512)
def _remembered(body: bytes, entity: Entity, sources: OwnSources | None, asked: AskedCompany) -> Reading:
    """The decision on an answer and the read models that follow it read the same body, one soon after the other."""
    return _read(body, entity, sources, asked)


def _read(body: bytes, entity: Entity, sources: Sources | None, asked: AskedCompany) -> Reading:
    try:
        answer = tree(parse_body(body))
    except NotJson as fault:
        return Reading(rank=Rank.ERROR, error=f"The body is not JSON: {fault}"[:MAX_ERROR])
    fields = known(fields_in(answer, entity, sources=sources, asked=asked))
    spent = _credits(answer, _most_costs(body))
    if fields:
        return Reading(rank=Rank.DATA, fields=fields, credits=spent)
    told = [_told_by(values) for values in _objects_of_a_request(answer)]
    error = _error(told)
    if not error and _has_content(answer, entity):
        return Reading(rank=Rank.DATA, credits=spent)
    # What failed beside what was found says nothing of that; where nothing was found it is why.
    error = error or _failure(answer, told)
    return Reading(rank=Rank.ERROR if error else Rank.EMPTY, credits=spent, error=error[:MAX_ERROR])


@frozen(kw_only=True)
class _Told:
    """What one object of an answer says of its request."""

    #: Whether surely nobody looked.
    failed: bool
    #: Whether it only says "no".
    refused: bool
    #: Whether it says so by the number of HTTP for "not found".
    by_number: bool
    #: Its words that say that there is nothing.
    denials: tuple[str, ...]
    #: What it says beside a sign, or without one, of how it went.
    words: tuple[str, ...]
    #: Its words about a failure, where it has no sign of one.
    hints: tuple[str, ...]


def _error(told: list[_Told]) -> str:
    """The provider's words about its failure; empty when it tells of none.

    What failed outright makes an error. A sign that only says "no" (a 404, `"status": "failed"`, `"error": true`) makes one
    unless the answer says in words that nothing was found: many providers fail a request for that. Words that are those of
    the number do not say so.
    """
    by_number = any(one.by_number for one in told)
    denials = [text for one in told for text in one.denials]
    is_denied = any(not (by_number and _plain_phrase(text) == _PHRASE_OF_404) for text in denials)
    if not any(one.failed or (one.refused and not is_denied) for one in told):
        return ""
    words: list[str] = []
    for part in (part for one in told for part in one.words):
        if not any(part in said for said in words):
            words.append(part)
    return ": ".join(part for part in words if part) or "error"


def _failure(answer: Tree, told: list[_Told]) -> str:
    """The words of a failure in an answer that has no sign of one: in a message, or where a value should be."""
    hints = [text for one in told for text in one.hints]
    texts = [answer] if isinstance(answer, str) else [text for _, text in _leaves(answer) if isinstance(text, str)]
    failures = (words for text in texts if (words := of_bare_text(text)))
    is_page_itself = isinstance(answer, str) and is_page(answer)
    return next(iter(hints), "") or next(failures, "") or (_ERROR_PAGE if is_page_itself else "")


def _plain_phrase(text: str) -> str:
    return _NO_LETTERS.sub(" ", text).casefold().strip()


def _objects_of_a_request(answer: Tree) -> Iterator[Mapping[str, Tree]]:
    """The objects in which an answer may say how its request went, from without: of any column, not what describes somebody."""
    waiting: list[tuple[Tree, int]] = [(answer, 0)]
    seen = 0
    while waiting and seen < MAX_OBJECTS:
        node, depth = waiting.pop(0)
        seen += 1
        if isinstance(node, dict):
            yield node
        if depth < MAX_WRAPPERS and isinstance(node, dict | list):
            parts = node.items() if isinstance(node, dict) else [("", part) for part in node[:MAX_OBJECTS]]
            waiting.extend(
                (part, depth + 1)
                for key, part in parts
                if isinstance(part, dict | list) and key not in keys("structure")
            )


def _told_by(values: Mapping[str, Tree]) -> _Told:
    signs = [values[key] for key in values if key in keys("errors") and values[key]]
    details = [values[key] for key in values if key in keys("error_details")]
    states = [values[key] for key in values if key in keys("statuses")]
    states += [number for part in signs for number in _numbers(part)]
    failed_states = [state for state in states if _tells_of_failure(state)]
    bare = [part for key, part in values.items() if key in keys("wrappers") and isinstance(part, str)]
    failures = [words for text in bare if (words := of_bare_text(text))]
    of_signs, of_details = (list(_texts(parts)) for parts in (signs, details))
    refused = bool(failed_states) or any(part is True or not is_nothing(part) for part in signs)
    if values.get("success") is False or values.get("ok") is False:
        # A failed request whose only message is "No person found" is an empty answer.
        refused = refused or any(not is_nothing(detail) for detail in details)
    told_outright = [text for text in (*of_signs, *(of_details if refused else ())) if failing(text)]
    return _Told(
        failed=bool(failures or told_outright) or any(map(_failed_outright, failed_states)),
        refused=refused,
        by_number=any(whole_number(state) == _NOT_FOUND for state in failed_states),
        denials=tuple(text for text in (*of_signs, *of_details, *bare) if is_nothing(text) and not failing(text)),
        words=tuple(map(_words, (*signs, *failed_states, *failures, *details)))
        if refused or failures or told_outright
        else (),
        hints=() if _went_well(values) else tuple(_words(text) for text in of_details if failing(text)),
    )


def _went_well(values: Mapping[str, Tree]) -> bool:
    """Whether an object says itself that its request went well."""
    return any(
        value is True or (isinstance(value, str) and folded_key(value) in keys("successes")) or value == _OK
        for value in (values.get(key) for key in ("success", "ok", "status", "statuscode"))
    )


def _tells_of_failure(status: Tree) -> bool:
    number = whole_number(status)
    if number is not None:
        return FIRST_ERROR_STATUS <= number <= LAST_ERROR_STATUS
    text = folded_key(clean_label(status)) if isinstance(status, str) else ""
    return any(text.startswith(word) for word in keys("error_statuses")) or (bool(text) and failing(status))


def _failed_outright(status: Tree) -> bool:
    """Whether a failed state tells more than "no"."""
    number = whole_number(status)
    return number not in _DENIED_STATUSES if number is not None else failing(status)


def _texts(value: Tree) -> Iterator[str]:
    """Every text in whatever shape a provider gives its words."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _numbers(value: Tree) -> Iterator[int]:
    """The numbers in what a provider says of a failure, also that of "404 Not Found"."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)
    elif isinstance(value, int | str) and not isinstance(value, bool):
        found = _STATUS_NUMBER.match(str(value)[:MAX_ERROR])
        if found:
            yield int(found[1])


def _words(value: Tree) -> str:
    """The words in whatever shape a provider gives them."""
    if isinstance(value, dict):
        return ": ".join(dict.fromkeys(words for part in value.values() if (words := _words(part))))
    if isinstance(value, list):
        return "; ".join(words for part in value if (words := _words(part)))
    if isinstance(value, str):
        return words_of_page(value) or without_signs(value)
    return clean_text(value) or ""


def _has_content(answer: Tree, entity: Entity) -> bool:
    """Whether an answer says anything beside the envelope and echoes of what was sent."""
    if not isinstance(answer, dict | list):
        return False
    others = COMPANY_FIELDS if entity is Entity.PERSON else PERSON_FIELDS
    beside = keys("envelope") | keys("errors") | {folded_key(name) for name in others}
    return any(_says_something(key, value) for key, value in _leaves(answer) if key not in beside)


def _leaves(node: Tree, key: str = "") -> Iterator[tuple[str, Tree]]:
    """Every value that holds no further ones, with its key; what lies under the envelope's keys, and echoes, are left out."""
    if isinstance(node, dict):
        asked_for = echoes(node)
        for name, part in node.items():
            if name not in keys("envelope") and name not in asked_for:
                yield from _leaves(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from _leaves(part, key)
    else:
        yield key, node


def _says_something(key: str, value: Tree) -> bool:
    if is_nothing(value) or (isinstance(value, bool) and not value):
        return False
    if isinstance(value, str) and of_bare_text(value):
        return False
    is_bare = key in keys("wrappers") or any(word in key for word in keys("email_words"))
    return not (is_bare and isinstance(value, str) and (len(value.split()) >= _SENTENCE or "mail" in key))


def _most_costs(body: bytes) -> int:
    """How often an answer may tell what it cost: looking into the bytes spares most walks through the tree."""
    lowered = body.lower()
    signs = lowered.count(_CREDIT_SIGN)
    if not signs:
        return MAX_NODES if b"\x00" in body else 0
    is_plain = lowered.count(_CREDIT_WORD) == signs and b"\\u00" not in lowered and b"\x00" not in lowered
    return signs if is_plain else MAX_NODES


def _credits(answer: Tree, most: int) -> Decimal | None:
    """The credits that an answer says were spent, summed over its columns, `most` at most; None where it does not tell."""
    if not most or not isinstance(answer, (dict, list)):
        return None
    found = [amount for cost in islice(_costs(answer), most) if (amount := credits_told(cost)) is not None]
    return sum(found, Decimal(0)) if found else None


def _costs(answer: Tree) -> Iterator[Tree]:
    waiting = [answer]
    while waiting:
        node = waiting.pop()
        told = None
        if type(node) is dict:
            told = node.get(_CREDIT_PATH[0])
            if type(told) is dict:
                yield told.get(_CREDIT_PATH[1])
            node = node.values()
        waiting += [part for part in node if type(part) in HOLDERS and part is not told]
