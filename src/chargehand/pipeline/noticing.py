"""Tells the operator once, however often the cause returns."""

from datetime import datetime

from chargehand.domain.ids import NoticeId
from chargehand.domain.records import Severity
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.storage.transaction import Writing

_log = get_logger()


def tell_operator(
    tx: Writing,
    code: str,
    *,
    subject_id: str,
    text: str,
    now: datetime,
    severity: Severity = Severity.WARNING,
) -> bool:
    """Record a notice and log it the first time; later returns of the same are only counted.

    Shape: `code` and `subject_id` together name the cause.
    """
    is_new = tx.notices.tell(
        NoticeId(new_id("ntc", now)),
        f"{code}:{subject_id}",
        severity=severity,
        code=code,
        subject_id=subject_id,
        text=text,
        now=now,
    )
    if is_new:
        _log.warning("operator.notice_raised", code=code, subject_id=subject_id, text=text)
    return is_new
