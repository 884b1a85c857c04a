"""Sends notices to where the operator wants them, each once on each channel.

A channel that fails is tried again a few times and then given up; nothing is told about it but a
line in the log, or its failures would make notices that fail in turn.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from chargehand.domain.errors import Retryable
from chargehand.domain.ids import NoticeId
from chargehand.domain.records import NoticeRecord, Severity
from chargehand.kit.clock import Clock, from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.storage.database import Database
from chargehand.storage.repositories.sendings import Sending, SendingState
from chargehand.storage.transaction import Writing

_log = get_logger()
_AT_ONCE: Final = 10
_SINCE: Final = "notices_since"
# After a long downtime nobody wants the notices of last month.
_OLDEST: Final = timedelta(days=7)
# The pause after each attempt; the attempt after the last of them is the last one.
PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
_SEVERITIES: Final = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class ChannelFailed(Retryable):
    """A channel did not take a notice."""

    code = "channel_failed"
    template = "The channel {channel} did not take the notice: {detail}"


class NoticeChannel(Protocol):
    """Where notices go; called from a thread of its own, and has a time-out."""

    @property
    def name(self) -> str:
        """How the channel is called in the log and in the table."""
        ...

    def send(self, notice: NoticeRecord, *, now: datetime) -> None:
        """Hand one notice over.

        Raises: ChannelFailed.
        """
        ...


def severities_from(least: Severity) -> tuple[Severity, ...]:
    """A severity and all that matter more."""
    return _SEVERITIES[_SEVERITIES.index(least) :]


def sample_notice(now: datetime) -> NoticeRecord:
    """A notice that only shows whether a channel works; it is kept nowhere."""
    return NoticeRecord(
        id=NoticeId(new_id("ntc", now)),
        notice_key="test",
        severity=Severity.INFO,
        code="test",
        subject_id="",
        text="This is a test: notices to the operator arrive here.",
        first_at=now,
        last_at=now,
        count=1,
    )


class Telling:
    """Sends what is due; safe to be killed anywhere.

    A notice whose sending was cut off is sent again under the same id, by which a receiver knows.
    """

    def __init__(
        self,
        database: Database,
        channels: Sequence[NoticeChannel],
        *,
        least: Severity,
        clock: Clock,
    ) -> None:
        self._database = database
        self._channels = channels
        self._severities = severities_from(least)
        self._clock = clock
        self._failing: set[str] = set()

    async def tell(self) -> None:
        """Send what is due on every channel."""
        for channel in self._channels:
            for sending in await self._queue(channel):
                if not await self._send(channel, sending):
                    # The others would only wait for the same time-out.
                    break

    async def _queue(self, channel: NoticeChannel) -> Sequence[Sending]:
        now, severities = self._clock.now(), self._severities

        def work(tx: Writing) -> Sequence[Sending]:
            since = max(_since(tx, channel.name, now), now - _OLDEST)
            tx.sendings.queue_new(channel.name, severities, since=since, now=now)
            return tx.sendings.due(channel.name, now=now, limit=_AT_ONCE)

        return await self._database.awrite(work)

    async def _send(self, channel: NoticeChannel, sending: Sending) -> bool:
        try:
            await asyncio.to_thread(channel.send, sending.notice, now=self._clock.now())
        except ChannelFailed as error:
            await self._failed(channel.name, sending, error)
            return False
        await self._settle(sending, SendingState.SENT, until=self._clock.now(), problem="")
        if channel.name in self._failing:
            self._failing.discard(channel.name)
            _log.warning("notices.channel_returned", channel=channel.name)
        return True

    async def _failed(self, channel: str, sending: Sending, error: ChannelFailed) -> None:
        now, problem = self._clock.now(), str(error)
        if sending.attempts < len(PAUSES):
            until = now + PAUSES[sending.attempts]
            await self._settle(sending, SendingState.WAITING, until=until, problem=problem)
        else:
            await self._settle(sending, SendingState.GIVEN_UP, until=now, problem=problem)
            _log.warning("notices.sending_given_up", channel=channel, notice_id=sending.notice.id)
        if channel not in self._failing:
            self._failing.add(channel)
            _log.warning("notices.channel_lost", channel=channel, detail=problem)

    async def _settle(
        self, sending: Sending, state: SendingState, *, until: datetime, problem: str
    ) -> None:
        await self._database.awrite(
            lambda tx: tx.sendings.settle(
                sending.notice.id,
                sending.channel,
                state,
                attempts=sending.attempts + 1,
                next_attempt_at=until,
                problem=problem,
            )
        )


def _since(tx: Writing, channel: str, now: datetime) -> datetime:
    """When a channel was first seen; what was told before is not sent."""
    known = tx.observations.find(_SINCE, channel)
    if known is not None:
        return from_micros(known.value)
    tx.observations.note(_SINCE, channel, to_micros(now), now=now)
    return now
