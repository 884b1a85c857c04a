"""What `doctor` and `status` say of secrets: where each comes from, and until when it works."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Both take longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.plugins.connector import Check, CheckState
    from chargehand.plugins.secret import FoundSecret

_UNKNOWN_END = (
    "Atlassian's tokens live at most a year: write the day into [secrets.expires_on] and you are "
    "told before."
)


def secret_checks(settings: "Settings", *, now: datetime) -> "Iterator[Check]":
    """One check for each secret that is set."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.plugins.connector import Check

    for one in settings.found_secrets:
        state, found, mend = _judged(one, now)
        yield Check(f"secret {one.setting}", state, found, mend)


def secret_lines(settings: "Settings", *, now: datetime) -> list[str]:
    """What needs a look, and what ends next; one line at least."""
    # lazy: as above.
    from chargehand.pipeline.expiring import stage_of

    secrets = settings.found_secrets
    lines = [f"NOT READ: {one.problem}" for one in secrets if one.problem]
    near = [one for one in secrets if stage_of(one.expires_at, now) is not None]
    lines += [f"{one.setting} {_end_of(one, now)}" for one in near]
    known = [one for one in secrets if one.expires_at is not None and one not in near]
    following = min(known, key=lambda one: one.expires_at or now, default=None)
    if following is not None:
        lines.append(f"next to end: {following.setting} {_end_of(following, now)}")
    count = f"{len(secrets)} set, {sum(one.expires_at is None for one in secrets)} without a known"
    return [*lines, f"{count} end; `chargehand doctor` shows each"]


def _judged(secret: "FoundSecret", now: datetime) -> tuple["CheckState", str, str]:
    # lazy: as above.
    from chargehand.pipeline.expiring import EXPIRED, stage_of
    from chargehand.plugins.connector import CheckState

    if secret.problem:
        return CheckState.FAILED, secret.problem.removeprefix(f"{secret.setting} "), ""
    found = f"read from {secret.place}, {_end_of(secret, now)}"
    stage = stage_of(secret.expires_at, now)
    if stage is not None:
        state = CheckState.FAILED if stage == EXPIRED else CheckState.WARNED
        return state, found, "Make a new one, put it there, and reload the service."
    is_atlassian = secret.expires_at is None and secret.setting.endswith(".api_token")
    return CheckState.PASSED, found, _UNKNOWN_END if is_atlassian else ""


def _end_of(secret: "FoundSecret", now: datetime) -> str:
    # lazy: as above.
    from chargehand.pipeline.expiring import days_left

    if secret.expires_at is None:
        return "nobody said until when it works"
    end = f"{secret.expires_at:%Y-%m-%d}"
    if secret.expires_at <= now:
        return f"EXPIRED on {end}"
    return f"works until {end} ({days_left(secret.expires_at, now)} day(s))"
