"""Which end of a full name the last name stands at, where it may be the one in capitals in front: "QUILL Odalys", "ODALYS Quill".

Names that are known tell it; of others the file's other rows do. Where these do not either, the order stays as written.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from enrichcore.normalize import CapitalsInFront, capitals_in_front, last_name_before_comma

#: Names in capitals in front that show a habit where none of them is known.
_A_HABIT: Final = 3

Turn = Callable[[str], str]


def turn_by(cells: Iterable[str]) -> Turn:
    """How to read the names of a column: with a comma behind the last name where the column's names show that it stands in front.

    Args:
        cells: Some of the column's cells.
    """
    counts = Counter(capitals_in_front(cell) for cell in cells if " " in cell.strip())
    doubtful = counts[CapitalsInFront.DOUBTFUL]
    if counts[CapitalsInFront.FIRST_NAME]:
        begins = False
    elif counts[CapitalsInFront.LAST_NAME]:
        begins = True
    else:
        begins = doubtful >= _A_HABIT and 2 * doubtful > counts.total()
    return _turned if begins else _as_written


def _as_written(cell: str) -> str:
    return cell


def _turned(cell: str) -> str:
    # As nearly all names are.
    if cell.istitle() or capitals_in_front(cell) is not CapitalsInFront.DOUBTFUL:
        return cell
    return last_name_before_comma(cell)
