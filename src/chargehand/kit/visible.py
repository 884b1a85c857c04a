"""Characters that deceive the eye, replaced by a mark a person can see.

Two strengths: what is sent loses only what breaks or reorders text, because emoji and several
scripts need the gentle invisible characters; what a person approves shows every hidden one.
"""

import unicodedata
from typing import Final

_LINE_BREAKS: Final = frozenset("\n\t")
# Embeddings, overrides and isolates change the order in which following text is read.
_BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BROKEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_HIDDEN_CATEGORIES: Final = _BROKEN_CATEGORIES | {"Cf"}
# Letters and marks that draw nothing, though their category does not say so.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_PLANE_END: Final = 0xFFFE
_EMOJI_STYLES: Final = frozenset("\ufe0e\ufe0f")


def defuse(text: str) -> str:
    """The text as it may be sent: line ends unified, controls and reordering marks made visible."""
    return "".join(_mark(c) if _breaks_text(c) else c for c in unify_line_ends(text))


def show_text(text: str) -> str:
    """The text as an approver must see it: every character that draws nothing is named."""
    return "".join(_mark(c) if _is_hidden(c) else c for c in unify_line_ends(text))


def show_line(text: str) -> str:
    """Like `show_text`, for a value on one line: line breaks and tabs are named too."""
    return "".join(_mark(c) if c in _LINE_BREAKS or _is_hidden(c) else c for c in text)


def defuse_line(text: str) -> str:
    """Like `defuse`, for a value on one line."""
    return "".join(_mark(c) if c in _LINE_BREAKS or _breaks_text(c) else c for c in text)


def unify_line_ends(text: str) -> str:
    """The text with every line ended the way Unix ends it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _breaks_text(char: str) -> bool:
    if char in _LINE_BREAKS:
        return False
    return (
        unicodedata.category(char) in _BROKEN_CATEGORIES
        or char in _BIDI_CONTROLS
        or _is_noncharacter(char)
    )


def _is_hidden(char: str) -> bool:
    if char in _LINE_BREAKS or char in _EMOJI_STYLES:
        return False
    return (
        unicodedata.category(char) in _HIDDEN_CATEGORIES
        or char in _BLANKS
        or _is_noncharacter(char)
        or _is_variation_selector(char)
    )


def _is_noncharacter(char: str) -> bool:
    ends_a_plane = ord(char) & _PLANE_END == _PLANE_END
    return ends_a_plane or "\ufdd0" <= char <= "\ufdef"


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _mark(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"
