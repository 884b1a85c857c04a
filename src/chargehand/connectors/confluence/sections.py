"""Parts of a page: what stands below a heading, up to the next one of its rank."""

import hashlib
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.confluence.storage_tree import Node, StorageUnreadable, read_tree

_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True, slots=True)
class Section:
    """Where a part of a page stands, in bytes of its storage format, and what it says."""

    start: int
    end: int
    text: str

    @property
    def digest(self) -> str:
        """What tells whether somebody changed this part."""
        return hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()


def find_section(storage: str, heading: str) -> Section | None:
    """What stands below the one heading with these words; for an empty one the whole page.

    Shape: None where there is no such heading, or more than one, or the page can not be read.
    """
    body = storage.encode("utf-8", "replace")
    if not heading:
        return Section(0, len(body), storage)
    try:
        tops = read_tree(storage).children
    except StorageUnreadable:
        return None
    found = [at for at, node in enumerate(tops) if _is_heading(node, heading)]
    if len(found) != 1:
        return None
    top = tops[found[0]]
    rank = _HEADINGS.index(top.tag)
    following = [node for node in tops[found[0] + 1 :] if node.tag in _HEADINGS[: rank + 1]]
    end = following[0].start if following else len(body)
    return Section(top.end, end, body[top.end : end].decode("utf-8", "replace"))


def replaced(storage: str, section: Section, text: str) -> str:
    """The page with other words in this part."""
    body = storage.encode("utf-8", "replace")
    return (body[: section.start] + text.encode() + body[section.end :]).decode("utf-8", "replace")


def _is_heading(node: Node, words: str) -> bool:
    return node.tag in _HEADINGS and " ".join(node.words().split()) == " ".join(words.split())
