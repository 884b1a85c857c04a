"""Notices to the operator: each told once, however often its cause returns."""

from datetime import datetime

from chargehand.domain.ids import NoticeId
from chargehand.domain.records import NoticeRecord, Page, Severity
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables import notices


class NoticeReader(Repository):
    """Looks notices up."""

    def page(self, *, cursor: str | None = None, limit: int = 50) -> Page[NoticeRecord]:
        """Notices, newest first."""
        return self._page(
            self._select(notices), notices.c.notice_id, notice_of, cursor=cursor, limit=limit
        )


class NoticeWriter(NoticeReader):
    """Records notices."""

    def tell(
        self,
        notice_id: NoticeId,
        notice_key: str,
        *,
        severity: Severity,
        code: str,
        subject_id: str,
        text: str,
        now: datetime,
    ) -> bool:
        """Record a notice; False when the same was told before, which is only counted."""
        is_new = self._insert(
            notices,
            {
                "notice_id": notice_id,
                "notice_key": notice_key,
                "severity": severity.value,
                "code": code,
                "subject_id": subject_id,
                "text": text,
                "first_at": to_micros(now),
                "last_at": to_micros(now),
                "times": 1,
            },
        )
        if not is_new:
            self._connection.execute(
                self._update(notices)
                .where(notices.c.notice_key == notice_key)
                .values(last_at=to_micros(now), times=notices.c.times + 1)
            )
        return is_new


def notice_of(row: AnyRow) -> NoticeRecord:
    """The notice in a row."""
    return NoticeRecord(
        id=row.notice_id,
        notice_key=row.notice_key,
        severity=Severity(row.severity),
        code=row.code,
        subject_id=row.subject_id,
        text=row.text,
        first_at=from_micros(row.first_at),
        last_at=from_micros(row.last_at),
        count=row.times,
    )
