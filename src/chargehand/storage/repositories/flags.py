"""Flags as somebody set them."""

from datetime import datetime

from chargehand.domain.records import FlagRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_flags import flags


class FlagReader(Repository):
    """Looks flags up."""

    def find(self, name: str) -> FlagRecord | None:
        """How a flag was set last; None when nobody ever did."""
        row = self._one_by(flags.c.flag, name)
        return _flag(row) if row is not None else None


class FlagWriter(FlagReader):
    """Sets flags."""

    def turn_on(self, name: str, *, by: str, now: datetime) -> None:
        """Remember that somebody turned a flag on."""
        self._set(name, 1, by=by, now=now)

    def turn_off(self, name: str, *, by: str, now: datetime) -> None:
        """Remember that somebody turned a flag off."""
        self._set(name, 0, by=by, now=now)

    def _set(self, name: str, value: int, *, by: str, now: datetime) -> None:
        values = {"is_on": value, "changed_at": to_micros(now), "changed_by": by}
        if not self._insert(flags, {"flag": name, **values}):
            self._change(flags.c.flag, name, values)


def _flag(row: AnyRow) -> FlagRecord:
    return FlagRecord(
        name=row.flag,
        is_on=bool(row.is_on),
        changed_at=from_micros(row.changed_at),
        changed_by=row.changed_by,
    )
