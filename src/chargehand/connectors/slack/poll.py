"""Finds messages by asking: what the other ways missed, or all there is without them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from chargehand.connectors.slack.accounts import AccountReader, Channel
from chargehand.connectors.slack.answers import MessageAnswer, RawMessagesAnswer
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackRefused, SlackTargetMissing
from chargehand.connectors.slack.transport import Call, SlackTransport, decode
from chargehand.connectors.slack.webhook import CONNECTOR
from chargehand.domain.delivery import DeliverySource, Lane, VerifiedDelivery
from chargehand.domain.event import PlaceKind
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import EPOCH
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import CursorUnreadable

# How old the first message of a thread may be for its answers to be found; Slack tells of new
# answers only at the first message.
_THREADS_S: Final = 2 * 24 * 3600
# What was stored a moment ago may not be told yet; what was seen already is dropped by its key.
_OVERLAP_S: Final = 60
_DELIVERIES_PER_PAGE: Final = 200
_PAGE: Final = 200
_READ: Final = "read messages"
_TYPES: Final = {
    PlaceKind.PRIVATE: "group",
    PlaceKind.DIRECT: "im",
    PlaceKind.GROUP: "mpim",
}


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far polling came in each channel.

    Units: seconds since 1970; before `origin_s`, the first connection, nothing is ever told.
    """

    origin_s: float
    since_s: dict[str, float] = {}

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    def floor_s(self, channel: str) -> float:
        return max(self.since_s.get(channel, self.origin_s) - _OVERLAP_S, self.origin_s)

    def moved(self, channel: str, to_s: float) -> "_Cursor":
        before = self.since_s.get(channel, self.origin_s)
        return _Cursor(self.origin_s, {**self.since_s, channel: max(before, to_s)})


@dataclass(frozen=True, slots=True)
class _News:
    """One thing that happened to a message, in the body of an event."""

    key: str
    at_s: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls the bound channels of one connection."""

    config: SlackConfig
    transport: SlackTransport
    accounts: AccountReader

    async def poll(self, cursor: str | None, *, now: datetime) -> AsyncIterator[PollPage]:
        """The messages written or edited since the cursor, in the shape of Slack's events.

        Shape: every page is complete up to its cursor, so storing both together loses nothing.
        None for a cursor gives one empty page. A channel the bot can not read is passed over,
        and read from where it was when it can again.
        Raises: the errors of plugins/errors.py.
        """
        present_s = self._present_s(now)
        if cursor is None:
            yield PollPage((), _Cursor(origin_s=present_s).text())
            return
        position = self._read_cursor(cursor)
        for channel in self.config.channels:
            try:
                news = await self._news_of(channel, position.floor_s(channel))
            except (SlackTargetMissing, SlackRefused):
                # Archived, or the bot was sent out of it: `doctor` says so.
                continue
            before, position = position, position.moved(channel, present_s)
            news.sort(key=lambda one: one.at_s)
            deliveries = [self._delivery(one, now) for one in news]
            for start in range(0, len(deliveries), _DELIVERIES_PER_PAGE):
                end = start + _DELIVERIES_PER_PAGE
                # Only the last page of a channel moves the cursor.
                reached = position if end >= len(deliveries) else before
                yield PollPage(tuple(deliveries[start:end]), reached.text())
        yield PollPage((), position.text())

    def _read_cursor(self, text: str) -> _Cursor:
        try:
            return msgspec.json.decode(text, type=_Cursor)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CursorUnreadable(connection_id=self.config.connection_id) from error

    def _present_s(self, now: datetime) -> float:
        """The present by Slack's clock when ours is ahead: its times are what we compare with."""
        offset_s = self.transport.clock_offset_s or 0.0
        return (now - EPOCH).total_seconds() + min(offset_s, 0.0)

    async def _news_of(self, channel_id: str, floor_s: float) -> list[_News]:
        channel = await self.accounts.channel(channel_id)
        arguments: JSONObject = {
            "channel": channel_id,
            "oldest": f"{max(floor_s - _THREADS_S, 0.0):.6f}",
        }
        news: list[_News] = []
        for raw in await self._all("conversations.history", arguments):
            message = decode(bytes(raw), MessageAnswer, operation=_READ)
            news.extend(self._news_in(raw, message, channel, floor_s))
            if message.reply_count and _at_s(message.latest_reply) >= floor_s:
                news.extend(await self._answers(message.ts, channel, floor_s))
        return news

    async def _answers(self, root: str, channel: Channel, floor_s: float) -> list[_News]:
        arguments: JSONObject = {"channel": channel.id, "ts": root, "oldest": f"{floor_s:.6f}"}
        return [
            new
            for raw in await self._all("conversations.replies", arguments)
            if (message := decode(bytes(raw), MessageAnswer, operation=_READ)).ts != root
            for new in self._news_in(raw, message, channel, floor_s)
        ]

    async def _all(self, method: str, arguments: JSONObject) -> Sequence[msgspec.Raw]:
        found: list[msgspec.Raw] = []
        further: JSONObject = {}
        while True:
            call = Call(method, _READ, {**arguments, "limit": _PAGE, **further})
            page = await self.transport.read(call, RawMessagesAnswer)
            found.extend(page.messages)
            cursor = page.response_metadata.next_cursor if page.response_metadata else ""
            if not cursor:
                return found
            further = {"cursor": cursor}

    def _news_in(
        self, raw: msgspec.Raw, message: MessageAnswer, channel: Channel, floor_s: float
    ) -> list[_News]:
        """The writing and the last edit of a message, as far as they are not older.

        Both are told when both are new: whoever saw only the writing would miss the edit.
        """
        if message.bot_id:
            # Nobody asks for a bot's message to be answered, and ours are most of them.
            return []
        news = []
        written_s = _at_s(message.ts)
        if written_s >= floor_s:
            event = {**_fields_of(raw), **_of_channel(channel)}
            news.append(self._new(f"poll:message:{channel.id}:{message.ts}", written_s, event))
        edited = message.edited.ts if message.edited is not None else ""
        if edited and _at_s(edited) >= floor_s:
            event = {
                "type": "message",
                "subtype": "message_changed",
                "message": raw,
                "previous_message": {"ts": message.ts},
                "event_ts": edited,
                **_of_channel(channel),
            }
            key = f"poll:message:{channel.id}:{message.ts}:{edited}"
            news.append(self._new(key, _at_s(edited), event))
        return news

    def _new(self, key: str, at_s: float, event: dict[str, object]) -> _News:
        is_shared = event.pop("is_shared")
        body = {
            "type": "event_callback",
            "team_id": self.config.team_id,
            "event": event,
            "event_time": int(at_s),
            "is_ext_shared_channel": is_shared,
        }
        return _News(key, at_s, msgspec.json.encode(body))

    def _delivery(self, new: _News, now: datetime) -> VerifiedDelivery:
        return VerifiedDelivery(
            connection_id=self.config.connection_id,
            connector=CONNECTOR,
            delivery_key=new.key,
            source=DeliverySource.POLL,
            lane=Lane.INTERACTIVE,
            received_at=now,
            body=new.body,
            headers={},
        )


def _fields_of(raw: msgspec.Raw) -> dict[str, object]:
    return {**decode(bytes(raw), dict[str, msgspec.Raw], operation=_READ)}


def _of_channel(channel: Channel) -> dict[str, object]:
    return {
        "channel": channel.id,
        "channel_type": _TYPES.get(channel.kind, "channel"),
        "is_shared": channel.kind is PlaceKind.SHARED,
    }


def _at_s(stamp: str) -> float:
    try:
        return float(stamp)
    except ValueError:
        return 0.0
