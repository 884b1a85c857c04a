"""How much arrived, by the hour: finished hours are counted once and kept, the rest is counted.

Ids sort by time, so the deliveries of an hour lie together in the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, exists, func, select

from chargehand.domain.delivery import ONLY_POLLED, DeliverySource
from chargehand.domain.ids import EventId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import first_id
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import deliveries, events
from chargehand.storage.tables_operator import traffic_hours

# A delivery gets its id after it was received: its body was read and it may have waited.
ID_LAG: Final = timedelta(minutes=10)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What arrived on one connection in one way and meant one kind of event."""

    connection_id: str
    source: str
    kind: str
    deliveries: int
    events: int


@dataclass(frozen=True, slots=True)
class OnlyPolled:
    """What polling alone told of; the last one is None where there is none."""

    count: int
    last_at: datetime | None
    last_event_id: EventId | None


class TrafficReader(Repository):
    """Counts what arrived."""

    def only_polled(self, connection_id: str, start: datetime, end: datetime) -> OnlyPolled:
        """What polling found between two moments and nothing else told of since.

        Shape: without what polling alone can tell.
        """
        again = deliveries.alias("again")
        told = exists().where(
            again.c.organization_id == self._organization_id,
            again.c.duplicate_of == deliveries.c.event_id,
            again.c.source != DeliverySource.POLL.value,
        )
        found = (
            self._since(start)
            .add_columns(deliveries.c.event_id, deliveries.c.received_at)
            .where(
                deliveries.c.delivery_id < first_id("dlv", end + ID_LAG),
                deliveries.c.received_at >= to_micros(start),
                deliveries.c.received_at < to_micros(end),
                deliveries.c.connection_id == connection_id,
                deliveries.c.source == DeliverySource.POLL.value,
                deliveries.c.duplicate_of.is_(None),
                ~deliveries.c.delivery_key.startswith(ONLY_POLLED),
                ~told,
            )
        )
        rows = self._connection.execute(found.order_by(deliveries.c.delivery_id)).all()
        if not rows:
            return OnlyPolled(0, None, None)
        event_id, received_at = rows[-1]
        return OnlyPolled(len(rows), from_micros(received_at), EventId(event_id))

    def first_delivery_at(self, after: datetime) -> datetime | None:
        """When the first delivery since a moment was received; None when there was none."""
        query = self._since(after).add_columns(deliveries.c.received_at)
        row = self._one(query.order_by(deliveries.c.delivery_id).limit(1))
        return None if row is None else from_micros(row.received_at)

    def counted(self, start: datetime, end: datetime | None = None) -> Sequence[Traffic]:
        """What was received from `start` on, and before `end`; counted from the deliveries."""
        fresh = func.count().filter(deliveries.c.duplicate_of.is_(None))
        joined = deliveries.outerjoin(
            events,
            (events.c.organization_id == deliveries.c.organization_id)
            & (
                events.c.event_id == func.coalesce(deliveries.c.duplicate_of, deliveries.c.event_id)
            ),
        )
        kind = func.coalesce(events.c.kind, "")
        words = (deliveries.c.connection_id, deliveries.c.source, kind)
        query = (
            self._since(start)
            .add_columns(*words, func.count(), fresh)
            .select_from(joined)
            .where(deliveries.c.received_at >= to_micros(start))
            .group_by(*words)
        )
        if end is not None:
            query = query.where(
                deliveries.c.delivery_id < first_id("dlv", end + ID_LAG),
                deliveries.c.received_at < to_micros(end),
            )
        return [Traffic(*row) for row in self._connection.execute(query)]

    def kept(self) -> Sequence[Traffic]:
        """What all finished hours brought together."""
        words = (traffic_hours.c.connection_id, traffic_hours.c.source, traffic_hours.c.kind)
        sums = (func.sum(traffic_hours.c.deliveries), func.sum(traffic_hours.c.events))
        query = (
            select(*words, *sums)
            .where(traffic_hours.c.organization_id == self._organization_id)
            .group_by(*words)
        )
        return [_traffic(tuple(row)) for row in self._connection.execute(query)]

    def kept_between(
        self, connection_id: str, source: str, start: datetime, end: datetime
    ) -> Mapping[datetime, int]:
        """Deliveries of each finished hour that begins in a stretch; empty hours are left out."""
        query = (
            select(traffic_hours.c.hour_at, func.sum(traffic_hours.c.deliveries))
            .where(
                traffic_hours.c.organization_id == self._organization_id,
                traffic_hours.c.hour_at >= to_micros(start),
                traffic_hours.c.hour_at < to_micros(end),
                traffic_hours.c.connection_id == connection_id,
                traffic_hours.c.source == source,
            )
            .group_by(traffic_hours.c.hour_at)
        )
        return {from_micros(hour): int(number) for hour, number in self._connection.execute(query)}

    def first_kept_at(self) -> datetime | None:
        """The first hour in which anything arrived; None before any hour was counted."""
        query = select(func.min(traffic_hours.c.hour_at)).where(
            traffic_hours.c.organization_id == self._organization_id
        )
        first = self._connection.execute(query).scalar()
        return None if first is None else from_micros(first)

    def _since(self, start: datetime) -> Select[Any]:
        return select().where(
            deliveries.c.organization_id == self._organization_id,
            deliveries.c.delivery_id >= first_id("dlv", start),
        )


class TrafficWriter(TrafficReader):
    """Keeps the hours that are over."""

    def keep(self, hour: datetime, counted: Sequence[Traffic]) -> None:
        """Keep what an hour that is over brought; the same again changes nothing."""
        for one in counted:
            self._insert(
                traffic_hours,
                {
                    "hour_at": to_micros(hour),
                    "connection_id": one.connection_id,
                    "source": one.source,
                    "kind": one.kind,
                    "deliveries": one.deliveries,
                    "events": one.events,
                },
            )


def _traffic(row: tuple[Any, ...]) -> Traffic:
    connection_id, source, kind, received, told = row
    # PostgreSQL sums whole numbers as decimals.
    return Traffic(connection_id, source, kind, int(received), int(told))
