"""The words of a text, as one compares them: without case, accents and punctuation.

Scripts that put no spaces between words are taken apart into single characters and pairs.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# Thai, Lao, Burmese, Khmer, Hiragana, Katakana, Han and Hangul, after normalisation.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_PARTS: Final = re.compile(
    rf"(?P<run>[{_UNSPACED}\U00020000-\U0003ffff]+)|(?P<word>(?:(?![{_UNSPACED}\U00020000-\U0003ffff])[^\W_])+)"
)
_PLAIN_WORD: Final = re.compile(r"[a-z0-9]+")


def words_in(text: str) -> frozenset[str]:
    """Every word by which a text can be found."""
    if text.isascii():
        return frozenset(_PLAIN_WORD.findall(text.lower()))
    return frozenset(
        word for run, word in _parts(text) for word in ((*run, *_pairs(run)) or (word,))
    )


def words_sought(text: str) -> frozenset[str]:
    """The words that a text has to hold to be what is looked for; none when there is no letter."""
    return frozenset(
        word for run, word in _parts(text) for word in (_pairs(run) or ((run,) if run else (word,)))
    )


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for found in _PARTS.finditer(_folded(text)):
        yield found["run"] or "", found["word"] or ""


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[place : place + 2] for place in range(len(run) - 1))


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFKC", plain.casefold())
