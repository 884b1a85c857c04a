"""What a reader sees as one sign: a letter with its accents, an emoji of several parts, a flag."""

import unicodedata
from collections.abc import Iterator
from typing import Final

_JOINER: Final = "\u200d"
_MARKS: Final = frozenset({"Mn", "Me", "Mc"})
_PER_UNIT: Final = 2


def clusters(text: str) -> Iterator[str]:
    """The signs of a text in their order; joined they are the text.

    Source: Unicode Standard Annex 29, reduced to what chats hold: marks, selectors, skin colours,
    joined emoji, tags and flags.
    """
    start = 0
    for here in range(1, len(text) + 1):
        if here == len(text) or not _belongs(text, here, start):
            if here > start:
                yield text[start:here]
            start = here


def utf16_units(text: str) -> int:
    """The length of a text as vendors written in JavaScript or Java count it."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // _PER_UNIT


def _belongs(text: str, here: int, start: int) -> bool:
    """Whether the sign that began at `start` goes on at `here`."""
    char, before = text[here], text[here - 1]
    if char.isascii() and before.isascii():
        return False
    if _JOINER in (char, before) or unicodedata.category(char) in _MARKS:
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    # Two of these are one flag; a third one begins the next.
    return _is_flag_half(char) and _is_flag_half(before) and here - start == 1


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
