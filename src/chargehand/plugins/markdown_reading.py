"""Our Markdown as blocks of text, in one pass over its tokens; every surface begins here."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it.token import Token

from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.kit.visible import defuse, defuse_line
from chargehand.plugins.text_blocks import (
    Block,
    BlockKind,
    Break,
    Inline,
    Link,
    Style,
    Text,
    blockquote,
    has_visible_text,
    join_texts,
    list_item,
    paragraph,
)

_STYLES: Final = {"strong": Style.STRONG, "em": Style.EM, "s": Style.STRIKE}
_HOLDERS: Final = {
    "bullet_list_open": BlockKind.BULLET_LIST,
    "table_open": BlockKind.TABLE,
    "tr_open": BlockKind.TABLE_ROW,
}
_CELLS: Final = {"th_open": BlockKind.TABLE_HEADER, "td_open": BlockKind.TABLE_CELL}
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9+#._-]{1,40}")
_BLANK_LINES: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def blocks_of(markdown: str) -> tuple[Block, ...]:
    """The blocks a Markdown text describes; no word of it is lost.

    Shape: empty for an empty text. What is nested too deeply for the parser, or consists of signs
    alone ("---"), becomes paragraphs that show it exactly as it was written.
    """
    if not markdown:
        return ()
    source = defuse(markdown)
    tokens = parse_markdown(source)
    if not is_cut_off(tokens):
        blocks = blocks_of_tokens(tokens)
        if has_visible_text(blocks):
            return blocks
    return _literal_blocks(source)


def _literal_blocks(source: str) -> tuple[Block, ...]:
    return tuple(
        paragraph(_lines_with_breaks(part))
        for part in _BLANK_LINES.split(source.strip("\n"))
        if part.strip()
    )


def _lines_with_breaks(text: str) -> Iterable[Inline]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield Break()
        yield Text(line)


@dataclass(slots=True)
class _Open:
    """A block whose closing token has not come yet."""

    token: Token
    blocks: list[Block] = field(default_factory=list)
    inlines: tuple[Inline, ...] = ()


def blocks_of_tokens(tokens: Sequence[Token]) -> tuple[Block, ...]:
    """The blocks a token stream describes, top level first, nested ones inside."""
    stack = [_Open(Token("document_open", "", 1))]
    for token in tokens:
        if token.nesting > 0:
            stack.append(_Open(token))
        elif token.nesting < 0:
            done = stack.pop()
            stack[-1].blocks.extend(_close(done))
        elif token.type == "inline":
            stack[-1].inlines = inlines_of_tokens(token.children or ())
        else:
            stack[-1].blocks.append(_leaf(token))
    return tuple(stack[0].blocks)


def _close(done: _Open) -> Iterator[Block]:
    match done.token.type:
        case "paragraph_open":
            yield paragraph(done.inlines)
        case "heading_open":
            level = int(done.token.tag.removeprefix("h"))
            yield Block(BlockKind.HEADING, join_texts(done.inlines), {"level": level})
        case "blockquote_open":
            yield blockquote(done.blocks)
        case "list_item_open":
            yield list_item(done.blocks)
        case "ordered_list_open":
            order = int(done.token.attrs.get("start", 1))
            yield Block(BlockKind.ORDERED_LIST, tuple(done.blocks), {"order": order})
        case name if name in _HOLDERS:
            yield Block(_HOLDERS[name], tuple(done.blocks))
        case name if name in _CELLS:
            yield Block(_CELLS[name], (paragraph(done.inlines),))
        case _:
            # Table heads and bodies have no node of their own.
            yield from done.blocks


def _leaf(token: Token) -> Block:
    match token.type:
        case "hr":
            return Block(BlockKind.RULE)
        case "fence":
            return _code_block(token.content, info=token.info.strip())
        case _:
            return _code_block(token.content, info="")


def _code_block(code: str, *, info: str) -> Block:
    text = code.removesuffix("\n")
    if _LANGUAGE.fullmatch(info):
        return Block(BlockKind.CODE_BLOCK, join_texts([Text(text)]), {"language": info})
    # More than a language beside the fence was written to be read, so it stays readable.
    shown = f"{info}\n{text}" if info else text
    return Block(BlockKind.CODE_BLOCK, join_texts([Text(shown)]))


def inlines_of_tokens(tokens: Sequence[Token]) -> tuple[Inline, ...]:
    """The texts and breaks of one paragraph; soft line ends are kept as breaks.

    A reply shall read line for line as the preview that was approved.
    """
    writer = _InlineWriter()
    for token in tokens:
        writer.take(token)
    return join_texts(writer.inlines)


class _InlineWriter:
    """Carries the open looks along while tokens come in."""

    def __init__(self) -> None:
        self.inlines: list[Inline] = []
        self._depths = dict.fromkeys(Style, 0)
        self._link: Link | None = None
        self._link_began_at = 0

    def take(self, token: Token) -> None:
        name, _, edge = token.type.rpartition("_")
        if name in _STYLES and edge in {"open", "close"}:
            self._depths[_STYLES[name]] += token.nesting
        elif token.type == "link_open":
            self._open_link(token)
        elif token.type == "link_close":
            self._close_link()
        elif token.type in {"softbreak", "hardbreak"}:
            self.inlines.append(Break())
        elif token.type == "code_inline":
            self.inlines.append(Text(token.content, frozenset({Style.CODE}), self._link))
        else:
            self._write(token.content)

    def _write(self, text: str) -> None:
        styles = frozenset(style for style, depth in self._depths.items() if depth > 0)
        self.inlines.append(Text(text, styles, self._link))

    def _open_link(self, token: Token) -> None:
        href = str(token.attrs.get("href", ""))
        # Titles may be written with entities, which the source check could not see through.
        title = defuse_line(str(token.attrs.get("title", "")))
        self._link = Link(href, title) if href else None
        self._link_began_at = len(self.inlines)

    def _close_link(self) -> None:
        has_text = any(
            isinstance(inline, Text) and inline.text.strip()
            for inline in self.inlines[self._link_began_at :]
        )
        if self._link is not None and not has_text:
            self._write(self._link.href)
        self._link = None
