"""Our Markdown as the Markdown of a code host: every word shown, nobody called who was not meant.

What a text means is read once, as blocks; here it is written anew, so that only signs set here mean
anything. A dialect says what its host would see in plain words, and how they are kept from it.

Rejected
└── TextTooLong    the host caps its texts; nothing is ever cut to fit
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Protocol
from urllib.parse import quote

from chargehand.domain.errors import Rejected
from chargehand.plugins.markdown_reading import blocks_of
from chargehand.plugins.text_blocks import (
    Block,
    BlockKind,
    Break,
    Inline,
    Link,
    Mention,
    Style,
    Text,
)

_MARKS: Final = ((Style.STRIKE, "~~"), (Style.EM, "*"), (Style.STRONG, "**"))
_LISTS: Final = frozenset({BlockKind.BULLET_LIST, BlockKind.ORDERED_LIST})
_BACKTICKS: Final = re.compile("`+")
# A name in an address, or what reads as an entity there, is written as its number.
_SAFE_IN_ADDRESS: Final = "/:?#!$&*+,=%~-._'"
NO_WIDTH: Final = "\u200b"
_HARD_BREAK: Final = "  "
_RULE: Final = "---"
_SHORTEST_FENCE: Final = 3


class TextTooLong(Rejected):
    """A text longer than the host stores."""

    code = "text_too_long"
    template = (
        "The text has {size_chars} characters as {surface} takes it, which stores at most "
        "{limit_chars}: shorten it."
    )


class Dialect(Protocol):
    """How one host reads Markdown."""

    @property
    def nests_code(self) -> bool:
        """Whether a fence may stand in a list or a quote."""

    @property
    def indent(self) -> int:
        """The least width of a list's marker."""

    def words(self, text: str) -> str:
        """Markdown that shows exactly these words, within a line."""

    def line_start(self, line: str) -> str:
        """A line of such words whose first characters begin nothing."""

    def code(self, text: str) -> str:
        """Text for inside code."""

    def language(self, name: str) -> str:
        """What stands beside a fence; empty when the host would do more than colour the code."""


def write_markdown(markdown: str, dialect: Dialect, *, mention: str = "") -> str:
    """The text in the host's Markdown, `mention` (markup of the host's) before the first words."""
    blocks = blocks_of(markdown)
    text = _Writer(dialect).blocks(blocks)
    if not mention:
        return text
    begins_with_words = bool(blocks) and blocks[0].kind is BlockKind.PARAGRAPH
    return f"{mention} {text}" if begins_with_words else f"{mention}\n\n{text}".rstrip()


def refuse_too_long(text: str, *, surface: str, limit_chars: int) -> str:
    """The text, when the host stores it whole.

    Raises: TextTooLong.
    """
    if len(text) > limit_chars:
        raise TextTooLong(size_chars=len(text), surface=surface, limit_chars=limit_chars)
    return text


@dataclass(frozen=True, slots=True)
class _Writer:
    dialect: Dialect

    def blocks(self, blocks: Iterable[Block], *, is_nested: bool = False) -> str:
        """Blocks an empty line apart."""
        written = ("\n".join(self._block(block, is_nested=is_nested)) for block in blocks)
        return "\n\n".join(text for text in written if text.strip())

    def _block(self, block: Block, *, is_nested: bool) -> Iterator[str]:
        match block.kind:
            case BlockKind.PARAGRAPH:
                yield from self._lines(block.inlines)
            case BlockKind.HEADING:
                level = block.attrs.get("level")
                words = " ".join(self._plain_lines(block.inlines))
                yield f"{'#' * (level if isinstance(level, int) else 1)} {words}".rstrip()
            case BlockKind.BULLET_LIST | BlockKind.ORDERED_LIST:
                yield from self._list(block)
            case BlockKind.BLOCKQUOTE:
                inner = self.blocks(block.blocks, is_nested=True)
                yield from (f"> {line}".rstrip() for line in inner.split("\n"))
            case BlockKind.CODE_BLOCK:
                yield from self._code_block(block, is_nested=is_nested)
            case BlockKind.TABLE:
                yield from self._table(block)
            case BlockKind.RULE:
                yield _RULE
            case _:
                yield self.blocks(block.blocks, is_nested=is_nested)

    def _list(self, block: Block) -> Iterator[str]:
        order = block.attrs.get("order")
        number = order if isinstance(order, int) else 1
        is_ordered = block.kind is BlockKind.ORDERED_LIST
        for item in block.blocks:
            marker = (f"{number}. " if is_ordered else "- ").ljust(self.dialect.indent)
            number += 1
            blocks = item.blocks
            is_tight = all(inner.kind in _LISTS for inner in blocks[1:])
            gap = "\n" if is_tight else "\n\n"
            parts = ["\n".join(self._block(inner, is_nested=True)) for inner in blocks]
            first, *rest = gap.join(parts).split("\n")
            yield f"{marker}{first}".rstrip() if not first else marker + first
            yield from (" " * len(marker) + line if line.strip() else "" for line in rest)

    def _code_block(self, block: Block, *, is_nested: bool) -> Iterator[str]:
        text = "".join(one.text for one in block.inlines if isinstance(one, Text))
        named = block.attrs.get("language")
        name = named if isinstance(named, str) else ""
        language = self.dialect.language(name) if name else ""
        if name and not language:
            text = f"{name}\n{text}"
        if is_nested and not self.dialect.nests_code:
            lines = [self._code_span(line) for line in text.split("\n") if line.strip()]
            yield from _broken(lines)
            return
        shown = self.dialect.code(text)
        longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
        fence = "`" * max(_SHORTEST_FENCE, longest + 1)
        yield fence + language
        yield from shown.split("\n")
        yield fence

    def _table(self, block: Block) -> Iterator[str]:
        for number, row in enumerate(block.blocks):
            cells = [
                " ".join(
                    line
                    for inner in cell.blocks
                    for line in self._plain_lines(inner.inlines, is_cell=True)
                )
                for cell in row.blocks
            ]
            yield f"| {' | '.join(cells)} |"
            if number == 0:
                yield f"|{' --- |' * len(cells)}"

    def _lines(self, inlines: Iterable[Inline]) -> Iterator[str]:
        started = [self.dialect.line_start(line) for line in self._plain_lines(inlines)]
        yield from _broken([line for line in started if line])

    def _plain_lines(self, inlines: Iterable[Inline], *, is_cell: bool = False) -> Iterator[str]:
        lines: list[list[Inline]] = [[]]
        for one in inlines:
            if isinstance(one, Break):
                lines.append([])
            else:
                lines[-1].append(one)
        for line in lines:
            yield self._line(line, is_cell=is_cell).strip(" \t")

    def _line(self, inlines: Sequence[Inline], *, is_cell: bool) -> str:
        parts: list[str] = []
        for link, run in groupby(inlines, key=_link_of):
            words = self._styled(list(run), is_cell=is_cell)
            parts.append(words if link is None else self._link(link, words))
        return "".join(parts)

    def _styled(self, run: Sequence[Inline], *, is_cell: bool) -> str:
        shown = [_words_of(one) for one in run]
        written: list[str] = []
        for at, one in enumerate(run):
            styles = one.styles if isinstance(one, Text) else frozenset()
            text = shown[at]
            if Style.CODE in styles:
                written.append(self._code_in_line(text, is_cell=is_cell))
                continue
            words = self.dialect.words(text)
            marks = [mark for style, mark in _MARKS if style in styles]
            if marks and not _is_apart(shown, at):
                # Without its marks the run must not become one word with its neighbours.
                marks = [NO_WIDTH]
            written.append("".join(marks) + words + "".join(reversed(marks)))
        return "".join(written)

    def _code_in_line(self, text: str, *, is_cell: bool) -> str:
        # A bar within code would end the cell in one host and stay behind its backslash in another.
        return self.dialect.words(text) if is_cell and "|" in text else self._code_span(text)

    def _code_span(self, text: str) -> str:
        shown = self.dialect.code(text.replace("\n", " "))
        if not shown.strip():
            return shown
        longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
        fence = "`" * (longest + 1)
        is_padded = shown.startswith(("`", " ")) or shown.endswith(("`", " "))
        return f"{fence} {shown} {fence}" if is_padded else fence + shown + fence

    def _link(self, link: Link, words: str) -> str:
        address = quote(link.href, safe=_SAFE_IN_ADDRESS)
        title = f' "{self._title(link.title)}"' if link.title else ""
        label = words if words.strip() else self.dialect.words(link.href)
        return f"[{label}]({address}{title})"

    def _title(self, title: str) -> str:
        return self.dialect.words(title).replace('\\"', '"').replace('"', "'")


def _broken(lines: Sequence[str]) -> Iterator[str]:
    """Lines that stay lines: each but the last ends in a hard break."""
    for number, line in enumerate(lines, start=1):
        yield line + (_HARD_BREAK if number < len(lines) else "")


def _is_apart(shown: Sequence[str], at: int) -> bool:
    """Whether every host sees marks around this run: it is one or more words of its own."""
    text = shown[at]
    before = shown[at - 1][-1:] if at else ""
    after = shown[at + 1][:1] if at + 1 < len(shown) else ""
    edges = text[:1].isalnum() and text[-1:].isalnum()
    return edges and not (before and not before.isspace()) and not after.isalnum()


def _words_of(one: Inline) -> str:
    match one:
        case Text():
            return one.text
        case Mention():
            return f"@{one.name}"
        case Break():
            return " "


def _link_of(inline: Inline) -> Link | None:
    return inline.link if isinstance(inline, Text) else None
