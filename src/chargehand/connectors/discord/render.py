"""Markdown to Discord's own: every word shown, nobody called who was not meant, within its limits.

Rejected
└── MessageTooLong    see errors.py; nothing is ever cut to fit
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chargehand.connectors.discord.blocks import BlockWriter, TextBlock, TextLine
from chargehand.connectors.discord.errors import MessageTooLong
from chargehand.connectors.discord.escaping import escape, escape_start
from chargehand.connectors.discord.params import MentionParam
from chargehand.connectors.discord.splitting import LIMIT_CHARS, split
from chargehand.domain.control import Control, ControlStyle
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.kit.visible import defuse, defuse_line

MOST_PARTS: Final = 10
_IN_A_ROW: Final = 5
_BLANK: Final = re.compile(r"\s*")
_BUTTON_STYLES: Final = {
    ControlStyle.PLAIN: 2,
    ControlStyle.PRIMARY: 1,
    ControlStyle.DANGER: 4,
}
_ROW, _BUTTON = 1, 2


def render_parts(
    markdown: str, mention: MentionParam | None = None, *, most: int = MOST_PARTS
) -> tuple[str, ...]:
    """The texts of the messages that show a Markdown text, the mention before the first words.

    Raises: MessageTooLong when it takes more than `most`.
    """
    blocks = list(_blocks_of(markdown))
    if mention is not None:
        blocks = _begin_with(f"<@{mention.account_id}>", blocks)
    parts = split(blocks)
    if len(parts) > most:
        raise MessageTooLong(parts=len(parts), limit_chars=LIMIT_CHARS, most=most)
    return parts


def allowed_mentions(mention: MentionParam | None) -> JSONObject:
    """Whom Discord may notify: the one account that is meant, never a role or everybody."""
    users: list[JSONValue] = [] if mention is None else [mention.account_id]
    return {"parse": [], "users": users, "roles": [], "replied_user": False}


def button_rows(controls: Sequence[Control]) -> list[JSONValue]:
    """Buttons below a message, in rows as long as Discord takes."""
    buttons: list[JSONObject] = [
        {
            "type": _BUTTON,
            "style": _BUTTON_STYLES[control.style],
            "label": defuse_line(control.label),
            "custom_id": control.command,
        }
        for control in controls
    ]
    rows = range(0, len(buttons), _IN_A_ROW)
    return [{"type": _ROW, "components": buttons[at : at + _IN_A_ROW]} for at in rows]


def _blocks_of(markdown: str) -> tuple[TextBlock, ...]:
    source = defuse(markdown)
    tokens = parse_markdown(source)
    if not is_cut_off(tokens):
        blocks = BlockWriter().write(tokens)
        if any(not _BLANK.fullmatch(line.text) for block in blocks for line in block.lines):
            return blocks
    # Too deeply nested, or nothing to see: shown exactly as it was written.
    lines = (line for line in source.split("\n") if line.strip())
    return (TextBlock(tuple(TextLine((escape_start(escape(line)),)) for line in lines)),)


def _begin_with(mention: str, blocks: Sequence[TextBlock]) -> list[TextBlock]:
    first = blocks[0] if blocks else None
    if first is None or not first.is_plain:
        return [TextBlock((TextLine((mention,)),)), *blocks]
    begun = TextLine((f"{mention} ", *first.lines[0].pieces))
    return [replace(first, lines=(begun, *first.lines[1:])), *blocks[1:]]
