"""Markdown tokens to blocks of lines in Discord's Markdown, in one pass over the tokens."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.token import Token

from chargehand.connectors.discord.escaping import (
    address,
    code_span,
    code_text,
    escape,
    escape_start,
    words_of,
)

_MARKS: Final = {"strong": "**", "em": "*", "s": "~~"}
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9+#._-]{1,40}")
_DEEPEST_HEADING: Final = 3
_RULE: Final = "───"
_INDENT: Final = "  "
_MAIL: Final = "mailto:"


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line; it may be broken between its pieces, and each line of it begins with `prefix`."""

    pieces: tuple[str, ...]
    prefix: str = ""

    @property
    def text(self) -> str:
        """The whole line."""
        return self.prefix + "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that belong together; `fence` is the language of code, None of words.

    Shape: `is_tight` when no empty line stands before it, as between the items of a list;
    `is_plain` for a paragraph that stands in nothing.
    """

    lines: tuple[TextLine, ...]
    fence: str | None = None
    prefix: str = ""
    is_tight: bool = False
    is_plain: bool = False


@dataclass(slots=True)
class _Open:
    """Lists and quotes that are open, with the number of the next item."""

    kind: str
    number: int = 0


@dataclass(slots=True)
class BlockWriter:
    """Takes tokens and makes blocks of them."""

    blocks: list[TextBlock] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _bullet: str = ""
    _lists: int = 0
    _list_before: int = 0
    _rows: list[list[str]] = field(default_factory=list)
    _heading: int = 0

    def write(self, tokens: Sequence[Token]) -> tuple[TextBlock, ...]:
        """The blocks of a whole text."""
        for token in tokens:
            self._take(token)
        return tuple(self.blocks)

    def _take(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open" | "blockquote_open":
                self._begin(token)
            case "bullet_list_close" | "ordered_list_close" | "blockquote_close":
                self._open.pop()
            case "list_item_open":
                self._bullet = self._next_bullet()
            case "heading_open" | "heading_close":
                self._heading = int(token.tag.removeprefix("h")) if token.nesting > 0 else 0
            case "tr_open":
                self._rows.append([])
            case "table_close":
                self._close_table()
            case "inline":
                self._words(token.children or ())
            case "fence" | "code_block":
                self._code(token.content, token.info.strip())
            case "hr":
                self._add([TextLine((self._lead(), _RULE), self._quote())])

    def _begin(self, token: Token) -> None:
        kind = token.type.removesuffix("_open")
        start = int(token.attrs.get("start", 1)) if kind == "ordered_list" else 0
        self._lists += kind != "blockquote" and not self._is_in_list()
        self._open.append(_Open(kind, start))

    def _next_bullet(self) -> str:
        innermost = self._open[-1]
        if innermost.kind == "bullet_list":
            return "- "
        innermost.number += 1
        return f"{innermost.number - 1}. "

    def _is_in_list(self) -> bool:
        return any(one.kind != "blockquote" for one in self._open)

    def _quote(self) -> str:
        # Discord knows one level of quotes; an inner one reads as the outer does.
        return "> " if any(one.kind == "blockquote" for one in self._open) else ""

    def _lead(self) -> str:
        """What the next line begins with in a list: its indentation, and a new item's bullet."""
        depth = sum(one.kind != "blockquote" for one in self._open)
        bullet, self._bullet = self._bullet, ""
        return f"{_INDENT * (depth - 1)}{bullet}" if bullet else _INDENT * depth

    def _add(self, lines: Iterable[TextLine], fence: str | None = None) -> None:
        of_list = self._lists if self._is_in_list() else 0
        is_tight = of_list != 0 and of_list == self._list_before
        self._list_before = of_list
        is_plain = fence is None and not self._open and not self._heading
        block = TextBlock(tuple(lines), fence, self._quote(), is_tight, is_plain)
        self.blocks.append(block)

    def _words(self, tokens: Sequence[Token]) -> None:
        if self._rows:
            self._rows[-1].append(_cell_text(tokens))
            return
        if not tokens:
            # A heading without words shows nothing.
            return
        mark, end = self._heading_marks()
        written = [line for line in _inline_lines(tokens, mark=mark, end=end) if "".join(line)]
        lines = [TextLine((self._lead(), *pieces), self._quote()) for pieces in written]
        if lines:
            self._add(lines)

    def _heading_marks(self) -> tuple[str, str]:
        if not self._heading:
            return "", ""
        if self._heading > _DEEPEST_HEADING or self._open:
            return "**", "**"
        return "#" * self._heading + " ", ""

    def _code(self, content: str, info: str) -> None:
        bullet = self._lead()
        if bullet.strip():
            # A fence must stand at the beginning of a line, so a bare bullet goes before it.
            self._add([TextLine((bullet.rstrip(),), self._quote())])
        language = info if _LANGUAGE.fullmatch(info) else ""
        # More than a language beside the fence was written to be read, so it stays readable.
        text = f"{info}\n{content}" if info and not language else content
        lines = code_text(text.removesuffix("\n")).split("\n")
        self._add((TextLine((line,), self._quote()) for line in lines), fence=language)

    def _close_table(self) -> None:
        """A table as code, in which columns stand below each other."""
        rows, self._rows = self._rows, []
        columns = max((len(row) for row in rows), default=0)
        widths = [
            max((len(row[place]) for row in rows if place < len(row)), default=0)
            for place in range(columns)
        ]
        lines = (
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
            for row in rows
        )
        self._add([TextLine((code_text(line),), self._quote()) for line in lines], fence="")


def _cell_text(tokens: Sequence[Token]) -> str:
    """The words of a cell without their looks, which code does not show; a link tells where to."""
    words, label_at, href = [""], 0, ""
    for token in tokens:
        match token.type:
            case "link_open":
                href, label_at = str(token.attrs.get("href", "")), len(words)
            case "link_close":
                label = "".join(words[label_at:])
                words.append("" if label == href else f" ({href})" if label.strip() else href)
            case "softbreak" | "hardbreak":
                words.append(" ")
            case _:
                words.append(token.content)
    return "".join(words)


def _inline_lines(tokens: Sequence[Token], *, mark: str, end: str) -> Iterator[tuple[str, ...]]:
    """The pieces of each line; soft line ends are kept, so that a reply reads as its preview."""
    writer = _InlineWriter([mark] if mark else [])
    for token in tokens:
        writer.take(token)
    if end:
        writer.pieces.append(end)
    lines = writer.lines()
    for number, pieces in enumerate(lines):
        begins_plain = number > 0 or not mark
        yield _escaped_start(pieces) if begins_plain else pieces


def _escaped_start(pieces: tuple[str, ...]) -> tuple[str, ...]:
    whole = escape_start("".join(pieces[:2]))
    # Only an added backslash can make a difference, and it belongs to the first two pieces.
    return (whole, *pieces[2:]) if whole != "".join(pieces[:2]) else pieces


@dataclass(slots=True)
class _InlineWriter:
    """Writes the words of one paragraph; a break between lines is a piece of its own."""

    pieces: list[str]
    _label_began_at: int = 0
    _href: str = ""

    def take(self, token: Token) -> None:
        name, _, edge = token.type.rpartition("_")
        if name in _MARKS and edge in {"open", "close"}:
            self.pieces.append(_MARKS[name])
            return
        match token.type:
            case "link_open":
                self._href, self._label_began_at = (
                    str(token.attrs.get("href", "")),
                    len(self.pieces),
                )
            case "link_close":
                self._close_link()
            case "softbreak" | "hardbreak":
                self.pieces.append("\n")
            case "code_inline":
                self.pieces.append(code_span(token.content))
            case _:
                self.pieces.extend(words_of(escape(token.content)))

    def lines(self) -> list[tuple[str, ...]]:
        lines: list[list[str]] = [[]]
        for piece in self.pieces:
            if piece == "\n":
                lines.append([])
            else:
                lines[-1].append(piece)
        return [tuple(line) for line in lines]

    def _close_link(self) -> None:
        label = "".join(self.pieces[self._label_began_at :]).replace("\n", " ")
        target = address(self._href)
        del self.pieces[self._label_began_at :]
        plain = label.replace("\\", "")
        if self._href.casefold().startswith(_MAIL):
            # Discord links no mail address, so it is shown.
            shown = escape(self._href[len(_MAIL) :])
            is_same = not label.strip() or label == shown
            self.pieces.append(shown if is_same else f"{label} ({shown})")
        elif not label.strip() or plain == self._href:
            self.pieces.append(f"<{target}>")
        else:
            # A link is never broken: half of it would show its address.
            self.pieces.append(f"[{label}](<{target}>)")
        self._href = ""
