"""Markdown to Bitbucket's own: every word shown, nobody called who was not meant.

Rejected
└── CommentTooLong    see errors.py; nothing is ever cut to fit
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from markdown_it.token import Token

from chargehand.connectors.bitbucket.errors import CommentTooLong
from chargehand.connectors.bitbucket.params import CommentParams
from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.kit.visible import defuse, defuse_line

COMMENT_LIMIT_CHARS: Final = 32_000
ZERO_WIDTH_SPACE: Final = "\u200b"
# What means something anywhere in a line. Cloud escapes fewer signs than Data Center does, so the
# others are written as entities, which both show.
_ANYWHERE: Final = re.compile(r"[\\`*_\[\]{}<>~|]|&(?=#?\w{1,40};)")
_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "~": "&#126;", "|": "&#124;"}
# An address is linked by itself.
_ADDRESS: Final = re.compile(r":(?=//)|(?i:(?<=www)\.|(?<=mailto):)")
_AT_START: Final = re.compile(r"\A(\d{1,9})([.)])|\A([-+=#:])")
# A mention: of an account between braces on Cloud, of a user name on Data Center.
_CALL: Final = re.compile(r"@(?=\{)|(?<![\w.])@(?=[\w\"])")
_MARKS: Final = {"strong": "**", "em": "*", "s": "~~"}
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9+#._-]{1,40}")
_RUN_OF_TICKS: Final = re.compile(r"`+")
_SAFE_IN_ADDRESS: Final = "/:?#!$&*+,;=%-._'@"
# Both count a nested block from four blanks on.
_INDENT: Final = "    "
_LEAST_FENCE: Final = 3


def render_comment(params: CommentParams, *, is_cloud: bool) -> str:
    """The text of a comment, the mention before its first words.

    Raises: CommentTooLong.
    """
    text = render_markdown(params.markdown)
    if params.mention is not None:
        account = params.mention.account_id
        called = f"@{{{account.strip('{}')}}}" if is_cloud else f'@"{account}"'
        glue = "\n\n" if text[:1] in ("`", ">", "#", "|", "-", "1") else " "
        text = f"{called}{glue}{text}"
    if len(text) > COMMENT_LIMIT_CHARS:
        raise CommentTooLong(size=len(text), limit=COMMENT_LIMIT_CHARS)
    return text


def render_markdown(markdown: str) -> str:
    """The same words in Bitbucket's Markdown."""
    text = defuse(markdown)
    tokens = parse_markdown(text)
    if is_cut_off(tokens):
        # Nested deeper than the parser goes: every word is kept, as plain lines.
        lines = (_escaped_line(line) for line in text.split("\n"))
        return "\n\n".join(line for line in lines if line.strip())
    writer = _Writer()
    writer.write(tokens)
    return "\n".join(writer.lines).strip("\n")


def without_calls(text: str) -> str:
    """The text with every mention taken apart, to the eye unchanged."""
    return _CALL.sub(f"@{ZERO_WIDTH_SPACE}", text)


def escape(text: str) -> str:
    """Markdown that shows exactly this text inside a line."""
    escaped = _ANYWHERE.sub(
        lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), without_calls(text)
    )
    return _ADDRESS.sub(lambda found: f"&#{ord(found[0])};", escaped)


def _escaped_line(line: str) -> str:
    return _AT_START.sub(_with_backslash, escape(line.strip()))


def _with_backslash(found: re.Match[str]) -> str:
    number, mark, sign = found.groups()
    if number:
        return f"{number}\\{mark}"
    return f"&#{ord(sign)};" if sign in "=:" else f"\\{sign}"


def _code_span(text: str) -> str:
    shown = without_calls(defuse_line(text))
    longest = max((len(run) for run in _RUN_OF_TICKS.findall(shown)), default=0)
    ticks = "`" * (longest + 1)
    edge = " " if shown[:1] == "`" or shown[-1:] == "`" else ""
    return f"{ticks}{edge}{shown}{edge}{ticks}" if shown.strip() else shown


class _Writer:
    """Takes block tokens and makes lines of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._prefixes: list[str] = []
        self._numbers: list[int | None] = []
        self._bullet = ""
        self._heading = 0
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._is_tight = False
        self._is_in_cell = False
        self._is_fresh = False

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            self._take(token)

    def _take(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._words(token)
            case "fence" | "code_block":
                self._code(token)
            case "hr":
                self._block(["---"])
            case "paragraph_open":
                self._is_tight = token.hidden
            case "heading_open" | "heading_close":
                self._heading = int(token.tag.removeprefix("h")) if token.nesting > 0 else 0
            case name if name.startswith("t"):
                self._take_of_table(token)
            case _:
                self._take_of_container(token)

    def _take_of_container(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._gap()
                self._prefixes.append("> ")
                self._is_fresh = True
            case "bullet_list_open" | "ordered_list_open":
                self._begin_list(token)
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._begin_item()
            case "blockquote_close":
                self._prefixes.pop()
            case "list_item_close":
                self._prefixes.pop()
                self._bullet = ""

    def _take_of_table(self, token: Token) -> None:
        match token.type:
            case "th_open" | "td_open" | "th_close" | "td_close":
                self._is_in_cell = token.nesting > 0
            case "tr_open":
                self._row = []
            case "tr_close":
                self._rows.append(self._row)
            case "table_close":
                self._close_table()

    def _begin_list(self, token: Token) -> None:
        if not self._numbers:
            self._gap()
        is_ordered = token.type == "ordered_list_open"
        self._numbers.append(int(token.attrs.get("start", 1)) if is_ordered else None)

    def _begin_item(self) -> None:
        number = self._numbers[-1]
        if number is None:
            self._bullet = "-   "
        else:
            self._bullet = f"{number}. ".ljust(len(_INDENT))
            self._numbers[-1] = number + 1
        self._prefixes.append(_INDENT)

    def _gap(self) -> None:
        """An empty line before a block, within whatever it stands in."""
        is_first, self._is_fresh = self._is_fresh, False
        if self.lines and not self._bullet and not is_first:
            self.lines.append("".join(self._prefixes).rstrip())

    def _block(self, lines: Sequence[str]) -> None:
        if not (self._is_tight and self._numbers):
            self._gap()
        self._is_tight = False
        for line in lines:
            lead = "".join(self._prefixes)
            if self._bullet:
                # The item's own indentation, with its bullet in it.
                place = len(lead) - len(_INDENT)
                lead = f"{lead[:place]}{self._bullet}"
                self._bullet = ""
            self.lines.append(f"{lead}{line}".rstrip())

    def _words(self, token: Token) -> None:
        lines = _inline_lines(token.children or ())
        if self._heading:
            mark = "#" * self._heading
            self._block([f"{mark} {' '.join(lines)}"])
        elif self._is_in_cell:
            self._row.append(" ".join(lines))
        elif any(line.strip() for line in lines):
            # Two blanks at its end would break a line; Cloud breaks it anyway.
            self._block([_AT_START.sub(_with_backslash, line) for line in lines])

    def _code(self, token: Token) -> None:
        info = token.info.strip() if token.type == "fence" else ""
        language = info if _LANGUAGE.fullmatch(info) else ""
        text = token.content.removesuffix("\n")
        if info and not language:
            text = f"{info}\n{text}"
        longest = max((len(run) for run in _RUN_OF_TICKS.findall(text)), default=0)
        fence = "`" * max(_LEAST_FENCE, longest + 1)
        lines = [without_calls(line) for line in text.split("\n")]
        self._block([f"{fence}{language}", *lines, fence])

    def _close_table(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        width = max(len(row) for row in rows)
        shown = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        self._block([shown[0], f"|{' --- |' * width}", *shown[1:]])


def _inline_lines(tokens: Sequence[Token]) -> list[str]:
    lines = [""]
    href, label_at = "", 0
    for token in tokens:
        name, _, edge = token.type.rpartition("_")
        if name in _MARKS and edge in {"open", "close"}:
            lines[-1] += _MARKS[name]
            continue
        match token.type:
            case "softbreak" | "hardbreak":
                if href:
                    lines[-1] += " "
                else:
                    lines.append("")
            case "link_open":
                href, label_at = str(token.attrs.get("href", "")), len(lines[-1])
            case "link_close":
                label = lines[-1][label_at:]
                lines[-1] = lines[-1][:label_at] + _link(label, href)
                href = ""
            case "code_inline":
                lines[-1] += _code_span(token.content)
            case _:
                lines[-1] += escape(token.content)
    return lines


def _link(label: str, href: str) -> str:
    address = quote(href, safe=_SAFE_IN_ADDRESS)
    if not label.strip():
        return f"<{address}>"
    return f"[{label}]({address})"
