"""Which budgets a request counts against, and whether they all have room for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Final

from chargehand.budgets.money import to_usd
from chargehand.budgets.periods import resets_at
from chargehand.domain.budget import (
    Amount,
    BudgetKey,
    BudgetPeriod,
    BudgetScope,
    BudgetUnit,
    Limits,
    PeriodTotal,
)
from chargehand.domain.ids import MemberId, ProjectKey
from chargehand.plugins.budget import BudgetExceeded, TokenBudgetExceeded

ORGANIZATION_DAY: Final = BudgetKey(BudgetScope.ORGANIZATION, "", BudgetPeriod.DAY)
STILL_WORKS: Final = (
    "What rules understand still works: commands, questions about work items, approvals and sending"
    " go on without a model."
)
_NEVER: Final = "It has no room again by itself: it is for one ask, as long as that lasts."
_MOST_PATHS: Final = 512
_RUN_LASTS: Final = BudgetPeriod.WHOLE
NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class BudgetRules:
    """What the operator set that budgets go by.

    Shape: `organization_day_micro_usd` is the organization's cap for a day until somebody sets one.
    """

    zone: tzinfo
    organization_day_micro_usd: int


@dataclass(frozen=True, slots=True)
class Path:
    """Whose budgets a request counts against, from the leaf to the root of the tree."""

    run: str
    agent: str
    member_id: MemberId | None
    project: ProjectKey | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The budget that has no room for a request; the amounts are in its unit."""

    total: PeriodTotal
    unit: BudgetUnit
    cap: int
    wanted: int
    day: date


def keys_for(path: Path) -> tuple[BudgetKey, ...]:
    """Every budget a request counts against, capped or not; always in the same order."""
    # A run is the last of the scopes, and hardly ever one that was seen before.
    shared = _keys_of(path.agent, path.member_id, path.project)
    return (*shared, BudgetKey(BudgetScope.RUN, path.run, _RUN_LASTS)) if path.run else shared


@lru_cache(maxsize=_MOST_PATHS)
def _keys_of(
    agent: str, member_id: MemberId | None, project: ProjectKey | None
) -> tuple[BudgetKey, ...]:
    scopes = {
        BudgetScope.AGENT: agent,
        BudgetScope.MEMBER: member_id,
        BudgetScope.PROJECT: project,
    }
    named = [(scope, scope_id) for scope, scope_id in scopes.items() if scope_id]
    return tuple(
        sorted(
            BudgetKey(scope, scope_id, period)
            for scope, scope_id in [(BudgetScope.ORGANIZATION, ""), *named]
            for period in periods_of(scope)
        )
    )


def periods_of(scope: BudgetScope) -> tuple[BudgetPeriod, ...]:
    """The periods a scope has budgets for."""
    if scope is BudgetScope.RUN:
        return (_RUN_LASTS,)
    return (BudgetPeriod.DAY, BudgetPeriod.MONTH)


def limits_of(key: BudgetKey, caps: Mapping[BudgetKey, Limits]) -> Limits:
    """What holds for a budget: its own caps, else those of each one of its scope, by unit."""
    own = caps.get(key, NO_LIMITS)
    each = caps.get(key._replace(scope_id=""), NO_LIMITS)
    if own is each:
        return own
    return Limits(
        micro_usd=each.micro_usd if own.micro_usd is None else own.micro_usd,
        tokens=each.tokens if own.tokens is None else own.tokens,
    )


def capped(keys: Iterable[BudgetKey], caps: Mapping[BudgetKey, Limits]) -> tuple[BudgetKey, ...]:
    """Those of some budgets that have a cap, of their own or as each one of their scope."""
    scopes = {key.scope for key in caps}
    return tuple(key for key in keys if key.scope in scopes and limits_of(key, caps) != NO_LIMITS)


def find_refusal(
    totals: Iterable[PeriodTotal], caps: Mapping[BudgetKey, Limits], *, wanted: Amount, day: date
) -> Refusal | None:
    """The budget with the least room of those that have too little; None when all have enough.

    Shape: one in dollars before one in tokens, since the two can not be compared.
    What costs nothing is never refused for money, not even by a cap that was set below what is
    spent; it is refused for tokens, which it uses all the same.
    """
    money, tokens = [], []
    for total in totals:
        limits = limits_of(total.key, caps)
        if limits is NO_LIMITS:
            continue
        cap, used = limits.micro_usd, wanted.micro_usd
        if cap is not None and used > max(_room(total, cap), 0):
            money.append(Refusal(total, BudgetUnit.USD, cap, used, day))
        cap, used = limits.tokens, wanted.tokens
        if cap is not None and used > max(_room_for_tokens(total, cap), 0):
            tokens.append(Refusal(total, BudgetUnit.TOKENS, cap, used, day))
    if money:
        return min(money, key=lambda one: _room(one.total, one.cap))
    return min(tokens, key=lambda one: _room_for_tokens(one.total, one.cap), default=None)


def refused(refusal: Refusal, zone: tzinfo) -> BudgetExceeded:
    """The refusal as an error that says which cap, how full, until when, and what still works."""
    total, name = refusal.total, name_of(refusal.total.key, refusal.total.starts_on)
    reset = reset_of(refusal, zone)
    resets_at = reset.astimezone(zone).isoformat(" ", "minutes") if reset is not None else ""
    resets = f"It resets at {resets_at}." if resets_at else _NEVER
    if refusal.unit is BudgetUnit.TOKENS:
        return TokenBudgetExceeded(
            cap=name,
            cap_tokens=refusal.cap,
            spent_tokens=total.spent_tokens,
            reserved_tokens=total.reserved_tokens,
            wanted_tokens=refusal.wanted,
            resets=resets,
            resets_at=resets_at,
            still_works=STILL_WORKS,
        )
    return BudgetExceeded(
        cap=name,
        cap_usd=str(to_usd(refusal.cap)),
        spent_usd=str(to_usd(total.spent_micro_usd)),
        reserved_usd=str(to_usd(total.reserved_micro_usd)),
        wanted_usd=str(to_usd(refusal.wanted)),
        resets=resets,
        resets_at=resets_at,
        still_works=STILL_WORKS,
    )


def reset_of(refusal: Refusal, zone: tzinfo) -> datetime | None:
    """When the refusing budget has room again by itself; None for that of a run."""
    return resets_at(refusal.total.key.period, refusal.day, zone)


def name_of(key: BudgetKey, starts_on: date) -> str:
    """A budget's period in words: `the project PAY for the day 2026-11-26`."""
    scope = key.scope.value if not key.scope_id else f"{key.scope.value} {key.scope_id}"
    match key.period:
        case BudgetPeriod.DAY:
            return f"the {scope} for the day {starts_on.isoformat()}"
        case BudgetPeriod.MONTH:
            return f"the {scope} for the month {starts_on:%Y-%m}"
        case BudgetPeriod.WHOLE:
            return f"the {scope}"


def _room(total: PeriodTotal, cap_micro_usd: int) -> int:
    return cap_micro_usd - total.spent_micro_usd - total.reserved_micro_usd


def _room_for_tokens(total: PeriodTotal, cap_tokens: int) -> int:
    return cap_tokens - total.spent_tokens - total.reserved_tokens
