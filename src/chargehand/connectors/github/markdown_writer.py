"""Writes GitHub's Markdown anew from the house's, so that a text shows its words and no more.

Nobody is mentioned, no issue or commit is referred to from afar, and no HTML gets through: what
means something to GitHub alone is broken by a sign of no width, and every other mark is escaped.
Source: docs.github.com/get-started/writing-on-github (read 2026-11)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from markdown_it.tree import SyntaxTreeNode

from chargehand.kit.markdown_parser import is_cut_off, parse_markdown
from chargehand.kit.visible import defuse

_ESCAPED: Final = re.compile(r"[\\`*_\[\]<>~|&$]")
# An account or a team, an issue by number, and the older form of the latter.
# At the end of a piece the rest may follow in other marks, as in @*name*.
_CALLING: Final = re.compile(r"@(?=\w|\Z)|#(?=\d|\Z)|(?i:\bgh)-(?=\d|\Z)|:(?=[\w+-]+:)")
_AT_START: Final = re.compile(r"\A(\s{0,3})(#{1,6}(?=\s|$)|[-+=](?=\s|$|[-=])|\d{1,9}(?=[.)]))")
_NO_WIDTH: Final = "&#8203;"
_TICKS: Final = re.compile("`+")
_TILDES_OR_TICKS: Final = re.compile("`{3,}")


def write_markdown(markdown: str) -> str:
    """A text as GitHub's Markdown; never empty where the text has something to see."""
    source = defuse(markdown)
    tokens = parse_markdown(source)
    if not is_cut_off(tokens):
        written = _blocks(SyntaxTreeNode(tokens).children)
        if written.strip():
            return written
    # Too deeply nested, or nothing to see: shown exactly as it was written.
    return "\n".join(_at_start(_text(line)) for line in source.split("\n") if line.strip())


def _blocks(nodes: Sequence[SyntaxTreeNode], *, gap: str = "\n\n") -> str:
    return gap.join(filter(None, (_block(node) for node in nodes)))


def _block(node: SyntaxTreeNode) -> str:
    write = _BLOCKS.get(node.type)
    return write(node) if write is not None else _blocks(node.children)


def _paragraph(node: SyntaxTreeNode) -> str:
    lines = _inline(node.children).split("\n")
    return "\n".join(_at_start(line.strip(" ")) for line in lines)


def _heading(node: SyntaxTreeNode) -> str:
    words = " ".join(_inline(node.children).split("\n"))
    return f"{'#' * int(node.tag[1:])} {words}"


def _bullets(node: SyntaxTreeNode) -> str:
    return _items(node, lambda _: "- ")


def _numbers(node: SyntaxTreeNode) -> str:
    first = int(node.attrGet("start") or 1)
    return _items(node, lambda number: f"{first + number}. ")


def _items(node: SyntaxTreeNode, mark_of: Callable[[int], str]) -> str:
    written = []
    for number, item in enumerate(node.children):
        mark = mark_of(number)
        is_tight = all(child.hidden for child in item.children if child.type == "paragraph")
        words = _blocks(item.children, gap="\n" if is_tight else "\n\n")
        indented = words.replace("\n", "\n" + " " * len(mark))
        written.append(f"{mark}{indented}".rstrip())
    return "\n".join(written)


def _quote(node: SyntaxTreeNode) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _blocks(node.children).split("\n"))


def _code_block(node: SyntaxTreeNode) -> str:
    longest = max((len(run) for run in _TILDES_OR_TICKS.findall(node.content)), default=2)
    fence = "`" * (longest + 1)
    language = re.sub(r"[^A-Za-z0-9+#._-]", "", node.info.split(" ")[0]) if node.info else ""
    return f"{fence}{language}\n{node.content.rstrip(chr(10))}\n{fence}"


def _table(node: SyntaxTreeNode) -> str:
    rows = [
        [" ".join(_inline(cell.children).split("\n")) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _inline(nodes: Sequence[SyntaxTreeNode]) -> str:
    return "".join(_piece(node) for node in nodes)


def _piece(node: SyntaxTreeNode) -> str:
    write = _PIECES.get(node.type)
    if write is not None:
        return write(node)
    return _inline(node.children) if node.children else _text(node.content)


def _between(mark: str) -> Callable[[SyntaxTreeNode], str]:
    return lambda node: f"{mark}{_inline(node.children)}{mark}"


def _link(node: SyntaxTreeNode) -> str:
    address = str(node.attrGet("href") or "")
    bare = re.sub(r"[<>\s]", "", address)
    return f"[{_inline(node.children)}](<{bare}>)"


def _code(node: SyntaxTreeNode) -> str:
    content = node.content
    longest = max((len(run) for run in _TICKS.findall(content)), default=0)
    ticks = "`" * (longest + 1)
    spare = " " if content[:1] in ("`", " ") or content[-1:] in ("`", " ") else ""
    return f"{ticks}{spare}{content}{spare}{ticks}"


def _text(text: str) -> str:
    escaped = _ESCAPED.sub(lambda found: f"\\{found[0]}", text)
    return _CALLING.sub(lambda found: f"{found[0]}{_NO_WIDTH}", escaped)


def _at_start(line: str) -> str:
    """A line whose first signs make no heading, list or rule."""
    found = _AT_START.match(line)
    if found is None:
        return line
    mark = found[2]
    if mark.isdigit():
        return f"{found[1]}{mark}\\{line[found.end() :]}"
    return f"{found[1]}\\{mark}{line[found.end() :]}"


_BLOCKS: Final[Mapping[str, Callable[[SyntaxTreeNode], str]]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bullet_list": _bullets,
    "ordered_list": _numbers,
    "blockquote": _quote,
    "fence": _code_block,
    "code_block": _code_block,
    "hr": lambda _: "---",
    "table": _table,
}
_PIECES: Final[Mapping[str, Callable[[SyntaxTreeNode], str]]] = {
    "code_inline": _code,
    "em": _between("_"),
    "hardbreak": lambda _: "\n",
    "link": _link,
    "s": _between("~~"),
    "softbreak": lambda _: "\n",
    "strong": _between("**"),
    "text": lambda node: _text(node.content),
}
