"""Who asked for actions, by the member wherever the account that asked is one's."""

from collections.abc import Collection, Sequence

from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId, ActionId, ConnectionId
from chargehand.domain.records import ActionRecord
from chargehand.domain.vote import MEMBER, member_voting
from chargehand.storage.transaction import Reading, Writing


def requesters_of(tx: Reading | Writing, actions: Sequence[ActionRecord]) -> dict[ActionId, str]:
    """Who asked for each of some actions, as votes name people; empty for nobody.

    Shape: an account that nobody confirmed carries no right, and is somebody's all the same.
    """
    asked = {one.id: one.cause.requester for one in actions}
    asked |= _asked_before_causes(tx, [one for one in actions if not one.cause.requester])
    accounts = {by: ref for by in asked.values() if (ref := _account(by)) is not None}
    owners = tx.members.by_accounts(set(accounts.values()))
    members = {by: f"{MEMBER}{owners[ref]}" for by, ref in accounts.items() if ref in owners}
    return {one: members.get(by, by) for one, by in asked.items()}


def _account(by: str) -> AccountRef | None:
    connection_id, _, account_id = by.partition(":")
    if member_voting(by) is not None or not account_id:
        return None
    return AccountRef(ConnectionId(connection_id), AccountId(account_id))


def _asked_before_causes(
    tx: Reading | Writing, actions: Collection[ActionRecord]
) -> dict[ActionId, str]:
    """Who asked for actions of an older version, which kept no cause."""
    askers = tx.asks.askers_of({one.ask_id for one in actions if one.ask_id is not None})
    found = {}
    for one in actions:
        if one.ask_id is not None and one.ask_id in askers:
            found[one.id] = askers[one.ask_id]
        elif (undo := tx.undos.find(one.id)) is not None:
            found[one.id] = undo.requested_by
    return found
