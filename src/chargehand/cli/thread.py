"""A ticket's thread as Jira's REST API gives it, as lines a person can read in a terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.cli.seen import read_seen

_BULLET: Final = "- "


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment; `written_at` carries its zone."""

    id: str
    author_id: str
    author: str
    written_at: datetime
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Author:
    accountId: str  # noqa: N815 - the vendor's name.
    displayName: str  # noqa: N815 - the vendor's name.


@dataclass(frozen=True, slots=True)
class _Comment:
    id: str
    author: _Author
    created: str
    body: object


@dataclass(frozen=True, slots=True)
class _Comments:
    comments: tuple[_Comment, ...]


def read_thread(found: object) -> tuple[Remark, ...]:
    """The answer of `GET /rest/api/3/issue/{key}/comment`, oldest first.

    Raises: AnswerUnreadable.
    """
    return tuple(
        Remark(
            id=comment.id,
            author_id=comment.author.accountId,
            author=comment.author.displayName,
            written_at=datetime.fromisoformat(comment.created),
            lines=tuple(adf_lines(comment.body)),
        )
        for comment in read_seen(found, _Comments).comments
    )


def adf_lines(node: object) -> list[str]:
    """An ADF block as lines: lists with their marks, folds with their title, quotes indented."""
    if not isinstance(node, Mapping):
        return []
    draw = _BLOCKS.get(str(node.get("type")))
    if draw is not None:
        return draw(node)
    return [line for child in _children(node) for line in adf_lines(child)]


def _children(node: Mapping[object, object]) -> list[object]:
    content = node.get("content")
    return list(content) if isinstance(content, list) else []


def _words(node: Mapping[object, object]) -> list[str]:
    return "".join(_inline(child) for child in _children(node)).split("\n")


def _inline(node: object) -> str:
    if not isinstance(node, Mapping):
        return ""
    kind, text = node.get("type"), node.get("text")
    attributes = node.get("attrs")
    attrs = attributes if isinstance(attributes, Mapping) else {}
    match kind:
        case "text":
            return str(text or "")
        case "hardBreak":
            return "\n"
        case "mention":
            return "@" + str(attrs.get("text") or attrs.get("id") or "").removeprefix("@")
        case "inlineCard":
            return str(attrs.get("url") or "")
        case _:
            return str(attrs.get("text") or attrs.get("shortName") or "")


def _bullets(node: Mapping[object, object]) -> list[str]:
    return _listed(node, lambda _number: _BULLET)


def _numbers(node: Mapping[object, object]) -> list[str]:
    return _listed(node, lambda number: f"{number}. ")


def _listed(node: Mapping[object, object], mark: Callable[[int], str]) -> list[str]:
    lines: list[str] = []
    for number, item in enumerate(_children(node), start=1):
        first, *rest = adf_lines(item) or [""]
        start = mark(number)
        lines += [start + first, *(" " * len(start) + line for line in rest)]
    return lines


def _quote(node: Mapping[object, object]) -> list[str]:
    return [f"| {line}" for child in _children(node) for line in adf_lines(child)]


def _code(node: Mapping[object, object]) -> list[str]:
    return [f"    {line}" for line in _words(node)]


def _fold(node: Mapping[object, object]) -> list[str]:
    attributes = node.get("attrs")
    title = attributes.get("title") if isinstance(attributes, Mapping) else None
    inside = [line for child in _children(node) for line in adf_lines(child)]
    return [f"[+] {title or 'more'}", *(f"    {line}" for line in inside)]


_BLOCKS: Final[Mapping[str, Callable[[Mapping[object, object]], list[str]]]] = {
    "paragraph": _words,
    "heading": _words,
    "bulletList": _bullets,
    "orderedList": _numbers,
    "blockquote": _quote,
    "codeBlock": _code,
    "expand": _fold,
    "nestedExpand": _fold,
}
