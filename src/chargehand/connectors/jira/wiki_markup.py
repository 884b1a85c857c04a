"""ADF blocks as Jira's wiki markup, for sites that keep comments and descriptions in it.

Words are disarmed as in `wiki_text`; only the marks set here mean something to Jira. They are
written as private characters first, so that disarming a line never touches them.
Source: Jira's "Text Formatting Notation Help".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from chargehand.connectors.jira.wiki_text import MARKS, disarm, wiki_text
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

_BOLD, _EM, _LINK, _BAR, _END = tuple(MARKS)
_WRITTEN: Final = str.maketrans(
    {_BOLD: "*", _EM: "_", _LINK: "[", _BAR: "|", _END: "]"},
)
_NO_MARKS: Final = str.maketrans(dict.fromkeys(MARKS, "\ufffd"))
_STYLES: Final = ((Style.STRONG, _BOLD), (Style.EM, _EM))
_ADDRESS: Final = re.compile(r"""https?://[^\s{}\[\]|\\<>"]+""")
# Nothing in such a block can be escaped, and Jira looks for mentions in the raw text.
_NOT_LITERAL: Final = re.compile(r"\{|\[~")
_LISTS: Final = frozenset({BlockKind.BULLET_LIST, BlockKind.ORDERED_LIST})


def user_mention(name: str) -> str:
    """What notifies a user of Data Center."""
    return f"[~{name}]"


def wiki_markup(blocks: Iterable[Block]) -> str:
    """These blocks as wiki markup, a blank line apart."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks)


def _lines(block: Block) -> Iterator[str]:
    match block.kind:
        case BlockKind.PARAGRAPH:
            yield from _inline_lines(block.inlines)
        case BlockKind.HEADING:
            yield from _heading(block)
        case BlockKind.BULLET_LIST | BlockKind.ORDERED_LIST:
            yield from _list(block, "")
        case BlockKind.BLOCKQUOTE:
            yield from ("{quote}", wiki_text(block.blocks), "{quote}")
        case BlockKind.CODE_BLOCK:
            yield from _code(block)
        case BlockKind.TABLE:
            yield from (_row(row) for row in block.blocks)
        case BlockKind.RULE:
            yield "----"
        case _:
            yield wiki_text([block])


def _heading(block: Block) -> Iterator[str]:
    lines = list(_inline_lines(block.inlines))
    if len(lines) == 1:
        yield f"h{block.attrs.get('level')}. {lines[0]}"
    else:
        yield from lines


def _list(block: Block, outer: str) -> Iterator[str]:
    marker = outer + ("#" if block.kind is BlockKind.ORDERED_LIST else "*")
    for item in block.blocks:
        lead = f"{marker} "
        for inner in item.blocks:
            if inner.kind in _LISTS:
                yield from _list(inner, marker)
                continue
            lines = (
                _inline_lines(inner.inlines)
                if inner.kind is BlockKind.PARAGRAPH
                else wiki_text([inner]).split("\n")
            )
            # A blank line would end the list.
            for line in lines:
                if line.strip():
                    yield f"{lead}{line}"
                    lead = ""


def _code(block: Block) -> Iterator[str]:
    text = "".join(inline.text for inline in block.inlines if isinstance(inline, Text))
    if _NOT_LITERAL.search(text):
        yield wiki_text([block])
    else:
        yield from ("{noformat}", text, "{noformat}")


def _row(row: Block) -> str:
    cells = [
        (
            "||" if cell.kind is BlockKind.TABLE_HEADER else "|",
            " ".join(line for inner in cell.blocks for line in _inline_lines(inner.inlines)),
        )
        for cell in row.blocks
    ]
    end = cells[-1][0] if cells else ""
    return "".join(f"{bar}{text.strip() or ' '}" for bar, text in cells) + end


def _inline_lines(inlines: Iterable[Inline]) -> Iterator[str]:
    text = "".join(_marked(inlines))
    yield from (disarm(line).translate(_WRITTEN) for line in text.split("\n"))


def _marked(inlines: Iterable[Inline]) -> Iterator[str]:
    """Texts with the private characters where marks belong."""
    for link, run in groupby(inlines, key=_link_of):
        members = list(run)
        if link is None:
            yield from _styled(members)
        else:
            yield _linked(link, "".join(_shown(one) for one in members))


def _styled(members: Sequence[Inline]) -> Iterator[str]:
    shown = [_shown(one) for one in members]
    for at, one in enumerate(members):
        before = shown[at - 1][-1:] if at else ""
        after = shown[at + 1][:1] if at + 1 < len(members) else ""
        text = shown[at]
        # Jira sees such a mark only where a word begins or ends, and only within one line.
        is_apart = text == text.strip() and not (before.isalnum() or after.isalnum())
        marks = [
            mark
            for style, mark in _STYLES
            if isinstance(one, Text) and style in one.styles and is_apart and "\n" not in text
        ]
        yield "".join(marks) + text + "".join(reversed(marks)) if text else ""


def _linked(link: Link, shown: str) -> str:
    if not _ADDRESS.fullmatch(link.href.translate(_NO_MARKS)) or "\n" in shown:
        is_same = shown in {link.href, link.href.removeprefix("mailto:")}
        return shown if is_same else f"{shown} ({link.href})"
    if shown == link.href:
        return shown
    return f"{_LINK}{shown}{_BAR}{link.href}{_END}"


def _link_of(inline: Inline) -> Link | None:
    return inline.link if isinstance(inline, Text) else None


def _shown(inline: Inline) -> str:
    match inline:
        case Text():
            return inline.text.translate(_NO_MARKS)
        case Mention():
            return f"@{inline.name}".translate(_NO_MARKS)
        case Break():
            return "\n"
