"""What an ask of a chat is decided on besides its words: the projects served there, and who asks.

Looked up anew for every attempt, since channels are bound anew and accounts are taken away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chargehand.domain.ask import Ask
from chargehand.domain.decision import Reason
from chargehand.domain.event import Place
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.keys import project_of_key
from chargehand.domain.member import Member
from chargehand.domain.work_item import FactNeeds
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.places import confirmed_member, served_at, why_unserved
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class Standing:
    """An ask as it can be decided now.

    Shape: `trackers` are the connections that know the work items of each project; `unserved` says
    why nothing of any project may be told where it was asked, None where something may.
    """

    ask: Ask
    trackers: Mapping[ProjectKey, ConnectionId] = field(default_factory=dict)
    unserved: Reason | None = None


def trackers_of(
    connections: Mapping[ConnectionId, LiveConnection],
) -> dict[ProjectKey, ConnectionId]:
    """Which connection knows the work items of each project."""
    return {
        project: connection.id
        for connection in connections.values()
        if connection.facts is not None
        for project in connection.projects
    }


def standing_of(
    tx: Reading | Writing,
    ask: Ask,
    place: Place,
    connections: Mapping[ConnectionId, LiveConnection],
) -> Standing:
    """An ask of a chat with what its place and its asker allow now."""
    connection = connections[ask.connection_id]
    served = served_at(tx, place, connection, ask.asker.account_id)
    trackers = trackers_of(connections)
    tracker_id = trackers.get(ask.project) or _only_tracker(trackers, served)
    member = confirmed_member(tx, ask.connection_id, ask.asker.account_id)
    account = _account_at(tx, member, tracker_id)
    # Chats seldom tell the name of who speaks.
    name = ask.asker.name or (member.name if member is not None else "")
    asker = replace(ask.asker, name=name)
    return Standing(
        ask=replace(ask, place=place, served=served, asker=asker, tracker_account=account),
        trackers=trackers,
        unserved=None if served else why_unserved(place, connection),
    )


def tracker_of(
    need: FactNeeds,
    standing: Standing,
    connections: Mapping[ConnectionId, LiveConnection],
) -> LiveConnection:
    """The connection that knows the work item of a need."""
    project = need.project or project_of_key(need.work_item)
    return connections[standing.trackers.get(project, standing.ask.connection_id)]


def _only_tracker(
    trackers: Mapping[ProjectKey, ConnectionId], served: frozenset[ProjectKey]
) -> ConnectionId | None:
    """Where all projects of a place are kept; None where they are kept in several places."""
    found = {trackers[one] for one in served if one in trackers}
    return next(iter(found)) if len(found) == 1 else None


def _account_at(
    tx: Reading | Writing, member: Member | None, tracker_id: ConnectionId | None
) -> AccountId | None:
    """The account at the tracker of whoever asks in a chat; None while that is not sure."""
    if member is None or tracker_id is None:
        return None
    there = tx.members.identity_at(member.id, tracker_id)
    return there.account_id if there is not None and there.carries_rights else None
