"""Messages of the gateway, as they are kept: the event's name beside what it tells."""

from collections.abc import Mapping

import msgspec

from chargehand.kit.tolerant import decode_json


def dispatched(body: bytes, event_name: str) -> bytes:
    """What an event tells, with its name put beside it; what has a name already is left alone."""
    try:
        told = decode_json(body)
    except ValueError:
        return body
    if isinstance(told, Mapping) and "t" in told and "d" in told:
        return body
    return b'{"t":' + msgspec.json.encode(event_name) + b',"d":' + body + b"}"
