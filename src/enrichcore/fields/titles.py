"""Whether two titles are of one role, however each is written, and which titles are those of a side job."""

import re
from functools import cache, lru_cache

from enrichcore.fields.sources import document, words
from enrichcore.normalize import folded

_WORD = re.compile(r"[^\W_]+")


def are_of_one_role(one: str | None, other: str | None) -> bool:
    """Whether two titles are surely one role's: "VP of Sales" and "Vice President Sales", "CTO" and "CTO & Co-Founder".

    One title has all the words of the other; "Sales Director" and "Sales Manager" may be two roles.
    """
    first, second = _told_by(one or ""), _told_by(other or "")
    return bool(first and second) and (first <= second or second <= first)


def is_side_job(title: str | None) -> bool:
    """Whether a title is mostly that of something beside a job: a seat on a board, a mentor's."""
    told = _told_by(title or "")
    return not told.isdisjoint(words("side_jobs")) and told.isdisjoint(words("main_jobs"))


@lru_cache(maxsize=4_096)
def _told_by(title: str) -> frozenset[str]:
    """The words of a title that tell something, each in one form."""
    text = " ".join(_WORD.findall(folded(title)))
    for form, short in _forms():
        text = re.sub(rf"\b{form}\b", short, text)
    return frozenset(text.split()) - words("idle_in_titles")


@cache
def _forms() -> tuple[tuple[str, str], ...]:
    """Long forms and what they are in short, the longest first."""
    told = {folded(form): short for short, forms in document("shapes")["title_forms"].items() for form in forms}
    return tuple(sorted(told.items(), key=lambda pair: -len(pair[0])))
