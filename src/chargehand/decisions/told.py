"""What a plain webhook told, in one safe line that mentions nobody and hides nothing."""

from collections.abc import Mapping
from typing import Final

from chargehand.decisions.markdown import code, link, shown
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONValue

PLAIN_WEBHOOK: Final = "webhook"
_LONGEST: Final = 300


def is_told(connector: str, kind: EventKind) -> bool:
    """Whether an event is what a plain webhook told, and a rule gave it a meaning."""
    return connector == PLAIN_WEBHOOK and kind is not EventKind.UNSUPPORTED


def told_line(
    connection_id: ConnectionId, kind: EventKind, text: str | None, data: Mapping[str, JSONValue]
) -> str:
    """Who told what, with where it can be looked at; without words the kind of event stands."""
    url = data.get("url")
    words = shown(text, _LONGEST) if text else code(kind.value)
    return f"{code(connection_id)}: {link(words, url) if isinstance(url, str) else words}"
