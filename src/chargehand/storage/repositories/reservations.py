"""Reservations: one row for each model request, kept as the account of what it cost."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import insert

from chargehand.domain.budget import ReservationRecord, ReservationState, SettledBy
from chargehand.domain.ids import ReservationId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.plugins.budget import Spent
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.repositories.statements import WANTED, select_among
from chargehand.storage.tables_budgets import reservations

_NAMES = tuple(field.name for field in fields(ReservationRecord) if field.name != "id")
_PRICES = ("input_usd", "output_usd", "cache_read_usd", "cache_write_usd")
# What no driver takes as it is.
_WRITERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "state": attrgetter("value"),
    "settled_by": attrgetter("value"),
    **dict.fromkeys(_PRICES, "{:f}".format),
    "is_at_most": int,
    "day": date.isoformat,
    **dict.fromkeys(("reserved_at", "expires_at", "closed_at"), to_micros),
}
_values_of: Final = attrgetter(*_NAMES)
_NEW: Final = insert(reservations)


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
        query = select_among(reservations.c.reservation_id, self._organization_id)
        rows = self._rows(query, {WANTED: sorted(reservation_ids)})
        return {row.reservation_id: _reservation(row) for row in rows}

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
        mine = {"organization_id": self._organization_id}
        self._run_many(_NEW, [{**mine, **_columns(record)} for record in records])

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
    columns = dict(zip(_NAMES, _values_of(record), strict=True))
    for name, write in _WRITERS.items():
        if columns[name] is not None:
            columns[name] = write(columns[name])
    return {"reservation_id": record.id, **columns}


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
