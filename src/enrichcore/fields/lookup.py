"""The objects of a payload that may be the one asked for, and the value of a field in them.

A field is looked for along its paths in the order of trust, in every object of the payload that may be the one asked
for, and the first value that its cleaner accepts is taken. In an object that is known to be of the other kind (a person's
employer, an echo of what was sent) only a field's own full name counts.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from attrs import frozen

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.catalogue import FIELDS_BY_NAME
from enrichcore.fields.cleaners import CLEANERS, Cleaner
from enrichcore.fields.owners import is_nobodys
from enrichcore.fields.payloads import Tree, objects_in, values_along, values_at
from enrichcore.fields.sources import Path, Shape, Sources, folded_key, keys, named_paths, paths_of, shape_of
from enrichcore.fields.text_values import label


@frozen(kw_only=True)
class Objects:
    """The objects of a payload, as seen by one who looks for a person or for a company."""

    #: Surely the kind asked for.
    sure: list[Tree]
    #: Those, and objects that may be.
    own: list[Tree]
    #: Objects of the other kind.
    foreign: list[Tree]
    #: Every key of the own objects: most paths of most fields begin with none of them.
    own_keys: frozenset[str]
    #: What begins with a key of the own objects or of the foreign ones.
    shape: Shape

    def paths_of(self, name: str, sources: Sources | None) -> tuple[Path, ...]:
        """The paths of a field that may lead somewhere in these objects, the caller's own where there are some."""
        return paths_of(name, sources) if sources and name in sources else self.shape.fields[name]


def objects_about(payload: Tree, entity: Entity) -> Objects:
    """The objects that may be about the one asked for, without those that contradict each other."""
    found = [one for one in objects_in(payload, entity) if not is_nobodys(one.values, entity)]
    sure = _of_one([one.values for one in found if one.owner is entity], entity)
    unsure = [one.values for one in found if one.owner is None]
    foreign = [one.values for one in found if one.owner not in {entity, None}]
    own = [*sure, *unsure]
    own_keys = frozenset[str]().union(*own)
    return Objects(sure=sure, own=own, foreign=foreign, own_keys=own_keys, shape=shape_of(own_keys.union(*foreign)))


def _of_one(objects: list[Tree], entity: Entity) -> list[Tree]:
    """The objects that tell of the same person or company as the first one: fields of two are never mixed."""
    if len(objects) <= 1:
        return objects
    first = identity_of(objects[0], entity)
    return [objects[0], *(node for node in objects[1:] if not contradict(first, identity_of(node, entity)))]


def identity_of(node: Tree, entity: Entity) -> tuple[str | None, frozenset[str]]:
    """The page on LinkedIn, and the words of the name."""
    kind: normalize.LinkedInKind = "in" if entity is Entity.PERSON else "company"
    names = _NAMES[entity]
    found_at = paths_of(f"{entity}_linkedin_url")
    page = next(
        (key for value in values_along((node,), found_at) if (key := normalize.linkedin_key(value, kind))), None
    )
    told = [text for name in names for text in clean_values([node], paths_of(name), label)]
    key_of = normalize.person_name_key if entity is Entity.PERSON else normalize.company_name_key
    return page, frozenset(word for text in told for word in (key_of(text) or "").split())


_NAMES: Mapping[Entity, tuple[str, ...]] = {
    Entity.PERSON: ("person_full_name", "person_first_name", "person_last_name"),
    Entity.COMPANY: ("company_name",),
}


def contradict(one: tuple[str | None, frozenset[str]], other: tuple[str | None, frozenset[str]]) -> bool:
    """Whether two identities (page, names) cannot be of one person or company."""
    if one[0] and other[0] and differ_as_pages(one[0], other[0]):
        return True
    return bool(one[1] and other[1]) and one[1].isdisjoint(other[1])


def field_of(
    objects: Objects,
    name: str,
    sources: Sources | None,
    *,
    own_name: bool | None = None,
    clean: Cleaner | None = None,
) -> Any:
    """The first value along the field's paths that its cleaner, or the one told, accepts.

    Of those under its own name only, or not, when told.
    """
    own = sources.get(name) if sources else None
    found_at = objects.shape.fields[name] if own is None else paths_of(name, sources)
    if not found_at:
        return None
    shipped_clean, own_path = cleaning(name)
    clean = clean or shipped_clean
    own_clean, named = (_own_cleaning(name), named_paths(tuple(own))) if own is not None else (None, frozenset())
    for path in found_at:
        is_own = path == own_path
        if own_name is not None and is_own is not own_name:
            continue
        accept = own_clean if own_clean is not None and path in named else clean
        for node in [*objects.own, *objects.foreign] if is_own else objects.own:
            if not path or path[0] in node:
                for value in values_at(node, path):
                    cleaned = accept(value)
                    if cleaned is not None:
                        return cleaned
    return None


@cache
def cleaning(name: str) -> tuple[Cleaner, Path]:
    """How a field's values are cleaned, and the path that is its own full name."""
    return CLEANERS[FIELDS_BY_NAME[name].clean], (folded_key(name),)


@cache
def _own_cleaning(name: str) -> Cleaner | None:
    """How what a path of one's own tells is cleaned, where the shipped paths are doubted."""
    own = FIELDS_BY_NAME[name].own_clean
    return CLEANERS[own] if own else None


def clean_values(nodes: list[Tree], found_at: tuple[Path, ...], clean: Cleaner) -> Iterator[Any]:
    """The values along the paths that the cleaner accepts, in the order of trust."""
    for value in values_along(nodes, found_at):
        cleaned = clean(value)
        if cleaned is not None:
            yield cleaned


def bare_page(objects: Objects, clean: Cleaner) -> str | None:
    """A page that is all that an object has under a key that only wraps: the answer of a column that looks for it."""
    wrappers = keys("wrappers")
    texts = (
        part
        for node in objects.own
        for key, part in node.items()
        if key in wrappers and isinstance(part, str) and "/" in part and len(part.split()) == 1
    )
    return next(filter(None, map(clean, texts)), None)


def slug_url(objects: Objects, entity: str, sources: Sources | None) -> str | None:
    """A LinkedIn URL from a slug; a bare one only counts under a key of LinkedIn's own or in an object that is surely the one asked for, "in/..." in any."""
    found_at, clean = objects.paths_of(f"{entity}_linkedin_slug", sources), CLEANERS[f"{entity}_slug"]
    marked = (
        text
        for text in values_along(objects.own, found_at)
        if isinstance(text, str) and text.startswith(_MARKS[entity])
    )
    named = tuple(path for path in found_at if path[-1] in keys("slugs_of_linkedin"))
    return (
        next(clean_values(objects.sure, found_at, clean), None)
        or next(clean_values(objects.own, named, clean), None)
        or next(filter(None, map(clean, marked)), None)
    )


#: How a slug begins that tells whose page it is.
_MARKS = {"person": "in/", "company": "company/"}
