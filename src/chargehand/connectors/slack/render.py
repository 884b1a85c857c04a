"""Markdown to what Slack takes: mrkdwn, in as many parts as Slack's limit asks for.

Rejected
└── MessageTooLong    what has to be one message is longer than Slack takes; nothing is cut to fit
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from chargehand.connectors.slack.mrkdwn_writer import GAP, Line, lines_of
from chargehand.domain.control import Control, ControlStyle
from chargehand.domain.errors import Rejected
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.graphemes import clusters, utf16_units
from chargehand.kit.visible import defuse_line

# The most a section takes; a message of its own, without sections, would take more.
PART_LIMIT: Final = 3_000
# The most sections one message gets here, so that its text stays below what Slack cuts at.
MOST_SECTIONS: Final = 10
_FENCE: Final = "```"
_LONGEST_SIGN: Final = 64
_FENCES_COST: Final = 2 * len(f"{_FENCE}\n")
# What is never cut: an entity, a link or mention, a run of blanks; else one sign, or one word.
_WHOLE: Final = re.compile(r"&(?:amp|lt|gt);|<[^<>]*>|\s+|[^\s&<]+|[&<]")


class MessageTooLong(Rejected):
    """A text longer than one message of Slack takes."""

    code = "message_too_long"
    template = (
        "The text makes {parts} parts of {limit_chars} characters; one message of Slack takes at "
        "most {most_parts}."
    )


def render_parts(markdown: str, *, mention: str | None = None) -> tuple[str, ...]:
    """The mrkdwn of a text in parts that each fit into one message, none of them empty.

    Shape: a part ends at the end of a paragraph where there is one in its second half, else of a
    line, else of a word; `mention` is the account that is notified, ahead of everything.
    """
    lines = lines_of(markdown)
    if mention is not None:
        lines = _begin_with(f"<@{mention}>", lines)
    return tuple(_write(part) for part in _pack(lines))


def render_sections(markdown: str, *, mention: str | None = None) -> tuple[str, ...]:
    """The same as sections of one message.

    Raises: MessageTooLong.
    """
    parts = render_parts(markdown, mention=mention)
    if len(parts) > MOST_SECTIONS:
        raise MessageTooLong(parts=len(parts), limit_chars=PART_LIMIT, most_parts=MOST_SECTIONS)
    return parts


def message_body(sections: Sequence[str], controls: Sequence[Control]) -> JSONObject:
    """The part of a message that people see: text for what shows no blocks, sections, buttons."""
    blocks: list[JSONValue] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": section, "verbatim": True}}
        for section in sections
    ]
    if controls:
        blocks.append({"type": "actions", "elements": [*_buttons(controls)]})
    return {"text": "\n\n".join(sections), "blocks": blocks, "parse": "none", "link_names": False}


def plain_label(text: str, limit: int) -> str:
    """A label of at most `limit` characters, cut between signs with an ellipsis."""
    text = " ".join(defuse_line(text).split())
    if utf16_units(text) <= limit:
        return text
    kept, size = [], 0
    for sign in clusters(text):
        size += utf16_units(sign)
        if size > limit - 1:
            break
        kept.append(sign)
    return "".join(kept).rstrip() + "…"


def _buttons(controls: Sequence[Control]) -> Iterator[JSONValue]:
    for number, control in enumerate(controls):
        style: JSONObject = (
            {} if control.style is ControlStyle.PLAIN else {"style": control.style.value}
        )
        yield {
            "type": "button",
            "action_id": f"control-{number}",
            "text": {"type": "plain_text", "text": control.label, "emoji": False},
            "value": control.command,
            **style,
        }


def _begin_with(mention: str, lines: list[Line]) -> list[Line]:
    if lines and not lines[0].code and lines[0] != GAP:
        return [Line(f"{mention} {lines[0].text}"), *lines[1:]]
    return [Line(mention), *lines]


def _pack(lines: Sequence[Line]) -> Iterator[list[Line]]:
    part: list[Line] = []
    size = 0
    for line in lines:
        for piece in _fitting(line):
            if size + _cost(piece, part) > PART_LIMIT and _has_words(part):
                done, part = _cut(part)
                yield done
                size = _size(part)
                if size + _cost(piece, part) > PART_LIMIT and _has_words(part):
                    yield _trimmed(part)
                    part, size = [], 0
            size += _cost(piece, part)
            part.append(piece)
    if _has_words(part):
        yield _trimmed(part)


def _cut(part: list[Line]) -> tuple[list[Line], list[Line]]:
    """A full part, cut at the last end of a paragraph in its second half, else at its end."""
    half = len(part) // 2
    for here in range(len(part) - 1, max(half, 1) - 1, -1):
        rest = part[here + 1 :]
        if part[here] == GAP and _has_words(part[:here]) and _has_words(rest):
            return _trimmed(part[:here]), rest
    return _trimmed(part), []


def _fitting(line: Line) -> Iterator[Line]:
    """The line, or pieces of it that fit into a part; nothing is cut within a sign."""
    # Room kept for nothing would let two pieces of one line stand in one part, on two lines.
    limit = PART_LIMIT - 1 - (_FENCES_COST if line.code else 0)
    if utf16_units(line.text) <= limit:
        yield line
        return
    piece, size = "", 0
    for atom in _atoms(line.text, limit):
        cost = utf16_units(atom)
        if piece and size + cost > limit:
            yield Line(piece, line.code)
            piece, size = "", 0
        piece += atom
        size += cost
    yield Line(piece, line.code)


def _atoms(text: str, limit: int) -> Iterator[str]:
    for found in _WHOLE.finditer(text):
        atom = found[0]
        if utf16_units(atom) <= limit:
            yield atom
            continue
        for sign in clusters(atom):
            # A letter under hundreds of accents is no sign anybody reads.
            yield from (sign,) if len(sign) <= _LONGEST_SIGN else sign


def _cost(line: Line, part: Sequence[Line]) -> int:
    begins_code = line.code and (not part or part[-1].code != line.code)
    return utf16_units(line.text) + 1 + (_FENCES_COST if begins_code else 0)


def _size(part: Sequence[Line]) -> int:
    return sum(_cost(line, part[:number]) for number, line in enumerate(part))


def _has_words(part: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in part)


def _trimmed(part: list[Line]) -> list[Line]:
    """The lines without gaps at either end."""
    start, end = 0, len(part)
    while start < end and part[start] == GAP:
        start += 1
    while end > start and part[end - 1] == GAP:
        end -= 1
    return part[start:end]


def _write(part: Sequence[Line]) -> str:
    texts: list[str] = []
    code = 0
    for line in part:
        if line.code != code:
            texts.extend([_FENCE] if code else [])
            texts.extend([_FENCE] if line.code else [])
            code = line.code
        texts.append(line.text)
    texts.extend([_FENCE] if code else [])
    return "\n".join(texts)
