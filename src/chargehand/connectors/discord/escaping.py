"""Foreign words made safe for Discord: shown as they are, styling nothing and calling nobody."""

import re
from typing import Final
from urllib.parse import quote

ZERO_WIDTH_SPACE: Final = "\u200b"
# What means something anywhere in a line; a backslash before a sign of punctuation shows it.
_ANYWHERE: Final = re.compile(r"[\\*_~`|<>\[\]]")
# An address is linked, and previewed, by itself.
_ADDRESS: Final = re.compile(r":(?=//)")
# These mean something only as the first characters of a line.
_AT_START: Final = re.compile(r"\A(\s*)(?:(\d{1,9})([.)])|([-+#]))")
# A call for everybody, and the beginning of a mention of one account, a role or a channel. Discord
# may see them also behind a backslash and in code; with something between they are words.
_CALL: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_MENTION: Final = re.compile(r"<(?=[@#])")
# Where a line may be broken: behind a blank.
_WORDS: Final = re.compile(r"\S*\s+|\S+")
_SAFE_IN_ADDRESS: Final = "/:?#!$&*+,;=%~-._[]'()"


def without_calls(text: str) -> str:
    """The text with everything that could notify anybody taken apart, to the eye unchanged."""
    text = _CALL.sub(f"@{ZERO_WIDTH_SPACE}", text)
    return _MENTION.sub(f"<{ZERO_WIDTH_SPACE}", text)


def escape(text: str) -> str:
    """Markdown of Discord's that shows exactly this text inside a line."""
    escaped = _ANYWHERE.sub(lambda found: f"\\{found[0]}", without_calls(text))
    return _ADDRESS.sub(r"\:", escaped)


def words_of(text: str) -> list[str]:
    """The words, each with the blanks behind it; joined they are the text."""
    return _WORDS.findall(text)


def escape_start(line: str) -> str:
    """A line whose first characters begin no heading and no list."""
    return _AT_START.sub(_with_backslash, line)


def code_span(text: str) -> str:
    """Text as code inside a line, whatever backticks it holds."""
    shown = without_calls(text).replace("``", f"`{ZERO_WIDTH_SPACE}`")
    if "`" not in shown:
        return f"`{shown}`" if shown.strip() else shown
    # A backtick at an edge would join the fence.
    return f"``{ZERO_WIDTH_SPACE}{shown}{ZERO_WIDTH_SPACE}``"


def code_text(text: str) -> str:
    """Text that stays inside a fence."""
    return without_calls(text).replace("```", f"``{ZERO_WIDTH_SPACE}`")


def address(url: str) -> str:
    """An address as it stands between `<` and `>`, which keeps Discord from showing a preview."""
    return quote(url, safe=_SAFE_IN_ADDRESS)


def _with_backslash(found: re.Match[str]) -> str:
    blank, number, mark, sign = found.groups()
    return f"{blank}{number}\\{mark}" if number else f"{blank}\\{sign}"
