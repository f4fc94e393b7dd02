"""Folders of inputs that libFuzzer grows, begun with inputs that tests know."""

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def prepared(argv: list[str], seeds: Iterable[bytes]) -> list[str]:
    """The arguments, once each folder among them exists; one that is empty is begun with the seeds."""
    for folder in (Path(one) for one in argv[1:] if not one.startswith("-") and not Path(one).is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            for number, seed in enumerate(seeds):
                (folder / f"seed-{number:03}").write_bytes(seed)
    return argv


def from_the_root() -> None:
    """Let tests be imported as pytest does."""
    sys.path.insert(0, str(ROOT))
