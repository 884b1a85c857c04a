"""Markdown tokens to lines of mrkdwn, in one pass over the tokens.

Every `<` of a text is escaped, so the only things in angle brackets are the links made here, and
those lead to http, https and mailto alone: no text can mention anybody or page a channel. Slack
has no escape for `*`, `_`, `~` and backticks; a text that holds them may look bold, no more.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from markdown_it.token import Token

from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.kit.visible import defuse, defuse_line

QUOTE: Final = "&gt; "
_RULE: Final = "———"
_BULLET: Final = "• "
_INDENT: Final = "    "
_SIGNS: Final = {"strong": "*", "em": "_", "s": "~"}
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ESCAPED: Final = re.compile("[&<>]")
_LONGEST_ADDRESS: Final = 1_000
_CELL_GAP: Final = " | "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of mrkdwn; `code` numbers the block of code it belongs to, 0 for none."""

    text: str
    code: int = 0


GAP: Final = Line("")


def escape(text: str) -> str:
    """What shows exactly this text, as far as Slack can."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)


def lines_of(markdown: str) -> list[Line]:
    """The lines a Markdown text becomes; a `GAP` stands between its paragraphs."""
    source = defuse(markdown)
    tokens = parse_markdown(source)
    if not is_cut_off(tokens):
        lines = _BlockWriter().write(tokens)
        if any(line.text.strip() for line in lines):
            return lines
    # Too deeply nested, or signs only: shown as it was written.
    return [Line(escape(line)) if line.strip() else GAP for line in source.strip().split("\n")]


@dataclass(slots=True)
class _Level:
    """A list or a quote that is open: what stands before its first line and before the others."""

    first: str
    rest: str


@dataclass(slots=True)
class _BlockWriter:
    _lines: list[Line] = field(default_factory=list)
    _levels: list[_Level] = field(default_factory=list)
    _lists: list[int | None] = field(default_factory=list)
    _codes: int = 0
    _cells: list[str] = field(default_factory=list)
    _is_head: bool = False
    _is_cell: bool = False

    def write(self, tokens: Sequence[Token]) -> list[Line]:
        for token in tokens:
            self._take(token)
        return self._lines

    def _take(self, token: Token) -> None:
        if token.level == 0 and token.nesting >= 0 and self._lines:
            self._lines.append(GAP)
        name, _, edge = token.type.rpartition("_")
        match name, edge:
            case ("", "inline"):
                self._inline(token)
            case ("", "fence") | ("code", "block"):
                self._code(token)
            case ("", "hr"):
                self._add(_RULE)
            case ("blockquote", _):
                self._open(token, _Level(QUOTE, QUOTE))
            case ("bullet_list" | "ordered_list", _):
                self._list(token)
            case ("list_item", _):
                self._open(token, self._item(token))
            case ("heading" | "th" | "td", _):
                self._is_head = token.nesting > 0 and name != "td"
                self._is_cell = token.nesting > 0 and name != "heading"
            case ("tr", "close"):
                self._add(_CELL_GAP.join(self._cells))
                self._cells = []
            case _:
                pass

    def _open(self, token: Token, level: _Level) -> None:
        if token.nesting > 0:
            self._levels.append(level)
        else:
            self._levels.pop()

    def _list(self, token: Token) -> None:
        if token.nesting < 0:
            self._lists.pop()
            return
        is_ordered = token.type == "ordered_list_open"
        self._lists.append(int(token.attrs.get("start", 1)) if is_ordered else None)

    def _item(self, token: Token) -> _Level:
        if token.nesting < 0 or not self._lists:
            return _Level("", "")
        number = self._lists[-1]
        if number is None:
            return _Level(_BULLET, _INDENT)
        self._lists[-1] = number + 1
        return _Level(f"{number}. ", _INDENT)

    def _inline(self, token: Token) -> None:
        text = _InlineWriter(is_bold=self._is_head).write(token.children or ())
        if self._is_cell:
            self._cells.append(text.replace("\n", " "))
            return
        for line in text.split("\n"):
            self._add(line)

    def _code(self, token: Token) -> None:
        self._codes += 1
        info = token.info.strip()
        # More than a language beside the fence was written to be read.
        head = [info] if info and " " in info else []
        content = token.content.removesuffix("\n").split("\n")
        for line in (*head, *content):
            self._add(escape(line).replace("```", "` ` `"), code=self._codes)

    def _add(self, text: str, *, code: int = 0) -> None:
        prefix = ""
        for level in self._levels:
            prefix += level.first
            level.first = level.rest
        self._lines.append(Line((prefix + text) if not code else text, code))


class _InlineWriter:
    """Writes the words of one paragraph; marks end at a line's end, as Slack wants them to."""

    def __init__(self, *, is_bold: bool) -> None:
        self._parts: list[str] = []
        self._depths = dict.fromkeys(_SIGNS, 0)
        self._open: list[str] = []
        self._address = ""
        self._label: list[str] | None = None
        if is_bold:
            self._depths["strong"] = 1
            self._begin("strong")

    def write(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            self._take(token)
        self._end_all()
        return "".join(self._parts)

    def _take(self, token: Token) -> None:
        name, _, edge = token.type.rpartition("_")
        if name in _SIGNS and edge in {"open", "close"}:
            self._style(name, token.nesting)
        elif token.type == "link_open":
            self._address = str(token.attrs.get("href", ""))
            self._label = []
        elif token.type == "link_close":
            self._close_link()
        elif token.type in {"softbreak", "hardbreak"}:
            self._break()
        elif token.type == "code_inline":
            self._code(token.content)
        else:
            self._put(escape(token.content))

    def _put(self, text: str) -> None:
        (self._parts if self._label is None else self._label).append(text)

    def _style(self, name: str, step: int) -> None:
        before = self._depths[name]
        self._depths[name] = before + step
        if self._label is not None:
            # Marks inside a link's words are shown as they are; its words are not styled.
            return
        if step > 0 and before == 0:
            self._begin(name)
        elif step < 0 and before == 1 and name in self._open:
            self._end(name)

    def _begin(self, name: str) -> None:
        self._open.append(name)
        self._parts.append(_SIGNS[name])

    def _end(self, name: str) -> None:
        self._open.remove(name)
        self._parts.append(_SIGNS[name])

    def _end_all(self) -> None:
        for name in reversed(self._open):
            self._parts.append(_SIGNS[name])
        self._open = []

    def _break(self) -> None:
        if self._label is not None:
            self._label.append(" ")
            return
        again = list(self._open)
        self._end_all()
        self._parts.append("\n")
        for name in again:
            self._begin(name)

    def _code(self, content: str) -> None:
        text = escape(content)
        self._put(text if "`" in text or not text.strip() else f"`{text}`")

    def _close_link(self) -> None:
        label, self._label = "".join(self._label or ()), None
        address = _clean_address(self._address)
        if not address or len(address) > _LONGEST_ADDRESS:
            self._put(" ".join(filter(None, (label, escape(defuse_line(self._address))))))
        elif not label.strip() or label == address:
            self._put(f"<{address}>")
        else:
            self._put(f"<{address}|{label.replace('|', '/')}>")


def _clean_address(address: str) -> str:
    """The address as it may stand in angle brackets."""
    return escape(quote(address, safe="/:?#@!$&*+,;=%~-._[]'()")) if address else ""
