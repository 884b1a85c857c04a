"""Which action undoes which; an action can be tried to be undone more than once."""

from datetime import datetime

from chargehand.domain.ids import ActionId
from chargehand.domain.records import UndoRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_undos import undos


class UndoReader(Repository):
    """Looks undos up."""

    def of_undone(self, action_id: str) -> tuple[UndoRecord, ...]:
        """Every try to undo an action, oldest first."""
        query = self._select(undos).where(undos.c.undone_action_id == action_id)
        return tuple(_undo(row) for row in self._rows(query.order_by(undos.c.ordinal)))

    def find(self, undo_action_id: str) -> UndoRecord | None:
        """What an action undoes; None when it undoes nothing."""
        row = self._one_by(undos.c.undo_action_id, undo_action_id)
        return _undo(row) if row is not None else None


class UndoWriter(UndoReader):
    """Records undos."""

    def add(
        self,
        undo_action_id: ActionId,
        undone_action_id: ActionId,
        *,
        ordinal: int,
        by: str,
        now: datetime,
    ) -> bool:
        """Record one try; False when another process was faster with the same number."""
        return self._insert(
            undos,
            {
                "undo_action_id": undo_action_id,
                "undone_action_id": undone_action_id,
                "ordinal": ordinal,
                "requested_at": to_micros(now),
                "requested_by": by,
            },
        )


def _undo(row: AnyRow) -> UndoRecord:
    return UndoRecord(
        undo_action_id=row.undo_action_id,
        undone_action_id=row.undone_action_id,
        ordinal=row.ordinal,
        requested_at=from_micros(row.requested_at),
        requested_by=row.requested_by,
    )
