"""Reads Discord's Markdown: words, quotes, code and mentions told apart."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from chargehand.connectors.discord.schemas import MAX_TEXT_CHARS
from chargehand.domain.text import LineKind
from chargehand.kit.clock import EPOCH
from chargehand.kit.hidden import without_hidden
from chargehand.plugins.reading import LineCollector, Reading, marked

_FENCE: Final = re.compile(r"```(?:[A-Za-z0-9+#._-]{0,40}\n)?(.*?)```", re.DOTALL)
_QUOTE: Final = re.compile(r"\s{0,3}> (.*)", re.DOTALL)
_REST_QUOTED: Final = re.compile(r"\s{0,3}>>> (.*)", re.DOTALL)
_OPENING: Final = re.compile(r"\s*(?:[-*+] |\d{1,4}[.)] |#{1,3} |-# )")
_INLINE: Final = re.compile(
    r"\\(?P<escaped>[^\w\s])"
    r"|(?P<ticks>`{1,2})(?P<code>[^`].*?)(?P=ticks)"
    r"|<@!?(?P<user>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<#(?P<channel>\d{1,20})>"
    r"|<a?(?P<emoji>:\w{1,32}:)\d{1,20}>"
    r"|<(?P<command>/[\w -]{1,100}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,13})(?::[a-zA-Z])?>"
    r"|<(?P<link>https?://[^\s<>]+)>"
    r"|~~(?P<struck>[^\n]+?)~~"
    r"|(?P<mark>\*\*\*|\*\*|__|\|\|)"
    r"|(?<!\w)(?P<italic>[*_])(?P<words>[^\s*_](?:[^\n*_]*[^\s*_])?)(?P=italic)(?!\w)"
)


def read_message(content: str, names: Mapping[str, str]) -> Reading:
    """The lines of a message; `names` are those of the accounts it mentions, by id."""
    lines = LineCollector()
    text, quotes_rest, place = without_hidden(content[:MAX_TEXT_CHARS]), False, 0
    for fence in _FENCE.finditer(text):
        quotes_rest = _read_words(lines, text[place : fence.start()], names, quotes_rest)
        for line in fence[1].split("\n"):
            lines.add(line)
            lines.end_line(LineKind.CODE)
        place = fence.end()
    _read_words(lines, text[place:], names, quotes_rest)
    return marked(lines.reading(), content)


def read_line(text: str, names: Mapping[str, str]) -> Reading:
    """The one line a command was typed in, in which only mentions mean something."""
    lines = LineCollector()
    place, shown = 0, " ".join(without_hidden(text[:MAX_TEXT_CHARS]).split())
    for found in re.finditer(r"<@!?(\d{1,20})>", shown):
        lines.add(shown[place : found.start()])
        lines.add_mention(found[1], _name(found[1], names))
        place = found.end()
    lines.add(shown[place:])
    lines.end_line(LineKind.BODY)
    return marked(lines.reading(), text)


def _read_words(
    lines: LineCollector,
    text: str,
    names: Mapping[str, str],
    quotes_rest: bool,  # noqa: FBT001 - carried along, it switches nothing a caller chooses.
) -> bool:
    for line in text.split("\n"):
        words, kind = line, LineKind.QUOTE if quotes_rest else LineKind.BODY
        if rest := _REST_QUOTED.fullmatch(line):
            words, kind, quotes_rest = rest[1], LineKind.QUOTE, True
        elif quote := _QUOTE.fullmatch(line):
            words, kind = quote[1], LineKind.QUOTE
        opening = _OPENING.match(words)
        _read_inline(lines, words[opening.end() if opening else 0 :], names)
        lines.end_line(kind)
    return quotes_rest


def _read_inline(lines: LineCollector, text: str, names: Mapping[str, str]) -> None:
    place = 0
    for found in _INLINE.finditer(text):
        lines.add(text[place : found.start()])
        place = found.end()
        if found["user"]:
            lines.add_mention(found["user"], _name(found["user"], names))
        elif found["struck"]:
            lines.add_struck(found["struck"])
        elif found["words"]:
            _read_inline(lines, found["words"], names)
        else:
            lines.add(_words_of(found))
    lines.add(text[place:])


def _words_of(found: re.Match[str]) -> str:
    """What a reader sees in place of a mark that mentions nobody."""
    match found.lastgroup:
        case "role":
            return "@role"
        case "channel":
            return "#channel"
        case "time":
            return _time(int(found["time"]))
        case "mark":
            return ""
        case "code":
            return found["code"]
        case name:
            return found[name or 0]


def _time(seconds: int) -> str:
    try:
        return (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M UTC")
    except OverflowError:
        return str(seconds)


def _name(account_id: str, names: Mapping[str, str]) -> str:
    return f"@{names.get(account_id) or account_id}"
