"""How the fake says no: an error by Slack's name, or a wrong use of its control API."""

from collections.abc import Mapping
from typing import Any


class SlackRefused(Exception):
    """An answer with `ok: false`."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more: Mapping[str, Any] = more


class ControlRefused(Exception):
    """A request to the control API that can not be done; the text names the field."""
