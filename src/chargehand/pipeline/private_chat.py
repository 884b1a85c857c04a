"""Where a person is spoken to alone: in a chat, from an account that is surely theirs."""

from collections.abc import Mapping

from chargehand.decisions.placement import TELLS_ALONE
from chargehand.domain.attention import Person
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.pipeline.connection import LiveConnection
from chargehand.storage.transaction import Reading, Writing


def private_chat_of(
    tx: Reading | Writing, person: Person, connections: Mapping[ConnectionId, LiveConnection]
) -> tuple[LiveConnection, AccountId] | None:
    """Where the person asked for it if that is a chat, else in any chat of theirs; None for none.

    An account that was deactivated or is no longer confirmed is not written to.
    """
    if person.member_id is None:
        return None
    identities = [
        one
        for one in tx.members.identities_of(person.member_id)
        if one.carries_rights
        and one.connection_id in connections
        and connections[one.connection_id].connector in TELLS_ALONE
    ]
    identities.sort(key=lambda one: one.connection_id != person.connection_id)
    if not identities:
        return None
    return connections[identities[0].connection_id], identities[0].account_id
