"""Cuts blocks of lines into messages of Discord's length; no word is lost, no emoji torn.

A message ends between paragraphs where it can, else between lines, words, or what a reader takes
for one character. A fence that goes on in the next message is closed and opened again.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from chargehand.connectors.discord.blocks import TextBlock, TextLine
from chargehand.connectors.discord.escaping import words_of

LIMIT_CHARS: Final = 2_000
_JOINER: Final = "\u200d"
_FENCE: Final = "```"
_LARGE: Final = 0xFFFF
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
_REGIONAL: Final = ("\U0001f1e6", "\U0001f1ff")
_SKIN: Final = ("\U0001f3fb", "\U0001f3ff")
_TAGS: Final = ("\U000e0020", "\U000e007f")
_SELECTORS: Final = ("\ufe00", "\ufe0f")


def size_of(text: str) -> int:
    """How long Discord may take a text for: by UTF-16, in which many emoji count twice."""
    return len(text) + sum(ord(char) > _LARGE for char in text)


def split(blocks: Sequence[TextBlock], *, limit_chars: int = LIMIT_CHARS) -> tuple[str, ...]:
    """The texts of the messages that show the blocks, in order; at least one line each."""
    parts = _Parts(limit_chars)
    for block in blocks:
        parts.add(block)
    return parts.done()


@dataclass(slots=True)
class _Parts:
    """Fills one message after the other."""

    limit: int
    _full: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _size: int = 0

    def add(self, block: TextBlock) -> None:
        whole = _shown(block)
        gap = [] if block.is_tight or not self._lines else [""]
        size = sum(size_of(line) + 1 for line in (*gap, *whole))
        if self._size + size <= self.limit + 1:
            self._take(*gap, *whole)
        elif size <= self.limit + 1:
            self._next()
            self._take(*whole)
        else:
            self._take_apart(block, gap)

    def done(self) -> tuple[str, ...]:
        self._next()
        return tuple(self._full)

    def _take_apart(self, block: TextBlock, gap: Sequence[str]) -> None:
        """Fill what is left of this message, and as many more as it takes."""
        opening, closing = _fences(block)
        # What must still fit behind every line: the end of the fence.
        spare = size_of(closing) + 1 if closing else 0
        is_open = False
        before_it = size_of(opening) + 1 if opening else 0
        for line in self._short_lines(block, before_it + spare):
            head = [] if is_open or not opening else [opening]
            before = [*(gap if self._lines and not is_open else ()), *head]
            needed = sum(size_of(one) + 1 for one in (*before, line)) + spare
            if self._lines and self._size + needed > self.limit + 1:
                if is_open and closing:
                    self._take(closing)
                self._next()
                before, is_open = [opening] if opening else [], True
            self._take(*before, line)
            is_open = True
        if is_open and closing:
            self._take(closing)

    def _short_lines(self, block: TextBlock, spare: int) -> Iterator[str]:
        for line in block.lines:
            yield from _broken(line, self.limit - spare, is_code=block.fence is not None)

    def _take(self, *lines: str) -> None:
        self._lines.extend(lines)
        self._size += sum(size_of(line) + 1 for line in lines)

    def _next(self) -> None:
        if self._lines:
            self._full.append("\n".join(self._lines))
        self._lines, self._size = [], 0


def _fences(block: TextBlock) -> tuple[str, str]:
    if block.fence is None:
        return "", ""
    return f"{block.prefix}{_FENCE}{block.fence}", f"{block.prefix}{_FENCE}"


def _shown(block: TextBlock) -> list[str]:
    opening, closing = _fences(block)
    lines = [line.text for line in block.lines]
    return [opening, *lines, closing] if opening else lines


def _broken(line: TextLine, limit: int, *, is_code: bool) -> Iterator[str]:
    """A line as it is, or in as many as it takes."""
    if size_of(line.text) <= limit:
        yield line.text
        return
    room = limit - size_of(line.prefix)
    held = ""
    for piece in _small_pieces(line.pieces, room, is_code=is_code):
        if held and size_of(held) + size_of(piece) > room:
            yield line.prefix + held
            held = ""
        held += piece
    yield line.prefix + held


def _small_pieces(pieces: Sequence[str], room: int, *, is_code: bool) -> Iterator[str]:
    for piece in pieces:
        for word in (piece,) if size_of(piece) <= room else words_of(piece):
            if size_of(word) <= room:
                yield word
            else:
                yield from characters(word, is_code=is_code)


def characters(text: str, *, is_code: bool = False) -> Iterator[str]:
    """What a reader takes for single characters: emoji with all their parts, escapes in words."""
    held, place = "", 0
    while place < len(text):
        escaped = None if is_code else _ESCAPED.match(text, place)
        unit = escaped[0] if escaped else text[place]
        place += len(unit)
        if held and not _continues(held, unit):
            yield held
            held = ""
        held += unit
    if held:
        yield held


def _continues(held: str, unit: str) -> bool:
    if held.endswith(_JOINER) or unit == _JOINER:
        return True
    if unicodedata.combining(unit[0]) or unicodedata.category(unit[0]) in ("Mn", "Me", "Mc"):
        return True
    if any(first <= unit[0] <= last for first, last in (_SKIN, _TAGS, _SELECTORS)):
        return True
    is_flag = _REGIONAL[0] <= unit[0] <= _REGIONAL[1]
    flags = len(held) - len(held.rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
    return is_flag and flags % 2 == 1
