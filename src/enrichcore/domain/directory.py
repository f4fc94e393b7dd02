"""The directory: who is who among a client's people and companies.

Keys (LinkedIn, e-mail, domain, names) link to a stable id. A row whose keys are all new makes a new entity; one whose
strong keys belong to two known entities merges them, and the older stays, unless both already hold different keys of a
stronger or equal kind than the one that joins them, for then the row is wrong rather than the directory. Where no strong key
is known, one that an answer told finds whom it told of, unless anything speaks against it (`enrichcore.domain.likeness`). Weak
keys only find, and not someone who has another address at the row's mail domain; a name that two companies have finds
neither. The directory is one stream per client, so two imports of one client can never both make the same person.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar
from uuid import UUID, uuid5

from attrs import evolve, frozen

from enrichcore.domain.ids import ClientId
from enrichcore.domain.keys import FOUND, TOLD, WEAK, Key, KeyKind, as_found
from enrichcore.domain.likeness import are_strangers, contradicts, differ_by_address, may_be_one

#: Strength of each kind within its entity; a lower number is stronger.
STRENGTH: Final = {kind: number for number, kind in enumerate(KeyKind)}

Id = TypeVar("Id", bound=UUID)


@frozen(kw_only=True)
class Known(Generic[Id]):
    """What the directory knows of one entity that a row may mean."""

    entity_id: Id
    keys: frozenset[Key]
    #: Order in which entities became known; the lower is the older.
    since: int


@frozen(kw_only=True)
class Match(Generic[Id]):
    """Whom a row means, and what follows."""

    entity_id: Id
    is_new: bool
    #: Keys that the entity did not have.
    new_keys: tuple[Key, ...] = ()
    #: Entities that turn out to be the same, each with the key that says so.
    merged: tuple[tuple[Known[Id], Key], ...] = ()
    #: Keys of the row that belong to someone else, who is not merged.
    contested: tuple[Key, ...] = ()
    #: Those of them that are all that the row and that other one have in common.
    of_strangers: tuple[Key, ...] = ()


#: Nobody has further names.
NOBODY: Final[Mapping[Any, Iterable[str]]] = MappingProxyType({})


def asked(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys whose owners `resolve` has to be given for a row of those keys."""
    return (*keys, *_alone(keys), *(shared(key) for key in keys if key.kind is KeyKind.COMPANY_NAME))


def asked_of_answers(keys: Sequence[Key], owners: Mapping[Key, Known[Id]]) -> tuple[Key, ...]:
    """The found keys whose owners it has to be given, too, each with that of its mark (`shared`).

    What a row told of somebody needs no answer.
    """
    return tuple(as_found(key) for key in keys if key.kind in FOUND and key not in owners)


def resolve(
    client_id: ClientId,
    keys: Sequence[Key],
    owners: Mapping[Key, Known[Id]],
    fallback: str,
    names: Iterable[str] = (),
    named: Mapping[Id, Iterable[str]] = NOBODY,
) -> Match[Id]:
    """Whom a row's keys mean.

    Args:
        client_id: the directory's client.
        keys: the row's keys, strongest first.
        owners: the known entity behind each of the keys that are `asked` and `asked_of_answers` for, where there is one.
        fallback: what names a row that has no keys at all, such as its upload and line.
        names: a person's names that the row tells, folded: whole, or the half that it has.
        named: names of known people, folded, beside those that their keys tell.
    """
    names = tuple(names)
    keys = (*keys, *_alone(keys))
    found = [(key, owners[key]) for key in keys if key in owners and shared(key) not in owners]
    by_answers = [
        (key, owners[key]) for key in asked_of_answers(keys, owners) if key in owners and shared(key) not in owners
    ]
    strong, of_strangers = _without_strangers(
        [(key, known) for key, known in found if key.kind not in WEAK], keys, names, named
    )
    keys = tuple(key for key in keys if key not in of_strangers)
    match_of = next((known for key, known in strong if not contradicts(known.keys, _stronger(keys, key))), None)
    if match_of is None:
        match_of = next((known for _, known in by_answers if may_be_one(known.keys, keys, (), names)), None)
    if match_of is None:
        match_of = next(
            (
                known
                for key, known in found
                if key.kind in WEAK and not contradicts(known.keys, keys) and not differ_by_address(known.keys, keys)
            ),
            None,
        )
    if match_of is None:
        match = _new(client_id, keys, owners, fallback, by_answers)
    else:
        match = _known(match_of, keys, owners, [*strong, *_joining(match_of, keys, by_answers, names)], names, named)
    if not of_strangers:
        return match
    contested = tuple(dict.fromkeys((*match.contested, *of_strangers)))
    return evolve(match, contested=contested, of_strangers=of_strangers)


def _without_strangers(
    strong: list[tuple[Key, Known[Id]]], keys: Sequence[Key], names: Sequence[str], named: Mapping[Id, Iterable[str]]
) -> tuple[list[tuple[Key, Known[Id]]], tuple[Key, ...]]:
    """Whom the row's strong keys find, without strangers; and the keys that found those.

    A row that has no other key would be somebody new each time it is imported, so it means whom its key finds.
    """
    apart = [
        (key, known)
        for key, known in strong
        if are_strangers(key, known.keys, named.get(known.entity_id, ()), keys, names)
    ]
    of_strangers = {key for key, _ in apart}
    if not of_strangers or of_strangers.issuperset(keys):
        return strong, ()
    return [pair for pair in strong if pair[0] not in of_strangers], tuple(key for key, _ in apart)


def _joining(
    first: Known[Id], keys: Sequence[Key], by_answers: Iterable[tuple[Key, Known[Id]]], names: Sequence[str]
) -> list[tuple[Key, Known[Id]]]:
    """The people whom a row makes one with the one that it means, because answers told of them what the row tells of that one."""
    agreed = first.keys.union(keys)
    return [
        (key, known)
        for key, known in by_answers
        if key.kind in JOINS and may_be_one(agreed, known.keys, names) and known.entity_id != first.entity_id
    ]


def _new(
    client_id: ClientId,
    keys: Sequence[Key],
    owners: Mapping[Key, Known[Id]],
    fallback: str,
    by_answers: Iterable[tuple[Key, Known[Id]]],
) -> Match[Id]:
    free = _fitting(frozenset(), [key for key in keys if key not in owners])
    name = f"{free[0].kind}/{free[0].value}" if free else fallback
    entity_id: Id = uuid5(client_id, name)  # type: ignore[assignment] # an id is a UUID under another name
    contested = (*(key for key in keys if key in owners), *(key for key, _ in by_answers))
    new_keys = (*free, *_newly_shared(frozenset(free), keys, owners))
    return Match(entity_id=entity_id, is_new=True, new_keys=new_keys, contested=contested)


def _known(
    first: Known[Id],
    keys: Sequence[Key],
    owners: Mapping[Key, Known[Id]],
    strong: Sequence[tuple[Key, Known[Id]]],
    names: Sequence[str],
    named: Mapping[Id, Iterable[str]],
) -> Match[Id]:
    same: dict[Id, tuple[Known[Id], Key]] = {}
    contested: list[Key] = []
    # The row speaks too: whom its own keys contradict is not joined, and those who are joined must agree among them.
    agreed = first.keys.union(_fitting(first.keys, keys))
    for key, known in strong:
        if known.entity_id == first.entity_id or known.entity_id in same:
            continue
        called = (*names, *named.get(first.entity_id, ()))
        if contradicts(agreed, known.keys) or are_strangers(
            key, known.keys, named.get(known.entity_id, ()), agreed, called
        ):
            contested.append(key)
        else:
            same[known.entity_id] = (known, key)
            agreed |= known.keys
    group = [first, *(known for known, _ in same.values())]
    oldest = min(group, key=lambda known: known.since)
    joining = {known.entity_id: key for known, key in same.values()}
    merged = tuple(
        (known, joining.get(known.entity_id) or joining[oldest.entity_id])
        for known in group
        if known.entity_id != oldest.entity_id
    )
    held = frozenset[Key]().union(*(known.keys for known in group))
    new_keys = _fitting(held, [key for key in keys if key not in owners])
    new_keys += _newly_shared(held.union(new_keys), keys, owners)
    return Match(entity_id=oldest.entity_id, is_new=False, new_keys=new_keys, merged=merged, contested=tuple(contested))


def _fitting(held: frozenset[Key], keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys that an entity may hold beside those it has; of two that exclude each other, the first."""
    fitting: list[Key] = []
    for key in keys:
        if not contradicts(held.union(fitting), (key,)):
            fitting.append(key)
    return tuple(fitting)


def _alone(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys that names are where a row tells nothing else of a company."""
    if any(key.kind is not KeyKind.COMPANY_NAME for key in keys):
        return ()
    return tuple(Key(KeyKind.COMPANY_NAME_ALONE, key.value) for key in keys)


#: Found keys that join two who are known; whether two companies are one, answers do not say.
JOINS: Final = frozenset({KeyKind.PERSON_LINKEDIN_FOUND, KeyKind.PERSON_EMAIL_FOUND})


def shared(key: Key) -> Key:
    """What says that a company's name, or a found key, means none of those that have it; nothing says so of another key."""
    if key.kind in TOLD:
        return Key(KeyKind.FOUND_FOR_SEVERAL, f"{key.kind} {key.value}")
    return Key(KeyKind.COMPANY_NAME_SHARED, key.value) if key.kind is KeyKind.COMPANY_NAME else NOBODYS


#: No row has it.
NOBODYS: Final = Key(KeyKind.COMPANY_NAME_SHARED, "")


def _newly_shared(held: frozenset[Key], keys: Sequence[Key], owners: Mapping[Key, Known[Id]]) -> tuple[Key, ...]:
    """Names of the row whose owner is certainly another company than the one that holds those keys."""
    return tuple(
        shared(key)
        for key in keys
        if key.kind is KeyKind.COMPANY_NAME
        and key in owners
        and shared(key) not in owners
        and contradicts(owners[key].keys, held)
    )


def _stronger(keys: Sequence[Key], than: Key) -> tuple[Key, ...]:
    return tuple(key for key in keys if STRENGTH[key.kind] < STRENGTH[than.kind])
