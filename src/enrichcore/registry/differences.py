"""Which keys of two recorded configurations differ, as the file writes them; never what they hold."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from enrichcore.registry.at import At

#: Parts of a snapshot that the file writes otherwise; what is empty is not written there.
_WRITTEN: Final = {
    "pipeline": "",
    "lane": "",
    "lanes": "steps",
    "http": "steps",
    "rules": "",
    "answer_within_s": "answer_within",
    "reuse_within_s": "reuse_within",
    "budget_period_s": "budget_period",
    "callback_secrets": "callback_secret",
}
#: Keys that hold secrets, which only who sends has to know.
SECRET: Final = frozenset({"callback_secret", "url", "auth", "request"})
#: What has names of the user's own below it.
_NAMED: Final = frozenset({"workstreams", "clients", "webhooks", "steps", "lanes", "http", "fields"})
#: Names of things in a list of the snapshot.
_NAMES: Final = ("workstream", "workflow")


def differences(one: Mapping[str, Any], other: Mapping[str, Any], *, secrets: bool = True) -> list[str]:
    """The keys of two snapshots that differ, in order, such as `clients.acme.callback_secret`.

    Args:
        one: as `snapshot` gives it.
        other: likewise.
        secrets: whether keys that hold secrets are looked at.
    """
    found = {_as_written(parts) for parts in _differing(one, other)}
    told = {parts for parts in found if secrets or parts[-1] not in SECRET}
    # A client's lane has the numbers of its step, unless it has its own.
    return [str(At(parts)) for parts in sorted(told) if parts[0] != "clients" or _of_the_step(parts) not in told]


def _differing(one: Any, other: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    one, other = _by_name(one), _by_name(other)
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        if one != other:
            yield at
        return
    for name in [*one, *(name for name in other if name not in one)]:
        if name not in one or name not in other:
            yield (*at, name)
        else:
            yield from _differing(one[name], other[name], (*at, name))
    if at[-1:] == ("steps",) and one.keys() == other.keys() and list(one) != list(other):
        yield at


def _by_name(content: Any) -> Any:
    """A list of steps or webhooks as a mapping."""
    if not isinstance(content, list | tuple) or not content or not all(isinstance(one, Mapping) for one in content):
        return content
    return {"/".join(str(one[name]) for name in _NAMES if name in one): one for one in content}


def _as_written(parts: tuple[str, ...]) -> tuple[str, ...]:
    before = ("", *parts)
    told = [part if above in _NAMED else _WRITTEN.get(part, part) for above, part in zip(before, parts, strict=False)]
    if "http" in parts[2:3]:
        told.append("request")
    return tuple(one for part in told if part for one in part.split("/"))


def _of_the_step(parts: tuple[str, ...]) -> tuple[str, ...]:
    match parts:
        case ("clients", _, "webhooks", workstream, workflow, key):
            return ("workstreams", workstream, "steps", workflow, key)
    return ()
