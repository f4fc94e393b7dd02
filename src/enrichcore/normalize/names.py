"""Names of people: clean ones to show, folded ones to match.

What is shown keeps particles, apostrophes and inner capitals as given; only names all in capitals or all in lower case
are recased, and what is no part of a name (credentials, suffixes, honorifics) leaves it. What is matched is folded so that
`Müller`, `Mueller` and `Muller` agree.
"""

import re
from functools import cache
from typing import Any

from enrichcore.normalize.casing import capitalised, is_turkish, lowered
from enrichcore.normalize.folding import folded, folded_words
from enrichcore.normalize.known_names import first_names
from enrichcore.normalize.last_name_in_capitals import (
    CapitalsInFront,
    capitals_in_front_of,
    is_particle,
    last_name_in_capitals,
)
from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.name_order import Parts, is_initial, is_of_any_order, parts_in_order
from enrichcore.normalize.nothing import clean_text
from enrichcore.normalize.pictures import without_pictures
from enrichcore.normalize.remembering import remembered

#: Longer texts are no names.
MAX_PERSON_NAME = 200
#: What surrounds a name in a cell and is no part of it.
_EDGES = ' ,;|"“”„*_'
#: A word of so many characters, its full stop among them, may be a short form: "Wm.", "Jos.".
_SHORT_FORM = 4
#: A nickname, a name at birth or pronouns, beside a name: "Ada (Addie) Bell", "Ada “Addie” Bell".
_ASIDE = re.compile(r"""\s*(?:\([^()]*\)|\[[^\[\]]*\]|(?<!\w)"[^"]+"(?!\w)|[“„][^“”„]+[“”])""")
_ADDRESS_ASIDE = re.compile(r"\s*[(<\[][^()<>\[\]\s]+@[^()<>\[\]\s]+[)>\]]\s*$")
_PRONOUNS = re.compile(
    r"\s+[(\[]?(?:she|he|they)(?:/(?:her|him|them|hers|his|theirs|she|he|they)){1,2}[)\]]?$", re.IGNORECASE
)
#: What a template writes for a name that it does not have: "Jo undefined", "N/A Bell".
_BLANK = re.compile(r"null|undefined|#?[Nn]/[Aa]|[\[(](?:null|undefined)[)\]]")
#: What somebody noted behind a name.
_NOTE = re.compile(
    r"\s+-+\s+(?:do not|don['\u2019]t|dnc|no longer|left|former|ex|deceased|retired|duplicate|inactive|bounced|unsubscribed|old|wrong)\b.*",
    re.IGNORECASE,
)
#: What people write behind their name on a page: "Ada Bell | Keynote speaker".
_DECORATION = re.compile(r"\s+[|/\u2022\u00b7\u2014\u2013].*|\s*\|.*")
#: A full name before the company or the job: "Ada Bell - Acme".
_FULL_BEFORE_DASH = re.compile(r"(\S+\s.*?\S)\s+-\s.*")
#: A name before the company: "Ada Bell at Acme", "Bell @ Acme"; and a name in two parts with a lone dash between them.
_BEFORE_COMPANY = re.compile(r"(\S+\s.*?\S)\s+at\s+\S.*|(.*\S)\s+@\s+\S.*")
_LONE_DASH = re.compile(r"(\S+)\s+[-\u2013]\s+(\S+)")
#: What stands before a name, or behind it, in a sentence or a page's title.
_SAID = re.compile(
    r"^(?:(?:the|her|his|their|my|contact) )?(?:full )?name(?: is|:)\s+|['\u2019]s (?:linkedin )?(?:profile|page)$",
    re.IGNORECASE,
)
#: Another name of the same person behind this one.
_ALSO_CALLED = re.compile(r"\s+(?:a\.?k\.?a\.?|alias|n\u00e9e?|geb\.|geborene)\s+\S.*$", re.IGNORECASE)
#: Two whole names.
_TWO = re.compile(r"\S+ (?:\S+ )*?(?P<before>\S+) (?:and|und|et|&|\+) (?P<behind>\S+) \S.*", re.IGNORECASE)
#: A name in quotes before another: that by which somebody is called.
_CALLED = re.compile(r"[\"\u201c\u201e]([^\W\d_][^\"\u201c\u201d\u201e]*)[\"\u201d\u201c]\s+(\S+)")
#: Two people in one cell, or no name at all.
_SEVERAL = re.compile(r"[;&=<>{}\\]|\s\+\s")
#: Last names of two letters that are none of initials, though they have no vowel.
_SHORT_NAMES = frozenset({"NG"})
#: Two letters that are spoken as one syllable: "JO" is Jo, and "AJ" stays.
_SHORT_SYLLABLE = re.compile(r"[^AEIOU\W\d_][AEIOUY]")
#: What stands before the @ of an address, or a user's name.
_MAILBOX = re.compile(r"[a-z]{2,}[._][a-z]{2,}\d*|[a-z]+\d+")
#: Letters of a word in capitals that may be initials.
_LONGEST_ABBREVIATION = 3
#: Words that a name keeps before what may be a degree.
_SHORTEST_WHOLE = 2
_CAPITALS = re.compile(r"[A-Z]\.?[A-Z]|^[A-Z]\.$")
#: What Portuguese and Spanish write behind a short form: "Eng.\u00ba", "Dr.\u00aa".
_ORDINALS = "\u00ba\u00aa"
#: A number to call behind a name.
_PHONE_BEHIND = re.compile(
    r"[\s,;:|/-]+(?:(?:tel|phone|mob|mobile|cell)[.:]*\s*)?[+(]*\d(?:[\s()./-]*\d){6,}$", re.IGNORECASE
)
#: What people are called by behind a name in Japanese, Chinese and Korean.
_CALLED_BEHIND = re.compile(
    "(?<=[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]) ?(?:\u69d8|\u3055\u307e|\u3055\u3093|\u6bbf|\u5148\u751f|\u5973\u58eb|\u5c0f\u59d0|\ub2d8|\uc528)$"
)
#: A whole name in one word: "Ada.Bell", "Ada_Bell". Shorter parts may be initials or short forms.
_JOINED = re.compile(r"[^\W\d_]{3,}[._][^\W\d_]{3,}")
#: What an apostrophe ends before a name of its own: "Sant'Elia".
_ELIDED = frozenset({"all", "dall", "degl", "dell", "nell", "sant", "sull"})
_GENERATIONS = frozenset({"jr", "jnr", "sr", "snr"})


@remembered
def person_name(value: Any) -> str | None:
    """A name, first, last or full, fit to show; None for addresses, links and what has no letters."""
    name = _bare_name(value)
    return None if name is None else _recased(name)


@remembered
def _bare_name(value: Any) -> str | None:
    """A name without what is no part of it, in the letters in which it is told."""
    text = clean_text(value)
    if text is None or len(text) > MAX_PERSON_NAME:
        return None
    if "@" in text:
        text = _ADDRESS_ASIDE.sub("", text)
    if (" at " in text or " @ " in text) and (named := _BEFORE_COMPANY.fullmatch(text)) is not None:
        text = named[1] or named[2]
    if "@" in text or "://" in text:
        return None
    text = _CALLED.sub(r"\1 \2", text) if _CALLED.fullmatch(text) else text
    if text[-1].isdigit():
        text = _PHONE_BEHIND.sub("", text)
    plain = _without_blanks(_PRONOUNS.sub("", text if text.isascii() else without_pictures(text)))
    if " " in plain:
        plain = _ALSO_CALLED.sub("", _SAID.sub("", plain))
        two = _TWO.fullmatch(plain)
        if two and not is_particle(two["before"]) and not is_particle(two["behind"]):
            return None
    bare = _parted(_without_suffixes(_without_job(_without_asides(plain))))
    if _MAILBOX.fullmatch(bare) or _SEVERAL.search(bare) or sum(map(str.isalpha, bare)) <= sum(map(str.isdigit, bare)):
        return None
    called = _without_honorifics(bare)
    if called.rstrip(".").casefold() in entries("forms_of_address") or is_nobody(called):
        return None
    return called


def _parted(name: str) -> str:
    """The name with a space between the parts of one that was joined, and without what its owner is called by behind it."""
    if not name.isascii():
        return _CALLED_BEHIND.sub("", name)
    return re.sub("[._]", " ", name) if _JOINED.fullmatch(name) and name == name.title() else name


def is_form_of_address(text: str) -> bool:
    """Whether a text is one, "Mr.", and no title: HR, so written, is a department, not "Herr"."""
    return " ".join(text.casefold().replace(".", " ").split()) in entries("salutations") and text != "HR"


def is_nobody(name: str) -> bool:
    """Whether a name is one that stands for none, or that of a desk: "LinkedIn Member", "Empfang", "Sales Team"."""
    plain = name.casefold()
    words = plain.replace("&", " ").replace("/", " ").split()
    return (
        plain in entries("no_persons")
        or (plain.endswith(" team") and not _are_first_names(words[:-1]))
        or (len(words) > 1 and words_of_desks().issuperset(words))
    )


def _are_first_names(words: list[str]) -> bool:
    """Whether words are frequent first names, or initials behind one: Ada Team is somebody, and the Orchard Team is nobody."""
    return folded(words[0]) in first_names() and all(
        folded(word) in first_names() or is_initial(word) for word in words
    )


@cache
def words_of_desks() -> frozenset[str]:
    """The words that names of desks and departments are made of."""
    return frozenset(word for row in lines("words_of_desks") for word in row.split())


def _without_asides(text: str) -> str:
    """The name without nicknames, pronouns and what follows it; as it is where nothing else is left."""
    plain = " ".join(text.split())
    named = _DECORATION.sub("", _ASIDE.sub("", plain)).strip(_EDGES) or plain.strip(f"{_EDGES}()[]")
    dashed = _FULL_BEFORE_DASH.fullmatch(named)
    return _without_full_stop(dashed[1] if dashed else _NOTE.sub("", named))


def _without_job(name: str) -> str:
    """One part of a name without the job behind it: "Bell - Recruiter"."""
    parted = _LONE_DASH.fullmatch(name)
    return parted[1] if parted and _is_job(parted[2]) else name


def undashed(full: str) -> str:
    """A full name without a lone dash between its two parts: "Ada - Bell"."""
    return _LONE_DASH.sub(r"\1 \2", full) if _LONE_DASH.fullmatch(full) else full


def _is_job(text: str) -> bool:
    """Whether a word of a text is a job and no name."""
    return not entries("jobs_behind_names").isdisjoint(text.casefold().split())


def _without_blanks(text: str) -> str:
    """The name without the words that a template wrote for a part of it."""
    words = text.split()
    kept = [word for word in words if not _BLANK.fullmatch(word)]
    return " ".join(kept) if 0 < len(kept) < len(words) else text


def is_honorific(word: str) -> bool:
    """Whether a word is one that stands before a name: "Dr.", "Frau", "Eng.\u00ba"."""
    bare = word.rstrip(_ORDINALS)
    key = _title_key(bare)
    is_short = bare.endswith(".") or bare != word
    return key in _honorifics() or (is_short and not {f"{key}.", word.casefold()}.isdisjoint(_honorifics()))


def is_blank(word: str) -> bool:
    """Whether a word is what a template writes for a name that it does not have: "undefined"."""
    return _BLANK.fullmatch(word) is not None


def _without_full_stop(name: str) -> str:
    """The name without the full stop of a sentence; those of initials and of short forms stay."""
    last = name.rpartition(" ")[2]
    is_word = last.count(".") == 1 and len(last) > _SHORT_FORM and _undotted(last).casefold() not in _GENERATIONS
    return name[:-1] if name.endswith(".") and is_word else name


@remembered
def split_full_name(full: Any) -> Parts:
    """First and last name of a full name; the last name starts at its first particle (`von der Traumaue`).

    `Last, First` is turned round, and so is what `parts_in_order` knows; where the order is in doubt, both are None. One word
    alone is a first name. Middle initials are left out.
    """
    name = person_name(full)
    if name is None:
        return None, None
    if (parts := told_by_capitals(full)) is not None:
        return parts
    before, comma, after = name.partition(",")
    if comma and before.strip() and after.strip():
        return person_name(after), last_name(before.upper() if _is_of_one_case(full) else before)
    words = undashed(name).split()
    if len(words) == 1:
        return words[0], None
    if (parts := parts_in_order(words)) is not None:
        return parts
    if words[0].islower() and is_particle(words[0]):
        return None, name
    start = next((index for index in range(1, len(words) - 1) if is_particle(words[index])), len(words) - 1)
    # `Ortega y Gasset`: what is joined belongs to the last name on both sides.
    start -= start > 1 and words[start] in {"y", "e"}
    first = [word for index, word in enumerate(words[:start]) if index == 0 or not is_initial(word)]
    return " ".join(first), " ".join(words[start:])


def told_by_capitals(full: Any) -> Parts | None:
    """First and last name of a full one whose last name alone is in capitals; None for any other."""
    words = (_bare_name(full) or "").split()
    start = last_name_in_capitals(words)
    if start is None:
        return None
    rest, last = (words[:start], words[start:]) if start > 0 else (words[-start:], words[:-start])
    first = [word for place, word in enumerate(rest) if place == 0 or not is_initial(word)]
    return _recased(" ".join(first)), last_name(" ".join(last))


def capitals_in_front(full: str) -> CapitalsInFront:
    """What the words in capitals at the beginning of a full name are."""
    return capitals_in_front_of((_bare_name(full) or "").split())


def split_if_told(full: str) -> Parts:
    """As `split_full_name`, where the name itself tells which end the last name stands at; both None for any other."""
    words = full.split()
    is_told = "," in full or parts_in_order(words) or last_name_in_capitals(words)
    return split_full_name(full) if is_told else (None, None)


@remembered
def last_name(value: Any) -> str | None:
    """As `person_name`, for a last name alone: all in capitals, its leading particles are small ones: "VON BRAUN" is "von Braun"."""
    name = person_name(value)
    if name is None or (_undotted(name) in _suffixes()[0] and ("." in name or not (name.isupper() or name.istitle()))):
        # "Ph.D." or "MSc" alone.
        return None
    if not _is_of_one_case(value):
        *before, last = name.split()
        # "van DYK".
        is_behind = before and last.isupper() and all(word.islower() and is_particle(word) for word in before)
        return " ".join([*before, _title(last)]) if is_behind and len(last) > 1 else name
    if name in _SHORT_NAMES:
        return name.capitalize()
    parts = name.split()
    start = next((index for index, word in enumerate(parts[:-1]) if not is_particle(word.lower())), len(parts) - 1)
    return " ".join([*(word.lower() for word in parts[:start]), *parts[start:]])


def _is_of_one_case(value: Any) -> bool:
    text = clean_text(value)
    return text is not None and (text.isupper() or text.islower())


@remembered
def person_name_key(value: Any) -> str | None:
    """A person's full name folded for matching, first name first; the same in either order where it may be turned round."""
    name = person_name(value)
    told = name.replace(",", " ").split() if name else []
    if told and is_of_any_order(told):
        return " ".join(_in_one_order([word for word in told if not is_initial(word)] or told)) or None
    first, last = split_full_name(value)
    words = folded_words(" ".join(part for part in (first, last) if part))
    return " ".join(words) or None


def _in_one_order(told: list[str]) -> list[str]:
    """The folded words of a name, whichever end its family name stands at: given names keep their order among each other."""
    for turned in (told, [*told[1:], told[0]], [told[-1], *told[:-1]]):
        first, last = split_full_name(" ".join(turned))
        if first and last:
            return folded_words(f"{first} {last}")
    # Nobody knows the family name: of all ways to cut the name in two and turn it round, the same one every time.
    words = folded_words(" ".join(told))
    return min(([*words[cut:], *words[:cut]] for cut in range(len(words))), default=words)


def given_name_forms(first: str) -> frozenset[str]:
    """Every form of a folded first name, itself included: "bob" and "robert"."""
    return _forms().get(first, frozenset({first}))


@cache
def _forms() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in lines("given_names"):
        forms = frozenset(folded(word) for word in row.split())
        for form in forms:
            found[form] = found.get(form, frozenset()) | forms
    return found


def _without_suffixes(name: str) -> str:
    """The name without credentials and suffixes; doubtful ones leave only after a comma."""
    sure, lowered, known = _suffixes()
    dotted = _dotted_suffixes()
    parts = [part.strip() for part in name.split(",")]
    while len(parts) > 1 and all(
        word in known or (place and word in _titles())
        for place, word in enumerate(_undotted(parts[-1].casefold()).split())
    ):
        parts.pop()
    while len(parts) > 1 and len(parts[0].split()) > 1 and _is_job(parts[-1]):
        # "Ada Bell, Recruiter" is no name turned round.
        parts.pop()
    while len(parts) > 1 and len(parts[0].split()) > 1 and _CAPITALS.search(parts[-1]) and not parts[0].isupper():
        # "Ada Bell RN, BSN", "Ada Bell, SAFe": capitals behind a whole name are no first name.
        parts.pop()
    if "," in name and len(parts) == 1:
        named = parts[0].split()
        while len(named) > _SHORTEST_WHOLE and named[-1].isupper() and _undotted(named[-1]).casefold() in known:
            named.pop()
        parts = [" ".join(named)]
    words = ", ".join(part for part in parts if part).split()
    folds = name.isupper() or name.islower()
    while len(words) > 1:
        last = _undotted(words[-1].strip("()"))
        if not (
            last in sure
            or words[-1] in dotted
            or last.casefold() in _GENERATIONS
            or (folds and last.casefold() in lowered)
        ):
            break
        words.pop()
    return " ".join(words).rstrip(" ,-\u2013|")


def _without_honorifics(name: str) -> str:
    words = [part for word in name.split() for part in _title_apart(word)]
    start = 0
    while start < len(words) - 1 and (
        is_honorific(words[start]) or (start and _is_faculty(words[start], in_lower=name.islower()))
    ):
        start += 1
    return " ".join(words[start:])


def _title_apart(word: str) -> list[str]:
    """A word, or the titles and the name that it holds: "Dr.Jane"."""
    title, _, rest = word.partition(".")
    is_joined = len(rest) > 1 and rest[0].isupper() and not is_honorific(word) and is_honorific(f"{title}.")
    return [f"{title}.", *_title_apart(rest)] if is_joined else [word]


def _is_faculty(word: str, *, in_lower: bool) -> bool:
    """Whether a word behind a degree belongs to it, "Dr. med."; "Dr. Phil Meier" has a name there."""
    return word.islower() and (word.endswith(".") or not in_lower) and _title_key(word) in _titles()


def _title_key(word: str) -> str:
    """A title as it is listed: "Dipl.-Ing." is "dipl-ing"; the full stops of initials stay."""
    return word.rstrip(".").casefold().replace(".-", "-")


@cache
def _honorifics() -> frozenset[str]:
    return frozenset(title.casefold() for title in lines("honorifics") if not title.startswith("+"))


@cache
def _titles() -> frozenset[str]:
    """Honorifics, and what only follows one."""
    return frozenset(title.removeprefix("+").casefold() for title in lines("honorifics"))


@cache
def _suffixes() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Suffixes that surely belong to no name; the same without case; and, without case, those that may be one too."""
    rows = lines("name_suffixes")
    sure = frozenset(_undotted(row) for row in rows if not row.startswith(("!", ".")))
    doubtful = frozenset(word for row in rows if row.startswith("!") for word in _undotted(row[1:]).split())
    lowered = frozenset(suffix.casefold() for suffix in sure)
    return sure, lowered, lowered | _honorifics() | {suffix.casefold() for suffix in doubtful}


@cache
def _dotted_suffixes() -> frozenset[str]:
    """Suffixes that belong to no name as they are written, with their full stops."""
    return frozenset(row[1:] for row in lines("name_suffixes") if row.startswith("."))


def _undotted(text: str) -> str:
    return text.replace(".", "")


def _recased(name: str) -> str:
    """A name all in capitals or all in lower case in title case; any other as it is."""
    if not (name.isupper() or name.islower()):
        # "Ada BELLWOOD": how many forms write a last name.
        return "".join(_title(word) if _is_shouted(word) else word for word in re.split(r"([ -])", name))
    if name.isupper() and len(_undotted(name)) <= 2 and not _SHORT_SYLLABLE.fullmatch(name):  # noqa: PLR2004 - "AJ"
        return name
    turkish = is_turkish(name)
    words = lowered(name, turkish=turkish).split()
    leading = next((index for index, word in enumerate(words) if not is_particle(word)), len(words))
    # `VAN MORRISON` has a first name, `VON DER TRAUMAUE` is a last name.
    first = 0 if 1 < leading < len(words) else 1
    return " ".join(
        word if index >= first and index < len(words) - 1 and is_particle(word) else _title(word, turkish=turkish)
        for index, word in enumerate(words)
    )


def _is_shouted(word: str) -> bool:
    return len(word) > _LONGEST_ABBREVIATION and word.isupper() and word.isalpha()


def _title(word: str, *, turkish: bool | None = None) -> str:
    """One word in title case: `Mockridge-Vale`, `O'Fennimarsh`, `McDonald`."""
    turkish = is_turkish(word) if turkish is None else turkish
    parts = re.split(r"([-\u2013.'\u2019])", lowered(word, turkish=turkish) if word.isupper() else word)
    titled = [
        part
        if index
        and parts[index - 1] in "'\u2019"
        and len(parts[index - 2]) > 1
        and parts[index - 2].casefold() not in _ELIDED
        else capitalised(part, turkish=turkish)
        for index, part in enumerate(parts)
    ]
    return re.sub(r"^Mc(\w)(?=\w)", lambda found: "Mc" + found[1].upper(), "".join(titled))
