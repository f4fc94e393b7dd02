"""What the directory learns from answers: keys that were found for somebody, who may turn out to be somebody else as well.

A found key is kept apart from those of rows: any row's word goes before it. It makes two known people one where nothing
speaks against that. One that answers told of two different people means neither. Two companies are never merged by it.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from attrs import Factory, frozen

from enrichcore.domain.directory import JOINS, Known, shared
from enrichcore.domain.keys import TOLD, Key, as_told, differ_as_pages
from enrichcore.domain.likeness import UNIQUE, may_be_one

Id = TypeVar("Id", bound=UUID)


@frozen(kw_only=True)
class Learned(Generic[Id]):
    """What follows from keys that were found for one entity; nothing of it where they are no news."""

    #: The entity that stays.
    entity_id: Id
    #: Keys that now mean something: found ones, and the marks of those that mean nobody any more.
    keys: tuple[Key, ...] = ()
    #: Entities that turn out to be the same, each with the key that says so.
    merged: tuple[tuple[Known[Id], Key], ...] = ()
    #: Found keys that somebody else has, who is not merged.
    contested: tuple[Key, ...] = ()
    #: Those who are one now, the asked one first.
    group: tuple[Known[Id], ...] = Factory(tuple)


def asked_of_found(keys: Sequence[Key]) -> tuple[Key, ...]:
    """The keys whose owners `learn` has to be given."""
    return tuple(key for found in keys for key in (found, as_told(found), shared(found)))


def learn(
    asked: Known[Id], found: Sequence[Key], owners: Mapping[Key, Known[Id]], names: Mapping[Id, Sequence[str]]
) -> Learned[Id]:
    """What follows from found keys.

    Args:
        asked: the one who was asked about.
        found: keys that an answer told of that one.
        owners: the known entity behind each of the keys that are `asked_of_found`, where there is one.
        names: what rows called people, folded, beside the names in their keys.
    """
    group: list[Known[Id]] = [asked]
    same = {asked.entity_id}
    keys: list[Key] = []
    contested: list[Key] = []
    joined: dict[Id, Key] = {}
    for key in found:
        told, given = owners.get(as_told(key)), owners.get(key)
        if shared(key) in owners or any(known is not None and known.entity_id in same for known in (told, given)):
            continue
        if told is None and given is not None:
            # Answers told it of two: it is a switchboard's, or one of them is wrong.
            keys.append(shared(key))
            contested.append(key)
            continue
        held = frozenset[Key]().union(*(known.keys for known in group), keys)
        if given is None and _fits(held, key):
            keys.append(key)
        if told is None:
            continue
        called = [name for known in group for name in names.get(known.entity_id, ())]
        if key.kind in JOINS and may_be_one(held, told.keys, called, names.get(told.entity_id, ())):
            group.append(told)
            same.add(told.entity_id)
            joined[told.entity_id] = key
        else:
            contested.append(key)
    oldest = min(group, key=lambda known: known.since)
    merged = tuple(
        (known, joined.get(known.entity_id) or joined[oldest.entity_id])
        for known in group
        if known.entity_id != oldest.entity_id
    )
    return Learned(
        entity_id=oldest.entity_id, keys=tuple(keys), merged=merged, contested=tuple(contested), group=tuple(group)
    )


def _fits(held: frozenset[Key], key: Key) -> bool:
    """Whether an entity may hold that found key: of a page, or of a domain, it has one."""
    if TOLD[key.kind] not in UNIQUE:
        return True
    return not any(one.kind in {key.kind, TOLD[key.kind]} and differ_as_pages(one.value, key.value) for one in held)
