"""Confluence's storage format as a tree that knows where each of its parts stands in the text.

Storage format is XML with the entities of HTML and prefixes of Confluence's own, without a root.
Source: Confluence's documentation, "Confluence Storage Format" (read 2026-11).
"""

from dataclasses import dataclass, field
from html.entities import name2codepoint
from typing import Final
from xml.parsers import expat

MAX_DEPTH: Final = 200
_OWN_TO_XML: Final = frozenset({"lt", "gt", "amp", "quot"})
# The entities are declared by us, and a text can declare none behind them.
_HEAD: Final = (
    "<!DOCTYPE storage ["
    + "".join(
        f'<!ENTITY {name} "&#{code};">'
        for name, code in name2codepoint.items()
        if name not in _OWN_TO_XML
    )
    + "]><storage>"
).encode()
_END: Final = b"</storage>"


class StorageUnreadable(ValueError):
    """A text that is no storage format, or is nested more deeply than anybody writes."""


@dataclass(slots=True)
class Node:
    """One element, or a run of text when `tag` is empty.

    Units: `start` and `end` are bytes of the text in UTF-8; of text runs they are 0.
    """

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list["Node"] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def find(self, tag: str) -> "Node | None":
        """The first element of this kind directly inside."""
        return next((child for child in self.children if child.tag == tag), None)

    def words(self) -> str:
        """All text inside, as it stands."""
        parts: list[str] = []
        waiting = [self]
        while waiting:
            node = waiting.pop()
            parts.append(node.text)
            waiting.extend(reversed(node.children))
        return "".join(parts)


def read_tree(storage: str) -> Node:
    """The root of the tree of a text.

    Raises: StorageUnreadable.
    """
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: builder.begin(
        tag, attributes, parser.CurrentByteIndex
    )
    parser.EndElementHandler = lambda tag: builder.finish(tag, parser.CurrentByteIndex)
    parser.CharacterDataHandler = builder.say
    body = storage.encode("utf-8", "replace")
    builder.source = body
    try:
        parser.Parse(_HEAD + body + _END, True)  # noqa: FBT003 - the library has no name for it
    except expat.ExpatError as error:
        raise StorageUnreadable(str(error)) from error
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root = Node("storage")
        self.source = b""
        self._open: list[Node] = []

    def begin(self, tag: str, attributes: dict[str, str], at: int) -> None:
        if len(self._open) > MAX_DEPTH:
            message = "it is nested too deeply"
            raise StorageUnreadable(message)
        node = self.root if not self._open else Node(tag, attributes, start=at - len(_HEAD))
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)

    def finish(self, tag: str, at: int) -> None:
        node = self._open.pop()
        if node is self.root:
            return
        end = at - len(_HEAD)
        closing = f"</{tag}".encode()
        # An element without content ends where it begins.
        found = self.source.find(b">", end if self.source.startswith(closing, end) else node.start)
        node.end = found + 1

    def say(self, text: str) -> None:
        if self._open:
            self._open[-1].children.append(Node("", text=text))
