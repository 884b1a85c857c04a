"""ADF as Jira takes it: judged for structure, measured, and shown as wiki markup."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

TEXT_LIMIT: Final = 32_767

_INLINE: Final = frozenset(
    [
        "text",
        "hardBreak",
        "mention",
        "emoji",
        "inlineCard",
        "date",
        "status",
        "placeholder",
        "mediaInline",
        "inlineExtension",
    ]
)
_LISTS: Final = frozenset({"bulletList", "orderedList"})
_SIMPLE: Final = frozenset({"paragraph", "codeBlock", "mediaSingle", "extension"}) | _LISTS
_RICH: Final = _SIMPLE | frozenset(
    [
        "heading",
        "rule",
        "panel",
        "blockquote",
        "mediaGroup",
        "taskList",
        "decisionList",
        "blockCard",
        "nestedExpand",
        "embedCard",
    ]
)
_TOP: Final = (_RICH - {"nestedExpand"}) | frozenset(
    ["table", "expand", "layoutSection", "bodiedExtension", "syncBlock", "bodiedSyncBlock"]
)
_CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "doc": _TOP,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "caption": _INLINE,
    "taskItem": _INLINE,
    "decisionItem": _INLINE,
    "codeBlock": frozenset({"text"}),
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": _SIMPLE | {"taskList"},
    "blockquote": _SIMPLE | {"mediaGroup"},
    "panel": _RICH - {"panel", "blockquote", "nestedExpand", "embedCard"},
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": _RICH,
    "tableHeader": _RICH,
    "expand": _RICH | {"table"},
    "nestedExpand": _RICH - {"nestedExpand"},
    "taskList": frozenset({"taskItem", "taskList"}),
    "decisionList": frozenset({"decisionItem"}),
    "mediaSingle": frozenset({"media", "caption"}),
    "mediaGroup": frozenset({"media"}),
    "layoutSection": frozenset({"layoutColumn"}),
    "layoutColumn": _TOP,
    "bodiedExtension": _TOP,
    "bodiedSyncBlock": _TOP,
}
_NEEDS_CONTENT: Final = frozenset(
    [
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "panel",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
        "expand",
        "nestedExpand",
        "taskList",
        "decisionList",
        "mediaSingle",
        "mediaGroup",
    ]
)
_NEEDS_ATTRS: Final[Mapping[str, tuple[str, ...]]] = {
    "heading": ("level",),
    "mention": ("id",),
    "emoji": ("shortName",),
    "date": ("timestamp",),
    "status": ("text", "color"),
    "panel": ("panelType",),
    "taskList": ("localId",),
    "taskItem": ("localId", "state"),
    "link": ("href",),
    "textColor": ("color",),
}
_MARKS: Final = frozenset(
    [
        "strong",
        "em",
        "code",
        "link",
        "strike",
        "subsup",
        "underline",
        "textColor",
        "backgroundColor",
        "annotation",
        "alignment",
        "indentation",
        "border",
        "breakout",
        "fragment",
        "dataConsumer",
        "fontSize",
    ]
)
_KEYS: Final = frozenset({"type", "attrs", "content", "marks", "text", "version"})


def is_document(value: object) -> bool:
    """Whether Jira would take `value` as ADF: node types, nesting, marks, needed attributes."""
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        return False
    try:
        return isinstance(value.get("content"), list) and _is_node(value)
    except RecursionError:
        # Jira refuses absurd nesting as well, long before Python's own limit.
        return False


def _is_node(node: Mapping[str, Any]) -> bool:
    kind = node["type"]
    if not set(node) <= _KEYS or not _has_attrs(kind, node.get("attrs")):
        return False
    if kind == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    return _are_marks(node.get("marks", [])) and _are_children(kind, node.get("content"))


def _has_attrs(kind: str, attrs: object) -> bool:
    needed = _NEEDS_ATTRS.get(kind, ())
    if attrs is None:
        return not needed
    return isinstance(attrs, dict) and all(attrs.get(name) not in (None, "") for name in needed)


def _are_marks(marks: object) -> bool:
    if not isinstance(marks, list):
        return False
    return all(
        isinstance(mark, dict)
        and isinstance(mark.get("type"), str)
        and mark["type"] in _MARKS
        and _has_attrs(mark["type"], mark.get("attrs"))
        for mark in marks
    )


def _are_children(kind: str, content: object) -> bool:
    if content is None:
        return kind not in _NEEDS_CONTENT
    allowed = _CHILDREN.get(kind)
    if allowed is None or not isinstance(content, list):
        return False
    if not content and kind in _NEEDS_CONTENT:
        return False
    return all(
        isinstance(child, dict)
        and isinstance(child.get("type"), str)
        and child["type"] in allowed
        and _is_node(child)
        for child in content
    )


def adf_to_wiki(document: Mapping[str, Any]) -> str:
    """The document as wiki markup, as webhooks and the service desk API show it."""
    return "\n\n".join(_block(node) for node in document.get("content", ()))


def _block(node: Mapping[str, Any]) -> str:
    kind = node["type"]
    if kind in _LISTS:
        return "\n".join(_list(node, ""))
    writer = _BLOCKS.get(kind)
    return writer(node) if writer else _inner(node, "\n")


def _inner(node: Mapping[str, Any], between: str) -> str:
    content: Sequence[Mapping[str, Any]] = node.get("content", ())
    return between.join(_inline(c) if c["type"] in _INLINE else _block(c) for c in content)


def _list(node: Mapping[str, Any], markers: str) -> list[str]:
    marker = markers + ("#" if node["type"] == "orderedList" else "*")
    lines: list[str] = []
    for item in node.get("content", ()):
        own = [child for child in item.get("content", ()) if child["type"] not in _LISTS]
        lines.append(f"{marker} {' '.join(_block(child) for child in own)}")
        for child in item.get("content", ()):
            lines.extend(_list(child, marker) if child["type"] in _LISTS else [])
    return lines


def _row(row: Mapping[str, Any]) -> str:
    cells = row.get("content", ())
    bar = "||" if cells and cells[0]["type"] == "tableHeader" else "|"
    return bar + bar.join(_inner(cell, " ") or " " for cell in cells) + bar


def _code(node: Mapping[str, Any]) -> str:
    language = node.get("attrs", {}).get("language")
    opening = f"{{code:{language}}}" if language else "{code}"
    return f"{opening}\n{_inner(node, '')}\n{{code}}"


_BLOCKS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "paragraph": lambda node: _inner(node, ""),
    "heading": lambda node: f"h{node['attrs']['level']}. {_inner(node, '')}",
    "codeBlock": _code,
    "blockquote": lambda node: "{quote}" + _inner(node, "\n\n") + "{quote}",
    "panel": lambda node: "{panel}\n" + _inner(node, "\n\n") + "\n{panel}",
    "rule": lambda _node: "----",
    "table": lambda node: "\n".join(_row(row) for row in node.get("content", ())),
    "taskItem": lambda node: f"* {_inner(node, '')}",
    "decisionItem": lambda node: f"* {_inner(node, '')}",
}


def _inline(node: Mapping[str, Any]) -> str:
    attrs = node.get("attrs", {})
    match node["type"]:
        case "text":
            return _marked(node)
        case "mention":
            return f"[~accountid:{attrs['id']}]"
        case "hardBreak":
            return "\n"
        case "inlineCard":
            return f"[{attrs.get('url', '')}]"
        case "emoji":
            return str(attrs.get("text") or attrs["shortName"])
        case _:
            return str(attrs.get("text", ""))


def _marked(node: Mapping[str, Any]) -> str:
    text = str(node["text"])
    for mark in node.get("marks", ()):
        match mark["type"]:
            case "strong":
                text = f"*{text}*"
            case "em":
                text = f"_{text}_"
            case "code":
                text = f"{{{{{text}}}}}"
            case "link":
                text = f"[{text}|{mark['attrs']['href']}]"
            case _:
                pass
    return text
