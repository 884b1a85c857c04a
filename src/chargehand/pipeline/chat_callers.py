"""Who says a command at a place, with the rights they have there at that moment."""

from chargehand.domain.command import Surface
from chargehand.domain.event import Place
from chargehand.domain.ids import AccountId
from chargehand.pipeline.caller import Caller
from chargehand.pipeline.places import ChatScope, served_at
from chargehand.storage.transaction import Reading, Writing


def chat_caller(
    tx: Reading | Writing, connection: ChatScope, place: Place, account_id: AccountId | None
) -> Caller:
    """The caller behind an account at a place; nobody is believed beyond what is stored."""
    known = tx.members.by_account(connection.id, account_id) if account_id is not None else None
    return Caller(
        surface=Surface.TICKET if place.is_discussion else Surface(connection.connector),
        projects=served_at(tx, place, connection, account_id),
        member=known[0] if known is not None else None,
        identity=known[1] if known is not None else None,
        account_id=account_id,
        connection_id=connection.id,
        place=place,
    )
