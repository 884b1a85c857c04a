"""Jira's wiki markup, read into ADF: what people type through the control API.

Source: Atlassian's "Text formatting notation" help page, the subset comments really use.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Node: TypeAlias = dict[str, Any]

_FENCE: Final = re.compile(r"^\{(code|noformat)(?::([^}]*))?\}(.*)$")
_HEADING: Final = re.compile(r"^h([1-6])\.\s+(.*)$")
_LIST: Final = re.compile(r"^\s*([*#]+|-)\s+(.*)$")
_INLINE: Final = re.compile(
    r"\[~accountid:(?P<mention>[^\]\s]+)\]"
    r"|\{\{(?P<code>[^}]+)\}\}"
    r"|\[(?:(?P<label>[^\]|\n]+)\|)?(?P<url>https?://[^\]\s|]+)\]"
    r"|(?<![\w*])\*(?P<strong>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<em>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|\\(?P<escaped>[\[\]{}*_\\|#-])"
)


def wiki_to_adf(text: str, names: Mapping[str, str]) -> Node:
    """The ADF document for a wiki text; `[~accountid:…]` becomes a mention node.

    Shape: `names` maps account ids to display names, which mention nodes show as `@name`.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return {"type": "doc", "version": 1, "content": _Reader(names).blocks(lines)}


class _Reader:
    """Reads blocks line by line; each reader takes the lines from `at` and tells where it ended."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def blocks(self, lines: Sequence[str]) -> list[Node]:
        found: list[Node] = []
        paragraph: list[str] = []
        at = 0
        while at < len(lines):
            block, after = self._special(lines, at)
            if block is None and lines[at].strip():
                paragraph.append(lines[at])
                at += 1
                continue
            found.extend(self._paragraph(paragraph))
            paragraph = []
            found.extend([block] if block else [])
            at = after
        found.extend(self._paragraph(paragraph))
        return found

    def _special(self, lines: Sequence[str], at: int) -> tuple[Node | None, int]:
        line = lines[at]
        if _FENCE.match(line):
            return self._code(lines, at)
        if line.startswith("{quote}"):
            return self._quote(lines, at)
        if line.startswith("|"):
            return self._table(lines, at)
        if _LIST.match(line):
            return self._list(lines, at)
        return self._one_line(line), at + 1

    def _one_line(self, line: str) -> Node | None:
        heading = _HEADING.match(line)
        if heading:
            level = int(heading[1])
            return {
                "type": "heading",
                "attrs": {"level": level},
                "content": self.inline(heading[2]),
            }
        if line.startswith("bq. "):
            return {"type": "blockquote", "content": self._paragraph([line[4:]])}
        if re.fullmatch(r"-{4,}\s*", line):
            return {"type": "rule"}
        return None

    def _code(self, lines: Sequence[str], at: int) -> tuple[Node, int]:
        opening = _FENCE.match(lines[at])
        word, language, rest = opening.groups() if opening else ("code", None, "")
        body, after = _until([rest, *lines[at + 1 :]], f"{{{word}}}")
        node: Node = {"type": "codeBlock"}
        if language and "=" not in language:
            node["attrs"] = {"language": language.split("|")[0]}
        code = "\n".join(body).strip("\n")
        if code:
            node["content"] = [{"type": "text", "text": code}]
        return node, at + after

    def _quote(self, lines: Sequence[str], at: int) -> tuple[Node, int]:
        first = lines[at].removeprefix("{quote}")
        body, after = _until([first, *lines[at + 1 :]], "{quote}")
        inner = [_quotable(block) for block in self.blocks(body)]
        return {"type": "blockquote", "content": inner or [{"type": "paragraph"}]}, at + after

    def _table(self, lines: Sequence[str], at: int) -> tuple[Node, int]:
        rows: list[Node] = []
        while at < len(lines) and lines[at].startswith("|"):
            rows.append({"type": "tableRow", "content": self._cells(lines[at])})
            at += 1
        return {"type": "table", "content": rows}, at

    def _cells(self, line: str) -> list[Node]:
        kind = "tableHeader" if line.startswith("||") else "tableCell"
        # A bar inside [label|url] separates nothing, so links are taken as one piece.
        pieces = re.findall(r"\|\|?((?:\[[^\]\n]*\]|[^|])*)", line)
        texts = pieces[:-1] if len(pieces) > 1 and not pieces[-1].strip() else pieces
        return [
            {
                "type": kind,
                "content": self._paragraph([text.strip()]) or [{"type": "paragraph"}],
            }
            for text in texts
        ]

    def _list(self, lines: Sequence[str], at: int) -> tuple[Node, int]:
        entries: list[tuple[str, str]] = []
        while at < len(lines) and (entry := _LIST.match(lines[at])):
            if entries and entry[1][0] != entries[0][0][0]:
                break
            entries.append((entry[1], entry[2]))
            at += 1
        return self._nested(entries, 1), at

    def _nested(self, entries: Sequence[tuple[str, str]], depth: int) -> Node:
        kind = "orderedList" if entries[0][0][depth - 1 : depth] == "#" else "bulletList"
        items: list[Node] = []
        at = 0
        while at < len(entries):
            end = at + 1
            while end < len(entries) and len(entries[end][0]) > depth:
                end += 1
            content = self._paragraph([entries[at][1]]) or [{"type": "paragraph"}]
            if end > at + 1:
                content.append(self._nested(entries[at + 1 : end], depth + 1))
            items.append({"type": "listItem", "content": content})
            at = end
        return {"type": kind, "content": items}

    def _paragraph(self, lines: Sequence[str]) -> list[Node]:
        if not any(line.strip() for line in lines):
            return []
        content: list[Node] = []
        for line in lines:
            content.extend([{"type": "hardBreak"}] if content else [])
            content.extend(self.inline(line))
        return [{"type": "paragraph", "content": content}]

    def inline(self, text: str) -> list[Node]:
        nodes: list[Node] = []
        at = 0
        for match in _INLINE.finditer(text):
            nodes.extend(_text(text[at : match.start()]))
            nodes.extend(self._span(match))
            at = match.end()
        nodes.extend(_text(text[at:]))
        return nodes

    def _span(self, match: re.Match[str]) -> list[Node]:
        if account := match["mention"]:
            name = self._names.get(account, account)
            return [{"type": "mention", "attrs": {"id": account, "text": f"@{name}"}}]
        if url := match["url"]:
            mark = {"type": "link", "attrs": {"href": url}}
            return [{"type": "text", "text": match["label"] or url, "marks": [mark]}]
        if escaped := match["escaped"]:
            return _text(escaped)
        if code := match["code"]:
            return [{"type": "text", "text": code, "marks": [{"type": "code"}]}]
        kind = "strong" if match["strong"] else "em"
        return [_marked(node, kind) for node in self.inline(match["strong"] or match["em"])]


def _marked(node: Node, kind: str) -> Node:
    if node["type"] != "text":
        return node
    return {**node, "marks": [*node.get("marks", []), {"type": kind}]}


def _text(text: str) -> list[Node]:
    return [{"type": "text", "text": text}] if text else []


def _until(lines: Sequence[str], closing: str) -> tuple[list[str], int]:
    """The lines up to the closing mark, and how many were used; unclosed blocks run to the end."""
    body: list[str] = []
    for number, line in enumerate(lines, start=1):
        before, found, _ = line.partition(closing)
        body.append(before)
        if found:
            return body, number
    return body, len(lines)


def _quotable(block: Node) -> Node:
    # ADF lets a blockquote hold paragraphs, lists and code only; other blocks keep their words.
    if block["type"] in {"paragraph", "bulletList", "orderedList", "codeBlock"}:
        return block
    if block["type"] == "heading":
        return {"type": "paragraph", "content": block["content"]}
    return {"type": "paragraph"}
