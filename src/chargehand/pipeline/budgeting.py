"""Shows and changes what models may cost; a change holds for the next request, in every process."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.budgets.caps import ORGANIZATION_DAY, BudgetRules
from chargehand.budgets.errors import BudgetKept
from chargehand.budgets.money import read_usd, to_usd
from chargehand.budgets.periods import budget_day, first_day, resets_at
from chargehand.domain.budget import (
    BudgetKey,
    BudgetPeriod,
    BudgetScope,
    DaySpending,
    SubjectSpending,
)
from chargehand.domain.ids import BudgetId, ProjectKey
from chargehand.kit.ids import new_id
from chargehand.pipeline.errors import ArgumentInvalid, ProjectUnknown
from chargehand.storage.transaction import Reading, Writing

MOST_DAYS: Final = 366
MOST_SUBJECTS: Final = 1000
_DEFAULT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One budget in its present period.

    Shape: `cap_usd` and `left_usd` are None where there is no cap; `left_usd` is what the next
    request may cost; `changed_at` is None for a cap that comes from the settings.
    """

    scope: BudgetScope
    project: ProjectKey | None
    period: BudgetPeriod
    starts_on: date
    resets_at: datetime
    cap_usd: Decimal | None
    spent_usd: Decimal
    reserved_usd: Decimal
    left_usd: Decimal | None
    changed_at: datetime | None
    changed_by: str


@dataclass(frozen=True, slots=True)
class Budgets:
    """Every budget of the organization, and those of projects that have a cap.

    Shape: `day` is the day that requests count against now, in the team's zone.
    """

    day: date
    time_zone: str
    budgets: tuple[BudgetLine, ...]


@dataclass(frozen=True, slots=True)
class Spendings:
    """What was spent from one day to another, both included; one of the two lists is empty.

    Shape: `is_cut` says that there was more than fits.
    """

    since: date
    until: date
    days: tuple[DaySpending, ...]
    subjects: tuple[SubjectSpending, ...]
    cost_usd: Decimal
    is_at_most: bool
    is_cut: bool


def read_amount(found: object) -> int:
    """A cap a person gave, in micro-dollars.

    Raises: AmountInvalid.
    """
    return read_usd(found, field="cap_usd")


def caps_in_force(tx: Reading | Writing, rules: BudgetRules) -> dict[BudgetKey, int]:
    """Every cap in micro-dollars; the organization's for a day is always among them."""
    caps = {ORGANIZATION_DAY: rules.organization_day_micro_usd}
    caps.update({record.key: record.cap_micro_usd for record in tx.budgets.all()})
    return caps


def read_budgets(tx: Reading | Writing, rules: BudgetRules, *, now: datetime) -> Budgets:
    """How full every budget is."""
    day = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    records = {record.key: record for record in tx.budgets.all()}
    caps = caps_in_force(tx, rules)
    organization = {BudgetKey(BudgetScope.ORGANIZATION, "", period) for period in BudgetPeriod}
    keys = sorted(caps.keys() | organization)
    totals = tx.budgets.totals({key: first_day(key.period, day) for key in keys})
    lines = []
    for key in keys:
        total, record, cap = totals[key], records.get(key), caps.get(key)
        left = None if cap is None else cap - total.spent_micro_usd - total.reserved_micro_usd
        lines.append(
            BudgetLine(
                scope=key.scope,
                project=ProjectKey(key.scope_id) if key.scope_id else None,
                period=key.period,
                starts_on=total.starts_on,
                resets_at=resets_at(key.period, day, rules.zone),
                cap_usd=None if cap is None else to_usd(cap),
                spent_usd=to_usd(total.spent_micro_usd),
                reserved_usd=to_usd(total.reserved_micro_usd),
                left_usd=None if left is None else to_usd(max(left, 0)),
                changed_at=record.changed_at if record is not None else None,
                changed_by=record.changed_by if record is not None else "",
            )
        )
    return Budgets(day=day, time_zone=str(rules.zone), budgets=tuple(lines))


def set_budget(
    tx: Writing,
    cap_micro_usd: int | None,
    *,
    project: ProjectKey | None,
    period: BudgetPeriod,
    served: frozenset[ProjectKey],
    by: str,
    now: datetime,
) -> None:
    """Give a budget a cap; None takes the cap away.

    Raises: ProjectUnknown, BudgetKept.
    """
    if project is not None and project not in served:
        raise ProjectUnknown(project=project, served=", ".join(sorted(served)) or "none")
    scope = BudgetScope.ORGANIZATION if project is None else BudgetScope.PROJECT
    key = BudgetKey(scope, project or "", period)
    before = {record.key: record.cap_micro_usd for record in tx.budgets.all()}.get(key)
    if cap_micro_usd is None:
        if key == ORGANIZATION_DAY:
            raise BudgetKept
        if not tx.budgets.remove_cap(key):
            return
    else:
        budget_id = BudgetId(new_id("bgt", now))
        tx.budgets.set_cap(budget_id, key, cap_micro_usd=cap_micro_usd, by=by, now=now)
    tx.audit.append(
        AuditTag.PERSON_BUDGET_CHANGED,
        f"budget:{key.scope.value}:{key.scope_id}:{key.period.value}",
        {
            "scope": key.scope.value,
            "project": project,
            "period": key.period.value,
            "cap_micro_usd": cap_micro_usd,
            "cap_micro_usd_before": before,
            "by": by,
        },
        now=now,
    )


def spending_by_day(
    tx: Reading | Writing,
    rules: BudgetRules,
    *,
    since: date | None,
    until: date | None,
    now: datetime,
) -> Spendings:
    """What each model cost on each day, newest first; by default of the last thirty days.

    Raises: ArgumentInvalid.
    """
    since, until = _range(tx, rules, since, until, now)
    found = tx.spending.by_day(since=since, until=until)
    return Spendings(
        since=since,
        until=until,
        days=found,
        subjects=(),
        cost_usd=sum((one.cost_usd for one in found), Decimal(0)),
        is_at_most=any(one.is_at_most for one in found),
        is_cut=False,
    )


def spending_by_subject(
    tx: Reading | Writing,
    rules: BudgetRules,
    *,
    since: date | None,
    until: date | None,
    now: datetime,
) -> Spendings:
    """What was spent for each ask or event, newest first; by default of the last thirty days.

    Raises: ArgumentInvalid.
    """
    since, until = _range(tx, rules, since, until, now)
    found = tx.spending.by_subject(since=since, until=until, limit=MOST_SUBJECTS + 1)
    shown = found[:MOST_SUBJECTS]
    return Spendings(
        since=since,
        until=until,
        days=(),
        subjects=shown,
        cost_usd=sum((one.cost_usd for one in shown), Decimal(0)),
        is_at_most=any(one.is_at_most for one in shown),
        is_cut=len(found) > len(shown),
    )


def _range(
    tx: Reading | Writing, rules: BudgetRules, since: date | None, until: date | None, now: datetime
) -> tuple[date, date]:
    last = until or budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    first = since or date.fromordinal(max(last.toordinal() - _DEFAULT_DAYS, 1))
    if first > last:
        raise ArgumentInvalid(field="since", found=first.isoformat(), allowed=f"up to {last}")
    if (last - first).days > MOST_DAYS:
        allowed = f"at most {MOST_DAYS} days before until, which is {last}"
        raise ArgumentInvalid(field="since", found=first.isoformat(), allowed=allowed)
    return first, last
