"""Whether two sets of keys may be of one person, or of one company."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Final

from enrichcore.domain.keys import NAME_AT, TOLD, WEAK, Key, KeyKind, as_told, sort_of_page

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


def are_strangers(key: Key, held: Keys, names_held: Iterable[str], keys: Keys, names: Iterable[str]) -> bool:
    """Whether two sides are two people although both have a strong key: nothing else speaks for their being one.

    An address of a page that was copied a row down, a placeholder, or a family's mailbox is such a key. Two people have whole
    names that share no word and none that is alike, and no other strong key in common; beside a page their addresses or their
    companies differ, too. Of two who only share their last name, an address that has no first name of theirs is the family's.

    Args:
        key: the strong key that both have.
        held: the keys of the one side.
        names_held: further names of the one side, folded.
        keys: those of the other side.
        names: its further names; every form of one is given.
    """
    others, mine = frozenset(keys), frozenset(held)
    some, their = _whole({*names_in(mine), *names_held}), _whole({*names_in(others), *names})
    if not some or not their or len(_strong(mine) & _strong(others)) > 1:
        return False
    if any(_have_in_common(one, other) for one in some for other in their):
        return key.kind is KeyKind.PERSON_EMAIL and _is_of_a_family(key.value, some, their)
    if key.kind is not KeyKind.PERSON_LINKEDIN:
        return True
    addresses, companies = (_addresses(mine), _addresses(others)), (_companies(mine), _companies(others))
    return any(first and second and first.isdisjoint(second) for first, second in (addresses, companies))


def _whole(names: Iterable[str]) -> list[list[str]]:
    return [words for name in names if len(words := name.split()) > 1]


def _strong(keys: frozenset[Key]) -> frozenset[Key]:
    return frozenset(as_told(key) if key.kind in TOLD else key for key in keys if key.kind not in WEAK)


def _companies(keys: frozenset[Key]) -> frozenset[str]:
    return frozenset(key.value.partition(NAME_AT)[2] for key in keys if key.kind in _NAMES and NAME_AT in key.value)


def _have_in_common(one: list[str], other: list[str]) -> bool:
    """Whether two names may be one's, as far as words tell: those of two scripts cannot."""
    if "".join(one).isascii() != "".join(other).isascii():
        return True
    return any(_are_alike(word, wider) for word in one for wider in other)


def _are_alike(word: str, other: str) -> bool:
    """Whether one word is the other, an initial, a piece or another spelling of it: "liz", "kowalenko"."""
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < _PIECE:
        return longer.startswith(shorter)
    return shorter in longer or (
        len(shorter) > _PIECE and SequenceMatcher(None, shorter, longer, autojunk=False).ratio() >= _ALIKE
    )


def _is_of_a_family(address: str, some: list[list[str]], their: list[list[str]]) -> bool:
    """Whether an address is of two of one last name: their first names are not alike, and it is made of neither."""
    mailbox = address.partition("@")[0]
    return all(
        one[-1] == other[-1]
        and not _have_in_common(one[:-1], other[:-1])
        and not any(_is_made_of(mailbox, name) for name in (one, other))
        for one in some
        for other in their
    )


def _is_made_of(mailbox: str, name: list[str]) -> bool:
    *firsts, last = name
    return any(
        (len(first) >= _PIECE and first in mailbox) or (mailbox.startswith(first[0]) and last in mailbox[1:])
        for first in firsts
    ) or any(first[0] in mailbox.split(sign) for first in firsts for sign in "._-")


#: Letters of a word that is told by a piece of it, and how much of two words is the same in two spellings of one name.
_PIECE: Final = 3
_ALIKE: Final = 0.65


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
