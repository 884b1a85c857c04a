"""Stops and resumes: nothing is decided, paid for or sent of what is stopped.

A stop is a row, so it outlives every process, and it is looked at in the transaction that would go
on. What had left before is not called back: it is told of, and how it ended.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ActionId
from chargehand.domain.records import ActionRecord, EffectState, Severity
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind, StopRecord, StopSource
from chargehand.flags.stopping import scope_words
from chargehand.kit.ids import new_id
from chargehand.pipeline.barriers import let_go, subject_of_action
from chargehand.pipeline.errors import ArgumentInvalid, NotStopped
from chargehand.pipeline.flags import KnownScopes
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.transaction import Reading, Writing

_LONGEST_BY: Final = 64
_LONGEST_REASON: Final = 500
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An action whose request had left, or may have, when its scope was stopped.

    Shape: `settle_at` is when it can be looked up at the latest; None where nothing is open.
    """

    action_id: ActionId
    kind: ActionKind
    target: str
    intended_at: datetime
    settle_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop did; `is_new` is False for what was stopped already."""

    stop: StopRecord
    is_new: bool
    under_way: tuple[UnderWay, ...]


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a resume lifted, and what is stopped all the same."""

    lifted: tuple[StopRecord, ...]
    left: tuple[StopRecord, ...]


def require_stoppable(scope: Scope, known: KnownScopes, agents: Collection[str]) -> None:
    """Refuse to stop what is not there: whoever mistyped must not believe that it is stopped.

    Raises: ArgumentInvalid naming what there is.
    """
    names: dict[ScopeKind, Collection[str]] = {
        ScopeKind.PROJECT: known.projects,
        ScopeKind.AGENT: agents,
        ScopeKind.CONNECTOR: known.connectors,
    }
    if scope != ORGANIZATION and scope.name not in names.get(scope.kind, ()):
        shown = ", ".join(sorted(names.get(scope.kind, ()))) or "none is known here"
        raise ArgumentInvalid(field=scope.kind.value, found=scope.name[:_SHOWN], allowed=shown)


def stop(tx: Writing, scope: Scope, *, reason: str, by: str, now: datetime) -> Stopped:
    """Stop a scope; stopping twice is stopping once.

    Raises: ArgumentInvalid for a reason that can not be kept.
    """
    if len(reason) > _LONGEST_REASON or "\x00" in reason:
        allowed = f"at most {_LONGEST_REASON} characters"
        raise ArgumentInvalid(field="reason", found=f"{len(reason)} characters", allowed=allowed)
    way = under_way(tx, scope)
    before = [one for one in _in_database(tx) if one.scope == scope]
    if before:
        return Stopped(before[0], is_new=False, under_way=way)
    by, stop_id = by[:_LONGEST_BY], new_id("stp", now)
    tx.stops.begin(stop_id, scope, reason=reason, by=by, now=now)
    tx.audit.append(AuditTag.PERSON_STOP_BEGUN, stop_id, {"scope": str(scope), "by": by}, now=now)
    tell_operator(
        tx,
        "stopped",
        subject_id=stop_id,
        text=f"{_first_up(scope_words(scope))} was stopped: nothing of it is decided, asked of a "
        "model or sent until somebody resumes it. See `chargehand status`.",
        now=now,
        severity=Severity.CRITICAL,
    )
    record = StopRecord(scope, StopSource.DATABASE, now, by=by, reason=reason, stop_id=stop_id)
    return Stopped(record, is_new=True, under_way=way)


def resume(
    tx: Writing, scope: Scope, *, by: str, now: datetime, was_in_file: bool = False
) -> Resumed:
    """Lift the stop of exactly this scope; narrower and wider ones stay.

    Shape: `was_in_file` says that the caller took it out of the file just now.
    Raises: NotStopped naming what is stopped.
    """
    lifted = tuple(one for one in _in_database(tx) if one.scope == scope)
    for one in lifted:
        tx.stops.end(one.stop_id, by=by[:_LONGEST_BY], now=now)
        tx.audit.append(
            AuditTag.PERSON_STOP_ENDED, one.stop_id, {"scope": str(scope), "by": by}, now=now
        )
    left = tx.stops.in_force()
    if not lifted and not was_in_file:
        raise NotStopped(scope=scope_words(scope), stopped=stopped_words(left) or "nothing")
    let_go(tx, now=now)
    tell_operator(
        tx,
        "resumed",
        subject_id=lifted[0].stop_id if lifted else f"file:{now:%Y-%m-%dT%H:%M:%S}",
        text=f"{_first_up(scope_words(scope))} was resumed.",
        now=now,
        severity=Severity.INFO,
    )
    return Resumed(lifted, left)


def stopped_words(stops: Sequence[StopRecord]) -> str:
    """What is stopped, and where, in a few words; empty for nothing."""
    places = {StopSource.FILE: " (by file)", StopSource.SETTINGS: " (by the settings)"}
    return ", ".join(f"{scope_words(one.scope)}{places.get(one.source, '')}" for one in stops)


def under_way(tx: Reading | Writing, scope: Scope) -> tuple[UnderWay, ...]:
    """The actions of a scope whose request may be on its way, or whose end nobody knows yet."""
    begun = [one for one in tx.actions.begun() if scope.covers(subject_of_action(one))]
    effects = tx.effects.of_actions(one.id for one in begun)
    return tuple(
        UnderWay(
            one.id,
            one.kind,
            one.target,
            effects[one.id].record.intended_at,
            effects[one.id].settle_at,
        )
        for one in begun
        if one.id in effects and effects[one.id].record.state is EffectState.INTENDED
    )


def ended(tx: Reading, ids: Collection[ActionId]) -> dict[ActionId, ActionRecord]:
    """Those of some actions that are not under way any more, by id."""
    effects = tx.effects.of_actions(ids)
    return {
        action.id: action
        for action in tx.actions.find_many(ids).values()
        if effects[action.id].record.state is not EffectState.INTENDED
    }


def _in_database(tx: Writing) -> list[StopRecord]:
    return [one for one in tx.stops.in_force() if one.source is StopSource.DATABASE]


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]
