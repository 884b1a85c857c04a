"""Messages as actions: sent in parts, found again by their marks, changed and deleted."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.connectors.slack.answers import ChannelInfoAnswer, MessageAnswer, PostedAnswer
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackTargetMissing
from chargehand.connectors.slack.message_reader import MessageReader, mark_in, mark_of
from chargehand.connectors.slack.params import (
    read_channel,
    read_delete_base,
    read_delete_params,
    read_direct_params,
    read_ephemeral_params,
    read_message_base,
    read_message_params,
    read_message_target,
    read_update_base,
    read_update_params,
    read_user,
)
from chargehand.connectors.slack.render import message_body, render_parts, render_sections
from chargehand.connectors.slack.schemas import moment_of
from chargehand.connectors.slack.transport import Call, SlackTransport, decode
from chargehand.domain.action import (
    ActionKind,
    ActionResult,
    ApprovedAction,
    Done,
    Faulty,
    Refused,
)
from chargehand.domain.control import Control
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import LookUp, LookUpState, PastEffect, SentAction
from chargehand.plugins.outcomes import VENDOR_FAILURES, outcome_of_send

# Added to the time-out: what Slack still works on when we stop listening is stored by then.
SETTLE_MARGIN_S: Final = 10.0
BASE_CHANGED: Final = "base_changed"
QUESTION_DELETED: Final = "question_deleted"
SENT_IN_PART: Final = "sent_in_part"
_POST: Final = "post a message"
# How far Slack's clock and ours may differ before a look-up would miss a message of ours.
_CLOCK_MARGIN: Final = timedelta(minutes=5)
# So old a message is taken to be still there.
_JUST_NOW: Final = timedelta(seconds=10)
# A part may be sent again for hours while Slack asks us to wait.
_LOOK_BACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Where:
    """The channel a message goes to, and the thread in it."""

    channel: str
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class MessageActions:
    """Sends, changes and deletes messages, and finds out whether they were.

    Every method raises what `SlackTransport.read` raises, and ParamInvalid, ParamUnknown or
    MessageTooLong; what a write meets is its result.
    """

    config: SlackConfig
    transport: SlackTransport
    reader: MessageReader
    clock: Clock

    async def post(self, action: ApprovedAction) -> ActionResult:
        """A message to a channel or a thread, unless what it answers is gone."""
        params, base = read_message_params(action.params), read_message_base(action.base)
        where = _Where(read_channel(action.target), params.thread_id)
        gone = await self._first_missing(where.channel, base.message_id, params.thread_id)
        if gone is not None:
            return Refused(QUESTION_DELETED, f"message {gone} is not there any more")
        mention = params.mention.account_id if params.mention else None
        parts = render_parts(params.markdown, mention=mention)
        return await self._send_parts(action, where, parts, params.controls)

    async def send_direct(self, action: ApprovedAction) -> ActionResult:
        """A message to one person."""
        params = read_direct_params(action.params)
        read_message_base(action.base)
        channel = await self._open_direct(action.target, may_begin=True)
        parts = render_parts(params.markdown)
        return await self._send_parts(action, _Where(channel), parts, params.controls)

    async def post_ephemeral(self, action: ApprovedAction) -> ActionResult:
        """A message only one person sees."""
        params, base = read_ephemeral_params(action.params), read_message_base(action.base)
        channel = read_channel(action.target)
        gone = await self._first_missing(channel, base.message_id, params.thread_id)
        if gone is not None:
            return Refused(QUESTION_DELETED, f"message {gone} is not there any more")
        thread: JSONObject = {"thread_ts": params.thread_id} if params.thread_id else {}
        sections = render_sections(params.markdown)
        arguments: JSONObject = {
            "channel": channel,
            "user": params.user,
            **thread,
            **message_body(sections, params.controls),
        }
        try:
            await self.transport.write(Call("chat.postEphemeral", _POST, arguments))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return Done(channel, "")

    async def update(self, action: ApprovedAction) -> ActionResult:
        """Other words and buttons for a message, unless another action changed it meanwhile."""
        params, base = read_update_params(action.params), read_update_base(action.base)
        channel, stamp = read_message_target(action.target)
        sections = render_sections(params.markdown)
        message = await self.reader.one(channel, stamp)
        if message is None:
            return Refused(BASE_CHANGED, f"message {stamp} is not there any more")
        mark = mark_in(message)
        if mark is not None and mark.action_id == action.action_id:
            return self._done(channel, stamp, {"already": True})
        if base.action_id is not None and (mark is None or mark.action_id != base.action_id):
            return Refused(BASE_CHANGED, f"message {stamp} was changed by another action")
        arguments: JSONObject = {
            "channel": channel,
            "ts": stamp,
            "metadata": mark_of(action.action_id),
            **message_body(sections, params.controls),
        }
        try:
            await self.transport.write(Call("chat.update", "change a message", arguments))
        except VENDOR_FAILURES as error:
            return outcome_of_send(error, settle_s=self._settle_s)
        return self._done(channel, stamp)

    async def delete(self, action: ApprovedAction) -> ActionResult:
        """A message of ours goes, with its further parts, unless somebody answered it."""
        params, base = read_delete_params(action.params), read_delete_base(action.base)
        channel, stamp = read_message_target(action.target)
        found = [await self.reader.one(channel, one) for one in (*params.parts, stamp)]
        present = [one for one in found if one is not None]
        for message in present:
            if refusal := _why_not_deleted(message, base.action_id):
                return Refused(BASE_CHANGED, refusal)
        for message in present:
            arguments: JSONObject = {"channel": channel, "ts": message.ts}
            try:
                await self.transport.write(Call("chat.delete", "delete a message", arguments))
            except SlackTargetMissing:
                continue
            except VENDOR_FAILURES as error:
                return outcome_of_send(error, settle_s=self._settle_s)
        return self._done(channel, stamp, None if present else {"already": True})

    async def look_up_post(self, action: SentAction, past: PastEffect) -> LookUp:
        """Whether every part of a message of ours is there."""
        if action.kind is ActionKind.SLACK_SEND_DIRECT_MESSAGE:
            where = _Where(await self._open_direct(action.target, may_begin=False))
        else:
            thread = read_message_params(action.params).thread_id
            where = _Where(read_channel(action.target), thread)
        if not where.channel:
            return LookUp(LookUpState.ABSENT)
        since = past.intended_at - _CLOCK_MARGIN
        sent, parts, is_whole = await self._sent_parts(action, where, since)
        if parts and len(sent) == parts:
            stamp = sent[0]
            url = self.config.message_url(where.channel, stamp)
            return LookUp(LookUpState.FOUND, external_id=f"{where.channel}/{stamp}", url=url)
        if not is_whole:
            return LookUp(LookUpState.UNSURE, reason="too much was written since")
        return LookUp(LookUpState.ABSENT)

    async def look_up_update(self, action: SentAction) -> LookUp:
        """Whether a message has the words of an action."""
        channel, stamp = read_message_target(action.target)
        message = await self.reader.one(channel, stamp)
        mark = mark_in(message) if message is not None else None
        if mark is None or mark.action_id != action.action_id:
            return LookUp(LookUpState.ABSENT)
        url = self.config.message_url(channel, stamp)
        return LookUp(LookUpState.FOUND, external_id=action.target, url=url)

    async def look_up_deletion(self, action: SentAction) -> LookUp:
        """Whether a message and its further parts are gone."""
        channel, stamp = read_message_target(action.target)
        parts = read_delete_params(action.params).parts
        for one in (*parts, stamp):
            if await self.reader.one(channel, one) is not None:
                return LookUp(LookUpState.ABSENT)
        return LookUp(LookUpState.FOUND, external_id=action.target)

    async def _send_parts(
        self,
        action: ApprovedAction,
        where: _Where,
        parts: Sequence[str],
        controls: Sequence[Control],
    ) -> ActionResult:
        """One message after the other; those that an earlier attempt left are not sent again."""
        stamps: dict[int, str] = {}
        if len(parts) > 1:
            since = self.clock.now() - _LOOK_BACK
            stamps, _, _ = await self._sent_parts(action, where, since)
        for number, part in enumerate(parts):
            if number in stamps:
                continue
            is_last = number == len(parts) - 1
            thread: JSONObject = {"thread_ts": where.thread} if where.thread else {}
            arguments: JSONObject = {
                "channel": where.channel,
                **thread,
                "metadata": mark_of(action.action_id, part=number, parts=len(parts)),
                "unfurl_links": False,
                "unfurl_media": False,
                **message_body([part], controls if is_last else ()),
            }
            try:
                body = await self.transport.write(Call("chat.postMessage", _POST, arguments))
                stamps[number] = decode(body, PostedAnswer, operation=_POST).ts
            except VENDOR_FAILURES as error:
                return self._failed(outcome_of_send(error, settle_s=self._settle_s), where, stamps)
        first, *further = (stamps[number] for number in range(len(parts)))
        return self._done(where.channel, first, {"parts": further} if further else None)

    def _failed(
        self, outcome: ActionResult, where: _Where, stamps: Mapping[int, str]
    ) -> ActionResult:
        """The outcome, unless it would hide that the first parts are there and stay."""
        if not isinstance(outcome, Refused) or not stamps:
            return outcome
        first = stamps[min(stamps)]
        return Faulty(
            SENT_IN_PART,
            f"{len(stamps)} parts were sent, then: {outcome.detail}",
            external_id=f"{where.channel}/{first}",
            url=self.config.message_url(where.channel, first),
        )

    async def _sent_parts(
        self, action: SentAction, where: _Where, since: datetime
    ) -> tuple[dict[int, str], int, bool]:
        """The parts that are there, how many the message has, whether all was looked through."""
        found = await self.reader.since(where.channel, where.thread, since=since)
        stamps: dict[int, str] = {}
        parts = 0
        for message in found.messages:
            mark = mark_in(message)
            if mark is not None and mark.action_id == action.action_id:
                stamps[mark.part] = message.ts
                parts = mark.parts
        return stamps, parts, found.is_whole

    async def _open_direct(self, user: str, *, may_begin: bool) -> str:
        """The channel of the talk with one person, empty when there is none and none may begin."""
        arguments: JSONObject = {"users": read_user(user), "return_im": True}
        operation = "open a direct talk"
        if not may_begin:
            arguments = {**arguments, "prevent_creation": True}
        try:
            body = await self.transport.write(Call("conversations.open", operation, arguments))
        except SlackTargetMissing:
            if may_begin:
                raise
            return ""
        return decode(body, ChannelInfoAnswer, operation=operation).channel.id

    async def _first_missing(self, channel: str, *stamps: str | None) -> str | None:
        """The first of some messages that is not there any more.

        Shape: None without asking where the newest is seconds old. Slack lets a bot look 50 times a
        minute, which would be as many answers as it could give; and it tells of a deletion.
        """
        wanted = list(dict.fromkeys(one for one in stamps if one is not None))
        now = self.clock.now()
        if any(abs(now - at) < _JUST_NOW for at in map(moment_of, wanted) if at is not None):
            return None
        found = await asyncio.gather(*(self.reader.one(channel, one) for one in wanted))
        return next((one for one, message in zip(wanted, found, strict=True) if not message), None)

    def _done(self, channel: str, stamp: str, detail: JSONObject | None = None) -> Done:
        url = self.config.message_url(channel, stamp)
        return Done(f"{channel}/{stamp}", url, detail or {})

    @property
    def _settle_s(self) -> float:
        return self.config.request_timeout_s + SETTLE_MARGIN_S


def _why_not_deleted(message: MessageAnswer, action_id: str) -> str:
    mark = mark_in(message)
    if mark is None or mark.action_id != action_id:
        return f"message {message.ts} does not carry the action's mark"
    if message.reply_count > 0:
        return f"somebody answered in the thread of message {message.ts}"
    return ""
