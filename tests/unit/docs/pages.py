"""The pages that the repository shows to people, and the parts of them that tests hold to."""

import re
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_COMMAND = re.compile(r"^(?:\$ |\S*bin/)?enrichcore(?P<rest>(?: .*)?)$")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)


@frozen(kw_only=True)
class Command:
    """An `enrichcore` command that a page names."""

    page: str
    #: Its first word, such as `launch`.
    name: str
    #: Options that are named with it.
    options: tuple[str, ...]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [found["text"] for found in _FENCE.finditer(page.read_text("utf-8")) if found["language"] == language]


def commands() -> Iterator[Command]:
    """Every `enrichcore ...` in code, over all pages."""
    for page in PAGES:
        text = page.read_text("utf-8")
        shell = [line for block in blocks(page, "sh") for line in block.splitlines()]
        for code in [*shell, *_SPAN.findall(_FENCE.sub("", text))]:
            found = _COMMAND.match(code.partition(" #")[0].strip())
            words = found["rest"].split() if found else []
            if words and not words[0].startswith("-"):
                options = tuple(word.partition("=")[0] for word in words[1:] if word.startswith("--"))
                yield Command(page=str(page.relative_to(ROOT)), name=words[0], options=options)


def links(page: Path) -> list[str]:
    """Targets of the links of a page, outside code."""
    return [found["target"] for found in _LINK.finditer(_SPAN.sub("", _FENCE.sub("", page.read_text("utf-8"))))]


def anchors(page: Path) -> set[str]:
    """The anchors that headings of a page make."""
    titles = (found["title"] for found in _HEADING.finditer(_FENCE.sub("", page.read_text("utf-8"))))
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}
