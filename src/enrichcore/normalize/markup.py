"""Marks that editors, pages and language models leave in a text, and that are no part of what it says."""

import re

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!--.{0,300}?-->")
_BREAK = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]*>", re.IGNORECASE)
#: What a page does, and not what it says.
_CODE = re.compile(r"<(script|style|noscript|template)\b[^<>]*>.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)

#: A dash, and the quotes that a text may begin with in which there is no other mark.
_QUOTES = frozenset("-\u2013'\u2018\u201c\u201e\u00ab\u2039")
#: One of these is in every text with a mark, but for one that begins with one of those.
_MAY_BE_MARKED = re.compile('[*_`"#\\[\u3010\u2022\u00b7\u25cf\u25aa\u25ba\u2023\u25e6>:\n(]')
_LINKED = re.compile(r"\[([^\[\]]+)\]\((?:https?://|mailto:|/)[^()\s]*\)")
_STRONG = re.compile(r"\*\*(\S(?:[^*]*\S)?)\*\*")
_AROUND = re.compile(r"(\*{1,3}|_{1,2}|`{1,3}|[\"'])((?:(?!\1).)+)\1")
_QUOTED = re.compile(
    "[\u2018\u201c\u201e\u00ab\u2039]([^\u2018\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a]+)[\u2019\u201c\u201d\u00bb\u203a]"
)
_BULLET = re.compile(r"^(?:[-\u2013*\u2022\u00b7\u25cf\u25aa\u25ba\u2023\u25e6>]|#{1,6})\s+(?=[\"*_`(]*[^\W\d_])")
_CITED = re.compile(
    r"(?:\s*(?:\[\^?\d{1,3}\]|\u3010[^\u3010\u3011]*\u3011|\((?:source|via)s?:[^()]*\)))+\s*$", re.IGNORECASE
)
#: What a value is called before it: "Job Title: CFO".
_LABEL = re.compile(
    r"^"
    r"(?:(?:current |job |position )?title|(?:current )?(?:position|role)|job|headline|(?:company|organi[sz]ation|employer|full) ?name|name|company|employer|industry|sector"
    r"|(?:(?:estimated|annual|total) )*(?:revenue|turnover|funding)|(?:company |team )?size|headcount|employees|(?:business )?stage"
    r"|answer|result|final answer|output)\s*:\s+(?=\S)",
    re.IGNORECASE,
)
#: A line in which a model gives its reasons.
_REASONS = re.compile(
    r"\s*\n\W*(?:reason(?:ing|s)?|explanation|sources?|evidence|confidence(?: \w+)?|notes?|rationale|justification)\b\W*:.*",
    re.IGNORECASE | re.DOTALL,
)


def without_tags(text: str) -> str:
    """The text without the tags of HTML, and without a page's code."""
    return _TAG.sub(" ", _CODE.sub(" ", text)) if "<" in text else text


def tags_as_lines(text: str) -> str:
    """As `without_tags`, with a line for each paragraph."""
    return _TAG.sub("", _BREAK.sub("\n", _CODE.sub(" ", text))) if "<" in text else text


def without_marks(text: str) -> str:
    """A value in one line without what marks it: emphasis, quotes, a bullet, sources behind it, its own label before it."""
    if text[:1] not in _QUOTES and _MAY_BE_MARKED.search(text) is None:
        return text
    bare = _LINKED.sub(r"\1", _REASONS.sub("", text.strip())).strip()
    while True:
        bare = _QUOTED.sub(r"\1", bare) if _QUOTED.fullmatch(bare) else bare
        inner = _AROUND.fullmatch(bare)
        plain = _LABEL.sub(
            "", _BULLET.sub("", inner[2] if inner else _CITED.sub("", bare), count=1).lstrip(), count=1
        ).strip()
        plain = _STRONG.sub(r"\1", plain)
        if plain == bare or not plain:
            return bare
        bare = plain
