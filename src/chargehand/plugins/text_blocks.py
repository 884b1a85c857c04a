"""What a text is made of, between our Markdown and the form a surface takes, and how it nests.

The kinds are those of the Atlassian Document Format, the strictest of the forms we write: list
items and quotes hold paragraphs, lists and code only; code text carries no mark but a link; empty
texts are forbidden. What fits there fits everywhere.
Source: Atlassian's JSON Schema of ADF, version 57.7.22.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from typing import Final, TypeAlias

from chargehand.domain.json import JSONValue


class Style(StrEnum):
    """How a run of text looks; `code` stands alone or with a link."""

    STRONG = "strong"
    EM = "em"
    STRIKE = "strike"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a run of text leads."""

    href: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text in one look."""

    text: str
    styles: frozenset[Style] = frozenset()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """An account that is notified."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break inside a paragraph."""


Inline: TypeAlias = Text | Mention | Break


class BlockKind(StrEnum):
    """The kinds of blocks, by ADF's own names."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLET_LIST = "bulletList"
    ORDERED_LIST = "orderedList"
    LIST_ITEM = "listItem"
    BLOCKQUOTE = "blockquote"
    CODE_BLOCK = "codeBlock"
    RULE = "rule"
    TABLE = "table"
    TABLE_ROW = "tableRow"
    TABLE_HEADER = "tableHeader"
    TABLE_CELL = "tableCell"
    EXPAND = "expand"


@dataclass(frozen=True, slots=True)
class Block:
    """A block node; a rule has no content, a code block holds texts only."""

    kind: BlockKind
    content: tuple["Block | Inline", ...] = ()
    attrs: Mapping[str, JSONValue] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple["Block", ...]:
        """The blocks directly inside."""
        return tuple(node for node in self.content if isinstance(node, Block))

    @property
    def inlines(self) -> tuple[Inline, ...]:
        """The texts, mentions and breaks directly inside."""
        return tuple(node for node in self.content if not isinstance(node, Block))


RULE_TEXT: Final = "———"
_CELL_SEPARATOR: Final = Text(" · ")
_QUOTE_SIGN: Final = Text("> ")
_NESTABLE: Final = frozenset(
    {
        BlockKind.PARAGRAPH,
        BlockKind.BULLET_LIST,
        BlockKind.ORDERED_LIST,
        BlockKind.CODE_BLOCK,
    }
)
_LISTS: Final = frozenset({BlockKind.BULLET_LIST, BlockKind.ORDERED_LIST})


def paragraph(inlines: Iterable[Inline]) -> Block:
    """A paragraph, neighbouring texts of one look joined and empty ones left out."""
    return Block(BlockKind.PARAGRAPH, join_texts(inlines))


def join_texts(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """The same inlines with as few texts as possible, none of them empty."""
    joined: list[Inline] = []
    for look, run in groupby(inlines, key=_look_of):
        members = list(run)
        if look is None:
            joined.extend(members)
            continue
        text = "".join(member.text for member in members if isinstance(member, Text))
        if text:
            joined.append(replace(look, text=text))
    return tuple(joined)


def _look_of(inline: Inline) -> Text | None:
    return replace(inline, text="") if isinstance(inline, Text) else None


def blockquote(blocks: Iterable[Block]) -> Block:
    """A quote of whatever was quoted, in the shapes a quote may hold; never empty."""
    content = nestable(blocks) or (paragraph(()),)
    return Block(BlockKind.BLOCKQUOTE, content)


def list_item(blocks: Iterable[Block]) -> Block:
    """A list item of whatever it held, in the shapes an item may hold; never empty."""
    content = nestable(blocks)
    if not content or content[0].kind in _LISTS:
        # Jira's editor wants text before a nested list.
        content = (paragraph(()), *content)
    return Block(BlockKind.LIST_ITEM, content)


def nestable(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks in shapes that quotes and list items may hold; no word is lost."""
    return tuple(fitting for block in blocks for fitting in _fit(block))


def _fit(block: Block) -> Iterator[Block]:
    match block.kind:
        case kind if kind in _NESTABLE:
            yield block
        case BlockKind.HEADING:
            yield paragraph(_strengthen(inline) for inline in block.inlines)
        case BlockKind.BLOCKQUOTE:
            yield from (_quoted(inner) for inner in block.blocks)
        case BlockKind.TABLE:
            yield from (_row_as_paragraph(row) for row in block.blocks)
        case BlockKind.RULE:
            yield paragraph([Text(RULE_TEXT)])
        case _:
            yield from nestable(block.blocks)


def _strengthen(inline: Inline) -> Inline:
    if isinstance(inline, Text) and Style.CODE not in inline.styles:
        return replace(inline, styles=inline.styles | {Style.STRONG})
    return inline


def _quoted(block: Block) -> Block:
    if block.kind is not BlockKind.PARAGRAPH:
        return block
    return paragraph((_QUOTE_SIGN, *block.inlines))


def _row_as_paragraph(row: Block) -> Block:
    return paragraph(row_inlines(row))


def row_inlines(row: Block) -> Iterator[Inline]:
    """The cells of a table row on one line, with a sign between them."""
    for number, cell in enumerate(row.blocks):
        if number:
            yield _CELL_SEPARATOR
        for inner in cell.blocks:
            yield from inner.inlines


def has_visible_text(blocks: Iterable[Block]) -> bool:
    """Whether a reader would see at least one character."""
    return any(
        has_visible_text([node]) if isinstance(node, Block) else _is_visible(node)
        for block in blocks
        for node in block.content
    )


def _is_visible(inline: Inline) -> bool:
    return isinstance(inline, Mention) or (isinstance(inline, Text) and bool(inline.text.strip()))
