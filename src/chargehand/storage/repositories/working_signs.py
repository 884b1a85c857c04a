"""Signs in a chat that an answer is worked on; each goes when its ask has an end."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select

from chargehand.domain.ask import AskState
from chargehand.domain.ids import ActionId, AskId, ConnectionId
from chargehand.storage.repositories.asks import StoredAsk, ask_in
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables import asks
from chargehand.storage.tables_chats import working_signs


@dataclass(frozen=True, slots=True)
class WorkingSign:
    """A sign at the message that asked; `action_id` put it there."""

    ask_id: AskId
    action_id: ActionId


class WorkingSignReader(Repository):
    """Looks signs up."""

    def wanting(
        self, connection_ids: Collection[ConnectionId], *, limit: int
    ) -> tuple[StoredAsk, ...]:
        """Open asks made by a message of some connections that have no sign, oldest first."""
        if not connection_ids:
            return ()
        shown = select(working_signs.c.ask_id).where(
            working_signs.c.organization_id == self._organization_id
        )
        by_message = [asks.c.ask_key.like(f"{one}:message:%") for one in sorted(connection_ids)]
        query = self._select_with_content(asks).where(
            asks.c.state == AskState.OPEN.value, or_(*by_message), asks.c.ask_id.not_in(shown)
        )
        rows = self._rows(query.order_by(asks.c.ask_id).limit(limit))
        return tuple(ask_in(row) for row in rows)

    def ended(self, *, limit: int) -> tuple[WorkingSign, ...]:
        """Signs of asks that are not open any more, oldest first."""
        is_open = select(asks.c.ask_id).where(
            asks.c.organization_id == self._organization_id,
            asks.c.state == AskState.OPEN.value,
        )
        query = self._select(working_signs).where(working_signs.c.ask_id.not_in(is_open))
        rows = self._rows(query.order_by(working_signs.c.ask_id).limit(limit))
        return tuple(_sign(row) for row in rows)


class WorkingSignWriter(WorkingSignReader):
    """Records signs."""

    def add(self, ask_id: AskId, action_id: ActionId) -> bool:
        """Record that an ask gets a sign; False when it has one."""
        return self._insert(working_signs, {"ask_id": ask_id, "action_id": action_id})

    def remove(self, ask_id: AskId) -> None:
        """Forget a sign, in the transaction that sees to its going."""
        self._connection.execute(
            working_signs.delete().where(
                working_signs.c.organization_id == self._organization_id,
                working_signs.c.ask_id == ask_id,
            )
        )


def _sign(row: AnyRow) -> WorkingSign:
    return WorkingSign(ask_id=AskId(row.ask_id), action_id=ActionId(row.action_id))
