"""Keeps what may be sent within the caps and the hours that the policy gives it.

Both are asked in the transaction that enters an action in the effect ledger. Writers on one
database go one after the other, so what is counted there is exact, however many workers there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.domain.action import COMMENTS, ActionKind
from chargehand.domain.ids import AccountId, ActionId
from chargehand.domain.policy import Cap, CapScope, Hours
from chargehand.domain.records import ActionRecord
from chargehand.kit.calendar import WorkingHours, zone_named
from chargehand.pipeline.attempting import Send
from chargehand.pipeline.barriers import CAP_REACHED, QUIET_HOURS
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.repositories.effects import CountedBy
from chargehand.storage.transaction import Writing

# Longer than it takes to answer; what waited for a person meanwhile is no longer an answer just
# asked for.
_JUST_ASKED: Final = timedelta(minutes=10)
# Why it waits may be gone sooner: the vendor refused what was counted, or the calendar changed.
_LOOK_AGAIN_AFTER: Final = timedelta(hours=1)
# Long enough that the waits for the longest window, 31 days, stay below the most there may be.
_COUNT_AGAIN_AFTER: Final = timedelta(minutes=15)
_A_MOMENT: Final = timedelta(seconds=1)
_COLUMNS: Final[Mapping[CapScope, CountedBy]] = {
    CapScope.KIND: CountedBy.KIND,
    CapScope.TARGET: CountedBy.TARGET,
    CapScope.PERSON: CountedBy.REQUESTER,
}
_FOR_ONE_PERSON: Final = frozenset(
    {ActionKind.SLACK_SEND_DIRECT_MESSAGE, ActionKind.DISCORD_SEND_DIRECT_MESSAGE}
)


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when an action is not sent, and why in a closed word."""

    until: datetime
    problem: str


def hold_back(
    tx: Writing, sends: Sequence[Send], *, hours: WorkingHours, now: datetime
) -> dict[ActionId, Wait]:
    """Those of some sends that are over a cap or out of hours; the others count at once."""
    waits: dict[ActionId, Wait] = {}
    passed: Counter[tuple[CountedBy, str]] = Counter()
    for one in sends:
        action = one.record
        wait = _out_of_hours(tx, one, hours, now=now) or _over_caps(tx, one, passed, now=now)
        if wait is not None:
            waits[action.id] = wait
            continue
        passed.update({(_COLUMNS[scope], _counted(action, scope)) for scope in CapScope})
    return waits


def _over_caps(
    tx: Writing, send: Send, passed: Mapping[tuple[CountedBy, str], int], *, now: datetime
) -> Wait | None:
    """The wait of the cap that is over last; None where every cap has room."""
    action, reached = send.record, []
    for cap in send.ruling.caps:
        wanted = _counted(action, cap.scope)
        if not wanted:
            # Nobody knows who it goes back to, so there is nobody to count for.
            continue
        until = _room_at(tx, cap, wanted, action, passed[_COLUMNS[cap.scope], wanted], now=now)
        if until is not None:
            reached.append(until)
            _tell(tx, cap, action, now=now)
    if not reached:
        return None
    return Wait(min(max(reached), now + _COUNT_AGAIN_AFTER), CAP_REACHED)


def _room_at(
    tx: Writing, cap: Cap, wanted: str, action: ActionRecord, passed: int, *, now: datetime
) -> datetime | None:
    """When a cap has room for one more; None where it has now."""
    window = timedelta(seconds=cap.window_s)
    if cap.most <= 0:
        return now + _LOOK_AGAIN_AFTER
    nth = cap.most - passed
    if nth <= 0:
        return now + window
    at = tx.effects.nth_newest(
        _COLUMNS[cap.scope], wanted, nth=nth, since=now - window, besides=action.id
    )
    if at is None:
        return None
    # After a clock was set back, what was sent seems to be still to come.
    return max(min(at, now) + window, now + _A_MOMENT)


def _counted(action: ActionRecord, scope: CapScope) -> str:
    match scope:
        case CapScope.KIND:
            return action.kind.value
        case CapScope.TARGET:
            return action.target
        case CapScope.PERSON:
            return action.cause.requester


def _out_of_hours(tx: Writing, send: Send, hours: WorkingHours, *, now: datetime) -> Wait | None:
    action = send.record
    if send.ruling.hours is not Hours.WORKING or _is_answer_just_asked_for(tx, action, now):
        return None
    if not hours.is_ever_worked(now.date()):
        return Wait(now + _LOOK_AGAIN_AFTER, QUIET_HOURS)
    zone = None
    if action.kind in _FOR_ONE_PERSON:
        owner = tx.members.by_account(action.connection_id, AccountId(action.target))
        zone = zone_named(owner[0].time_zone, hours.zone) if owner is not None else None
    until = hours.next_moment(now, zone)
    return Wait(min(until, now + _LOOK_AGAIN_AFTER), QUIET_HOURS) if until > now else None


def _is_answer_just_asked_for(tx: Writing, action: ActionRecord, now: datetime) -> bool:
    """Whether somebody still waits for it; what was decided late, or anew, was asked before."""
    if action.ask_id is None or action.kind not in COMMENTS:
        return False
    stored = tx.asks.find(action.ask_id)
    return stored is not None and now - stored.ask.asked_at <= _JUST_ASKED


def _tell(tx: Writing, cap: Cap, action: ActionRecord, *, now: datetime) -> None:
    """Once a day for each cap and what it counts together."""
    what = {
        CapScope.KIND: f"actions of the kind {action.kind.value}",
        CapScope.TARGET: f"actions on {action.target}",
        CapScope.PERSON: "actions of one person",
    }[cap.scope]
    tell_operator(
        tx,
        "cap_reached",
        subject_id=f"{cap.scope.value}:{_counted(action, cap.scope)}"[:240] + f":{now:%Y-%m-%d}",
        text=f"The policy allows {cap.most} {what} in {cap.window_s} seconds, and more were to be "
        f"sent; they wait, the first is {action.id}. See `chargehand actions show {action.id}`.",
        now=now,
    )
