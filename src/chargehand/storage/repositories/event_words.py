"""Finds events by their words, and keeps what they are found by beside their texts."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete

from chargehand.domain.event import Event
from chargehand.domain.ids import EventId
from chargehand.domain.json import JSONValue
from chargehand.kit.ids import order_of
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import events
from chargehand.storage.tables_looking import event_texts
from chargehand.storage.words import Stretch, scope_tokens, sought_tokens, tokens_of_event
from chargehand.storage.words_postgres import PostgresWords
from chargehand.storage.words_sqlite import find_on_sqlite


class EventWordReader(Repository):
    """Looks words up."""

    def find(
        self,
        text: str,
        *,
        before: int | None,
        limit: int,
        project: str | None,
        work_item: str | None,
        kind: str | None,
    ) -> Stretch:
        """The newest events whose texts hold every word of a text, before a position."""
        own = self._organization_id
        scope = scope_tokens(own, project=project, work_item=work_item, kind=kind)
        tokens = (*scope, *sought_tokens(own, text))
        if self._connection.dialect.name == "sqlite":
            return find_on_sqlite(self._connection, tokens, before=before, limit=limit)
        # The stretches of PostgreSQL are those of one organization already.
        return PostgresWords(self._connection, own, tokens[1:], limit=limit).find(before=before)


class EventWordWriter(EventWordReader):
    """Keeps the words of events, changes them with their texts, and lets them go."""

    def add(self, event_id: EventId, event: Event, content_id: str) -> None:
        """Have a new event be found by its words."""
        words = tokens_of_event(
            self._organization_id,
            kind=event.kind.value,
            project=event.project,
            work_item=event.work_item,
            text=event.text,
            data=event.data,
        )
        position = order_of(event_id)
        row = {"event_id": event_id, "content_id": content_id, "words": words}
        # Two events of one moment can share a number; the later one takes the next.
        while not self._insert(event_texts, {"position": position, **row}):
            position += 1

    def rewrite(self, content_id: str, body: JSONValue) -> None:
        """Have an event be found by its new words, where a content is the text of one."""
        joined = event_texts.join(
            events,
            (events.c.organization_id == event_texts.c.organization_id)
            & (events.c.event_id == event_texts.c.event_id),
        )
        query = self._select(events).add_columns(event_texts.c.position).select_from(joined)
        row = self._one(query.where(event_texts.c.content_id == content_id))
        if row is None or not isinstance(body, dict):
            return
        text, data = body.get("text"), body.get("data")
        words = tokens_of_event(
            self._organization_id,
            kind=row.kind,
            project=row.project,
            work_item=row.work_item,
            text=text if isinstance(text, str) else None,
            data=data if isinstance(data, dict) else {},
        )
        changing: Any = self._update(event_texts).where(event_texts.c.position == row.position)
        self._connection.execute(changing.values(words=words))

    def forget(self, content_ids: Collection[str]) -> None:
        """Have events be found no more whose texts are gone."""
        self._connection.execute(
            delete(event_texts).where(
                event_texts.c.organization_id == self._organization_id,
                event_texts.c.content_id.in_(sorted(content_ids)),
            )
        )
