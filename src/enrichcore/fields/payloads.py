"""Any JSON as a tree to look through: bounded, its keys folded, stringified JSON inside it unfolded, its objects found.

Invariants: a tree holds no more than `MAX_NODES` values and is no deeper than `MAX_DEPTH`, whatever came in; what lies
beyond is cut off, the rest stays usable. A tree is made of plain dicts, whose keys are folded (`folded_key`), and plain
lists. Nothing here raises.
"""

import ast
import codecs
import html
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from attrs import frozen

from enrichcore.domain.pipeline import Entity
from enrichcore.fields.meant import first_in, is_beside_its_holder, one_of
from enrichcore.fields.owners import owner_by_content, owner_by_key, says
from enrichcore.fields.sources import Path, folded_key, keys, words
from enrichcore.normalize import is_nothing

#: Levels of nesting that are looked at, over all stringified layers.
MAX_DEPTH = 24
#: Values that are looked at in one answer.
MAX_NODES = 20_000
#: Digits of an integer that are read; longer ones are no facts.
MAX_DIGITS = 40
#: Objects in which fields are looked for, and steps that lead to one.
MAX_OBJECTS = 40
MAX_WRAPPERS = 8

#: How a text begins that may hold a JSON object or list, also one that was escaped once too often.
_JSON_STARTS = ("{", "[", '"{', '"[', '"\\"', '"```')
#: Where one begins among words, a fence or a tag: "Here is the result: {...}".
_AMONG_WORDS = re.compile(r'\{\s*"|\[\s*\{')
_FOOTNOTE = re.compile(r"\[\d{1,3}\]\s")
#: In a fence anything may be meant.
_FENCE = re.compile(r"```\w*\s*(?=[\[{\"'])")
#: How Python and others write an object; a text is only taken for one when all of it is.
_REPR_STARTS = ("{'", "[{'", "['")
#: Characters of a text that is read so, or mended.
MAX_REPR = 50_000
#: What models and people write for JSON: texts, comments to the line's end, commas before an end, keys without quotes.
_TOKENS = re.compile(
    # One that does not end goes to the end, and a key begins where no word goes on: the search takes no longer than the text is long.
    r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
    r"|(?P<single>(?<=[:,\[{\s])'(?:[^'\\]|\\.)*'(?=\s*[:,\]}]))"
    r"|(?P<comment>//[^\n]*)|(?P<comma>,(?=\s*[}\]]))|(?P<key>(?<![\w$])[A-Za-z_$][\w$]*(?=\s*:))|(?P<word>\b(?:None|True|False|undefined)\b)",
    re.DOTALL,
)
_WORDS_OF_PYTHON = {"None": "null", "True": "true", "False": "false", "undefined": "null"}
#: Under which keys a list of pairs keeps each name and its value.
_PAIR_NAMES = ("key", "name", "field", "label", "column")
_PAIR_SIZE = 3
#: Where a list of places tells of each what it is: `[{"location_type": "city", "value": "Leeds"}, ...]`.
_PLACE_NAME = "locationtype"

#: Beside a company's object it is the user's own account, or a record of the company as it was.
_ACCOUNT = "account"
#: How a message tells who speaks, and what it says.
_SPEAKER, _SAID = "role", ("content", "parts")

Tree = Any
#: The types of what holds other values in a tree.
HOLDERS = (dict, list)


@frozen(kw_only=True)
class Found:
    """An object inside an answer that may be the person or the company."""

    values: Mapping[str, Tree]
    #: Whose object it is; None where nothing tells.
    owner: Entity | None
    #: Wrappers around it.
    depth: int
    #: Whether all of them are known as wrappers; else it may be a column about something else.
    is_wrapped: bool


class NotJson(ValueError):
    """A body that is no JSON."""


def parse_body(body: bytes) -> Any:
    """A body as JSON values, forgiving faults of encoding and line breaks inside strings.

    Bytes that are no UTF-8 are taken as cp1252, one by one, so that one wrong byte does not spoil the others.

    Raises:
        NotJson: When it is no JSON even so. An empty body is None.
    """
    try:
        return _DECODE(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    encoding = json.detect_encoding(body)
    errors = "enrichcore_cp1252" if encoding.startswith("utf-8") else "replace"
    text = body.decode(encoding, errors=errors).lstrip("\ufeff").strip("\x00 \t\r\n")
    return _parse(text) if text else None


def tree(value: Any) -> Tree:
    """Any JSON value as a bounded tree with folded keys; stringified JSON in it is unfolded."""
    budget = [MAX_NODES]
    return _tree(value, MAX_DEPTH, budget)


def values_at(node: Tree, path: Path) -> Sequence[Tree]:
    """The values at a path that say something, going through lists."""
    if len(path) == 1 and type(node) is dict:
        # Nearly every path is one key of an object; a list at its end is one value, for it may be a list of labels.
        value = node.get(path[0])
        return () if is_nothing(value) else (value,)
    if isinstance(node, list):
        return [value for part in node for value in values_at(part, path)]
    if not path:
        return () if is_nothing(node) else (node,)
    rest = node.get(path[0]) if isinstance(node, dict) else None
    return () if rest is None else values_at(rest, path[1:])


def first_along(node: Mapping[str, Tree], found_at: Iterable[Path], clean: Callable[[Tree], Any]) -> Any:
    """The first value at several paths of one object that is a clean one, too; None where there is none."""
    for path in found_at:
        if path[0] in node:
            for value in values_at(node, path):
                cleaned = clean(value)
                if cleaned is not None:
                    return cleaned
    return None


def first_accepted(node: Mapping[str, Tree], found_at: Iterable[Path], clean: Callable[[Tree], Any]) -> Any:
    """As `first_along`, for a cleaner that turns away by itself whatever says nothing."""
    for path in found_at:
        if path[0] in node:
            for value in (node[path[0]],) if len(path) == 1 else values_at(node, path):
                cleaned = clean(value)
                if cleaned is not None:
                    return cleaned
    return None


def values_along(nodes: Sequence[Tree], paths: Iterable[Path]) -> Iterator[Tree]:
    """The values at several paths of several objects, path by path."""
    for path in paths:
        first = path[0] if path else None
        for node in nodes:
            # Most paths begin with a key that is not there; asking here spares a call for each.
            if first is None or not isinstance(node, dict) or first in node:
                yield from values_at(node, path)


def objects_in(payload: Tree, asked: Entity | None = None) -> list[Found]:
    """The objects in a tree that may be a person or a company: those in known wrappers, in other columns, and the root.

    Args:
        payload: A tree.
        asked: Whom the step concerns, which decides where an object may be either.
    """
    found: list[Found] = []
    waiting: list[tuple[Tree, Entity | None, int, bool]] = [(payload, None, 0, True)]
    while waiting and len(found) < MAX_OBJECTS:
        node, told, depth, is_wrapped = waiting.pop(0)
        if isinstance(node, list):
            node = one_of(node, asked)
        if isinstance(node, list) and depth < MAX_WRAPPERS:
            waiting.append((node, told, depth + 1, is_wrapped))
        if not isinstance(node, dict):
            continue
        signed = owner_by_content(node, asked)
        if signed is Entity.PERSON and told is Entity.COMPANY and not says(node, "names_of_people"):
            signed = told
        owner = signed or told
        found.append(Found(values=node, owner=owner, depth=depth, is_wrapped=is_wrapped))
        if depth < MAX_WRAPPERS:
            asked_for = echoes(node)
            inner = {key: part for key, part in node.items() if type(part) in HOLDERS and key not in asked_for}
            account = inner.pop(_ACCOUNT, None)
            is_told = signed is Entity.COMPANY and says(node, "names")
            if account is not None and not is_told and ((not inner and signed is None) or _is_a_companys(account)):
                # Whatever else is there comes first.
                inner[_ACCOUNT] = account
            certain = signed is not None and says(node, "naming")
            waiting.extend(
                (
                    # A column about one tells the best first; what a search found may be anybody.
                    part if key in keys("searches") else first_in(part),
                    owner_by_key(key) or owner,
                    depth + 1,
                    is_wrapped and key in keys("wrappers") and key != _ACCOUNT,
                )
                for key, part in inner.items()
                if _leads_on(key, part, certain=certain)
                and not (key in keys("wrappers") and is_beside_its_holder(key, _first_of(part), node, asked))
            )
    return sorted(found, key=lambda one: (one.depth == 0, not one.is_wrapped, -one.depth))


def echoes(node: Mapping[str, Tree]) -> frozenset[str]:
    """The keys beside an answer that says nothing under which it tells what was asked: `{"payload": {...}, "result": null}`."""
    told = keys("asked") & node.keys()
    if not told:
        return told
    answered = keys("answered") & node.keys()
    return told if answered and all(is_nothing(node[key]) for key in answered) else frozenset()


def _is_a_companys(account: Tree) -> bool:
    """Whether an account is a company's record, and not the user's own at the provider."""
    first = _first_of(account)
    return isinstance(first, dict) and (says(first, "sites") or owner_by_content(first) is Entity.COMPANY)


def _leads_on(key: str, part: Tree, *, certain: bool) -> bool:
    """Whether the object under that key may be the one asked for; inside a certain one only a wrapper leads on.

    Users name their columns as they like, so an unknown key counts when its name or its content speaks of enrichment.
    """
    if key in keys("wrappers"):
        return True
    if certain or key in keys("structure") or _is_beside(key):
        return False
    if any(word in key for word in keys("column_words")):
        return True
    inner = _first_of(part)
    return isinstance(inner, dict) and (owner_by_content(inner) is not None or _wraps(inner))


def _first_of(part: Tree) -> Tree:
    """What says something first in a list, or in a list of lists."""
    for _ in range(MAX_WRAPPERS):
        if not isinstance(part, list):
            break
        part = next((one for one in part if not is_nothing(one)), None)
    return part


@lru_cache(maxsize=4_096)
def _is_beside(key: str) -> bool:
    """Whether a key speaks of somebody or something beside the person or company."""
    return key in keys("beside") or any(word in key for word in keys("beside_words"))


def _wraps(node: Mapping[str, Tree]) -> bool:
    """Whether an object holds another and nothing beside it, or an answer in its envelope: `{"status": 200, "body": {...}}`.

    Entries of a list beside its length may be of anything: they count where they are somebody.
    """
    inner = [key for key, part in node.items() if type(part) in HOLDERS]
    if (len(node) == 1 and bool(inner)) or not keys("envelopes").isdisjoint(inner):
        return True
    entries = (_first_of(node[key]) for key in inner if key in keys("entries"))
    return any(isinstance(one, dict) and (owner_by_content(one) is not None or _wraps(one)) for one in entries)


def _tree(value: Any, depth: int, budget: list[int]) -> Tree:
    budget[0] -= 1
    if depth == 0 or budget[0] < 0:
        return None
    if isinstance(value, str):
        inner = None if _is_plain_text(value) else _unfolded(value)
        return value if inner is None else _tree(inner, depth - 1, budget)
    if isinstance(value, (list, tuple)):
        parts: list[Tree] = []
        for part in value:
            if budget[0] <= 0:
                break
            parts.append(_tree(part, depth - 1, budget))
        if len(parts) > 1 and type(parts[0]) is dict and "value" in parts[0]:
            return _paired(parts)
        return parts
    if isinstance(value, (dict, Mapping)):
        folded = _folded_mapping(value, depth, budget)
        return _without_speaker(folded) if _SPEAKER in folded else folded
    if isinstance(value, bytes):
        return _tree(_parsed(value), depth - 1, budget)
    return _bounded(value) if type(value) is int and not -_LARGEST < value < _LARGEST else value


def _without_speaker(folded: dict[str, Tree]) -> Tree:
    """What somebody said in a conversation with a model; of others, what they are to a piece of software is no job of theirs."""
    said = next((key for key in _SAID if key in folded), None)
    if said is not None:
        return folded[said]
    role = folded[_SPEAKER]
    if isinstance(role, str) and role in words("role_codes") and keys("employer_signs").isdisjoint(folded):
        del folded[_SPEAKER]
    return folded


def _paired(parts: list[Tree]) -> Tree:
    """A list of names with their values, `[{"name": "Title", "value": "CTO"}, ...]`, as the object that it means."""
    if not all(isinstance(part, dict) and "value" in part for part in parts):
        return parts
    if all(isinstance(part.get(_PLACE_NAME), str) for part in parts):
        return {folded_key(part[_PLACE_NAME]): part["value"] for part in reversed(parts)}
    if any(len(part) > _PAIR_SIZE for part in parts):
        return parts
    name = next((key for key in _PAIR_NAMES if all(isinstance(part.get(key), str) for part in parts)), None)
    return parts if name is None else {folded_key(part[name]): part["value"] for part in reversed(parts)}


def _folded_mapping(value: Mapping[Any, Any], depth: int, budget: list[int]) -> dict[str, Tree]:
    folded: dict[str, Tree] = {}
    for key, part in value.items():
        if budget[0] <= 0:
            break
        text = key if type(key) is str else str(key)
        name = folded_key(text) or text
        # Two keys that fold to one: the first that says something stays.
        if name in folded and not is_nothing(folded[name]):
            continue
        kind = type(part)
        if depth > 1 and (
            kind in _TAKEN_AS_THEY_ARE
            or (kind is str and "{" not in part and "[" not in part)
            or (kind is int and -_LARGEST < part < _LARGEST)
        ):
            # As `_tree` does, without a call for most of an answer's values.
            budget[0] -= 1
            folded[name] = part
        else:
            folded[name] = _tree(part, depth - 1, budget)
    return folded


def _is_plain_text(text: str) -> bool:
    """Whether a text surely holds nothing else, as most do."""
    return "{" not in text and "[" not in text


def _parsed(body: bytes) -> Any:
    try:
        return parse_body(body)
    except NotJson:
        return None


def _unfolded(value: str) -> Any:
    """What a text holds when it is a JSON object or list, also with words around it; None when it is just a text."""
    text = value.strip()
    # A fence inside JSON is in one of its texts.
    fence = _FENCE.search(text) if "```" in text and text[0] not in '"{[' else None
    if fence is not None:
        text = text[fence.end() :]
    elif not text.startswith(_JSON_STARTS) or _FOOTNOTE.match(text):
        return _among_words(text)
    for repair in (_as_it_is, _unescaped, html.unescape):
        attempt = repair(text)
        if repair is not _as_it_is and attempt == text:
            continue
        inner = _parsed_from(attempt, 0)
        if isinstance(inner, (dict, list, str)) and inner != value:
            return inner
    if fence is None and text.startswith(_REPR_STARTS) and (inner := _literal(text)) is not None:
        return inner
    if text[:1] in "{[" and len(text) <= MAX_REPR and isinstance(inner := _parsed_from(_mended(text), 0), dict | list):
        return inner
    return None


def _among_words(text: str) -> Any:
    """The JSON object, or list of objects, that begins behind words; one that is cut off hides what is inside it."""
    found = _AMONG_WORDS.search(text)
    if found is None:
        return None
    inner = _parsed_from(text, found.start())
    return inner or (_parsed_from(_mended(text[found.start() :]), 0) if len(text) <= MAX_REPR else None)


def _parsed_from(text: str, start: int) -> Any:
    """The JSON value that begins there; with words behind it only an object, or a list that holds one."""
    if start == 0:
        try:
            return _DECODE(text) or None
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            pass
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    is_object = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, dict) for part in value))
    return value if value and (is_object or not text[end:].strip("` \t\r\n")) else None


def _mended(text: str) -> str:
    """A text as JSON that is nearly it."""
    return _TOKENS.sub(_token, text)


def _token(found: re.Match[str]) -> str:
    kind, text = found.lastgroup, found[0]
    if kind == "single":
        return json.dumps(text[1:-1].replace("\\'", "'"))
    if kind == "key":
        return f'"{text}"'
    if kind == "word":
        return _WORDS_OF_PYTHON[text]
    return "" if kind in {"comment", "comma"} else text


def _as_it_is(text: str) -> str:
    return text


def _unescaped(text: str) -> str:
    return text.replace('\\"', '"')


def _literal(text: str) -> Any:
    """What a text in Python's notation holds: `{'name': 'Acme', 'size': None}`."""
    if len(text) > MAX_REPR:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _parse(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as fault:
        raise NotJson(str(fault)) from fault


def _integer(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= MAX_DIGITS else _bounded(digits)


def _bounded(number: str | int) -> float | None:
    """A whole number of very many digits as one that takes no longer than others to be worked with."""
    try:
        bounded = float(number)
    except OverflowError:
        return None
    return bounded if math.isfinite(bounded) else None


_LARGEST = 10**MAX_DIGITS
_TAKEN_AS_THEY_ARE = frozenset({bool, float, type(None)})
#: For what is JSON as it should be, in a third of the time; what it refuses is read with `_DECODER`.
_DECODE = msgspec.json.Decoder().decode
#: Not strict: bodies written by hand hold line breaks inside strings. Made once, which takes as long as reading a short text.
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=lambda _: None)


def _as_cp1252(fault: UnicodeError) -> tuple[str, int]:
    """Decode what is no UTF-8 as cp1252, which is what it nearly always is."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    wrong = fault.object[fault.start : fault.end]
    return wrong.decode("cp1252", errors="replace"), fault.end


codecs.register_error("enrichcore_cp1252", _as_cp1252)
