"""Markdown to tokens, set up so that nothing a writer wrote disappears or gains power.

Off: HTML and entities (shown as written), images (shown as their link), reference definitions
(they would vanish from the text). Links lead to http, https and mailto only.
Source: markdown-it-py.readthedocs.io, "Using markdown_it" (version 4.3).
"""

import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

# The parser drops whatever is nested deeper, so deeper text must be noticed by the caller.
MAX_NESTING: Final = 24
_ALLOWED_LINK: Final = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])", re.IGNORECASE)
_CONTAINERS: Final = frozenset({"blockquote_open", "list_item_open"})
# Rows shorter than the header are filled up, which lets a small text grow to a huge table.
_MAX_TABLE_ROWS: Final = 500
_FREE_CELLS: Final = 32
_MAX_CELLS_PER_WRITTEN_CELL: Final = 2
_REFUSED_UNTIL: Final = "table_refused_until_line"
_DELIMITER_ROW: Final = re.compile(r"[|:-][|:\s-]+")
_UNESCAPED_PIPE: Final = re.compile(r"(?<!\\)\|")


class _PlainSpokenMarkdown(MarkdownIt):
    """A parser whose links are limited and whose link texts stay as they were written."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name for its hook
        return _ALLOWED_LINK.match(url) is not None

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name for its hook
        return link


def parse_markdown(markdown: str) -> Sequence[Token]:
    """The block tokens of a Markdown text; `inline` tokens carry their own in `children`."""
    return _PARSER.parse(markdown)


def is_cut_off(tokens: Sequence[Token]) -> bool:
    """Whether the text was nested so deeply that the parser may have dropped some of it."""
    return any(token.type in _CONTAINERS and token.level >= MAX_NESTING - 1 for token in tokens)


def _build_parser() -> MarkdownIt:
    parser = _PlainSpokenMarkdown("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable(["reference", "entity", "image", "html_block", "html_inline"])
    parser.block.ruler.at("table", _parse_table, {"alt": ["paragraph"]})
    # The first use compiles the rules in place; done here, threads only ever read them.
    parser.parse("text")
    return parser


def _parse_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - the library calls rules so
    if start_line < state.env.get(_REFUSED_UNTIL, 0) or _outgrows_its_text(
        state, start_line, end_line
    ):
        return False
    first_token = len(state.tokens)
    if not table(state, start_line, end_line, silent):
        return False
    if not silent:
        _keep_extra_cells(state, state.tokens[first_token:])
    return True


def _outgrows_its_text(state: StateBlock, start_line: int, end_line: int) -> bool:
    """Whether a table here would be mostly filling; the lines looked at are not tried again."""
    delimiters = _line(state, start_line + 1) if start_line + 1 < end_line else ""
    if not _DELIMITER_ROW.fullmatch(delimiters):
        return False
    columns = delimiters.count("|") + 1
    line = start_line + 2
    written = 0
    while line < end_line and not state.isEmpty(line) and line - start_line <= _MAX_TABLE_ROWS:
        written += _line(state, line).count("|") + 1
        line += 1
    filled = columns * (line - start_line - 2)
    is_long = line - start_line > _MAX_TABLE_ROWS
    if is_long or filled > _MAX_CELLS_PER_WRITTEN_CELL * written + _FREE_CELLS:
        state.env[_REFUSED_UNTIL] = line
        return True
    return False


def _keep_extra_cells(state: StateBlock, tokens: Sequence[Token]) -> None:
    """Give the last cell of each row what stands beyond the last column.

    GitHub's table rules drop those cells; an answer must not lose words.
    """
    columns = sum(token.type == "th_open" for token in tokens)
    row_line = 0
    last_cell: Token | None = None
    for token in tokens:
        if token.type == "tr_open" and token.map is not None:
            row_line = token.map[0]
        elif token.type == "inline":
            last_cell = token
        elif token.type == "tr_close" and last_cell is not None:
            extra = _cells(_line(state, row_line))[columns:]
            last_cell.content = (
                " | ".join((last_cell.content, *extra)) if extra else (last_cell.content)
            )


def _cells(line: str) -> list[str]:
    cells = [cell.strip().replace("\\|", "|") for cell in _UNESCAPED_PIPE.split(line.strip())]
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


_PARSER: Final = _build_parser()
