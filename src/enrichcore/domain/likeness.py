"""Whether two sets of keys may be of one person, or of one company."""

from collections.abc import Iterable, Mapping
from typing import Final

from enrichcore.domain.keys import NAME_AT, TOLD, Key, KeyKind, as_told, sort_of_page

Keys = Iterable[Key]

#: Kinds of which an entity has one; two different values say that two entities are not the same. A person may well have
#: several e-mail addresses, and a member's id beside the slug of their page.
UNIQUE: Final = frozenset({KeyKind.PERSON_LINKEDIN, KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN})
_NAMES: Final = frozenset({KeyKind.PERSON_NAME, KeyKind.PERSON_AT_COMPANY})


def contradicts(held: Keys, keys: Keys) -> bool:
    """Whether both sides hold a key of a kind that an entity has only one of, with different values."""
    mine = _unique(held)
    return any(mine.get(sort, value) != value for sort, value in _unique(keys).items())


def differ_by_address(held: Keys, keys: Keys) -> bool:
    """Whether both sides have an address at one mail domain, and none in common: two people of one name.

    A private address beside a work address says nothing. It counts against weak keys only: a stronger key that both sides
    share tells of one person with two addresses.
    """
    mine, theirs = _addresses(held), _addresses(keys)
    return mine.isdisjoint(theirs) and not _hosts(mine).isdisjoint(_hosts(theirs))


def may_be_one(held: frozenset[Key], keys: Keys, held_names: Iterable[str] = (), names: Iterable[str] = ()) -> bool:
    """Whether nothing that is known of two sides speaks against their being one, where a found key says that they are.

    An answer may be about a namesake. So its word counts only where pages, addresses at one mail domain and names leave room,
    what other answers told included.

    Args:
        held: the keys of the one side.
        keys: those of the other.
        held_names: further names of the one side, folded.
        names: those of the other.
    """
    others = frozenset(keys)
    mine, theirs = _pages(held), _pages(others)
    if any(theirs.get(sort, value) != value for sort, value in mine.items()):
        return False
    if differ_by_address(held, others):
        return False
    return agree({*names_in(held), *held_names}, {*names_in(others), *names})


def names_in(keys: Keys) -> set[str]:
    """A person's names that are part of keys, folded."""
    return {key.value.partition(NAME_AT)[0] for key in keys if key.kind in _NAMES}


def agree(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether one of some folded names may be one of the others; those who have no name agree with all.

    Every word of the shorter one must be in the longer: "ada brook", "ada", "a brook", "ada m brook".
    """
    mine, theirs = [name.split() for name in some if name], [name.split() for name in others if name]
    return not mine or not theirs or any(_may_be(one, other) for one in mine for other in theirs)


def _may_be(one: list[str], other: list[str]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return all(any(_agree(word, wider) for wider in longer) for word in shorter)


def _agree(word: str, other: str) -> bool:
    return word[0] == other[0] if min(len(word), len(other)) == 1 else word == other


#: Kind of a key, and the sort of page where a person has one of several sorts.
_Sort = tuple[KeyKind, str]


def _unique(keys: Keys) -> dict[_Sort, str]:
    """The values of keys of which an entity has only one."""
    return {(key.kind, sort_of_page(key.value)): key.value for key in keys if key.kind in UNIQUE}


def _pages(keys: Keys) -> Mapping[_Sort, str]:
    """Of each kind of which an entity has one: the value that rows told, else the one that an answer did."""
    held = tuple(keys)
    return _unique(as_told(key) for key in held if key.kind in TOLD) | _unique(held)


def _addresses(keys: Keys) -> frozenset[str]:
    return frozenset(key.value for key in keys if key.kind is KeyKind.PERSON_EMAIL)


def _hosts(addresses: frozenset[str]) -> frozenset[str]:
    return frozenset(address.rpartition("@")[2] for address in addresses)
