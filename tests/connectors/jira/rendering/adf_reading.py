"""What the tests of rendering look at in an ADF document."""

from urllib.parse import unquote

from chargehand.connectors.jira.params import CommentParams, CommentVisibility, VisibilityParam
from chargehand.connectors.jira.render import render_comment

EVERYONE = VisibilityParam(CommentVisibility.EVERYONE)
NODE_TYPES = frozenset(
    {
        "doc",
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "codeBlock",
        "rule",
        "table",
        "tableRow",
        "tableHeader",
        "tableCell",
        "expand",
        "text",
        "hardBreak",
        "mention",
    }
)
MARK_TYPES = frozenset({"strong", "em", "strike", "code", "link"})


def render(markdown, **more):
    return render_comment(CommentParams(markdown=markdown, visibility=EVERYONE, **more))


def nodes(adf):
    """Every node, parents first, in reading order."""
    yield adf
    for child in adf.get("content", []):
        yield from nodes(child)


def types(adf):
    return {node["type"] for node in nodes(adf)}


def marks(adf):
    return [mark for node in nodes(adf) for mark in node.get("marks", [])]


def read_aloud(adf):
    """All words in reading order: languages before code, targets and titles after link texts."""
    words = []
    link, shown = None, ""
    for node in nodes(adf):
        found = next(
            (mark["attrs"] for mark in node.get("marks", []) if mark["type"] == "link"), None
        )
        if link is not None and found != link and node["type"] != "hardBreak":
            words.append(_target(link, shown))
            shown = ""
        link = found if node["type"] != "hardBreak" else link
        attrs = node.get("attrs", {})
        words.append(attrs.get("language", "") + attrs.get("text", "") + node.get("text", ""))
        shown += node.get("text", "") if link else ""
    if link is not None:
        words.append(_target(link, shown))
    return " ".join(words)


def _target(link, shown):
    # A bare address stands once in the source and is its own text, in its own spelling.
    href = unquote(link["href"])
    is_shown = letters(href) in (letters(shown), letters(f"mailto:{shown}"))
    return f"{'' if is_shown else href} {link.get('title', '')}"


def letters(text):
    return [char for char in text.casefold() if char.isalpha()]
