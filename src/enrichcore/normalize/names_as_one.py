"""First, last and full name of one row as those of one person: columns for the parts win over what contradicts them."""

from enrichcore.normalize.folding import folded, folded_words
from enrichcore.normalize.known_names import first_names, only_first_names
from enrichcore.normalize.last_name_in_capitals import is_particle
from enrichcore.normalize.name_order import is_initial, is_of_any_order
from enrichcore.normalize.names import given_name_forms, split_full_name
from enrichcore.normalize.nothing import clean_text

#: Words that are particles only where they stand in a column for these: "aan de", "in 't".
_APOSTROPHES = str.maketrans("\u2019\u2018`", "'''")
_BEFORE_PARTICLES = frozenset({"aan", "bij", "in", "onder", "over", "tot", "uit", "voor"})

#: First, last and full name, as far as each is told.
Names = tuple[str | None, str | None, str | None]


def names_as_one(first: str | None, last: str | None, full: str | None) -> Names:
    """The names that are told of one person, without those of another.

    A full name that has no word of the last name is only a first one: in many lists "name" stands beside "surname".
    """
    if not full or not (first or last):
        return first, last, full
    if first and last:
        return _of_three(first, last, full)
    if last:
        return (_before(full, last), last, full) if _has_any(full, last) else (_first_of(full), last, None)
    return (first, None, full) if first and _is_of(full, first) else (first, None, None)


def without_middle_name(last: str, middle: str) -> str:
    """A last name without the middle name in front of it, where that has a column of its own."""
    begins, words = folded_words(middle), last.split()
    is_there = len(begins) < len(words) and folded_words(" ".join(words[: len(begins)])) == begins
    return " ".join(words[len(begins) :]) if is_there else last


def name_prefix(cell: str) -> str | None:
    """The particles of a last name that have a column of their own: "van der"."""
    words = (clean_text(cell) or "").lower().split()
    plain = [word.translate(_APOSTROPHES) for word in words]
    return " ".join(words) if words and all(word in _BEFORE_PARTICLES or is_particle(word) for word in plain) else None


def _of_three(first: str, last: str, full: str) -> Names:
    whole_first, whole_last = split_full_name(full)
    if (
        is_initial(last)
        and whole_last
        and folded_words(whole_last)[:1]
        and whole_last[0].casefold() == last[0].casefold()
    ):
        last = whole_last
    if not (_has_all(full, last) and _is_of(full, first)):
        return first, last, None
    if _are_initials(first) and whole_first and not _are_initials(whole_first):
        return whole_first, last, full
    parts, whole = folded_words(f"{first} {last}"), folded_words(full)
    if sorted(parts) != sorted(whole):
        is_shorter = len(whole) <= len(parts) and any(map(is_initial, full.split()))
        return first, last, None if is_shorter else full
    if parts == whole or is_of_any_order(full.split()):
        return first, last, full
    if folded(last) in only_first_names() and folded(first) not in first_names():
        # The columns were filled the wrong way round, as the full name shows.
        return last, first, None
    return first, last, None


def _first_of(full: str) -> str | None:
    """The first name of what is called a name, beside a last name that it lacks; None where it may be somebody else's whole one."""
    words = full.split()
    is_first = len(words) == 1 or all(folded(word) in first_names() or is_initial(word) for word in words)
    return full if is_first else None


def _before(full: str, last: str) -> str | None:
    """What stands before a last name inside a full one: "Ana" of "Ana García López", who is a García."""
    words, told = folded_words(full), folded_words(last)
    there = next((start for start in range(1, len(words) - len(told)) if words[start : start + len(told)] == told), 0)
    return " ".join(full.split()[:there]) or None if len(words) == len(full.split()) else None


def _are_initials(first: str) -> bool:
    """Whether a first name is cut short to initials: "A.", "J.R."."""
    return is_initial(first) or (first.count(".") > 1 and all(len(part.strip()) <= 1 for part in first.split(".")))


def _has_all(full: str, last: str) -> bool:
    return set(folded_words(last)) <= set(folded_words(full)) or _is_in(full, last)


def _has_any(full: str, last: str) -> bool:
    return not set(folded_words(last)).isdisjoint(folded_words(full)) or _is_in(full, last)


def _is_in(full: str, part: str) -> bool:
    """Whether a part is in a name that is written as one: 王 in 王小明."""
    return not full.isascii() and folded(part) in folded(full)


def _is_of(full: str, first: str) -> bool:
    """Whether a full name may be that of a first name: it has a word of it, a form of one, or one begins with the other's initial."""
    told, whole = folded_words(first), folded_words(full)
    if _are_initials(first):
        letters = "".join(told)
        return letters == "".join(word[0] for word in whole)[: len(letters)]
    forms = {form for word in told for form in given_name_forms(word)}
    is_begun = any(len(word) == 1 and told[0].startswith(word) for word in whole if told)
    return is_begun or not forms.isdisjoint(whole) or _is_in(full, first)
