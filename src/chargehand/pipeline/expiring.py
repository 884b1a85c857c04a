"""Secrets that stop working on a day somebody knows: told at 30, 7 and 1 days, and when it is past.

How near the last telling was is an observation, so a worker that starts again does not tell again.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.records import Severity
from chargehand.kit.clock import from_micros, to_micros
from chargehand.pipeline.noticing import tell_operator
from chargehand.plugins.secret import FoundSecret
from chargehand.storage.transaction import Writing

SECRET_EXPIRES: Final = "secret_expires"  # noqa: S105 - a name.
SECRET_EXPIRES_AT: Final = "secret_expires_at"  # noqa: S105 - a name.
SECRET_GUARD: Final = f"guard:{SECRET_EXPIRES}"
_STAGE: Final = "secret_stage"
_DAY: Final = timedelta(days=1)
_STAGES: Final = (0, 1, 7, 30)
EXPIRED: Final = 0


def stage_of(expires_at: datetime | None, now: datetime) -> int | None:
    """How near the end of a secret is: 30, 7 or 1 for so many days at most, 0 when it is past.

    Shape: None while it is further away, or when nobody knows.
    """
    if expires_at is None:
        return None
    left = expires_at - now
    return next((stage for stage in _STAGES if left <= stage * _DAY), None)


def days_left(expires_at: datetime, now: datetime) -> int:
    """Whole days until then, a begun one counted; negative when it is past."""
    return math.ceil((expires_at - now) / _DAY)


def look_at_secrets(tx: Writing, secrets: Sequence[FoundSecret], *, now: datetime) -> None:
    """Tell of each secret that came nearer to its end, and of each whose end moved away."""
    known = {one.setting: one for one in secrets}
    for one in secrets:
        _note_end(tx, one, now)
        _look_at(tx, one, now)
    for name in (SECRET_EXPIRES_AT, SECRET_GUARD):
        for setting in tx.observations.all_of(name):
            if setting not in known or known[setting].expires_at is None:
                _lower(tx, setting, now)
                tx.observations.forget(SECRET_EXPIRES_AT, setting)


def _note_end(tx: Writing, secret: FoundSecret, now: datetime) -> None:
    if secret.expires_at is None:
        return
    ends_at = to_micros(secret.expires_at)
    noted = tx.observations.find(SECRET_EXPIRES_AT, secret.setting)
    if noted is None or noted.value != ends_at:
        tx.observations.note(SECRET_EXPIRES_AT, secret.setting, ends_at, now=now)


def _look_at(tx: Writing, secret: FoundSecret, now: datetime) -> None:
    stage, noted = stage_of(secret.expires_at, now), tx.observations.find(_STAGE, secret.setting)
    if stage is None or secret.expires_at is None:
        _lower(tx, secret.setting, now)
        return
    if noted is None:
        tx.observations.note(SECRET_GUARD, secret.setting, to_micros(now), now=now)
    if noted is None or noted.value != stage:
        tx.observations.note(_STAGE, secret.setting, stage, now=now)
    if noted is None or stage < noted.value:
        tell_operator(
            tx,
            "secret_expires",
            subject_id=f"{secret.setting}:{secret.expires_at:%Y-%m-%d}:{stage}",
            text=_words(secret, secret.expires_at, now),
            now=now,
            severity=Severity.CRITICAL if stage <= 1 else Severity.WARNING,
        )


def _words(secret: FoundSecret, expires_at: datetime, now: datetime) -> str:
    left = days_left(expires_at, now)
    end = f"{expires_at:%Y-%m-%d}"
    when = f"has expired on {end}" if expires_at <= now else f"expires on {end}, in {left} day(s)"
    return (
        f"The secret {secret.setting} (from {secret.place}) {when}. Make a new one, put it there, "
        "correct secrets.expires_on if you set it, and reload."
    )


def _lower(tx: Writing, setting: str, now: datetime) -> None:
    up = tx.observations.find(SECRET_GUARD, setting)
    tx.observations.forget(_STAGE, setting)
    if up is None:
        return
    since = from_micros(up.value)
    tx.observations.forget(SECRET_GUARD, setting)
    tell_operator(
        tx,
        "guard_over",
        subject_id=f"{SECRET_EXPIRES}:{setting}:{since:%Y-%m-%dT%H:%M:%S}",
        text=f"It is over: {SECRET_EXPIRES} of {setting}, told of on {since:%Y-%m-%d at %H:%M} "
        "UTC.",
        now=now,
        severity=Severity.INFO,
    )
