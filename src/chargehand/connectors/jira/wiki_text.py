"""ADF blocks as plain text for interfaces that read Jira's wiki markup.

Only our own hyphen lists mean something to Jira; every other sign is left without power.
Source: Jira's "Text Formatting Notation Help": a backslash takes the power from the next sign;
two backslashes are a line break, so a backslash before a sign is written as an entity.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import count, groupby, repeat
from typing import Final, assert_never

from chargehand.plugins.text_blocks import (
    RULE_TEXT,
    Block,
    BlockKind,
    Break,
    Inline,
    Link,
    Mention,
    Text,
    row_inlines,
)

_POWERFUL_ANYWHERE: Final = frozenset("{}[]|")
# These begin markup before a word only, so "snake_case" and "2 * 3" stay readable.
_POWERFUL_BEFORE_WORDS: Final = frozenset("*_-+^~?")
_POWERFUL_AT_LINE_START: Final = frozenset("*#-")
# Where markup is written, these stand for its signs until the words around are disarmed.
MARKS: Final = "\ue000\ue001\ue002\ue003\ue004"
_URL: Final = re.compile(rf"""https?://[^\s{{}}\[\]|\\<>"{MARKS}]+""")
_BLOCK_SIGN: Final = re.compile(r"(\s*(?:h[1-6]|bq))\.(?=\s|$)")
_EMOTICON: Final = re.compile(r"\((?:[yni/x!+?*-]|on|off|\*[rgby]|flag|flagoff)\)")
_EMOTICON_END: Final = re.compile(r"(?<=[:;])[()DPp](?!\w)")
_BACKSLASH: Final = "&#92;"


def mention_markup(account_id: str) -> str:
    """The one piece of markup that is meant to work: it notifies the account."""
    return f"[~accountid:{account_id}]"


def wiki_text(blocks: Iterable[Block]) -> str:
    """The words of these blocks, a blank line apart, lists with hyphens or numbers."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks)


def _lines(block: Block) -> Iterator[str]:
    match block.kind:
        case BlockKind.BULLET_LIST | BlockKind.ORDERED_LIST:
            for marker, item in zip(_markers(block), block.blocks, strict=False):
                yield from _hanging(marker, item)
        case BlockKind.BLOCKQUOTE:
            yield from (f"> {line}".rstrip() for line in _inner_lines(block))
        case BlockKind.TABLE_ROW:
            yield from _inline_lines(row_inlines(block))
        case BlockKind.RULE:
            yield RULE_TEXT
        case _ if block.blocks:
            yield from _inner_lines(block)
        case _:
            language = block.attrs.get("language")
            yield from [f"{disarm(language)}:"] if isinstance(language, str) else []
            yield from _inline_lines(block.inlines)


def _inner_lines(block: Block) -> Iterator[str]:
    for inner in block.blocks:
        yield from _lines(inner)


def _hanging(marker: str, item: Block) -> Iterator[str]:
    lead = marker
    for line in _inner_lines(item):
        yield f"{lead}{line}".rstrip()
        lead = " " * len(marker)


def _markers(block: Block) -> Iterator[str]:
    order = block.attrs.get("order")
    if isinstance(order, int):
        return (f"{number}. " for number in count(order))
    return repeat("- ")


def _inline_lines(inlines: Iterable[Inline]) -> Iterator[str]:
    text = "".join(_written(inlines))
    yield from (disarm(line) for line in text.split("\n"))


def _written(inlines: Iterable[Inline]) -> Iterator[str]:
    """Texts as they read; a link's target follows its text, unless it is the text."""
    for link, run in groupby(inlines, key=_link_of):
        shown = "".join(_shown(inline) for inline in run)
        yield shown
        if link is not None and shown not in {link.href, link.href.removeprefix("mailto:")}:
            yield f" ({link.title}: {link.href})" if link.title else f" ({link.href})"


def _link_of(inline: Inline) -> Link | None:
    return inline.link if isinstance(inline, Text) else None


def _shown(inline: Inline) -> str:
    match inline:
        case Text():
            return inline.text
        case Mention():
            return f"@{inline.name}"
        case Break():
            return "\n"
        case _:
            assert_never(inline)


def disarm(line: str) -> str:
    """One line of text with the power taken from every sign of wiki markup in it."""
    line_start = len(line) - len(line.lstrip())
    safe = [False] * len(line)
    for url in _URL.finditer(line):
        safe[url.start() : url.end()] = [True] * (url.end() - url.start())
    dangerous = {match.start() for match in _EMOTICON.finditer(line)}
    dangerous |= {match.start() for match in _EMOTICON_END.finditer(line)}
    block_sign = _BLOCK_SIGN.match(line)
    if block_sign is not None:
        dangerous.add(block_sign.end() - 1)
    if line[line_start : line_start + 1] in _POWERFUL_AT_LINE_START:
        dangerous.add(line_start)
    return "".join(
        char if safe[at] else _disarmed(line, at, must_escape=at in dangerous)
        for at, char in enumerate(line)
    )


def _disarmed(line: str, at: int, *, must_escape: bool) -> str:
    char, before, after = line[at], line[at - 1 : at], line[at + 1 : at + 2]
    if char == "\\":
        # Alone it is only itself; before a sign it would become part of an escape.
        return char if not after or after.isalnum() or after.isspace() else _BACKSLASH
    begins_word = bool(after) and not after.isspace()
    is_powerful = (
        must_escape
        or char in _POWERFUL_ANYWHERE
        or (char == "!" and begins_word)
        or (char in _POWERFUL_BEFORE_WORDS and begins_word and not before.isalnum())
    )
    return f"\\{char}" if is_powerful else char
