"""Patterns with stars, in time that grows with the text and never explodes.

A run up to the next piece is an atomic group: what it has passed is never tried again. The first
piece stands at the beginning and the last at the end, so taking every piece in between as early as
it comes finds a fit wherever there is one.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

LONGEST_GLOB: Final = 200
_ANY_DEPTH: Final = "**"
Fits: TypeAlias = Callable[[str], object]


def whole_globs(patterns: Iterable[str]) -> Fits:
    """What is true for a text that fits a pattern: `*` is any text, `?` any letter."""
    return _one_of(_pieces(pattern, any_letter=".") for pattern in patterns)


def path_globs(patterns: Iterable[str]) -> Fits:
    """What is true for a path that fits: `*` stays within a folder, `**` is any folders."""
    return _one_of(_path(pattern) for pattern in patterns)


def prefixes_of(patterns: Sequence[str]) -> tuple[str, ...]:
    """How what fits has to begin, to be asked first as that is quicker; `""` is anyhow."""
    return tuple(re.split(r"[*?]", pattern, maxsplit=1)[0] for pattern in patterns)


def _one_of(expressions: Iterable[str]) -> Fits:
    return re.compile(f"(?s:{'|'.join(f'(?:{one})' for one in expressions)})\\Z").match


def _pieces(pattern: str, *, any_letter: str) -> str:
    """A pattern with stars for any letters, as an expression that ends where the text does."""
    first, *rest = [_literal(part, any_letter) for part in re.split(r"\*+", pattern)]
    if not rest:
        return first
    *middle, last = rest
    inner = "".join(f"(?>{any_letter}*?{part})" for part in middle if part)
    return f"{first}{inner}{any_letter}*{last}"


def _path(pattern: str) -> str:
    """Runs of folders with any depth in between."""
    runs: list[list[str]] = [[]]
    for part in pattern.split("/"):
        if part == _ANY_DEPTH:
            runs.append([])
        else:
            # The end of a folder is the end of its piece.
            runs[-1].append(f"{_pieces(part, any_letter='[^/]')}(?=/|\\Z)")
    first, *rest = ["/".join(run) for run in runs]
    if not rest:
        return first
    *middle, last = rest
    folders = "(?:[^/]*/)*"
    begin = f"{first}/" if first else ""
    inner = "".join(f"(?>{folders}?{run}/)" for run in middle if run)
    if last:
        return f"{begin}{inner}{folders}{last}"
    return f"{begin}{inner}.*"


def _literal(text: str, any_letter: str) -> str:
    return "".join(any_letter if char == "?" else re.escape(char) for char in text)
