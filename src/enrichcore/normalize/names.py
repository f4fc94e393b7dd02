"""Names of people and companies: clean ones to show, folded ones to match.

What is shown keeps particles, apostrophes and inner capitals as given; only names all in capitals or all in lower case
are recased, and what is no part of a name (credentials, suffixes, honorifics) leaves it. What is matched is folded so that
`Müller`, `Mueller` and `Muller` agree. A company's key is weak: two companies may share it.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from enrichcore.normalize.casing import capitalised, is_turkish, lowered
from enrichcore.normalize.folding import folded
from enrichcore.normalize.last_name_in_capitals import is_particle, last_name_in_capitals
from enrichcore.normalize.lists import entries, lines
from enrichcore.normalize.name_order import Parts, is_initial, is_of_any_order, parts_in_order
from enrichcore.normalize.nothing import clean_label, clean_text
from enrichcore.normalize.remembering import remembered

#: Longer texts are no names.
MAX_PERSON_NAME = 200
MAX_COMPANY_NAME = 500

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
#: Two letters that are spoken as one syllable: "JO" is Jo, and "AJ" stays.
#: Last names of two letters that are none of initials, though they have no vowel.
_SHORT_NAMES = frozenset({"NG"})
_SHORT_SYLLABLE = re.compile(r"[^AEIOU\W\d_][AEIOUY]")
#: What stands before the @ of an address, or a user's name.
_MAILBOX = re.compile(r"[a-z]{2,}[._][a-z]{2,}\d*|[a-z]+\d+")
#: Letters of a word in capitals that may be initials.
_LONGEST_ABBREVIATION = 3
#: Words that a name keeps before what may be a degree.
_SHORTEST_WHOLE = 2
_CAPITALS = re.compile(r"[A-Z]\.?[A-Z]|^[A-Z]\.$")
#: An address of mail, a number to call, and the id of a record in Salesforce or elsewhere.
_NO_COMPANY = re.compile(
    r"[^\s@]+@[^\s@]+\.[^\s@]+|\d{5,}|[+(]?(?:\d[\s().\-/]*){8,}|00[0-9A-Za-z](?=\w*\d\w*\d)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:[Ff]ound )?\d+ (?:results?|compan(?:y|ies)|match(?:es)?|records?)(?: found)?"
)
#: How somebody is employed there, behind the name as LinkedIn shows it.
_EMPLOYMENT = re.compile(
    r"\s*\u00b7\s*(?:full[- ]time|part[- ]time|contract|permanent|self[- ]employed|freelance|internship|apprenticeship|seasonal|temporary|remote|hybrid|on-site"
    r"|vollzeit|teilzeit|freiberuflich|selbstst\u00e4ndig|cdi|cdd|temps plein|temps partiel|jornada completa|media jornada|tempo pieno|tempo integral).*$",
    re.IGNORECASE,
)
#: How somebody is employed there, behind the name of a company: "Acorn (Contract)", "Acorn - Part-time".
_TERMS_BEHIND = re.compile(
    r"(?:\s+(?:[(\[](?:contract(?:or)?|full[- ]?time|part[- ]?time|freelance|intern(?:ship)?|temporary|seasonal|permanent|self[- ]employed"
    r"|current|present)[)\]]|[-\u2013\u2014|/]\s+(?:full|part)[- ]?time))+$",
    re.IGNORECASE,
)
#: Of "CFO at Acorn" what a job's title leaves; "AT Kearney", "At Home" and "@Home" are names.
_BEFORE_EMPLOYER = re.compile(r"^(?:(?:at|@)\s+)+(?=[A-Z][^@]*$)")
#: Somebody's last company: "Ex-Acorn", "former Acorn"; "Ex Libris" is a name.
_FORMER_EMPLOYER = re.compile(r"(?:[Ee]x-(?=[A-Z][^-]*$)|ex |(?:[Ff]ormer(?:ly)?|[Pp]reviously)\s+(?=\S))")
#: What an encoding, a list or somebody in doubt left around a company's name: "Pampanet?", "Acorn (?)", "- Acorn", "Acorn..."; "Yahoo!" is one.
_STRAY_MARKS = re.compile(
    r"^(?:[-*\u2022\u00b7\u2013\u2014>?]+\s+)+|(?:\s*(?:[(\[]\?+[)\]]|[?*:;~\u2026\\/]|\.{2,})|\s+[-\u2013\u2014#])+$"
)
_QUOTES = '"“”„'
_QUOTED = re.compile(f"[{_QUOTES}][^{_QUOTES}]*[{_QUOTES}]")
_MARKS = frozenset("®©™℠")
_GENERATIONS = frozenset({"jr", "jnr", "sr", "snr"})
_JOINS = frozenset({"and", "und", "et", "y", "og", "och", "e", "en"})


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
    if "@" in text or "://" in text:
        return None
    text = _CALLED.sub(r"\1 \2", text) if _CALLED.fullmatch(text) else text
    plain = _without_blanks(_PRONOUNS.sub("", text if text.isascii() else _without_pictures(text)))
    if " " in plain:
        plain = _ALSO_CALLED.sub("", _SAID.sub("", plain))
        two = _TWO.fullmatch(plain)
        if two and not is_particle(two["before"]) and not is_particle(two["behind"]):
            return None
    bare = _without_suffixes(_without_asides(plain))
    if _MAILBOX.fullmatch(bare) or _SEVERAL.search(bare) or sum(map(str.isalpha, bare)) <= sum(map(str.isdigit, bare)):
        return None
    called = _without_honorifics(bare)
    if called.rstrip(".").casefold() in entries("forms_of_address") or is_nobody(called):
        return None
    return called


def is_nobody(name: str) -> bool:
    """Whether a name is one that stands for none, or that of a desk: "LinkedIn Member", "Empfang", "Sales Team"."""
    plain = name.casefold()
    words = plain.replace("&", " ").replace("/", " ").split()
    return plain in entries("no_persons") or (len(words) > 1 and _words_of_desks().issuperset(words))


@cache
def _words_of_desks() -> frozenset[str]:
    return frozenset(word for row in lines("words_of_desks") for word in row.split())


def _without_asides(text: str) -> str:
    """The name without nicknames, pronouns and what follows it; as it is where nothing else is left."""
    plain = " ".join(text.split())
    named = _DECORATION.sub("", _ASIDE.sub("", plain)).strip(_EDGES) or plain.strip(f"{_EDGES}()[]")
    dashed = _FULL_BEFORE_DASH.fullmatch(named)
    return _without_full_stop(dashed[1] if dashed else _NOTE.sub("", named))


def _without_blanks(text: str) -> str:
    """The name without the words that a template wrote for a part of it."""
    words = text.split()
    kept = [word for word in words if not _BLANK.fullmatch(word)]
    return " ".join(kept) if 0 < len(kept) < len(words) else text


def is_honorific(word: str) -> bool:
    """Whether a word is one that stands before a name: "Dr.", "Frau"."""
    return _title_key(word) in _honorifics()


def is_blank(word: str) -> bool:
    """Whether a word is what a template writes for a name that it does not have: "undefined"."""
    return _BLANK.fullmatch(word) is not None


def _without_full_stop(name: str) -> str:
    """The name without the full stop of a sentence; those of initials and of short forms stay."""
    last = name.rpartition(" ")[2]
    is_word = last.count(".") == 1 and len(last) > _SHORT_FORM and _undotted(last).casefold() not in _GENERATIONS
    return name[:-1] if name.endswith(".") and is_word else name


def _without_pictures(text: str) -> str:
    """The name without emoji, and without what follows one behind a full name: "Ada Bell 🌱 We're hiring"."""
    for place, character in enumerate(text):
        if _is_picture(character) and len((named := _without_every_picture(text[:place])).split()) > 1:
            return named
    return _without_every_picture(text)


def _without_every_picture(text: str) -> str:
    # What joined two pictures to one stays behind.
    return clean_label("".join(part for part in text if not _is_picture(part)))


def _without_pictures_around(name: str) -> str:
    """A company's name without emoji; the signs of trade marks stay."""
    pictures = {part for part in set(name) if part not in _MARKS and _is_picture(part)}
    return clean_label("".join(part for part in name if part not in pictures)) if pictures else name


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Cn", "Co"} or character == "\ufe0f"


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
    words = name.split()
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


def split_if_told(full: str) -> Parts:
    """As `split_full_name`, where the name itself tells which end the last name stands at; both None for any other."""
    words = full.split()
    is_told = "," in full or parts_in_order(words) or last_name_in_capitals(words)
    return split_full_name(full) if is_told else (None, None)


@remembered
def last_name(value: Any) -> str | None:
    """As `person_name`, for a last name alone: all in capitals, its leading particles are small ones: "VON BRAUN" is "von Braun"."""
    name = person_name(value)
    if name is None or not _is_of_one_case(value):
        return name
    if name in _SHORT_NAMES:
        return name.capitalize()
    parts = name.split()
    start = next((index for index, word in enumerate(parts[:-1]) if not is_particle(word.lower())), len(parts) - 1)
    return " ".join([*(word.lower() for word in parts[:start]), *parts[start:]])


def _is_of_one_case(value: Any) -> bool:
    text = clean_text(value)
    return text is not None and (text.isupper() or text.islower())


@remembered
def company_name(value: Any) -> str | None:
    """A company's name fit to show, with its legal form and its case as given; None for "Self-employed" and the like."""
    text = clean_text(value)
    if text is None or len(text) > MAX_COMPANY_NAME or "://" in text or _NO_COMPANY.fullmatch(text):
        return None
    shown = text if text.isascii() else _without_pictures_around(_EMPLOYMENT.sub("", text))
    bare = shown.strip(" ,;|")
    # Quotes around a name are dirt, and so is one alone; those around a word of it are not.
    if sum(map(bare.count, _QUOTES)) % 2 or _QUOTED.fullmatch(bare):
        bare = bare.strip(f" ,;|{_QUOTES}")
    bare = _STRAY_MARKS.sub("", bare) or bare
    bare = _BEFORE_EMPLOYER.sub("", _TERMS_BEHIND.sub("", bare))
    if _FORMER_EMPLOYER.match(bare) or _is_department(bare):
        return None
    if bare.casefold().replace("-", " ").strip(" ().") in entries("no_companies"):
        return None
    return bare if any(part.isalnum() for part in bare) else None


def _is_department(name: str) -> bool:
    """Whether a name is that of a department: "Marketing Dept", but not "Police Department"."""
    words = name.casefold().replace(".", "").split()
    return len(words) > 1 and not _departments().isdisjoint(words) and _words_of_desks().issuperset(words)


@cache
def _departments() -> frozenset[str]:
    return entries("words_for_department")


@remembered
def company_name_key(value: Any) -> str | None:
    """A company's name folded for matching: no legal form, case, accent or punctuation.

    A name that is nothing but a legal form keeps it.
    """
    name = company_name(value)
    if name is None:
        return None
    # The sign of a trade mark folds to letters.
    words = _words(name if name.isascii() else "".join(part for part in name if part not in _MARKS))
    if not words:
        return name.casefold()
    kept = _without_forms(words)
    return " ".join(kept[1:] if len(kept) > 1 and kept[0] == "the" else kept)


@remembered
def person_name_key(value: Any) -> str | None:
    """A person's full name folded for matching, first name first; the same in either order where it may be turned round."""
    name = person_name(value)
    told = name.replace(",", " ").split() if name else []
    if told and is_of_any_order(told):
        return " ".join(_in_one_order([word for word in told if not is_initial(word)] or told)) or None
    first, last = split_full_name(value)
    words = _words(" ".join(part for part in (first, last) if part))
    return " ".join(words) or None


def _in_one_order(told: list[str]) -> list[str]:
    """The folded words of a name, whichever end its family name stands at: given names keep their order among each other."""
    for turned in (told, [*told[1:], told[0]], [told[-1], *told[:-1]]):
        first, last = split_full_name(" ".join(turned))
        if first and last:
            return _words(f"{first} {last}")
    # Nobody knows the family name: of all ways to cut the name in two and turn it round, the same one every time.
    words = _words(" ".join(told))
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


def _words(text: str) -> list[str]:
    joined = re.sub(r"[&+]", " and ", re.sub(r"\b(\w)/(\w)\b", r"\1\2", folded(text)))
    bare = re.sub(r"[.'\u2019\u2018`\u00b4]", "", joined)
    return "".join(part if part.isalnum() or unicodedata.category(part)[0] == "M" else " " for part in bare).split()


def _without_forms(words: list[str]) -> list[str]:
    """The words without legal forms at either end, as long as something stays."""
    after, before = _legal_forms()
    left = words
    while True:
        end = next((n for n in range(min(5, len(left) - 1), 0, -1) if tuple(left[-n:]) in after), 0)
        if end:
            left = left[:-end]
        elif len(left) > 1 and left[-1] in _JOINS and left != words:
            left = left[:-1]
        elif len(left) > 1 and (left[0],) in before:
            left = left[1:]
        else:
            return [_without_joined_form(left[0]), *left[1:]] if len(left) == 1 else left


def _without_joined_form(word: str) -> str:
    """A word without a legal form written on to it without a space, as in Chinese, Japanese and Korean."""
    forms = [form[0] for form in _legal_forms()[0] if len(form) == 1 and not form[0].isascii()]
    for form in sorted(forms, key=len, reverse=True):
        bare = word.removeprefix(form).removesuffix(form)
        if bare and bare != word and unicodedata.category(form[0]) == "Lo":
            return bare
    return word


@cache
def _legal_forms() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """Legal forms that follow a name, and those that stand before it, folded as names are."""
    rows = lines("legal_forms")
    after = frozenset(tuple(_words(row)) for row in rows if not row.startswith("^"))
    # Folding makes one letter of the Greek AE, and "Plan A" is not "Plan".
    after = frozenset(form for form in after if len("".join(form)) > 1)
    before = frozenset(tuple(_words(row[1:])) for row in rows if row.startswith("^"))
    return after - {()}, before - {()}


def _without_suffixes(name: str) -> str:
    """The name without credentials and suffixes; doubtful ones leave only after a comma."""
    sure, lowered, known = _suffixes()
    parts = [part.strip() for part in name.split(",")]
    while len(parts) > 1 and all(
        word in known or (place and word in _titles())
        for place, word in enumerate(_undotted(parts[-1].casefold()).split())
    ):
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
        if not (last in sure or last.casefold() in _GENERATIONS or (folds and last.casefold() in lowered)):
            break
        words.pop()
    return " ".join(words).rstrip(" ,-\u2013|")


def _without_honorifics(name: str) -> str:
    words = name.split()
    start = 0
    while start < len(words) - 1 and (
        _title_key(words[start]) in _honorifics() or (start and _is_faculty(words[start], in_lower=name.islower()))
    ):
        start += 1
    return " ".join(words[start:])


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
    sure = frozenset(_undotted(row) for row in rows if not row.startswith("!"))
    doubtful = frozenset(word for row in rows if row.startswith("!") for word in _undotted(row[1:]).split())
    lowered = frozenset(suffix.casefold() for suffix in sure)
    return sure, lowered, lowered | _honorifics() | {suffix.casefold() for suffix in doubtful}


def _undotted(text: str) -> str:
    return text.replace(".", "")


def _recased(name: str) -> str:
    """A name all in capitals or all in lower case in title case; any other as it is."""
    if not (name.isupper() or name.islower()):
        # "Ada BELLWOOD": how many forms write a last name.
        return " ".join(_title(word) if _is_shouted(word) else word for word in name.split(" "))
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
        if index and parts[index - 1] in "'\u2019" and len(parts[index - 2]) > 1
        else capitalised(part, turkish=turkish)
        for index, part in enumerate(parts)
    ]
    return re.sub(r"^Mc(\w)(?=\w)", lambda found: "Mc" + found[1].upper(), "".join(titled))
