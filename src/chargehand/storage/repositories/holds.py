"""Holds: while one is in force nothing is sent."""

from datetime import datetime

from chargehand.domain.ids import BackupId, HoldId
from chargehand.domain.records import HoldReason, HoldRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables_holds import holds


class HoldReader(Repository):
    """Looks holds up."""

    def current(self) -> HoldRecord | None:
        """The hold in force; None when sending is allowed."""
        newest = self.newest()
        return newest if newest is not None and newest.lifted_at is None else None

    def newest(self) -> HoldRecord | None:
        """The last hold, in force or lifted; None when there never was one."""
        query = self._select(holds).order_by(holds.c.held_at.desc(), holds.c.hold_id.desc())
        row = self._one(query.limit(1))
        return _hold(row) if row is not None else None


class HoldWriter(HoldReader):
    """Begins and lifts holds."""

    def begin(
        self,
        hold_id: HoldId,
        reason: HoldReason,
        *,
        backup_id: BackupId,
        taken_at: datetime,
        by: str,
        now: datetime,
    ) -> None:
        """Allow no sending from now on; `taken_at` is where this database's knowledge ends.

        An older hold, as a backup made under one holds it, is closed by this one.
        """
        self.lift(by=by, now=now)
        self._insert(
            holds,
            {
                "hold_id": hold_id,
                "reason": reason.value,
                "backup_id": backup_id,
                "taken_at": to_micros(taken_at),
                "held_at": to_micros(now),
                "held_by": by,
                "lifted_at": None,
                "lifted_by": "",
            },
        )

    def lift(self, *, by: str, now: datetime) -> None:
        """Allow sending again."""
        self._connection.execute(
            self._update(holds)
            .where(holds.c.lifted_at.is_(None))
            .values(lifted_at=to_micros(now), lifted_by=by)
        )


def _hold(row: AnyRow) -> HoldRecord:
    return HoldRecord(
        id=HoldId(row.hold_id),
        reason=HoldReason(row.reason),
        backup_id=BackupId(row.backup_id),
        taken_at=from_micros(row.taken_at),
        held_at=from_micros(row.held_at),
        held_by=row.held_by,
        lifted_at=moment(row.lifted_at),
        lifted_by=row.lifted_by,
    )
