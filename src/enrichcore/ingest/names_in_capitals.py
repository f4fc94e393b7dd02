"""Which end of a full name the last name stands at, where it may be the one in capitals in front: "QUILL Odalys", "ODALYS Quill".

Names that are known tell it; of others it is the last name, unless the file's other rows write first names so.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from enrichcore.normalize import CapitalsInFront, capitals_in_front

Turn = Callable[[str], str]


def turn_by(cells: Iterable[str]) -> Turn:
    """How to read the names of a column: without its capitals where the column's names show that first names are written in them.

    Args:
        cells: Some of the column's cells.
    """
    counts = Counter(capitals_in_front(cell) for cell in cells if " " in cell.strip())
    return _as_written if counts[CapitalsInFront.FIRST_NAME] > counts[CapitalsInFront.LAST_NAME] else _as_it_seems


def _as_it_seems(cell: str) -> str:
    return cell


def _as_written(cell: str) -> str:
    # As nearly all names are.
    if cell.istitle() or capitals_in_front(cell) is not CapitalsInFront.DOUBTFUL:
        return cell
    return " ".join(word.title() if word.isupper() else word for word in cell.split())
