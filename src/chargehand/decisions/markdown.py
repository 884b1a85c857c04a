"""Foreign text made safe inside Markdown: what a person wrote is shown, never obeyed."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, urlsplit

EXCERPT_LIMIT: Final = 200
NAME_LIMIT: Final = 120
_ELLIPSIS: Final = "…"
_SPACIOUS: Final = 10
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
# An ampersand means something only where an entity follows; a sign that means nothing is left
# alone, because people read the Markdown itself when they judge a proposal.
_ANYWHERE: Final = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w{1,40};)")
# An address is linked by itself in some dialects; an escaped colon or dot keeps it plain text.
_ADDRESS: Final = re.compile(r":(?=//)|(?i:(?<=www)\.|(?<=mailto):)")
# These mean something only as the first characters of a line.
_AT_START: Final = re.compile(r"\A(\d{1,9})([.)])|\A([-+=:#])")
_LINE_MARKS: Final = frozenset("\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}")
_BIDI: Final = frozenset(
    "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}\N{RIGHT-TO-LEFT EMBEDDING}\N{POP DIRECTIONAL FORMATTING}"
    "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}\N{LEFT-TO-RIGHT ISOLATE}"
    "\N{RIGHT-TO-LEFT ISOLATE}\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
    "\N{ZERO WIDTH NO-BREAK SPACE}"
)


def one_line(text: str) -> str:
    """The text as one line: white space runs become one space, control characters go.

    Bidirectional marks are dropped, because they can make a sentence read as another one; a
    lone surrogate, which no file and no digest can hold, becomes the replacement character.
    """
    kept = "".join(_plain_character(character) for character in text)
    return " ".join(kept.split())


def bounded(text: str, limit: int = EXCERPT_LIMIT) -> str:
    """The text on one line, at most `limit` characters, cut after a word, with an ellipsis."""
    # A comment may hold tens of thousands of characters, of which a few hundred are looked at.
    head = text[: limit * _SPACIOUS]
    line = one_line(head)
    if len(line) <= limit and len(head) == len(text):
        return line
    if len(line) < limit:
        return line + _ELLIPSIS
    cut = line[: limit - 1]
    words, space, _ = line[:limit].rpartition(" ")
    # One endless word has no boundary near the end and is cut where it is.
    return (words if space and len(words) > limit // 2 else cut).rstrip() + _ELLIPSIS


def escape_markdown(text: str) -> str:
    """Markdown that renders as exactly this text, for text that is one line."""
    escaped = _ANYWHERE.sub(_with_backslash, text)
    escaped = _ADDRESS.sub(_with_backslash, escaped)
    return _AT_START.sub(_with_backslash_at_start, escaped)


def shown(text: str, limit: int = NAME_LIMIT) -> str:
    """Foreign text ready to stand inside a sentence: one line, bounded, escaped, never empty."""
    return escape_markdown(bounded(text, limit)) or _ELLIPSIS


def link(label: str, url: str) -> str:
    """A Markdown link from a label that is already safe; the bare label when the address is not."""
    address = _safe_address(url)
    return f"[{label}]({address})" if address else label


def code(text: str) -> str:
    """Our own short text as a code span."""
    return f"`{one_line(text).replace('`', chr(39))}`"


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return _REPLACEMENT
    if character in _BIDI:
        return ""
    return " " if category == "Cc" or character in _LINE_MARKS else character


def _with_backslash(found: re.Match[str]) -> str:
    return f"\\{found.group()}"


def _with_backslash_at_start(found: re.Match[str]) -> str:
    number, mark, sign = found.groups()
    return f"{number}\\{mark}" if number else f"\\{sign}"


def _safe_address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return (
        quote(one_line(url), safe="/:?#@!$&*+,;=%~-._[]'").replace("[", "%5B").replace("]", "%5D")
    )
