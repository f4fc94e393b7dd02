"""What an answer's body is worth: data, nothing or an error; which fields it gives; what it cost.

An answer of a person step gives only person fields, so that a new employer's name cannot become the company asked about,
and likewise for companies. What only echoes ids, says how the request went or says "nothing" is empty; words of a failure
make an error only where there is no data beside them.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from enrichcore.domain.answers import Rank, Reading
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import COMPANY_FIELDS, PERSON_FIELDS
from enrichcore.fields.extract import fields_in, known
from enrichcore.fields.payloads import NotJson, Tree, objects_in, parse_body, tree
from enrichcore.fields.sources import OwnSources, Sources, folded_key, keys, own_sources
from enrichcore.normalize import clean_text, is_nothing, whole_number

#: Characters of a provider's words that are kept.
MAX_ERROR = 500
#: Credits above this are a fault, not a price.
MAX_CREDITS = Decimal(1_000_000)
#: Status numbers from here on tell of a failure, as in HTTP.
FIRST_ERROR_STATUS = 400
LAST_ERROR_STATUS = 599

#: Bytes of a body whose reading is remembered for a moment.
MAX_REMEMBERED = 8192

_CREDIT_SIGN = b"upfront"
_CREDIT_PATH = ("upfrontcreditusage", "totalcost")
_ERROR_WORDS = re.compile(
    r"^\W*(?:error\b|ERROR_|exception\b|(?:http )?[45]\d\d (?:error|bad|internal|too many))", re.IGNORECASE
)
_SIGNS = re.compile(r"^[^\w\s]+\s+")
#: A text of so many words under a wrapper is a finished sentence, not a value.
_SENTENCE = 3


def read_answer(body: bytes, *, entity: Entity, sources: Sources | None = None) -> Reading:
    """Read an answer's body, whatever it holds; never raises.

    Args:
        body: The bytes as they came.
        entity: Whom the step concerns; only this entity's fields are taken.
        sources: Paths of one's own for some fields.
    """
    own = own_sources(sources) if sources else None
    return _remembered(body, entity, own) if len(body) <= MAX_REMEMBERED else _read(body, entity, own)


@lru_cache(maxsize=512)
def _remembered(body: bytes, entity: Entity, sources: OwnSources | None) -> Reading:
    """The decision on an answer and the read models that follow it read the same body, one soon after the other."""
    return _read(body, entity, sources)


def _read(body: bytes, entity: Entity, sources: Sources | None) -> Reading:
    try:
        answer = tree(parse_body(body))
    except NotJson as fault:
        return Reading(rank=Rank.ERROR, error=f"The body is not JSON: {fault}"[:MAX_ERROR])
    fields = known(fields_in(answer, entity, sources=sources))
    # Most answers do not tell; looking into the bytes spares a walk through the tree.
    spent = _credits(answer) if _CREDIT_SIGN in body.lower() or b"\x00" in body else None
    if fields:
        return Reading(rank=Rank.DATA, fields=fields, credits=spent)
    error = _error(answer)
    if error:
        return Reading(rank=Rank.ERROR, credits=spent, error=error)
    return Reading(rank=Rank.DATA if _has_content(answer, entity) else Rank.EMPTY, credits=spent)


def _error(answer: Tree) -> str:
    """The provider's words about its failure; empty when it tells of none."""
    if _is_error_text(answer):
        return _words(answer)[:MAX_ERROR]
    told = (words for one in objects_in(answer) if (words := _error_of(one.values)))
    return next(told, "")[:MAX_ERROR]


def _error_of(values: Mapping[str, Tree]) -> str:
    signs = [
        *(values[key] for key in _present(values, "errors") if values[key]),
        *(values[key] for key in _present(values, "statuses") if _tells_of_failure(values[key])),
        *(part for key, part in values.items() if key in keys("wrappers") and _is_error_text(part)),
    ]
    if values.get("success") is False or values.get("ok") is False:
        signs.append("")
    details = [values[key] for key in _present(values, "error_details")]
    # A failed request whose only message is "No person found" is an empty answer.
    if not signs or (signs == [""] and all(is_nothing(detail) for detail in details)):
        return ""
    words = dict.fromkeys(part for sign in (*signs, *details) if (part := _words(sign)))
    return ": ".join(words) or "error"


def _present(values: Mapping[str, Tree], kind: str) -> list[str]:
    """The keys of that kind that are there and say something, in the answer's order."""
    return [key for key in values if key in keys(kind) and not is_nothing(values[key])]


def _tells_of_failure(status: Tree) -> bool:
    number = whole_number(status)
    if number is not None:
        return FIRST_ERROR_STATUS <= number <= LAST_ERROR_STATUS
    text = folded_key(clean_text(status) or "")
    return any(text.startswith(folded_key(word)) for word in keys("error_statuses"))


def _words(value: Tree) -> str:
    """The words in whatever shape a provider gives them."""
    if isinstance(value, dict):
        return ": ".join(dict.fromkeys(words for part in value.values() if (words := _words(part))))
    if isinstance(value, list):
        return "; ".join(words for part in value if (words := _words(part)))
    # The sign that marks a failed cell would make the text say nothing.
    return clean_text(_SIGNS.sub("", value) if isinstance(value, str) else value) or ""


def _is_error_text(value: Tree) -> bool:
    return isinstance(value, str) and _ERROR_WORDS.match(value) is not None


def _has_content(answer: Tree, entity: Entity) -> bool:
    """Whether an answer says anything beside the envelope and echoes of what was sent."""
    if not isinstance(answer, dict | list):
        return False
    others = COMPANY_FIELDS if entity is Entity.PERSON else PERSON_FIELDS
    beside = keys("envelope") | keys("errors") | {folded_key(name) for name in others}
    return any(_says_something(key, value) for key, value in _leaves(answer) if key not in beside)


def _leaves(node: Tree, key: str = "") -> Iterator[tuple[str, Tree]]:
    """Every value that holds no further ones, with its key; what lies under the envelope's keys is left out."""
    if isinstance(node, dict):
        for name, part in node.items():
            if name not in keys("envelope"):
                yield from _leaves(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from _leaves(part, key)
    else:
        yield key, node


def _says_something(key: str, value: Tree) -> bool:
    if is_nothing(value) or (isinstance(value, bool) and not value):
        return False
    is_bare = key in keys("wrappers") or any(word in key for word in keys("email_words"))
    return not (is_bare and isinstance(value, str) and (len(value.split()) >= _SENTENCE or "mail" in key))


def _credits(answer: Tree) -> Decimal | None:
    """The credits that an answer says were spent, summed over its columns; None where it does not tell."""
    if not isinstance(answer, dict | list):
        return None
    found = [amount for cost in _costs(answer) if (amount := _amount(cost)) is not None]
    return sum(found, Decimal(0)) if found else None


def _costs(answer: Tree) -> Iterator[Tree]:
    waiting = [answer]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            told = node.get(_CREDIT_PATH[0])
            if isinstance(told, dict):
                yield told.get(_CREDIT_PATH[1])
            waiting += [part for part in node.values() if part is not told and isinstance(part, dict | list)]
        else:
            waiting += [part for part in node if isinstance(part, dict | list)]


def _amount(cost: Tree) -> Decimal | None:
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        amount = Decimal(str(cost).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= MAX_CREDITS else None
