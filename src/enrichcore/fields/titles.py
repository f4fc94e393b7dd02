"""Whether two titles are of one role, however each is written, and which titles are those of a side job."""

import re
from functools import cache, lru_cache

from enrichcore import normalize
from enrichcore.fields.sources import document, words
from enrichcore.normalize import folded

_WORD = re.compile(r"[^\W_]+")
#: Between the parts of a page's title.
_LINE = re.compile(r"\s[-\u2013\u2014|]\s")


def are_of_one_role(one: str | None, other: str | None) -> bool:
    """Whether two titles are surely one role's: "VP of Sales" and "Vice President Sales", "CTO" and "CTO & Co-Founder".

    One title has all the words of the other; "Sales Director" and "Sales Manager" may be two roles.
    """
    first, second = _told_by(one or ""), _told_by(other or "")
    return bool(first and second) and (first <= second or second <= first)


def is_side_job(title: str | None) -> bool:
    """Whether a title is mostly that of something beside a job: a seat on a board, a mentor's, a parent's."""
    return _is_side_job(title) if title else False


@lru_cache(maxsize=4_096)
def names_no_role(title: str, full_name: str | None, employer: str | None, page: str | None) -> bool:
    """Whether a title is the person's own name, that of their page ("Ann Moor - CFO - Quillhaven"), or their employer's.

    Args:
        title: What is told as a title.
        full_name: The person's.
        employer: Its name.
        page: The person's page on LinkedIn.
    """
    if is_employers_name(title, employer):
        return True
    plain = folded(title)
    if full_name and plain.startswith(folded(full_name)):
        return re.match(r"\s*(?:$|[-\u2013\u2014|,:(])", title[len(full_name) :]) is not None
    # Where no name is told, that in the page's address is the person's.
    first, *others = _WORD.findall(plain) or [""]
    in_page = set((page or "").rpartition("/")[2].split("-"))
    if full_name or first not in in_page or first in words("job_words"):
        return False
    has_no_job = words("job_words").isdisjoint(others)
    return bool(others) and (others[0] in in_page or has_no_job or is_line_of_several(title))


def is_line_of_several(title: str) -> bool:
    """Whether a title has several parts, as that of a page has: "Ann Moor - CFO - Quillhaven"."""
    return _LINE.search(title) is not None


def is_employers_name(title: str | None, employer: str | None) -> bool:
    """Whether a title is only the employer's name; who works for themselves may be called like what they do."""
    key = normalize.company_name_key(title) if title and employer else None
    if key is None or key != normalize.company_name_key(employer):
        return False
    return words("job_words").isdisjoint(_WORD.findall(folded(title or "")))


def is_only_a_job(title: str) -> bool:
    """Whether a title has no word but those of jobs: a self-employed "Consultant" may call the company so, too."""
    return words("job_words").issuperset(_WORD.findall(folded(title)))


@lru_cache(maxsize=4_096)
def _is_side_job(title: str) -> bool:
    plain = " ".join(_WORD.findall(folded(title)))
    if plain in _side_titles() or _side_phrases().search(plain) is not None:
        return True
    return not _told_by(title).isdisjoint(_side_words())


@cache
def _side_words() -> frozenset[str]:
    return frozenset(map(folded, words("side_jobs")))


@cache
def _side_titles() -> frozenset[str]:
    return frozenset(" ".join(_WORD.findall(folded(title))) for title in words("side_titles"))


@cache
def _side_phrases() -> re.Pattern[str]:
    phrases = sorted(" ".join(_WORD.findall(folded(phrase))) for phrase in words("side_phrases"))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b")


@lru_cache(maxsize=4_096)
def _told_by(title: str) -> frozenset[str]:
    """The words of a title that tell something, each in one form."""
    text = " ".join(_WORD.findall(folded(title)))
    for form, short in _forms():
        if form in text:
            text = re.sub(rf"\b{form}\b", short, text)
    return frozenset(text.split()) - words("idle_in_titles")


@cache
def _forms() -> tuple[tuple[str, str], ...]:
    """Long forms and what they are in short, the longest first."""
    told = {folded(form): short for short, forms in document("shapes")["title_forms"].items() for form in forms}
    return tuple(sorted(told.items(), key=lambda pair: -len(pair[0])))
