"""Slack's mrkdwn, read as a person sees it.

Source: docs.slack.dev/messaging/formatting-message-text (read 2026-11)
"""

import re
from dataclasses import dataclass
from typing import Final

from chargehand.domain.text import LineKind
from chargehand.kit.hidden import without_hidden
from chargehand.plugins.reading import LineCollector, Reading

_FENCE: Final = "```"
_QUOTE: Final = "&gt;"
_LONG_QUOTE: Final = "&gt;&gt;&gt;"
_ENTITY: Final = re.compile(r"&(amp|lt|gt);")
_SIGNS: Final = {"amp": "&", "lt": "<", "gt": ">"}
# Every alternative begins with a literal and excludes it from its own middle, so that a search
# over a whole line takes linear time whatever the line holds.
_TOKEN: Final = re.compile(
    r"""
      <@(?P<account>[A-Za-z0-9_-]{1,64})(?:\|(?P<name>[^<>\n]{0,250}))?>
    | <\#(?P<channel>[A-Za-z0-9_-]{1,64})(?:\|(?P<channel_name>[^<>\n]{0,250}))?>
    | <!(?P<special>[^<>|\n]{1,500})(?:\|(?P<special_label>[^<>\n]{0,500}))?>
    | <(?P<url>[^<>|\s@\#!][^<>|\n]{0,3000})(?:\|(?P<label>[^<>\n]{0,3000}))?>
    | `(?P<code>[^`\n]+)`
    | (?P<mark>[*_~])
    """,
    re.VERBOSE,
)
_STRIKE: Final = "~"
_BROADCASTS: Final = frozenset({"here", "channel", "everyone"})


@dataclass(slots=True)
class _Piece:
    """A run of the line; an emphasis mark is emptied once its partner is found."""

    text: str
    account_id: str | None = None
    is_struck: bool = False


def read_mrkdwn(text: str) -> Reading:
    """The lines of a mrkdwn text."""
    collector = LineCollector()
    add_mrkdwn(text, collector)
    return collector.reading()


def add_mrkdwn(text: str, collector: LineCollector, *, kind: LineKind = LineKind.BODY) -> None:
    """Add the lines of a mrkdwn text; `kind` is what stands outside of quotes and code."""
    parts = without_hidden(text).split(_FENCE)
    # A fence without an end is three signs that somebody wrote.
    if len(parts) % 2 == 0:
        *parts, before, last = parts
        parts.append(f"{before}{_FENCE}{last}")
    for number, part in enumerate(parts):
        if number % 2:
            _add_code(part, collector)
        else:
            kind = _add_words(part, collector, kind)


def plain(text: str) -> str:
    """The text with Slack's three entities as the signs they stand for."""
    return _ENTITY.sub(lambda found: _SIGNS[found[1]], text)


def _add_code(text: str, collector: LineCollector) -> None:
    for line in text.strip("\n").split("\n"):
        # Slack marks addresses in code too; nobody is mentioned there.
        collector.add("".join(piece.text for piece in _pieces(line, has_marks=False)))
        collector.end_line(LineKind.CODE)


def _add_words(text: str, collector: LineCollector, kind: LineKind) -> LineKind:
    """Add the lines; what is returned holds for what follows: a long quote has no end."""
    for line in text.split("\n"):
        here, words = kind, line
        if line.startswith(_LONG_QUOTE):
            here = kind = LineKind.QUOTE
            words = line.removeprefix(_LONG_QUOTE)
        elif line.startswith(_QUOTE):
            here, words = LineKind.QUOTE, line.removeprefix(_QUOTE)
        for piece in _pieces(words, has_marks=True):
            if piece.account_id is not None:
                collector.add_mention(piece.account_id, piece.text)
            elif piece.is_struck:
                collector.add_struck(piece.text)
            else:
                collector.add(piece.text)
        collector.end_line(here)
    return kind


def _pieces(line: str, *, has_marks: bool) -> list[_Piece]:
    """The runs of a line in reading order, its pairs of marks removed."""
    pieces: list[_Piece] = []
    open_marks: dict[str, int] = {}
    position = 0
    for token in _TOKEN.finditer(line):
        if token.start() > position:
            pieces.append(_Piece(plain(line[position : token.start()])))
        position = token.end()
        if token["mark"] and has_marks:
            _take_mark(line, token, pieces, open_marks)
        elif token["code"] and not has_marks:
            pieces.append(_Piece(plain(token[0])))
        else:
            pieces.append(_piece_of(token))
    pieces.append(_Piece(plain(line[position:])))
    return pieces


def _piece_of(token: re.Match[str]) -> _Piece:
    if account := token["account"]:
        name = plain(token["name"] or "") or account
        return _Piece(f"@{name.removeprefix('@')}", account_id=account)
    if channel := token["channel"]:
        return _Piece(f"#{plain(token['channel_name'] or '') or channel}")
    if special := token["special"]:
        return _Piece(_special(special, plain(token["special_label"] or "")))
    if url := token["url"]:
        return _Piece(plain(token["label"] or "") or plain(url).removeprefix("mailto:"))
    return _Piece(plain(token["code"] or token[0]))


def _special(name: str, label: str) -> str:
    if name in _BROADCASTS:
        return f"@{name}"
    word, _, rest = name.partition("^")
    if word == "subteam":
        return f"@{(label or rest).removeprefix('@')}"
    return label or plain(name)


def _take_mark(
    line: str, token: re.Match[str], pieces: list[_Piece], open_marks: dict[str, int]
) -> None:
    mark, here = token[0], len(pieces)
    before = line[token.start() - 1 : token.start()] if token.start() else ""
    after = line[token.end() : token.end() + 1]
    pieces.append(_Piece(mark))
    opened_at = open_marks.get(mark)
    can_close = before != "" and not before.isspace() and not after.isalnum() and after != mark
    can_open = not before.isalnum() and before != mark and after != "" and not after.isspace()
    if opened_at is not None and can_close:
        del open_marks[mark]
        pieces[opened_at].text = pieces[here].text = ""
        if mark == _STRIKE:
            for piece in pieces[opened_at + 1 : here]:
                piece.is_struck = True
    elif opened_at is None and can_open:
        open_marks[mark] = here
