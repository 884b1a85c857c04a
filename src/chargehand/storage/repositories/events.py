"""Deliveries after dispatch, and the events they meant."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from chargehand.domain.delivery import StoredDelivery
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import EventId
from chargehand.domain.records import DeliveryRecord, EventRecord, Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import id_at
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.event_words import EventWordReader, EventWordWriter
from chargehand.storage.repositories.rows import (
    AnyRow,
    Repository,
    among,
    content_of,
    is_erased,
    micros,
)
from chargehand.storage.tables import deliveries, events


class EventReader(Repository):
    """Looks deliveries and events up."""

    def find(self, event_id: str) -> EventRecord | None:
        """One event; None when there is none."""
        row = self._one_with_content_by(events.c.event_id, event_id)
        return _event(row) if row is not None else None

    def id_of_key(self, event_key: str) -> EventId | None:
        """The event that has a natural key; None when nobody told of it yet."""
        row = self._one_by(events.c.event_key, event_key)
        return EventId(row.event_id) if row is not None else None

    def find_delivery(self, delivery_id: str) -> DeliveryRecord | None:
        """One dispatched delivery; None when there is none."""
        row = self._one_by(deliveries.c.delivery_id, delivery_id)
        return _delivery(row) if row is not None else None

    def deliveries_of(self, event_id: str) -> tuple[DeliveryRecord, ...]:
        """Every delivery that told of an event, oldest first, duplicates included."""
        # Asked for either at once, SQLite walks all deliveries instead of using both indexes.
        found = {
            str(row.delivery_id): row
            for column in (deliveries.c.event_id, deliveries.c.duplicate_of)
            for row in self._rows_by(column, event_id)
        }
        return tuple(_delivery(row) for _, row in sorted(found.items()))

    def page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        project: str | None = None,
        work_item: str | None = None,
        kind: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[EventRecord]:
        """Events, newest first."""
        query = self._with_content()
        for column, value in ((events.c.project, project), (events.c.kind, kind)):
            query = query.where(column == value) if value is not None else query
        if work_item is not None:
            query = query.where(events.c.work_item == work_item)
        query = among(query, events.c.project, projects)
        return self._page(query, events.c.event_id, _event, cursor=cursor, limit=limit)

    def page_of_words(
        self,
        text: str,
        *,
        before: int | None,
        limit: int,
        project: str | None = None,
        work_item: str | None = None,
        kind: str | None = None,
    ) -> Page[EventRecord]:
        """Events whose texts hold every word of a text, newest first, before a position.

        Shape: a page may be short or empty though more follow: looking ends when it took too long.
        """
        words = EventWordReader(self._connection, self._organization_id)
        stretch = words.find(
            text, before=before, limit=limit + 1, project=project, work_item=work_item, kind=kind
        )
        shown = stretch.found[:limit]
        wanted = self._with_content().where(events.c.event_id.in_([one for _, one in shown]))
        rows = {row.event_id: row for row in self._rows(wanted)} if shown else {}
        reached = shown[-1][0] if len(stretch.found) > limit else stretch.reached
        return Page(
            items=tuple(_event(rows[one]) for _, one in shown if one in rows),
            next_cursor=None if reached is None else id_at("evt", reached),
        )

    def page_of_deliveries(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        connection_id: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[DeliveryRecord]:
        """Dispatched deliveries, newest first."""
        query = self._select(deliveries)
        if connection_id is not None:
            query = query.where(deliveries.c.connection_id == connection_id)
        if projects is not None:
            told = select(events.c.event_id).where(
                events.c.organization_id == self._organization_id,
                events.c.event_id == deliveries.c.event_id,
                events.c.project.in_(sorted(projects)),
            )
            query = query.where(told.exists())
        return self._page(query, deliveries.c.delivery_id, _delivery, cursor=cursor, limit=limit)

    def _with_content(self) -> Select[Any]:
        return self._select_with_content(events)


class EventWriter(EventReader):
    """Records what deliveries meant."""

    def add(
        self, event_id: EventId, event: Event, stored: StoredDelivery, *, now: datetime
    ) -> bool:
        """Record an event; False when another delivery had told of it before."""
        content_id, _ = ContentWriter(self._connection, self._organization_id).add(
            {"actor": event.actor.name, "text": event.text, "data": event.data}, now=now
        )
        is_new = self._insert(
            events,
            {
                "event_id": event_id,
                "event_key": event.event_key,
                "delivery_id": stored.id,
                "connection_id": event.connection_id,
                "connector": event.connector,
                "kind": event.kind.value,
                "project": event.project,
                "work_item": event.work_item,
                "actor_id": event.actor.account_id,
                "content_id": content_id,
                "occurred_at": to_micros(event.occurred_at),
                "recorded_at": to_micros(now),
            },
        )
        if is_new:
            words = EventWordWriter(self._connection, self._organization_id)
            words.add(event_id, event, content_id)
        return is_new

    def add_delivery(
        self,
        stored: StoredDelivery,
        event_id: EventId,
        *,
        duplicate_of: EventId | None,
        now: datetime,
    ) -> bool:
        """Record a dispatched delivery; False when it was recorded before a crash."""
        delivery = stored.delivery
        return self._insert(
            deliveries,
            {
                "delivery_id": stored.id,
                "connection_id": delivery.connection_id,
                "connector": delivery.connector,
                "delivery_key": delivery.delivery_key,
                "source": delivery.source.value,
                "lane": delivery.lane.value,
                "digest": hashlib.sha256(delivery.body).hexdigest(),
                "size_bytes": len(delivery.body),
                "received_at": micros(delivery.received_at),
                "dispatched_at": to_micros(now),
                "event_id": event_id,
                "duplicate_of": duplicate_of,
            },
        )


def _event(row: AnyRow) -> EventRecord:
    content = content_of(row)
    return EventRecord(
        id=row.event_id,
        event_key=row.event_key,
        delivery_id=row.delivery_id,
        connection_id=row.connection_id,
        connector=row.connector,
        kind=EventKind(row.kind),
        project=row.project,
        work_item=row.work_item,
        actor_id=row.actor_id,
        actor_name=content.get("actor", ""),
        occurred_at=from_micros(row.occurred_at),
        recorded_at=from_micros(row.recorded_at),
        text=content.get("text"),
        data=content.get("data", {}),
        is_erased=is_erased(row),
    )


def _delivery(row: AnyRow) -> DeliveryRecord:
    return DeliveryRecord(
        id=row.delivery_id,
        connection_id=row.connection_id,
        connector=row.connector,
        delivery_key=row.delivery_key,
        source=row.source,
        lane=row.lane,
        digest=row.digest,
        size_bytes=row.size_bytes,
        received_at=from_micros(row.received_at),
        dispatched_at=from_micros(row.dispatched_at),
        event_id=row.event_id,
        duplicate_of=row.duplicate_of,
    )
