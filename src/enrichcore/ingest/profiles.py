"""The named ingest profiles, read from `profiles.toml` and `facts.toml`: data about headers and facts, no code.

A header matches an alias when both fold to the same text. Loading checks the data as far as a typing error in it could
mislead: every fact is known, and no alias stands for two facts.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import combining, normalize

from attrs import field, frozen

from enrichcore.ingest.errors import UnknownProfile
from enrichcore.normalize import clean_label

_SHARED = "plain"
_PEOPLES_NAMES = frozenset({"person_first_name", "person_last_name", "person_full_name", "person_full_name_last_first"})
#: Dashes of all kinds count: a text program writes "E\u2011Mail". So do quotes, the star of a column that must be filled,
#: delimiters that a table was saved with a second time, and the arrow of the column by which a report was sorted.
_SEPARATORS = re.compile(
    r"[\s_\-./\u2010-\u2015\u2212*,;|'\"\u2018\u2019\u201c-\u201e\u2190-\u2195\u21c5\u25b2-\u25bf]+"
)
#: What forms say of a column beside its name.
_MARK = re.compile(
    r"\s*[(\[](?:required|mandatory|optional|pflichtfeld|pflicht|obligatoire|facultatif|obligatorio|obligatoria|opcional"
    r"|obrigat\u00f3rio|facoltativo|verplicht|optioneel)[)\]]",
    re.IGNORECASE,
)
#: How forms ask: "Your full name", "Please enter your work email:".
_ASKED = re.compile(
    r"(?:please )?(?:(?:enter|provide|fill in|tell us|what is|what['\u2019]s|what are) )?"
    r"(?:your|ihre?|deine?|votre|tu|su|uw|je|il tuo|la tua|seu|sua|ditt|din|dit) (.+?)[?:\s]*",
    re.IGNORECASE,
)
#: Between two names of one column: "Company / Firma", "E-mail (Mail)", "Town or City".
_JOINED = re.compile(r"[/|()\[\]\n]| or | oder | ou | o ", re.IGNORECASE)


@frozen(kw_only=True)
class Condition:
    """An alias that means its fact only in some company."""

    fact: str
    #: Folded headers of which one must be there too; empty for none.
    beside: frozenset[str]
    #: Folded headers of which none may be there.
    without: frozenset[str]
    #: Why the header is doubtful otherwise.
    reason: str

    def holds(self, present: frozenset[str]) -> bool:
        """Whether the header means the fact in the company of these."""
        return not self.without & present and (not self.beside or bool(self.beside & present))


@frozen(kw_only=True)
class Profile:
    """What headers mean in files from one kind of source."""

    name: str
    #: Folded header -> fact.
    aliases: Mapping[str, str]
    #: Folded header -> when it means which fact; the first that holds counts, and where none does the header is doubtful.
    conditions: Mapping[str, tuple[Condition, ...]]
    #: Fact -> declared orders of its columns; an entry is a folded header, or "=" and one exact spelling.
    orders: Mapping[str, tuple[tuple[str, ...], ...]] = field(factory=dict)

    def knows(self, cell: str) -> bool:
        """Whether a cell may be the name of a column that means something here."""
        return fold_header(cell) in self.conditions or self.alias(cell) is not None

    def alias(self, header: str) -> str | None:
        """The fact that a header means in any company: as it is, or by all the names that it joins, "Company / Firma"."""
        folded = fold_header(header)
        if folded in self.aliases or folded in self.conditions:
            return self.aliases.get(folded)
        if asked := _ASKED.fullmatch(header.strip()):
            return self.aliases.get(fold_header(asked[1]))
        joined = list(map(fold_header, filter(None, map(str.strip, _JOINED.split(header)))))
        facts = {self.aliases.get(name) for name in joined}
        return facts.pop() if len(joined) > 1 and len(facts) == 1 else None

    def meanings(self, cell: str) -> frozenset[str]:
        """The facts that a column of that name may tell."""
        alias = self.alias(cell)
        conditions = self.conditions.get(fold_header(cell), ())
        return frozenset((*(one.fact for one in conditions), *((alias,) if alias else ())))

    def names_people(self, cell: str) -> bool:
        """Whether a cell is the name of a column that surely holds people's names."""
        return self.alias(cell) in _PEOPLES_NAMES


def fold_header(header: str) -> str:
    """The header without case, accents, byte order mark, and what people use between and around words."""
    label = _MARK.sub("", clean_label(header))
    bare = "".join(one for one in normalize("NFD", label) if not combining(one))
    return _SEPARATORS.sub("", bare.casefold())


def profile_names() -> tuple[str, ...]:
    """The profiles that a workstream's `ingest` may name."""
    return tuple(name for name in _data("profiles") if name != _SHARED)


@cache
def find_profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UnknownProfile: There is none.
    """
    if name not in profile_names():
        raise UnknownProfile(name, profile_names())
    parts = [_data("profiles")[part] for part in (_SHARED, name)]
    conditions: dict[str, tuple[Condition, ...]] = {}
    for row in (row for part in parts for row in part.get("condition", ())):
        header = fold_header(row["header"])
        conditions[header] = (*conditions.get(header, ()), _condition(row))
    aliases: dict[str, str] = {}
    for part in parts:
        for fact, headers in part.get("aliases", {}).items():
            for header in map(fold_header, headers):
                if aliases.setdefault(header, fact) != fact or fact not in fact_kinds():
                    raise AssertionError(f"profiles.toml, {name}: {header!r} cannot stand for {fact!r}")
    orders: dict[str, tuple[tuple[str, ...], ...]] = {}
    # What is known of one vendor goes before what holds for any list.
    for fact, listed in (pair for part in reversed(parts) for pair in part.get("order", {}).items()):
        orders[fact] = (*orders.get(fact, ()), *(tuple(map(_order_entry, order)) for order in listed))
    return Profile(name=name, aliases=aliases, conditions=conditions, orders=orders)


@cache
def fact_kinds() -> dict[str, str]:
    """Every fact that an import can fill -> how its cells are cleaned."""
    kinds: dict[str, str] = _data("facts")["kinds"]
    return kinds


@cache
def siblings() -> dict[str, tuple[str, str]]:
    """Facts that one column may tell by turns -> the fact of a single number, and the fact of a range."""
    return {fact: (single, several) for fact, (single, several) in _data("facts")["siblings"].items()}


@cache
def sizes() -> tuple[tuple[int, str], ...]:
    """LinkedIn's size buckets: the highest head count of each and its label, smallest first."""
    return tuple((row["up_to"], row["label"]) for row in _data("facts")["sizes"])


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of words in `facts.toml`, lower-case."""
    return frozenset(_data("facts")["words"][name])


def _condition(row: Mapping[str, Any]) -> Condition:
    return Condition(
        fact=row["fact"],
        beside=frozenset(map(fold_header, row.get("beside", ()))),
        without=frozenset(map(fold_header, row.get("without", ()))),
        reason=row.get("reason", ""),
    )


def _order_entry(entry: str) -> str:
    return entry if entry.startswith("=") else fold_header(entry)


@cache
def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
