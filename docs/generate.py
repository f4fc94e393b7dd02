"""Writes the generated pages of this folder: the configuration reference, the event catalogue, the fields, the life-cycle diagram.

Each is made from what the code itself reads or runs by, so it cannot say something else; a test compares what is
committed with what is made. Run it with `make docs`.
"""  # noqa: INP001 - a script beside the pages that it writes, not a package

import ast
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Final

from enrichcore.domain import events, life_cycle
from enrichcore.fields.reference import reference_markdown as fields_markdown
from enrichcore.registry import reference_markdown

DOCS: Final = Path(__file__).resolve().parent
_BEGIN: Final = "<!-- generated: life cycle -->\n"
_END: Final = "<!-- end of generated -->\n"
#: The modules of events, in the order in which one reads them, with their titles.
_SECTIONS: Final = {
    events.steps: "Step runs",
    events.items: "Items and company runs",
    events.batches: "Uploads and batches",
    events.directory: "The directory: who is who",
    events.lanes: "Lanes",
    events.world: "The world",
}

_INTRODUCTION: Final = """\
# Event catalogue

<!-- Made by docs/generate.py from enrichcore.domain.events; edit that. -->

Every fact that enrichcore records. A class's name is its stable name in the log and in SQL, so it is never renamed; fields
may be added with a default. Replay never asks whether an event was allowed.

`body` is kept byte for byte, whatever it holds. Of an event that has one, what is as by default is not written: a key that is
absent has the default given here. `reserved`, `spent` and `corrected` are *changes*, exact decimals, so that a
sum over any set of events is right; `corrected` changes what was spent on the day `corrected_on`. Times are in UTC.
"""


def pages() -> dict[Path, str]:
    """Every generated page, with the text that it should have."""
    life_cycle_page = DOCS / "life-cycle.md"
    return {
        DOCS / "configuration.md": reference_markdown(),
        DOCS / "events.md": event_catalogue(),
        DOCS / "fields.md": fields_markdown(),
        life_cycle_page: with_diagram(life_cycle_page.read_text("utf-8")),
    }


def with_diagram(page: str) -> str:
    """The page on the life cycle, with the diagram between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n```mermaid\n{life_cycle.mermaid()}```\n\n{_END}{after}"


def event_catalogue() -> str:
    """The page of all events: envelope, then the modules of events, each in its order."""
    envelope = "".join(entry for entry in _entries(events.base) if entry.startswith("### Recorded"))
    parts = [_INTRODUCTION, envelope.replace("### Recorded", "## The envelope: Recorded", 1)]
    for module, title in _SECTIONS.items():
        parts.append(f"## {title}\n")
        parts.extend(_entries(module))
    return "\n".join(parts)


def _entries(module: ModuleType) -> Iterator[str]:
    source = inspect.getsource(module)
    lines = source.splitlines()
    for node in ast.parse(source).body:
        kind = getattr(module, node.name) if isinstance(node, ast.ClassDef) else object
        if isinstance(node, ast.ClassDef) and issubclass(kind, (events.Event, events.Recorded)):
            yield _entry(node, kind, lines)


def _entry(node: ast.ClassDef, kind: type, lines: list[str]) -> str:
    parts = [f"### {node.name}\n", f"{ast.get_docstring(node)}\n"]
    moves = _moves(kind)
    if moves:
        parts.append(f"{moves}\n")
    fields = list(_fields(node, lines))
    inherited = next((base.__name__ for base in kind.__bases__ if base not in {events.Event, object}), "")
    if inherited:
        parts.append(f"Has the fields of [{inherited}](#{inherited.lower()}){', and:' if fields else '.'}\n")
    if fields:
        rows = ["| Field | Type | Default | Meaning |", "| --- | --- | --- | --- |", *fields]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _moves(kind: type) -> str:
    arrivals: Mapping[tuple[life_cycle.State, type], frozenset[life_cycle.State]] = life_cycle.ARRIVALS
    sources = [state for state in life_cycle.State if (state, kind) in arrivals]
    if not sources:
        return ""
    targets = frozenset[life_cycle.State]().union(*(arrivals[state, kind] for state in sources))
    stays = all(arrivals[state, kind] == {state} for state in sources)
    to = "the same" if stays else _named(state for state in life_cycle.State if state in targets)
    return f"From {_named(sources)} to {to}."


def _named(states: Iterator[life_cycle.State] | list[life_cycle.State]) -> str:
    return ", ".join(f"`{state}`" for state in states)


def _fields(node: ast.ClassDef, lines: list[str]) -> Iterator[str]:
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            default = "*required*" if field.value is None else _default(field.value)
            cells = (f"`{field.target.id}`", f"`{ast.unparse(field.annotation)}`", default, _comment(field, lines))
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(value: ast.expr) -> str:
    if not isinstance(value, ast.Call):
        text = ast.unparse(value)
        return {"''": "empty", "b''": "empty", "NOTHING": "`0`", "None": "none"}.get(text, f"`{text}`")
    if isinstance(value.func, ast.Name) and value.func.id == "Factory":
        return "empty"
    given = [keyword.value for keyword in value.keywords if keyword.arg == "default"]
    return "empty" if given else "*required*"


def _comment(field: ast.AnnAssign, lines: list[str]) -> str:
    above = field.lineno - 2
    words: list[str] = []
    while lines[above].strip().startswith("#:"):
        words.insert(0, lines[above].strip().removeprefix("#:").strip())
        above -= 1
    return " ".join(words)


def main() -> None:
    """Write every page that is not up to date."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
