"""Storage format to lines: the writer's words, with quotes, code and mentions told apart."""

import re
from typing import Final

from chargehand.connectors.confluence.storage_tree import Node, StorageUnreadable, read_tree
from chargehand.domain.text import LineKind
from chargehand.plugins.reading import LineCollector, Reading, marked

_BLOCKS: Final = frozenset(
    {
        *("p", "div", "li", "ul", "ol", "table", "tbody", "thead", "tr", "td", "th", "blockquote"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr", "dl", "dt", "dd", "ac:task-list"),
        *("ac:task", "ac:rich-text-body", "ac:structured-macro", "ac:layout", "ac:layout-section"),
        *("ac:layout-cell", "ac:task-body", "ac:adf-extension"),
    }
)
# What nobody reads as words: settings of macros, what a picture is, the same text another time.
_SILENT: Final = frozenset(
    {
        *("ac:parameter", "ac:image", "ac:task-id", "ac:task-uuid", "ac:task-status", "ac:emoji"),
        *("ac:adf-attribute", "ac:adf-fallback", "ac:placeholder", "style", "script"),
    }
)
_STRUCK: Final = frozenset({"del", "s", "strike"})
_CODE_MACROS: Final = frozenset({"code", "noformat"})
_ACCOUNTS: Final = ("ri:account-id", "ri:userkey", "ri:username")
_TAG: Final = re.compile(r"<!\[CDATA\[|\]\]>|<[^>]*>")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")


def read_storage(storage: str) -> Reading:
    """The lines of a text; what is no storage format is read without its tags and mentions."""
    try:
        root = read_tree(storage)
    except StorageUnreadable:
        collector = LineCollector()
        for line in _TAG.sub("\n", storage).split("\n"):
            collector.add(line)
            collector.end_line(LineKind.BODY)
        return marked(collector.reading(), storage)
    walker = _Walker()
    walker.walk(root, LineKind.BODY, is_struck=False)
    walker.lines.end_line(LineKind.BODY)
    return marked(walker.lines.reading(), storage)


class _Walker:
    def __init__(self) -> None:
        self.lines = LineCollector()

    def walk(self, node: Node, kind: LineKind, *, is_struck: bool) -> None:
        for child in node.children:
            self._take(child, kind, is_struck=is_struck)

    def _take(self, node: Node, kind: LineKind, *, is_struck: bool) -> None:
        match node.tag:
            case "":
                self._words(node.text, is_struck=is_struck)
            case "br":
                self.lines.end_line(kind)
            case "ac:link":
                self._link(node, kind, is_struck=is_struck)
            case "ri:user":
                self._mention(node, "")
            case "time":
                self._words(node.attributes.get("datetime", ""), is_struck=is_struck)
            case "pre":
                self._code(node, kind)
            case "ac:emoticon":
                self._words(node.attributes.get("ac:emoji-fallback", ""), is_struck=is_struck)
            case "ac:structured-macro" if node.attributes.get("ac:name") in _CODE_MACROS:
                self._code(node.find("ac:plain-text-body") or node, kind)
            case tag if tag in _SILENT:
                pass
            case tag:
                self._inside(node, tag, kind, is_struck=is_struck)

    def _inside(self, node: Node, tag: str, kind: LineKind, *, is_struck: bool) -> None:
        inner = LineKind.QUOTE if tag == "blockquote" else kind
        if tag in _BLOCKS:
            self.lines.end_line(kind)
        self.walk(node, inner, is_struck=is_struck or tag in _STRUCK)
        if tag in _BLOCKS:
            self.lines.end_line(inner)

    def _words(self, text: str, *, is_struck: bool) -> None:
        shown = _BLANKS.sub(" ", text)
        if is_struck:
            self.lines.add_struck(shown)
        else:
            self.lines.add(shown)

    def _link(self, node: Node, kind: LineKind, *, is_struck: bool) -> None:
        body = node.find("ac:link-body") or node.find("ac:plain-text-link-body")
        user = node.find("ri:user")
        if user is not None:
            self._mention(user, body.words() if body is not None else "")
        elif body is not None:
            self.walk(body, kind, is_struck=is_struck)
        else:
            titles = (child.attributes.get("ri:content-title", "") for child in node.children)
            self._words(" ".join(title for title in titles if title), is_struck=is_struck)

    def _mention(self, user: Node, shown: str) -> None:
        account = next((user.attributes[name] for name in _ACCOUNTS if name in user.attributes), "")
        if account and len(account) <= 255:  # noqa: PLR2004 - as long as an account id is taken.
            self.lines.add_mention(account, f"@{_BLANKS.sub(' ', shown).strip() or account}")

    def _code(self, node: Node, kind: LineKind) -> None:
        self.lines.end_line(kind)
        for line in node.words().split("\n"):
            self.lines.add(line)
            self.lines.end_line(LineKind.CODE)
