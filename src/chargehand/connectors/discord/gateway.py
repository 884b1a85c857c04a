"""Messages of the gateway, as they are kept: the event's name beside what it tells."""

from collections.abc import Mapping
from typing import Final

import msgspec

from chargehand.kit.tolerant import decode_json

# The keys of what the gateway dispatched, of a posted interaction, and of a posted event.
_SELF_EXPLAINING: Final = ({"t", "d"}, {"token", "type"}, {"event", "type"})


def dispatched(body: bytes, event_name: str) -> bytes:
    """What an event tells, with its name put beside it; what says itself what it is stays so."""
    try:
        told = decode_json(body)
    except ValueError:
        return body
    if isinstance(told, Mapping) and any(names <= told.keys() for names in _SELF_EXPLAINING):
        return body
    return b'{"t":' + msgspec.json.encode(event_name) + b',"d":' + body + b"}"
