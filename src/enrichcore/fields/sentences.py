"""Texts in which models tell a fact in a sentence, guess it, deny it, or say how they know it.

A model that was asked for a title, a town or a page answers "She is the CTO of Quillhaven" and "Not found, the closest is ...".
What the sentence says may be right, but it is not the value.
"""

import re
from typing import Final

#: How a text begins that is a guess, or says that there is nothing; as a whole, or before what it guesses.
_HEDGED = re.compile(
    r"\W*(?:(?:most |very )?likely|i (?:think|believe|guess|assume)|probably|possibly|presumably|perhaps|maybe|apparently|(?:unclear|uncertain|unspecified|undisclosed|unknown|unconfirmed)(?=\s*(?:$|[-\u2013,;:.(]))"
    r"|no longer|(?:has |he |she |they )*left (?:the|company|in \d)|previously|deceased|not (?:applicable|specified|available|disclosed|known|found|provided|stated"
    r"|mentioned|sure|clear|confirmed|public|publicly|listed|employed|currently|determined|enough)|could be|might be|may be|appears to|seems to|n/a"
    r"|see (?:linkedin|website|profile|above|below|notes?|attached|description)|based on (?:the|its|their|his|her|linkedin|available|public|publicly|information|search|data)|according to|as of|inferred|assumed|estimated|guess(?:ed)?)\b(?!-)",
    re.IGNORECASE,
)
#: What a model writes behind a value of how it knows it.
_ASIDE = re.compile(r"\s*[(\[](?:confidence|sources?|via|per|as of|according to)\b[^()\[\]]*[)\]]$", re.IGNORECASE)
#: A verb in small letters, as it stands in sentences; names and titles have hardly any.
_VERBS = (
    r"(?:is|are|was|were|has|have|had|does|did|can|cannot|could|lives?|works?|operates?|uses?|sells?|provides?|offers?|makes?|builds?"
    r"|started|joined|serves?|holds?|appears?|seems?|mentions?|lists?|employs?|raised|develops?|specializes|specialises|focuses)"
)
_VERB = re.compile(rf"\b{_VERBS}\b")
_GOES_ON = rf"\b(?:(?: [^\s.]+){{0,4}}) {_VERBS}(?:n['\u2019]t)? \S"
_ABOUT_SOMEBODY = re.compile(rf"(?:The|They|She|He|Their|His|Her){_GOES_ON}")
_OPENS_SENTENCE = re.compile(rf"(?:The|This|It|They|She|He|I|There|Their|Its|His|Her|No){_GOES_ON}")
#: What somebody is or does, in the middle of a text: "Ann Bell is the CTO of Oak Ltd".
_SAYS_OF_SOMEBODY = re.compile(
    r"\S (?:(?:is|was|are|were) (?:the|a|an|based|located|headquartered|currently|no longer|not|in|at)|serves? as|works? (?:at|as|for)"
    r"|(?:appears?|seems?) to|lives? in|(?:operates?|specializes?|specialises?) in|(?:provides?|offers?) \w+) \w"
)
#: What goes on behind somebody's own first name.
_DOES = re.compile(rf" (?:{_VERBS}|runs?|leads?|manages?|heads?|owns?|founded|oversees?) \w")
_DENIES_LINK = re.compile(
    r"\b(?:not (?:be )?(?:found|available|verified|confirmed)|no (?:\w+ ){0,3}(?:found|available|exists?)|could ?(?:not|n['\u2019]t)|cannot"
    r"|unable to|does ?(?:not|n['\u2019]t)|closest|similar|instead|multiple|may be|might be|for sale|no longer|not (?:the|a|an) "
    r"|not (?:sure|certain|clear)\b|no (?:\w+ )?(?:profile|page|website|site|account)\b|(?:maybe|perhaps|probably|possibly|presumably|apparently|likely|unclear"
    r"|uncertain|unconfirmed|unverified|i (?:think|believe|guess|assume))\b)",
    re.IGNORECASE,
)
#: Links are no words.
_LINK = re.compile(r"\S+[./]\S+")
WORDS_OF_SENTENCE: Final = 5


def without_aside(text: str) -> str:
    """A value without what stands behind it in brackets of how it is known: "Mining (confidence: high)"."""
    return _ASIDE.sub("", text)


def denies_link(text: str) -> bool:
    """Whether words beside a link say that it is another's, one of several, or a guess."""
    return " " in text and _DENIES_LINK.search(_LINK.sub("", text)) is not None


def is_hedged(text: str) -> bool:
    """Whether a text is a guess or says why there is nothing: "Likely CFO", "Not available, but the phone code suggests ..."."""
    return _HEDGED.match(text) is not None


def is_sentence(text: str) -> bool:
    """Whether a text says something about somebody or something: "The company is headquartered in Leeds", "Makes pumps that it sells to farms."."""
    if _OPENS_SENTENCE.match(text) or _SAYS_OF_SOMEBODY.search(text):
        return True
    return text.endswith(".") and len(text.split()) >= WORDS_OF_SENTENCE and _VERB.search(text) is not None


def tells_of(text: str, full_name: str | None, first_name: str | None) -> bool:
    """Whether a text begins with the person's own name and goes on: "Ann Bell runs Quillhaven"."""
    plain = text.casefold()
    if (
        full_name
        and plain.startswith(f"{full_name.casefold()} ")
        and text[len(full_name) + 1 : len(full_name) + 2].islower()
    ):
        return True
    return (
        bool(first_name)
        and plain.startswith(f"{str(first_name).casefold()} ")
        and _DOES.match(text, len(str(first_name))) is not None
    )


def says_of_somebody(text: str) -> bool:
    """Whether a text tells in a sentence what a person is or does: "She is the CTO"; a motto of one's own does not."""
    return _ABOUT_SOMEBODY.match(text) is not None or _SAYS_OF_SOMEBODY.search(text) is not None
