"""Secrets never reach a prompt: what looks like one, and what is known to be one, becomes stars."""

from collections.abc import Iterable
from typing import Final

from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.redact import MASK, redact_text

_SHORTEST_SECRET: Final = 8


class Mask:
    """Masks texts before they are shown to a model."""

    def __init__(self, known_secrets: Iterable[str] = ()) -> None:
        # The longest first, so that none is left in part when one holds another.
        self._known = sorted(
            {one for one in known_secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True
        )

    def text(self, text: str) -> str:
        """The text with every secret in it masked."""
        for secret in self._known:
            text = text.replace(secret, MASK)
        return redact_text(text)

    def mapping(self, values: JSONObject) -> dict[str, JSONValue]:
        """The same with every text in it masked, names of members included."""
        return {self.text(name): self._value(value) for name, value in values.items()}

    def _value(self, value: JSONValue) -> JSONValue:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.mapping(value)
        if isinstance(value, list | tuple):
            return [self._value(one) for one in value]
        return value
