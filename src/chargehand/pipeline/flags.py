"""Shows and sets flags; effective in every process at its next transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind
from chargehand.domain.switches import (
    FOREMAN_NAME,
    ORGANIZATION,
    FlagSetting,
    Scope,
    ScopeKind,
    Subject,
)
from chargehand.flags.registry import ABOUT, Flag, is_on
from chargehand.pipeline.barriers import let_go
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.storage.transaction import Reading, Writing

_LONGEST_NAME: Final = 64
_LONGEST_REASON: Final = 500
_LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class KnownScopes:
    """The names a scope can have here; agents and cohorts are known by their own rooms."""

    projects: Collection[str]
    connectors: Collection[str]


@dataclass(frozen=True, slots=True)
class FlagLine:
    """How one flag stands for the whole organization, and everything that was set of it.

    Shape: `changed_at` is None and `changed_by` empty when nobody ever set it for the whole
    organization; `is_off_by_settings` says that the configuration turns it off, which nothing
    else can change.
    """

    flag: Flag
    is_on: bool
    does: str
    changed_at: datetime | None
    changed_by: str
    is_off_by_settings: bool
    settings: tuple[FlagSetting, ...]


def list_flags(tx: Reading | Writing, *, now: datetime) -> tuple[FlagLine, ...]:
    """Every flag there is; what has expired is left out."""
    settings = [one for one in tx.flags.all() if one.holds(now)]
    off = tx.flags.off_by_settings
    return tuple(_line(flag, settings, off, now) for flag in Flag)


def set_flag(
    tx: Writing,
    flag: Flag,
    scope: Scope,
    *,
    is_on: bool,
    known: KnownScopes,
    by: str,
    now: datetime,
    reason: str = "",
    expires_at: datetime | None = None,
) -> bool:
    """Set a flag in one scope; False when it stood there so already and nothing was to be done.

    Raises: ArgumentInvalid naming the field and what is allowed.
    """
    _require_scope(flag, scope, known)
    if expires_at is not None and not now < expires_at <= now + _LONGEST:
        found = expires_at.isoformat(timespec="seconds")
        allowed = f"a moment after {now:%Y-%m-%d %H:%M} UTC, within {_LONGEST.days} days"
        raise ArgumentInvalid(field="expires_at", found=found, allowed=allowed)
    if len(reason) > _LONGEST_REASON or "\x00" in reason:
        allowed = f"at most {_LONGEST_REASON} characters"
        raise ArgumentInvalid(field="reason", found=f"{len(reason)} characters", allowed=allowed)
    setting = FlagSetting(flag.value, scope, is_on, reason, now, by[:_LONGEST_NAME], expires_at)
    if _is_so_already(tx, setting, now=now):
        return False
    tx.flags.put(setting)
    _record(tx, setting, "on" if is_on else "off", by=by, now=now)
    if is_on:
        let_go(tx, now=now)
    return True


def clear_flag(tx: Writing, flag: Flag, scope: Scope, *, by: str, now: datetime) -> None:
    """Forget what was set in one scope, so that the wider ones count alone.

    Raises: NotFound when nothing was set there.
    """
    setting = tx.flags.find(flag.value, scope)
    if setting is None:
        raise NotFound(kind="setting of a flag", id=f"{flag.value} for {scope}")
    tx.flags.remove(flag.value, scope)
    _record(tx, setting, "cleared", by=by, now=now)
    let_go(tx, now=now)


def end_expired_flags(tx: Writing, *, now: datetime) -> None:
    """Forget what has expired, so that a clock that is set back does not bring it back."""
    expired = tx.flags.expired(now)
    for setting in expired:
        tx.flags.remove(setting.flag, setting.scope)
        _record(tx, setting, "expired", by="worker", now=now)
    if expired:
        let_go(tx, now=now)


def overruled_by(tx: Reading | Writing, flag: Flag, *, now: datetime) -> str:
    """What keeps a flag off everywhere, whatever narrower scopes say; empty when nothing does."""
    if flag.value in tx.flags.off_by_settings:
        return "the settings"
    wide = tx.flags.find(flag.value, ORGANIZATION)
    is_closed = wide is not None and not wide.is_on and wide.holds(now)
    return "the organization" if is_closed else ""


def _line(
    flag: Flag, settings: Collection[FlagSetting], off: Collection[str], now: datetime
) -> FlagLine:
    own = tuple(one for one in settings if one.flag == flag.value)
    wide = next((one for one in own if one.scope == ORGANIZATION), None)
    return FlagLine(
        flag=flag,
        is_on=is_on(flag, own, Subject(agent=""), now=now, off_by_settings=off),
        does=ABOUT[flag].does,
        changed_at=wide.set_at if wide is not None else None,
        changed_by=wide.set_by if wide is not None else "",
        is_off_by_settings=flag.value in off,
        settings=own,
    )


def _is_so_already(tx: Writing, setting: FlagSetting, *, now: datetime) -> bool:
    before = tx.flags.find(setting.flag, setting.scope)
    if before is None or not before.holds(now):
        is_first = ABOUT[Flag(setting.flag)].is_on_at_first
        is_wide = setting.scope == ORGANIZATION and setting.expires_at is None
        return before is None and is_wide and setting.is_on == is_first
    is_same_time = before.expires_at == setting.expires_at
    return before.is_on == setting.is_on and is_same_time and before.reason == setting.reason


def _require_scope(flag: Flag, scope: Scope, known: KnownScopes) -> None:
    allowed = ABOUT[flag].scopes
    if scope.kind not in allowed:
        raise ArgumentInvalid(
            field="scope",
            found=scope.kind.value,
            allowed=f"for {flag.value}: {', '.join(one.value for one in allowed)}",
        )
    names: dict[ScopeKind, Collection[str]] = {
        ScopeKind.ORGANIZATION: [""],
        ScopeKind.PROJECT: known.projects,
        ScopeKind.CONNECTOR: known.connectors,
        ScopeKind.KIND: [kind.value for kind in ActionKind],
        ScopeKind.AGENT: [FOREMAN_NAME],
    }
    if scope.kind in names:
        if scope.name not in names[scope.kind]:
            shown = ", ".join(sorted(names[scope.kind])) or "none is known here"
            raise ArgumentInvalid(field=scope.kind.value, found=scope.name[:60], allowed=shown)
    elif not scope.name or len(scope.name) > _LONGEST_NAME or not scope.name.isprintable():
        allowed_name = f"a name of 1 to {_LONGEST_NAME} printable characters"
        raise ArgumentInvalid(field=scope.kind.value, found=scope.name[:60], allowed=allowed_name)


def _record(tx: Writing, setting: FlagSetting, value: str, *, by: str, now: datetime) -> None:
    until = setting.expires_at.isoformat() if setting.expires_at is not None else None
    is_wide = setting.scope == ORGANIZATION
    tx.audit.append(
        AuditTag.PERSON_FLAG_CHANGED,
        f"flag:{setting.flag}",
        {
            "flag": setting.flag,
            "value": value,
            "by": by,
            **({} if is_wide else {"scope": str(setting.scope)}),
            **({} if until is None else {"until": until}),
        },
        now=now,
    )
