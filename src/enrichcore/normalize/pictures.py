"""Emoji and other pictures in names."""

import unicodedata

from enrichcore.normalize.nothing import clean_label

TRADE_MARKS = frozenset("®©™℠")


def without_pictures(text: str) -> str:
    """The name without emoji, and without what follows one behind a full name: "Ada Bell 🌱 We're hiring"."""
    for place, character in enumerate(text):
        if _is_picture(character) and len((named := _without_every_picture(text[:place])).split()) > 1:
            return named
    return _without_every_picture(text)


def _without_every_picture(text: str) -> str:
    # What joined two pictures to one stays behind.
    return clean_label("".join(part for part in text if not _is_picture(part)))


def without_pictures_around(name: str) -> str:
    """A company's name without emoji; the signs of trade marks stay."""
    pictures = {part for part in set(name) if part not in TRADE_MARKS and _is_picture(part)}
    return clean_label("".join(part for part in name if part not in pictures)) if pictures else name


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Cn", "Co"} or character == "\ufe0f"
