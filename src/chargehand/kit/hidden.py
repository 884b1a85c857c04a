"""Keeps of a foreign text what a reader can see, so that nothing hides in it."""

import re
from collections.abc import Iterator, Mapping

# Characters that show nothing, or change how their neighbours are shown: controls, bidirectional
# marks and overrides, zero-width characters, variation selectors, blank fillers, tags, lone
# surrogates, private-use code points and noncharacters. Newline and tab stay.
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    "]"
)
_MOST_VALUES = 200_000
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def without_hidden(text: str) -> str:
    """The text without hidden characters; every kind of line break becomes a newline."""
    if text.isascii() and text.isprintable():
        return text
    return _SPACE.sub(" ", _HIDDEN.sub("", _BREAK.sub("\n", text)))


def with_newlines(text: str) -> str:
    """The text with a newline for every kind of line break, and all else as it is."""
    return _BREAK.sub("\n", text)


def strings_in(value: object) -> Iterator[str]:
    """Every string inside a decoded JSON value, in no order, at most a bounded number."""
    waiting = [value]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def one_line(text: str, limit: int) -> str:
    """The visible text on one line, at most `limit` characters of it."""
    # Cutting before cleaning bounds the work; a hidden character takes at most its own place.
    return " ".join(without_hidden(text[: limit * 4]).split())[:limit]
