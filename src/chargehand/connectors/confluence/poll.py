"""Finds new and edited pages and comments by asking; every round goes to the end."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.dialect import Dialect
from chargehand.connectors.confluence.seen import id_in, millis_of, time_in
from chargehand.connectors.confluence.transport import ConfluenceTransport
from chargehand.connectors.confluence.webhook import CONNECTOR
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import CursorUnreadable

# The search index follows the data after a while; what was seen already is dropped by its key.
_OVERLAP_MS: Final = 300_000
_MINUTE_MS: Final = 60_000
_EXPAND: Final = (
    "body.storage,version,history,space,container,ancestors,extensions.inlineProperties"
)


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far polling came.

    Units: milliseconds since 1970; `since_ms` is what was read up to, `origin_ms` the first
    connection, before which nothing is ever read.
    """

    since_ms: int
    origin_ms: int

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    @property
    def floor_ms(self) -> int:
        return max(self.since_ms - _OVERLAP_MS, self.origin_ms)

    def moved_to(self, since_ms: int) -> "_Cursor":
        return _Cursor(since_ms=max(self.since_ms, since_ms), origin_ms=self.origin_ms)


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls the bound spaces of one connection."""

    config: ConfluenceConfig
    transport: ConfluenceTransport
    queries: Dialect

    async def poll(self, cursor: str | None, *, now: datetime) -> AsyncIterator[PollPage]:
        """What was made or edited since the cursor, as deliveries in the form the parser reads.

        Shape: every page is complete up to its cursor; the last page's cursor is the present. None
        for a cursor gives one empty page.
        Raises: the errors of plugins/errors.py, and CursorUnreadable.
        """
        if cursor is None:
            yield PollPage((), _Cursor(since_ms=millis_of(now), origin_ms=millis_of(now)).text())
            return
        position = self._read_cursor(cursor)
        floor_ms = position.floor_ms
        if self.config.spaces:
            found = self.queries.search(self._cql(floor_ms, now), expand=_EXPAND)
            async for contents in found:
                news = [new for one in contents for new in _news_in(one, floor_ms)]
                newest_ms = max((_changed_ms(one) for one in contents), default=0)
                position = position.moved_to(newest_ms)
                yield PollPage(tuple(self._delivery(new, now) for new in news), position.text())
        # Its times are what we compare with, so an hour we are ahead of it is not skipped.
        offset_s = min(self.transport.clock_offset_s or 0.0, 0.0)
        present = position.moved_to(millis_of(now + timedelta(seconds=offset_s)))
        yield PollPage((), present.text())

    def _read_cursor(self, text: str) -> _Cursor:
        try:
            return msgspec.json.decode(text, type=_Cursor)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CursorUnreadable(connection_id=self.config.connection_id) from error

    def _cql(self, floor_ms: int, now: datetime) -> str:
        # A time written out would be read in the time zone of the bot's account; one counted back
        # from Confluence's own present has none.
        offset_ms = round((self.transport.clock_offset_s or 0.0) * 1_000)
        back_ms = max(millis_of(now) + offset_ms - floor_ms, 0)
        minutes = back_ms // _MINUTE_MS + 2
        spaces = ", ".join(f'"{key}"' for key in self.config.spaces)
        return (
            f"space in ({spaces}) and type in (page, comment) "
            f'and lastmodified >= now("-{minutes}m") order by lastmodified asc'
        )

    def _delivery(self, new: "_News", now: datetime) -> VerifiedDelivery:
        is_comment = new.event.startswith("comment_")
        return VerifiedDelivery(
            connection_id=self.config.connection_id,
            connector=CONNECTOR,
            delivery_key=f"poll:{new.event}:{new.content_id}:{new.at_ms}",
            source=DeliverySource.POLL,
            lane=Lane.INTERACTIVE if is_comment else Lane.BULK,
            received_at=now,
            body=new.body,
            headers={},
        )


@dataclass(frozen=True, slots=True)
class _News:
    """One thing that happened to a page or a comment."""

    event: str
    content_id: str
    at_ms: int
    body: bytes


def _news_in(content: Fields, floor_ms: int) -> Iterator[_News]:
    """The making and the last edit, as far as they are not older than the floor."""
    kind = text_in(content, "type")
    if kind not in ("page", "comment"):
        return
    created_ms = millis_of(time_in(fields_in(content, "history"), "createdDate"))
    number = fields_in(content, "version").get("number")
    is_edited = isinstance(number, int) and number > 1
    changed_ms = _changed_ms(content)
    if created_ms >= floor_ms:
        yield _news(f"{kind}_created", created_ms, content)
    if is_edited and changed_ms >= floor_ms:
        yield _news(f"{kind}_updated", changed_ms, content)


def _news(event: str, at_ms: int, content: Fields) -> _News:
    body = msgspec.json.encode({"event": event, "timestamp": at_ms, "content": content})
    return _News(event, id_in(content, "id"), at_ms, body)


def _changed_ms(content: Fields) -> int:
    return millis_of(time_in(fields_in(content, "version"), "when"))
