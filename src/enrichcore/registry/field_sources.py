"""Where a user's own answers keep a field: paths by field, in place of the shipped ones or beside them."""

from typing import Any

from attrs import NOTHING

from enrichcore.fields import FIELDS_BY_NAME, SHIPPED, is_path
from enrichcore.registry.at import At
from enrichcore.registry.errors import suggestion
from enrichcore.registry.readers import each, read_text, shown, unreadable
from enrichcore.registry.reading import Context, attempt

#: Paths of one field.
MOST_PATHS = 100
#: Facts that are made of others, so that no path leads to them.
MADE = frozenset(
    {
        "person_current_companies",
        "person_past_companies",
        "person_history_is_whole",
        "person_jobs_are_several",
        "company_has_undated_round",
    }
)
NAMES = tuple(name for name in FIELDS_BY_NAME if name not in MADE)


def read_field_sources(context: Context, at: At, raw: Any) -> dict[str, tuple[str, ...]]:
    """The paths of every field that is named; faults go into the context."""
    if not isinstance(raw, dict):
        context.note(at, f"{shown(raw, secret=False)} is not a table", f"write [{at}]")
        return {}
    told: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        if name not in NAMES:
            context.note(at / name, "is not a known field", suggestion(name, NAMES))
            continue
        paths = attempt(context, at / name, value, read_paths)
        if paths is not NOTHING:
            told[name] = paths
    return told


def read_paths(value: Any) -> tuple[str, ...]:
    """Paths in order; `"..."` stands for the shipped ones."""
    if not isinstance(value, list) or not value or len(value) > MOST_PATHS:
        raise unreadable(value, "is not a list of paths", f'write ["their.key", "{SHIPPED}"]')
    paths = tuple(each(value, read_path))
    if paths.count(SHIPPED) > 1:
        raise unreadable(SHIPPED, "is there twice", "name the shipped paths once")
    return paths


def read_path(value: Any) -> str:
    """One path: keys joined by dots, as they stand in the answer."""
    text = read_text(value)
    if text != SHIPPED and not is_path(text):
        raise unreadable(value, "is not a path", 'write the keys that lead to the value, such as "profile.job_title"')
    return text
