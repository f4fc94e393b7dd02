"""Quotes inside a quoted cell that nobody doubled: `"Foo "Bar" Inc"` is `Foo "Bar" Inc`, as its writer meant.

A reader of CSV takes the first of them for the cell's end. They are told by what stands around them: a cell ends where a delimiter
follows, and pairs of quotes around a word do not. Where that leaves a doubt the line stays as it is.
"""

import re
from functools import cache

#: Longer lines are left as they are: they are broken in other ways.
MAX_LINE = 1 << 16


def mended_quotes(line: str, delimiter: str) -> str:
    """The line with quotes doubled that stand inside a quoted cell."""
    if '"' not in line or len(line) > MAX_LINE:
        return line
    suspicious, cell = _patterns(delimiter)
    if suspicious.search(line) is None:
        return line
    return cell.sub(_doubled, line)


def _doubled(found: re.Match[str]) -> str:
    return f'{found[1]}"{_SINGLE.sub(_TWO, found[2])}"'


_TWO = '""'
_SINGLE = re.compile(r'(?<!")"(?!")')


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What tells that a line may have such quotes, and a cell that has."""
    apart = re.escape(delimiter)
    outside = rf'[^"\r\n{apart}]'
    # The quote first: it is looked for fast.
    suspicious = re.compile(rf'"(?<={outside}")(?={outside})')
    whole = r'(?:[^"\r\n]|"")*'
    pairs = rf'{whole}(?:(?<![{apart}])"{outside}+"(?![{apart}\r\n]|$){whole})+'
    single = rf'{outside}+"(?![{apart}\r\n]|$){outside}+'
    last_word = rf'{whole}(?<=[\s(])"{outside}+"'
    before_delimiter = rf'{outside}*"{outside}+"{apart} [^"\r\n]*'
    cell = re.compile(rf'(^|{apart})"({before_delimiter}|{pairs}|{last_word}|{single})"(?=[{apart}\r\n]|$)')
    return suspicious, cell
