"""What the rows of one file call a company: of several names the one that most of them say.

The company cell of one person may say a department, a brand or an agency, and would otherwise rename the company of
everybody at its domain. So the first name stands while a file is read, and at its end the name of most rows. What is held of a
company that all rows call the same is one number.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import Factory, define, frozen

from enrichcore.domain.ids import CompanyId
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.normalize import company_name_key, is_plain

NAME: Final = "company_name"
_SHORT_NAME: Final = "company_short_name"
_PLACE: Final = frozenset({"company_city", "company_state", "company_country"})
#: Facts by which `why` tells how a row was known.
_IDENTITY: Final = frozenset({"company_domain", "company_linkedin_url"})
#: Letters of a domain's name that is part of a company's.
_PIECE: Final = 3


@frozen(kw_only=True)
class Called:
    """What a row calls a company, and what the first row did."""

    company_id: CompanyId
    line: int
    name: str
    first: str


@frozen(kw_only=True)
class Joined:
    """Two companies that turned out to be one, each with what its first row called it."""

    kept: CompanyId
    merged: CompanyId
    kept_name: str
    merged_name: str


@frozen(kw_only=True)
class MostCalled:
    """The name that most rows say."""

    company_id: CompanyId
    name: str
    #: Rows that say so, in any spelling, and the last of them that does in this one.
    rows: int
    line: int


@define(kw_only=True)
class CompanyNames:
    """The names of the companies in one file."""

    #: Company → rows that name it; a file may have a million.
    _rows: dict[CompanyId, int] = Factory(dict)
    #: Company → each of its names → rows, and the last of them; only of those that have several.
    _names: dict[CompanyId, dict[str, tuple[int, int]]] = Factory(dict)
    #: The name of the first row of each of these; empty where two companies became one.
    _first: dict[CompanyId, str] = Factory(dict)

    def add(self, told: Called | Joined) -> None:
        """Count a row, or the rows of two companies as one's."""
        if isinstance(told, Joined):
            self._join(told)
            return
        before = self._rows.get(told.company_id, 0)
        self._rows[told.company_id] = before + 1
        names = self._names.get(told.company_id)
        if names is None:
            if told.name == told.first:
                return
            names = self._names[told.company_id] = {told.first: (before, 0)}
            self._first[told.company_id] = told.first
        names[told.name] = names.get(told.name, (0, 0))[0] + 1, told.line

    def _join(self, told: Joined) -> None:
        found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for company_id, first in ((told.kept, told.kept_name), (told.merged, told.merged_name)):
            rows = self._rows.pop(company_id, 0)
            for name, (count, line) in self._names.pop(company_id, {first: (rows, 0)}).items():
                found[name] = found[name][0] + count, max(found[name][1], line)
            self._first.pop(company_id, None)
            self._rows[told.kept] = self._rows.get(told.kept, 0) + rows
        self._names[told.kept], self._first[told.kept] = dict(found), ""

    @property
    def disputed(self) -> list[CompanyId]:
        """The companies that have several names."""
        return [company_id for company_id in self._names if company_id in self._rows]

    def most_called(self, keys: Mapping[CompanyId, Iterable[Key]]) -> list[MostCalled]:
        """The companies of several names that most rows call otherwise than the first row did.

        Args:
            keys: what each of them is known by; of two names that are said as often, the one that its domain or page has.
        """
        found = [
            (self._first[company_id], _most_called(company_id, self._names[company_id], keys.get(company_id, ())))
            for company_id in self.disputed
        ]
        return [most for first, most in found if most.name and most.name != first]


def _most_called(company_id: CompanyId, names: Mapping[str, tuple[int, int]], keys: Iterable[Key]) -> MostCalled:
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        spellings[company_name_key(name) or ""].append(name)
    labels = {
        key.value.partition(".")[0] for key in keys if key.kind in {KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN}
    }

    def rows(key: str) -> int:
        return sum(names[name][0] for name in spellings[key])

    said = max(
        spellings,
        key=lambda key: (rows(key), _is_called_so(key, labels), max(names[name][1] for name in spellings[key]), key),
    )
    name = max(
        spellings[said], key=lambda name: (name[:1].isalnum(), not is_plain(name), names[name][0], -names[name][1])
    )
    return MostCalled(company_id=company_id, name=name, rows=rows(said), line=names[name][1])


def _is_called_so(key: str, labels: Iterable[str]) -> bool:
    """Whether a domain or page is called as a name is, or as it begins."""
    name = key.replace(" ", "")
    bare = ("".join(filter(str.isalnum, label)) for label in labels)
    return any(
        min(len(name), len(label)) >= _PIECE and (name.startswith(label) or label.startswith(name)) for label in bare
    )


def told_beside(told: Mapping[str, Any], known: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a row tells of a company of which rows of its file have told before.

    The first name stands until all rows are read. A row that calls the company otherwise may be about something else, so it
    only adds what is not known.
    """
    first, name = (known or {}).get(NAME), told.get(NAME)
    if known is None or not first or not name or name == first:
        return told
    if company_name_key(name) == company_name_key(first):
        return {fact: value for fact, value in told.items() if fact != NAME}
    left_out = {NAME, _SHORT_NAME, *(known.keys() - _IDENTITY), *(_PLACE if known.keys() & _PLACE else ())}
    return {fact: value for fact, value in told.items() if fact not in left_out}
