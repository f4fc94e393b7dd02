"""A local function may do and give anything: what the log can keep is kept as it will be read again, the rest is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

import msgspec
import pytest

from enrichcore.domain.local_function import DEEPEST, LocalFunctionFailed, call


class Size(StrEnum):
    """A text with a class of its own."""

    SMALL = "small"


def nested(depth):
    """Lists in lists."""
    return [nested(depth - 1)] if depth else "end"


def given(value, facts=None):
    """What is kept of what a function gives."""
    return call("mine:f", lambda _: value, facts or {})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        ("Quillhaven", "Quillhaven"),
        (Size.SMALL, "small"),
        (("a", "b"), ["a", "b"]),
        (MappingProxyType({"a": [1]}), {"a": [1]}),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00+00:00"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (nested(DEEPEST - 1), nested(DEEPEST - 1)),
    ],
)
def test_what_is_kept_is_what_the_log_gives_back(value, kept):
    """So an item lives on the same facts on which it is replayed."""
    found = given({"field": value})
    assert found == {"field": kept} == msgspec.json.decode(msgspec.json.encode(found))
    assert type(found["field"]) is type(kept)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["field"], "mine:f: it gave a value of type list instead of a mapping of fields"),
        (None, "mine:f: it gave a value of type NoneType instead of a mapping of fields"),
        ({1: "x"}, "mine:f: the result has a value of type int as a key: 1"),
        ({"a": {b"x": 1}}, "mine:f: a has a value of type bytes as a key: b'x'"),
        ({"a": {"b": {1}}}, "mine:f: a.b is a value of type set, which JSON cannot hold"),
        ({"logo": b"x"}, "mine:f: logo is a value of type bytes, which JSON cannot hold"),
        ({"revenue": 2**63}, "mine:f: revenue is a whole number of more than 64 bits"),
        ({"score": float("nan")}, "mine:f: score is nan, which JSON cannot hold"),
        ({"name": "\ud83d"}, "mine:f: name holds half of a surrogate pair, which is no text"),
        ({"tree": nested(DEEPEST + 1)}, f"mine:f: tree is nested more than {DEEPEST} deep"),
    ],
)
def test_what_the_log_cannot_keep_is_refused_in_words(value, reason):
    """The words name the field."""
    with pytest.raises(LocalFunctionFailed) as refused:
        given(value)
    assert str(refused.value) == reason


class Speechless(Exception):
    """An exception that cannot say what it is about."""

    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("half \ud83d and \x00"), "mine:f: ValueError: half \ufffd and \ufffd"),
        (SystemExit(3), "mine:f: SystemExit: 3"),
        (Speechless(), "mine:f: Speechless: it cannot say why"),
    ],
)
def test_whatever_a_function_raises_is_a_failure_of_its_row(error, reason):
    """Also what would end the process, in words that any text column can hold."""

    def raises(_facts):
        raise error

    with pytest.raises(LocalFunctionFailed) as failed:
        call("mine:f", raises, {})
    assert str(failed.value) == reason


def test_a_function_works_on_a_copy():
    """What it changes in place changes nothing that is known."""
    facts = {"company_technologies": ["Zoom", "Apache"]}

    def sorts(known):
        known["company_technologies"].sort()
        known["more"] = 1
        return {}

    assert call("mine:f", sorts, facts) == {}
    assert facts == {"company_technologies": ["Zoom", "Apache"]}
