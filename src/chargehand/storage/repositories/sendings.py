"""Notices on their way to the channels outside: what is to be sent, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select

from chargehand.domain.ids import NoticeId
from chargehand.domain.records import NoticeRecord, Severity
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import first_id
from chargehand.storage.repositories.notices import notice_of
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import notices
from chargehand.storage.tables_operator import notice_sendings


class SendingState(StrEnum):
    """How a notice stands with one channel."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Sending:
    """A notice that is due on a channel, and how often it was tried."""

    notice: NoticeRecord
    channel: str
    attempts: int


class SendingReader(Repository):
    """Looks up what is to be sent."""

    def due(self, channel: str, *, now: datetime, limit: int) -> Sequence[Sending]:
        """What may be sent on a channel now, oldest first."""
        joined = notices.join(notice_sendings, _is_of_notice())
        query = (
            select(notices, notice_sendings.c.attempts)
            .select_from(joined)
            .where(
                notice_sendings.c.organization_id == self._organization_id,
                notice_sendings.c.state == SendingState.WAITING.value,
                notice_sendings.c.next_attempt_at <= to_micros(now),
                notice_sendings.c.channel == channel,
            )
            .order_by(notices.c.notice_id)
            .limit(limit)
        )
        return [Sending(notice_of(row), channel, row.attempts) for row in self._rows(query)]

    def states(self, channel: str) -> dict[NoticeId, tuple[SendingState, int, datetime]]:
        """How each notice stands with a channel: state, attempts, and when it is due."""
        query = self._select(notice_sendings).where(notice_sendings.c.channel == channel)
        return {
            NoticeId(row.notice_id): (
                SendingState(row.state),
                row.attempts,
                from_micros(row.next_attempt_at),
            )
            for row in self._rows(query)
        }


class SendingWriter(SendingReader):
    """Keeps what became of each sending."""

    def queue_new(
        self, channel: str, severities: Collection[Severity], *, since: datetime, now: datetime
    ) -> None:
        """Put every notice of some severities on its way that was first told since a moment."""
        joined = notices.outerjoin(
            notice_sendings, and_(_is_of_notice(), notice_sendings.c.channel == channel)
        )
        query = (
            select(notices.c.notice_id)
            .select_from(joined)
            .where(
                notices.c.organization_id == self._organization_id,
                notices.c.notice_id >= first_id("ntc", since),
                notices.c.severity.in_([severity.value for severity in severities]),
                notice_sendings.c.notice_id.is_(None),
            )
        )
        for row in self._rows(query):
            self._insert(
                notice_sendings,
                {
                    "notice_id": row.notice_id,
                    "channel": channel,
                    "state": SendingState.WAITING.value,
                    "attempts": 0,
                    "next_attempt_at": to_micros(now),
                    "problem": "",
                },
            )

    def settle(
        self,
        notice_id: NoticeId,
        channel: str,
        state: SendingState,
        *,
        attempts: int,
        next_attempt_at: datetime,
        problem: str,
    ) -> None:
        """Note how an attempt ended."""
        self._connection.execute(
            self._update(notice_sendings)
            .where(notice_sendings.c.notice_id == notice_id, notice_sendings.c.channel == channel)
            .values(
                state=state.value,
                attempts=attempts,
                next_attempt_at=to_micros(next_attempt_at),
                problem=problem,
            )
        )


def _is_of_notice() -> ColumnElement[bool]:
    return and_(
        notice_sendings.c.organization_id == notices.c.organization_id,
        notice_sendings.c.notice_id == notices.c.notice_id,
    )
