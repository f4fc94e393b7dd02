"""Where each field is found, as data: the paths of `sources.toml` and the meaning of keys of `shapes.toml`.

A caller may give paths of its own for some fields; they replace the shipped ones for those fields only, and may name
these by `"..."`, before or behind which their own then stand.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from attrs import Factory, field, frozen

Sources = Mapping[str, Sequence[str]]
#: The folded keys of a path.
Path = tuple[str, ...]


#: Stands for the shipped paths in a list of one's own.
SHIPPED = "..."


@frozen
class OwnSources(Mapping[str, Sequence[str]]):
    """Paths of one's own by field, in a form that can be compared, hashed and sent to other processes."""

    _pairs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    _by_name: dict[str, tuple[str, ...]] = field(
        init=False, eq=False, repr=False, default=Factory(lambda self: dict(self._pairs), takes_self=True)
    )

    def __getitem__(self, name: str) -> Sequence[str]:
        """The paths of a field."""
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        """The fields."""
        return (name for name, _ in self._pairs)

    def __len__(self) -> int:
        """How many fields have paths of their own."""
        return len(self._pairs)


def own_sources(sources: Sources) -> OwnSources:
    """Those of any mapping, whatever its order."""
    if isinstance(sources, OwnSources):
        return sources
    return OwnSources(tuple(sorted((name, tuple(texts)) for name, texts in sources.items())))


@frozen(kw_only=True)
class Place:
    """Where one kind of place is found, and its parts inside it."""

    #: Path of the place or the list of places; empty for the object itself.
    at: Path
    city: tuple[Path, ...]
    state: tuple[Path, ...]
    country: tuple[Path, ...]


@lru_cache(maxsize=16_384)
def folded_key(key: str) -> str:
    """A key without case and punctuation: `job_title`, `Job Title` and `JobTitle` are one."""
    return "".join(part for part in key.casefold() if part.isalnum())


@cache
def path(text: str) -> Path:
    """A dotted path as folded keys."""
    return tuple(folded for part in text.split(".") if (folded := folded_key(part)))


def is_path(text: str) -> bool:
    """Whether every part of a dotted path is a key."""
    return all(folded_key(part) for part in text.split("."))


def paths(texts: Sequence[str]) -> tuple[Path, ...]:
    """Dotted paths as folded keys, in order."""
    return tuple(path(text) for text in texts)


@cache
def default_sources() -> Sources:
    """The shipped paths of every field, in the order of trust."""
    return {name: tuple(texts) for name, texts in document("sources")["fields"].items()}


def paths_of(name: str, sources: Sources | None = None) -> tuple[Path, ...]:
    """The paths of one field, the caller's own where there are some."""
    own = sources.get(name) if sources else None
    return _default_paths(name) if own is None else _own_paths(name, tuple(own))


class _Beginning(dict[str, tuple[Path, ...]]):
    """Those of the shipped paths that begin with one of some keys, by name, found out when they are first asked for."""

    def __init__(self, keys: frozenset[str], shipped: Callable[[str], tuple[Path, ...]]) -> None:
        super().__init__()
        self._keys, self._shipped = keys, shipped

    def __missing__(self, name: str) -> tuple[Path, ...]:
        found = self[name] = tuple(one for one in self._shipped(name) if one[0] in self._keys)
        return found


@frozen
class Shape:
    """The paths that may lead somewhere in objects with certain keys: all others lead nowhere."""

    #: Those of each field.
    fields: Mapping[str, tuple[Path, ...]]
    #: Those of each part of a person's jobs.
    jobs: Mapping[str, tuple[Path, ...]]


def shape_of(keys: Iterable[str]) -> Shape:
    """The shape of what has these keys: answers of one table have the same ones, so it is found out once for all of them."""
    return _shape_of(_first_keys().intersection(keys))


@lru_cache(maxsize=1_024)
def _shape_of(keys: frozenset[str]) -> Shape:
    return Shape(_Beginning(keys, paths_of), _Beginning(keys, job_paths))


@cache
def _first_keys() -> frozenset[str]:
    """The keys with which the shipped paths of fields and jobs begin."""
    told = (*default_sources().values(), *document("sources")["jobs"].values())
    return frozenset(path(text)[0] for texts in told for text in texts)


@lru_cache(maxsize=256)
def named_paths(own: tuple[str, ...]) -> frozenset[Path]:
    """The paths that a caller names itself, without what stands for the shipped ones."""
    return frozenset(path(text) for text in own if text.strip() != SHIPPED)


@lru_cache(maxsize=256)
def _own_paths(name: str, own: tuple[str, ...]) -> tuple[Path, ...]:
    parts = (_default_paths(name) if text.strip() == SHIPPED else (path(text),) for text in own)
    return tuple(dict.fromkeys(one for part in parts for one in part))


@cache
def _default_paths(name: str) -> tuple[Path, ...]:
    return paths(default_sources().get(name, ()))


@cache
def company_places() -> tuple[Place, ...]:
    """The kinds of places in a company's object, in the order of trust."""
    return tuple(
        Place(at=path(row["at"]), city=paths(row["city"]), state=paths(row["state"]), country=paths(row["country"]))
        for row in document("sources")["company_places"]
    )


@cache
def person_place() -> Place:
    """A person's place where it comes in parts."""
    row = document("sources")["person_place"]
    return Place(at=(), city=paths(row["city"]), state=paths(row["state"]), country=paths(row["country"]))


@cache
def place_words(kind: str) -> tuple[Path, ...]:
    """Paths of a place as one `line`, and keys that mark the `headquarters` in a list."""
    return paths(document("sources")["place_words"][kind])


@cache
def job_paths(kind: str) -> tuple[Path, ...]:
    """Paths of one part of a person's jobs: `history`, `title`, `start` and so on."""
    return paths(document("sources")["jobs"][kind])


@cache
def keys(kind: str) -> frozenset[str]:
    """The folded keys of one kind in `shapes.toml`."""
    return frozenset(folded_key(key) for key in document("shapes")[kind])


@cache
def words(*kinds: str) -> frozenset[str]:
    """The texts of some kinds in `shapes.toml`, as they stand there."""
    return frozenset(text for kind in kinds for text in document("shapes")[kind])


@cache
def document(name: str) -> dict[str, Any]:
    """One of the two files as it is written."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
