"""Blocks of text as Confluence's storage format; every word in it is escaped, so none is markup."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Final, assert_never

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

_STYLES: Final = {Style.STRONG: "strong", Style.EM: "em", Style.STRIKE: "s", Style.CODE: "code"}
_ELEMENTS: Final = {
    BlockKind.PARAGRAPH: "p",
    BlockKind.BULLET_LIST: "ul",
    BlockKind.LIST_ITEM: "li",
    BlockKind.BLOCKQUOTE: "blockquote",
    BlockKind.TABLE_ROW: "tr",
    BlockKind.TABLE_HEADER: "th",
    BlockKind.TABLE_CELL: "td",
}


def storage_of(blocks: Iterable[Block]) -> str:
    """The storage format of these blocks."""
    return "".join(part for block in blocks for part in _block(block))


def _block(block: Block) -> Iterator[str]:
    match block.kind:
        case BlockKind.RULE:
            yield "<hr />"
        case BlockKind.CODE_BLOCK:
            yield from _code(block)
        case BlockKind.TABLE:
            yield f"<table><tbody>{storage_of(block.blocks)}</tbody></table>"
        case BlockKind.EXPAND:
            yield storage_of(block.blocks)
        case BlockKind.HEADING:
            level = block.attrs.get("level")
            yield from _element(f"h{level if isinstance(level, int) else 1}", block)
        case BlockKind.ORDERED_LIST:
            order = block.attrs.get("order")
            is_later = isinstance(order, int) and order != 1
            yield from _element("ol", block, f' start="{order}"' if is_later else "")
        case _:
            yield from _element(_ELEMENTS[block.kind], block)


def _element(name: str, block: Block, attributes: str = "") -> Iterator[str]:
    yield f"<{name}{attributes}>{storage_of(block.blocks)}{_inlines(block.inlines)}</{name}>"


def _code(block: Block) -> Iterator[str]:
    text = "".join(one.text for one in block.inlines if isinstance(one, Text))
    language = block.attrs.get("language")
    yield '<ac:structured-macro ac:name="code">'
    if isinstance(language, str):
        yield f'<ac:parameter ac:name="language">{escape(language)}</ac:parameter>'
    # The end of the section may stand in nobody's words, so it is parted over two sections.
    held = text.replace("]]>", "]]]]><![CDATA[>")
    yield f"<ac:plain-text-body><![CDATA[{held}]]></ac:plain-text-body></ac:structured-macro>"


def _inlines(inlines: Iterable[Inline]) -> str:
    parts: list[str] = []
    for link, run in groupby(inlines, key=_link_of):
        words = "".join(_inline(one) for one in run)
        parts.append(words if link is None else _linked(link, words))
    return "".join(parts)


def _inline(inline: Inline) -> str:
    match inline:
        case Break():
            return "<br />"
        case Mention():
            # The attribute's name is the dialect's; the id begins with it.
            name, _, account = inline.account_id.partition("=")
            return f'<ac:link><ri:user ri:{name}="{escape(account)}" /></ac:link>'
        case Text():
            words = escape(inline.text, quote=False)
            for style, element in _STYLES.items():
                if style in inline.styles:
                    words = f"<{element}>{words}</{element}>"
            return words
        case _:
            assert_never(inline)


def _linked(link: Link, words: str) -> str:
    title = f' title="{escape(link.title)}"' if link.title else ""
    return f'<a href="{escape(link.href)}"{title}>{words}</a>'


def _link_of(inline: Inline) -> Link | None:
    return inline.link if isinstance(inline, Text) else None
