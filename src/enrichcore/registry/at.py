"""Where in the configuration something stands."""

import json
import re

from attrs import frozen

BARE = re.compile(r"[A-Za-z0-9_-]{1,80}")
LONGEST = 80


@frozen
class At:
    """A path of keys, written as TOML writes it: `clients.acme.webhooks`, `steps[2].rate`, `clients."a b"`."""

    #: Keys, and numbers of list entries counted from 1.
    parts: tuple[str | int, ...] = ()

    def __truediv__(self, part: str | int) -> "At":
        return At((*self.parts, part))

    def __str__(self) -> str:
        return "".join(map(_written, self.parts)).removeprefix(".")


def _written(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part if BARE.fullmatch(part) else json.dumps(part[:LONGEST])}"
