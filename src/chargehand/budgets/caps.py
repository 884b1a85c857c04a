"""Which budgets a request counts against, and whether they all have room for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final

from chargehand.budgets.money import to_usd
from chargehand.budgets.periods import resets_at
from chargehand.domain.budget import BudgetKey, BudgetPeriod, BudgetScope, PeriodTotal
from chargehand.domain.ids import ProjectKey
from chargehand.plugins.budget import BudgetExceeded

ORGANIZATION_DAY: Final = BudgetKey(BudgetScope.ORGANIZATION, "", BudgetPeriod.DAY)
STILL_WORKS: Final = (
    "What rules understand still works: commands, questions about work items, approvals and sending"
    " go on without a model."
)


@dataclass(frozen=True, slots=True)
class BudgetRules:
    """What the operator set that budgets go by.

    Shape: `organization_day_micro_usd` is the organization's cap for a day until somebody sets one.
    """

    zone: tzinfo
    organization_day_micro_usd: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The budget that has no room for a request."""

    total: PeriodTotal
    cap_micro_usd: int
    wanted_micro_usd: int
    day: date


def keys_for(project: ProjectKey | None) -> tuple[BudgetKey, ...]:
    """Every budget a request counts against, capped or not; always in the same order."""
    scopes = [(BudgetScope.ORGANIZATION, "")]
    if project is not None:
        scopes.append((BudgetScope.PROJECT, project))
    return tuple(
        sorted(
            BudgetKey(scope, scope_id, period)
            for scope, scope_id in scopes
            for period in BudgetPeriod
        )
    )


def find_refusal(
    totals: Iterable[PeriodTotal],
    caps: Mapping[BudgetKey, int],
    *,
    wanted_micro_usd: int,
    day: date,
) -> Refusal | None:
    """The budget with the least room of those that have too little; None when all have enough.

    What costs nothing is never refused, not even by a cap that was set below what is spent.
    """
    if wanted_micro_usd == 0:
        return None
    refusals = [
        Refusal(total, caps[total.key], wanted_micro_usd, day)
        for total in totals
        if total.key in caps and wanted_micro_usd > _room(total, caps[total.key])
    ]
    return min(refusals, key=lambda one: _room(one.total, one.cap_micro_usd), default=None)


def refused(refusal: Refusal, zone: tzinfo) -> BudgetExceeded:
    """The refusal as an error that says which cap, how full, until when, and what still works."""
    return BudgetExceeded(
        cap=name_of(refusal.total.key, refusal.total.starts_on),
        cap_usd=str(to_usd(refusal.cap_micro_usd)),
        spent_usd=str(to_usd(refusal.total.spent_micro_usd)),
        reserved_usd=str(to_usd(refusal.total.reserved_micro_usd)),
        wanted_usd=str(to_usd(refusal.wanted_micro_usd)),
        resets_at=reset_of(refusal, zone).astimezone(zone).isoformat(" ", "minutes"),
        still_works=STILL_WORKS,
    )


def reset_of(refusal: Refusal, zone: tzinfo) -> datetime:
    """When the refusing budget has room again by itself."""
    return resets_at(refusal.total.key.period, refusal.day, zone)


def name_of(key: BudgetKey, starts_on: date) -> str:
    """A budget's period in words: `project PAY for the day 2026-11-26`."""
    scope = key.scope.value if not key.scope_id else f"{key.scope.value} {key.scope_id}"
    start = starts_on.isoformat() if key.period is BudgetPeriod.DAY else f"{starts_on:%Y-%m}"
    return f"the {scope} for the {key.period.value} {start}"


def _room(total: PeriodTotal, cap_micro_usd: int) -> int:
    return cap_micro_usd - total.spent_micro_usd - total.reserved_micro_usd
