"""Finds everything that tells of a person in stored values, and puts a pseudonym there."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chargehand.domain.json import JSONValue
from chargehand.privacy.forms import bytes_pattern_of, hint_of, pattern_of

# In the bytes of a file short words stand by chance, so only the others prove anything there.
_LEAST_IN_BYTES: Final = 6


class Redactor:
    """Knows some words in all their forms, and what takes their place.

    Shape: `replacements` is by word; a longer word goes before one it contains.
    """

    def __init__(self, replacements: Mapping[str, str]) -> None:
        ordered = sorted(replacements, key=lambda word: (-len(word), word))
        self._replacements = [replacements[word] for word in ordered]
        self._pattern = re.compile(
            "|".join(f"({pattern_of(word)})" for word in ordered) or r"(?!)", re.IGNORECASE
        )
        hints = [hint_of(word) for word in ordered]
        # A word without a hint has to be looked for in everything.
        self.hints: tuple[str, ...] = tuple(dict.fromkeys(hints)) if all(hints) else ()

    def tells_in(self, text: str) -> bool:
        """Whether a text tells of the person."""
        if self.hints:
            lower = text.lower()
            if not any(hint in lower for hint in self.hints):
                return False
        return self._pattern.search(text) is not None

    def tells_in_bytes(self, body: bytes) -> bool:
        """Whether raw bytes do, in whichever encoding they are."""
        text = body.decode("utf-8", "replace")
        if self.tells_in(text):
            return True
        if "\x00" in text:
            return self.tells_in(body.decode("utf-16-le", "replace")) or self.tells_in(
                body.decode("utf-16-be", "replace")
            )
        return "\ufffd" in text and self.tells_in(body.decode("latin-1"))

    def redact(self, text: str) -> str:
        """The text with pseudonyms."""
        return self._pattern.sub(lambda found: self._replacements[(found.lastindex or 1) - 1], text)

    def redact_value(self, value: JSONValue) -> JSONValue:
        """A JSON value with pseudonyms in every text of it, keys included."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {self.redact(key): self.redact_value(child) for key, child in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_value(child) for child in value]
        return value


def find_in_bytes(words: Iterable[str]) -> Callable[[bytes], bool] | None:
    """What says whether words are in the bytes of a file; None when none is long enough to tell."""
    looked_for = [
        (hint_of(word).encode(), re.compile(bytes_pattern_of(word), re.IGNORECASE))
        for word in words
        if len(word) >= _LEAST_IN_BYTES
    ]
    if not looked_for:
        return None

    def is_in(part: bytes) -> bool:
        lower = part.lower()
        return any(
            hint in lower and pattern.search(part) is not None for hint, pattern in looked_for
        )

    return is_in
