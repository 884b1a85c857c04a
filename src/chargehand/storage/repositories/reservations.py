"""Reservations: one row for each model request, kept as the account of what it cost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import insert

from chargehand.domain.budget import ReservationRecord, ReservationState, SettledBy
from chargehand.domain.ids import ReservationId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.plugins.budget import Spent
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables_budgets import reservations

_NAMES = tuple(field.name for field in fields(ReservationRecord) if field.name != "id")
_WRITERS: Final[Mapping[type, Callable[[Any], object]]] = {
    bool: int,
    Decimal: "{:f}".format,
    datetime: to_micros,
    date: date.isoformat,
}
_PRICES = ("input_usd", "output_usd", "cache_read_usd", "cache_write_usd")


class ReservationReader(Repository):
    """Looks reservations up."""

    def find(self, reservation_id: ReservationId) -> ReservationRecord | None:
        """One reservation; None when there is none."""
        row = self._one_by(reservations.c.reservation_id, reservation_id)
        return _reservation(row) if row is not None else None

    def find_all(
        self, reservation_ids: Collection[ReservationId]
    ) -> dict[ReservationId, ReservationRecord]:
        """Those of some reservations that there are."""
        query = self._select(reservations).where(
            reservations.c.reservation_id.in_(sorted(reservation_ids))
        )
        return {row.reservation_id: _reservation(row) for row in self._rows(query)}

    def expired(self, now: datetime, *, limit: int) -> tuple[ReservationId, ...]:
        """Open reservations whose time is over, oldest first."""
        query = self._select(reservations).where(
            reservations.c.state == ReservationState.OPEN.value,
            reservations.c.expires_at <= to_micros(now),
        )
        rows = self._rows(query.order_by(reservations.c.expires_at).limit(limit))
        return tuple(row.reservation_id for row in rows)


class ReservationWriter(ReservationReader):
    """Opens and closes reservations."""

    def add_all(self, records: Sequence[ReservationRecord]) -> None:
        """Write new reservations, of which none may be there yet."""
        if records:
            mine = {"organization_id": self._organization_id}
            rows = [{**mine, **_columns(record)} for record in records]
            self._connection.execute(insert(reservations), rows)

    def lock(self, reservation_id: ReservationId) -> ReservationRecord | None:
        """One reservation, which nobody else changes until this transaction ends."""
        query = self._select(reservations).where(reservations.c.reservation_id == reservation_id)
        row = self._one(query.with_for_update())
        return _reservation(row) if row is not None else None

    def settle(
        self,
        reservation_id: ReservationId,
        *,
        by: SettledBy,
        spent: Spent,
        cost_micro_usd: int,
        now: datetime,
    ) -> None:
        """Write down what a reservation became."""
        self._change(
            reservations.c.reservation_id,
            reservation_id,
            {
                "state": ReservationState.SETTLED.value,
                "settled_by": by.value,
                "input_tokens": spent.input_tokens,
                "output_tokens": spent.output_tokens,
                "cache_read_tokens": spent.cache_read_tokens,
                "cache_write_tokens": spent.cache_write_tokens,
                "cost_micro_usd": cost_micro_usd,
                "closed_at": to_micros(now),
            },
        )

    def release(self, reservation_id: ReservationId, *, now: datetime) -> None:
        """Write down that nothing was sent."""
        self._change(
            reservations.c.reservation_id,
            reservation_id,
            {
                "state": ReservationState.RELEASED.value,
                "settled_by": None,
                "input_tokens": 0,
                "output_tokens": 0,
                "cost_micro_usd": 0,
                "closed_at": to_micros(now),
            },
        )


def _columns(record: ReservationRecord) -> dict[str, object]:
    columns = {name: _column(getattr(record, name)) for name in _NAMES}
    return {"reservation_id": record.id, **columns}


def _column(value: object) -> object:
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    return value.value if isinstance(value, StrEnum) else value


def _reservation(row: AnyRow) -> ReservationRecord:
    # Every field has a column of its name, but for the id.
    held = {name: getattr(row, name) for name in _NAMES}
    held.update({name: Decimal(held[name]) for name in _PRICES})
    held.update(
        id=row.reservation_id,
        state=ReservationState(row.state),
        settled_by=SettledBy(row.settled_by) if row.settled_by is not None else None,
        is_at_most=bool(row.is_at_most),
        day=date.fromisoformat(row.day),
        reserved_at=from_micros(row.reserved_at),
        expires_at=from_micros(row.expires_at),
        closed_at=moment(row.closed_at),
    )
    return ReservationRecord(**held)
