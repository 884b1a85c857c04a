"""Who could read what an answer is made from, and who will read the answer."""

from dataclasses import dataclass

from chargehand.domain.event import EVERYONE, Place, Visibility
from chargehand.domain.ids import ConnectionId


@dataclass(frozen=True, slots=True)
class Audience:
    """The people an answer may reach: those who can see `scope`, narrowed by `visibility`.

    Shape: `scope` is `work_item:<key>` in a tracker, `channel:<connection>:<id>` in a chat, or
    `nobody` for a silent decision.
    """

    scope: str
    visibility: Visibility


def audience_of_place(connection_id: ConnectionId, place: Place) -> Audience:
    """Those who can read along at a place of a chat."""
    return Audience(scope=f"channel:{connection_id}:{place.channel_id}", visibility=EVERYONE)


def audience_of_work_item(key: str, visibility: Visibility) -> Audience:
    """Those who can see a work item, narrowed as the asking comment was."""
    return Audience(scope=f"work_item:{key}", visibility=visibility)
