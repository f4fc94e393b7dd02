"""The configuration reference, made from the very table of keys that the parser reads by."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from string import Template
from typing import Any

from enrichcore.domain.pipeline import Kind
from enrichcore.registry.addresses import Listen
from enrichcore.registry.keys import (
    ANSWERS,
    CLIENT,
    HTTP_ONLY,
    INDICATORS,
    LANE,
    RESULTS,
    RUNNER,
    STEP,
    WEBHOOK,
    WORKSTREAM,
)
from enrichcore.registry.readers import duration_text
from enrichcore.registry.setting import Setting

#: The tables of the page, by their names in it.
TABLES = {
    "runner": RUNNER,
    "workstream": WORKSTREAM,
    "step": tuple(setting for setting in STEP if setting not in LANE),
    "lane": LANE,
    "indicators": INDICATORS,
    "answers": ANSWERS,
    "client": CLIENT,
    "webhook": (*WEBHOOK, *HTTP_ONLY),
}


def reference_markdown() -> str:
    """The page `docs/configuration.md`."""
    page = Template(files(__package__ or "").joinpath("configuration.md.template").read_text("utf-8"))
    results = "\n".join(f"| `{workflow}` | `{result}` |" for workflow, result in RESULTS.items())
    return page.substitute({name: _table(settings) for name, settings in TABLES.items()}, results=results)


def _table(settings: Iterable[Setting]) -> str:
    rows = [("Key", "Type", "Default", "Meaning"), ("---",) * 4, *map(_row, settings)]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def _row(setting: Setting) -> tuple[str, ...]:
    return f"`{setting.key}`", setting.reader.type_name, _default(setting), _meaning(setting)


def _default(setting: Setting) -> str:
    if setting.required:
        return "*required*"
    told = setting.default_note if setting.default is None else f"`{written(setting.default)}`"
    others = [
        f"; `{kind}`: {'none' if default is None else f'`{written(default)}`'}"
        for kind, default in setting.default_of_kind.items()
    ]
    return told + "".join(others)


def _meaning(setting: Setting) -> str:
    if setting.kinds == frozenset(Kind):
        return setting.meaning
    kinds = " and ".join(f"`{kind}`" for kind in Kind if kind in setting.kinds)
    return f"{setting.meaning} For {kinds} steps."


def written(value: Any) -> str:
    """A default as the file would write it."""
    match value:
        case timedelta():
            return f'"{duration_text(value)}"'
        case StrEnum() | Listen():
            return f'"{value}"'
        case float() | Decimal():
            return f"{Decimal(str(value)).normalize():f}"
        case _:
            return str(value)
