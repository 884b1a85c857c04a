"""Atlassian Document Format, read tolerantly: every node of the schema, and unknown ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TypeAlias

from chargehand.domain.text import LineKind, plain_text
from chargehand.kit.clock import EPOCH
from chargehand.kit.hidden import one_line, without_hidden
from chargehand.plugins.reading import (
    MAX_ACCOUNT_ID_CHARS,
    LineCollector,
    Reading,
)

MAX_NODES = 100_000
_MAX_LABEL_CHARS = 1_000
_MAX_URL_CHARS = 2_000

_Attributes: TypeAlias = Mapping[object, object]

# Nodes whose children are words. Everything else that has children is a container of such nodes.
_TEXT_BLOCKS = frozenset(
    {"paragraph", "heading", "taskItem", "decisionItem", "caption", "codeBlock"}
)
# Nodes that show no words of the writer: lines, pictures, and hints the editor never publishes.
_WORDLESS = frozenset({"rule", "media", "mediaInline", "placeholder", "syncBlock"})
_LINE_END = object()


@dataclass(frozen=True, slots=True)
class _Visit:
    """A node still to be read; `_LINE_END` closes the line of the block it stands for."""

    node: object
    kind: LineKind
    is_inline: bool = False


def read_adf(document: object, *, kind: LineKind = LineKind.BODY) -> Reading:
    """The lines of an ADF document or node; anything that is not one reads as no lines.

    Shape: at most `MAX_NODES` nodes are read; what lies beyond is reported as cut.
    Source: @atlaskit/adf-schema 57.7.22, dist/json-schema/v1/full.json
    """
    collector = LineCollector()
    # The way down is kept on a list, so that depth costs memory and never the call stack.
    pending = [_Visit(document, kind)]
    visits_left = MAX_NODES
    while pending and visits_left > 0:
        visits_left -= 1
        visit = pending.pop()
        if visit.node is _LINE_END:
            collector.end_line(visit.kind)
        else:
            pending.extend(_read_node(visit, collector))
    collector.end_line(kind)
    reading = collector.reading()
    return Reading(reading.lines, was_cut=reading.was_cut or bool(pending))


def adf_to_text(document: object) -> str:
    """An ADF document as plain text, one line for each paragraph, item, cell or quoted line."""
    return plain_text(read_adf(document).lines)


def _read_node(visit: _Visit, collector: LineCollector) -> list[_Visit]:
    """Take what the node itself says; what is returned is read next, last first."""
    node = visit.node
    if not isinstance(node, Mapping):
        return []
    name = node.get("type")
    attributes = node.get("attrs")
    attrs: _Attributes = attributes if isinstance(attributes, Mapping) else {}
    if name == "mention":
        _add_mention(attrs, visit.kind, collector)
    elif name == "hardBreak":
        collector.end_line(visit.kind)
    elif isinstance(text := node.get("text"), str):
        _add_text(text, node, visit.kind, collector)
    elif isinstance(name, str) and name in _LABELS:
        collector.add(_LABELS[name](attrs))
    elif isinstance(name, str) and name in _WORDLESS:
        return []
    else:
        return _open_container(visit, attrs, collector)
    return []


def _open_container(visit: _Visit, attrs: _Attributes, collector: LineCollector) -> list[_Visit]:
    node = visit.node
    content = node.get("content") if isinstance(node, Mapping) else None
    children = content if isinstance(content, Sequence) and not isinstance(content, str) else ()
    name = node.get("type") if isinstance(node, Mapping) else None
    if visit.is_inline:
        # An unknown node among words stays on their line: a line of its own reads as more.
        return [_Visit(child, visit.kind, is_inline=True) for child in reversed(children)]
    kind = _kind_inside(name, attrs, visit.kind)
    collector.end_line(visit.kind)
    title = attrs.get("title")
    if isinstance(title, str):
        collector.add(one_line(title, _MAX_LABEL_CHARS))
        collector.end_line(kind)
    is_inline = isinstance(name, str) and name in _TEXT_BLOCKS
    inside = [_Visit(child, kind, is_inline=is_inline) for child in reversed(children)]
    return [_Visit(_LINE_END, kind), *inside]


def _kind_inside(name: object, attrs: _Attributes, kind: LineKind) -> LineKind:
    if name == "codeBlock":
        return LineKind.CODE
    # A ticked task is done with; read as an open request it would ask for it again.
    is_done_task = name in ("taskItem", "blockTaskItem") and attrs.get("state") == "DONE"
    if kind is LineKind.BODY and (name == "blockquote" or is_done_task):
        return LineKind.QUOTE
    return kind


def _add_text(
    text: str, node: Mapping[object, object], kind: LineKind, collector: LineCollector
) -> None:
    add = collector.add_struck if _is_struck(node.get("marks")) else collector.add
    first, *rest = without_hidden(text).split("\n")
    add(first)
    for line in rest:
        collector.end_line(kind)
        add(line)


def _is_struck(marks: object) -> bool:
    if not isinstance(marks, Sequence) or isinstance(marks, str):
        return False
    return any(isinstance(mark, Mapping) and mark.get("type") == "strike" for mark in marks)


def _add_mention(attrs: _Attributes, kind: LineKind, collector: LineCollector) -> None:
    identifier = attrs.get("id")
    account_id = one_line(identifier, MAX_ACCOUNT_ID_CHARS) if isinstance(identifier, str) else ""
    written = attrs.get("text")
    shown = one_line(written, _MAX_LABEL_CHARS) if isinstance(written, str) else ""
    if account_id and kind is not LineKind.CODE:
        collector.add_mention(account_id, shown or f"@{account_id}")
    else:
        collector.add(shown)


def _label(attrs: _Attributes, *names: str) -> str:
    found = (attrs.get(name) for name in names)
    return next((one_line(text, _MAX_LABEL_CHARS) for text in found if isinstance(text, str)), "")


def _read_emoji(attrs: _Attributes) -> str:
    return _label(attrs, "text", "shortName")


def _read_status(attrs: _Attributes) -> str:
    return _label(attrs, "text")


def _read_extension(attrs: _Attributes) -> str:
    return _label(attrs, "text")


def _read_date(attrs: _Attributes) -> str:
    """The day a date node names; vendors and editors write its milliseconds as text."""
    stamp = attrs.get("timestamp")
    digits = str(stamp) if isinstance(stamp, int) and abs(stamp) < 2**63 else stamp
    if not isinstance(digits, str) or not digits.isascii():
        return ""
    try:
        moment = EPOCH + timedelta(milliseconds=int(digits[:20]))
    except (ValueError, OverflowError):
        return ""
    return moment.astimezone(UTC).date().isoformat()


def _read_card(attrs: _Attributes) -> str:
    data = attrs.get("data")
    inner: _Attributes = data if isinstance(data, Mapping) else {}
    url = attrs.get("url", inner.get("url"))
    return one_line(url, _MAX_URL_CHARS) if isinstance(url, str) else ""


_LABELS: Mapping[str, Callable[[_Attributes], str]] = {
    "emoji": _read_emoji,
    "status": _read_status,
    "date": _read_date,
    "inlineCard": _read_card,
    "blockCard": _read_card,
    "embedCard": _read_card,
    "inlineExtension": _read_extension,
    "extension": _read_extension,
}
