"""What one payload tells, before it becomes an event."""

from dataclasses import dataclass, field
from datetime import datetime

from chargehand.connectors.github.participants import NOBODY
from chargehand.domain.event import Actor, EventKind, Place
from chargehand.domain.json import JSONObject
from chargehand.plugins.reading import Reading


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one family of payloads tells; `missing` names the field without which it says nothing.

    Shape: `key` is the event key behind the connection; `unused` says why a payload that was
    understood is of no use.
    """

    kind: EventKind
    key: str = ""
    missing: str = ""
    unused: str = ""
    occurred_at: datetime | None = None
    actor: Actor = NOBODY
    reading: Reading | None = None
    place: Place | None = None
    data: JSONObject = field(default_factory=dict)


def lacking(kind: EventKind, field_name: str) -> Meaning:
    """The meaning of a payload that lacks what it is about."""
    return Meaning(kind, missing=field_name)


def of_no_use(reason: str) -> Meaning:
    """The meaning of a payload nobody can use."""
    return Meaning(EventKind.UNSUPPORTED, unused=reason)


UNUSED = of_no_use("unused_event")
