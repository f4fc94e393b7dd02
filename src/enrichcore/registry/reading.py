"""Reads one table of the configuration by its settings, and notes every fault on the way.

Nothing stops at a fault: what can be read is returned, what cannot is left out, and the caller goes on, so that all
faults are found in one go. Values are only built once there are none.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import NOTHING, Factory, frozen

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.at import At
from enrichcore.registry.errors import Fault, suggestion
from enrichcore.registry.readers import FromEnvironment, UnreadableError, each, each_value, shown, unreadable
from enrichcore.registry.setting import Setting

ENVIRONMENT = "env:"


@frozen(kw_only=True)
class Context:
    """What reading needs besides the table, and where its faults go."""

    env: Mapping[str, str]
    #: Where relative paths start.
    folder: Path
    faults: list[Fault] = Factory(list)

    def note(self, at: At, problem: str, remedy: str) -> None:
        """Adds a fault."""
        self.faults.append(Fault(key=str(at), problem=problem, remedy=remedy))

    def resolved(self, value: Any) -> Any:
        """The value with every `env:NAME` in it replaced.

        Raises:
            UnreadableError: A variable is not set, is empty, or is no UTF-8 text; every one of them.
        """
        if isinstance(value, str):
            return self._variable(value) if value.startswith(ENVIRONMENT) else value
        if isinstance(value, list):
            return list(each(value, self.resolved))
        if isinstance(value, dict):
            return each_value(value, self.resolved)
        return value

    def _variable(self, reference: str) -> FromEnvironment:
        name = reference.removeprefix(ENVIRONMENT).strip()
        if not name or not name.isprintable() or "=" in name:
            raise unreadable(reference, "names no variable", 'write "env:NAME"')
        content = self.env.get(name, "")
        if not content:
            state = "is set but empty" if name in self.env else "is not set"
            raise unreadable(NOTHING, f"the environment variable {name} {state}", f"set {name}")
        if not is_unicode(content):
            raise unreadable(NOTHING, f"the environment variable {name} is not UTF-8 text", "set it to UTF-8 text")
        return FromEnvironment(content, name)


def is_unicode(content: str) -> bool:
    """Whether the text is free of lone surrogates, which stand for undecodable bytes."""
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True


def attempt(context: Context, at: At, value: Any, read: Callable[[Any], Any], *, secret: bool = False) -> Any:
    """What a reader makes of a value; NOTHING, and faults noted, where it cannot."""
    try:
        return read(value)
    except UnreadableError as error:
        for trouble in error.troubles:
            subject = "" if trouble.value is NOTHING else f"{shown(trouble.value, secret=secret)} "
            context.note(At((*at.parts, *trouble.within)), f"{subject}{trouble.problem}", trouble.remedy)
    return NOTHING


def read_table(
    context: Context, at: At, raw: Any, settings: Sequence[Setting], kind: Kind | None = None
) -> dict[str, Any]:
    """The settings of one table, by key.

    Args:
        context: Environment, folder and faults.
        at: Where the table stands.
        raw: The table as TOML gives it; anything else is a fault.
        settings: The keys that the table may have.
        kind: The kind of step that it is about; None where that is not known, or where kinds mean nothing.

    Returns:
        What could be read, and the defaults of what was not given; keys for another kind are left out.
    """
    if not isinstance(raw, dict):
        context.note(at, f"{shown(raw, secret=True)} is not a table", f"write [{at}]")
        return {}
    by_key = {setting.key: setting for setting in settings}
    for key in raw:
        if key not in by_key:
            context.note(at / key, "is not a known key", suggestion(key, by_key))
    values: dict[str, Any] = {}
    for setting in settings:
        fits = kind is None or kind in setting.kinds
        if setting.key in raw and not fits:
            context.note(at / setting.key, f"means nothing for a step of kind {kind}", "take it out")
        elif setting.key in raw:
            values[setting.key] = _read(context, at / setting.key, raw[setting.key], setting)
        elif setting.required and fits and (kind or setting.kinds == frozenset(Kind)):
            context.note(at / setting.key, "is missing", f"give it: {setting.reader.type_name}")
        elif fits and (default := setting.default_for(kind)) is not None:
            values[setting.key] = default
    return {key: value for key, value in values.items() if value is not NOTHING}


def _read(context: Context, at: At, value: Any, setting: Setting) -> Any:
    reader = setting.reader
    plain = value if reader.nested else attempt(context, at, value, context.resolved)
    return NOTHING if plain is NOTHING else attempt(context, at, plain, reader.read, secret=reader.secret)
