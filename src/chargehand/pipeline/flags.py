"""Shows and sets flags; effective in every process at its next transaction."""

from dataclasses import dataclass
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.flags.registry import ABOUT, Flag, is_on
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class FlagLine:
    """How one flag stands; `changed_at` is None and `changed_by` empty when nobody ever set it."""

    flag: Flag
    is_on: bool
    does: str
    changed_at: datetime | None
    changed_by: str


def is_flag_on(tx: Reading | Writing, flag: Flag) -> bool:
    """How a flag stands now."""
    return _line(tx, flag).is_on


def list_flags(tx: Reading | Writing) -> tuple[FlagLine, ...]:
    """Every flag there is."""
    return tuple(_line(tx, flag) for flag in Flag)


def turn_flag_on(tx: Writing, flag: Flag, *, by: str, now: datetime) -> bool:
    """Turn a flag on; False when it was on already and nothing was to be done."""
    if is_flag_on(tx, flag):
        return False
    tx.flags.turn_on(flag.value, by=by, now=now)
    _record(tx, flag, "on", by=by, now=now)
    return True


def turn_flag_off(tx: Writing, flag: Flag, *, by: str, now: datetime) -> bool:
    """Turn a flag off; False when it was off already and nothing was to be done."""
    if not is_flag_on(tx, flag):
        return False
    tx.flags.turn_off(flag.value, by=by, now=now)
    _record(tx, flag, "off", by=by, now=now)
    return True


def _line(tx: Reading | Writing, flag: Flag) -> FlagLine:
    record = tx.flags.find(flag.value)
    return FlagLine(
        flag=flag,
        is_on=is_on(flag, record.is_on if record is not None else None),
        does=ABOUT[flag].does,
        changed_at=record.changed_at if record is not None else None,
        changed_by=record.changed_by if record is not None else "",
    )


def _record(tx: Writing, flag: Flag, value: str, *, by: str, now: datetime) -> None:
    tx.audit.append(
        AuditTag.PERSON_FLAG_CHANGED,
        f"flag:{flag.value}",
        {"flag": flag.value, "value": value, "by": by},
        now=now,
    )
