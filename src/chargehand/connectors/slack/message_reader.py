"""Reads messages of a channel or a thread, and the mark that tells which of them are ours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from chargehand.connectors.slack.answers import MarkPayload, MessageAnswer, MessagesAnswer
from chargehand.connectors.slack.errors import SlackTargetMissing
from chargehand.connectors.slack.transport import Call, SlackTransport
from chargehand.domain.json import JSONObject

MARK_TYPE: Final = "chargehand_action"
_READ: Final = "read messages"
_PAGE: Final = 200
_MOST_PAGES: Final = 10


@dataclass(frozen=True, slots=True)
class Found:
    """Messages, newest pages first as Slack gives them; `is_whole` is false when there are more."""

    messages: tuple[MessageAnswer, ...]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class MessageReader:
    """Reads messages of one connection; every method raises what `SlackTransport.read` raises."""

    transport: SlackTransport

    async def one(self, channel: str, stamp: str) -> MessageAnswer | None:
        """A message, whether or not it stands in a thread; None when it is not there any more.

        Raises: SlackTargetMissing for a channel that is not there.
        """
        # Asked for one of its answers too, this method finds it; the history shows no answers.
        # The first message of the thread may be told with it, so more than one is asked for.
        arguments: JSONObject = {
            "channel": channel,
            "ts": stamp,
            "oldest": stamp,
            "latest": stamp,
            "inclusive": True,
            "limit": 10,
            "include_all_metadata": True,
        }
        call = Call("conversations.replies", _READ, arguments)
        try:
            page = await self.transport.read(call, MessagesAnswer)
        except SlackTargetMissing as error:
            if error.fields.get("slack_error") == "channel_not_found":
                raise
            return None
        return next((one for one in page.messages if one.ts == stamp), None)

    async def since(self, channel: str, thread: str | None, *, since: datetime) -> Found:
        """What was written in a channel or a thread since a moment, a bounded number."""
        arguments: dict[str, str | int | bool] = {
            "channel": channel,
            "oldest": f"{since.timestamp():.6f}",
            "limit": _PAGE,
            "include_all_metadata": True,
        }
        if thread is not None:
            arguments["ts"] = thread
        method = "conversations.history" if thread is None else "conversations.replies"
        messages: list[MessageAnswer] = []
        for _ in range(_MOST_PAGES):
            page = await self.transport.read(Call(method, _READ, {**arguments}), MessagesAnswer)
            messages.extend(page.messages)
            cursor = page.response_metadata.next_cursor if page.response_metadata else ""
            if not cursor:
                return Found(tuple(messages), is_whole=True)
            arguments["cursor"] = cursor
        return Found(tuple(messages), is_whole=False)


def mark_of(action_id: str, *, part: int = 0, parts: int = 1) -> JSONObject:
    """The metadata that names the action a message was made by."""
    payload: JSONObject = {"action_id": action_id, "part": part, "parts": parts}
    return {"event_type": MARK_TYPE, "event_payload": payload}


def mark_in(message: MessageAnswer) -> MarkPayload | None:
    """The mark of a message; None for what is not ours."""
    metadata = message.metadata
    if metadata is None or metadata.event_type != MARK_TYPE:
        return None
    try:
        return msgspec.json.decode(metadata.event_payload, type=MarkPayload)
    except (msgspec.DecodeError, UnicodeError):
        return None
