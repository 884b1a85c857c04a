"""Reports what models cost, a page at a time, and what the month will have cost by its end."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from chargehand.budgets.caps import BudgetRules, limits_of
from chargehand.budgets.forecast import Outlook, look_ahead
from chargehand.budgets.money import to_micro_usd, to_usd
from chargehand.budgets.periods import budget_day, first_day
from chargehand.domain.budget import (
    BudgetKey,
    BudgetPeriod,
    BudgetScope,
    DaySpending,
    GroupSpending,
    SpendingGroup,
    SubjectSpending,
)
from chargehand.domain.ids import ProjectKey
from chargehand.kit.calendar import WorkingHours
from chargehand.pipeline.budgeting import caps_in_force
from chargehand.pipeline.errors import ArgumentInvalid
from chargehand.storage.repositories.spending import After
from chargehand.storage.transaction import Reading, Writing

MOST_DAYS: Final = 366
MOST_LINES: Final = 1000
_DEFAULT_DAYS: Final = 30
_CURSOR: Final = re.compile(r"([0-9]{1,18}):([A-Za-z0-9:_.@ -]{0,300})")
_SHOWN: Final = 60


class SpendingBy(StrEnum):
    """What spending is added up by."""

    DAY = "day"
    DECISION = "decision"
    ANSWER = "answer"
    AGENT = "agent"
    PERSON = "person"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which spending is wanted; by default that of the last thirty days.

    Shape: `cursor` is the `next_cursor` of the page before; days come on one page.
    """

    by: SpendingBy
    since: date | None = None
    until: date | None = None
    cursor: str | None = None
    limit: int = MOST_LINES


@dataclass(frozen=True, slots=True)
class Spendings:
    """What was spent from one day to another, both included; two of the three lists are empty.

    Shape: the cost is that of all lines, whatever fits; `is_cut` says that there are more.
    """

    since: date
    until: date
    days: tuple[DaySpending, ...]
    subjects: tuple[SubjectSpending, ...]
    groups: tuple[GroupSpending, ...]
    cost_usd: Decimal
    is_at_most: bool
    is_cut: bool
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """What the organization, or one project, will have spent by the end of the month.

    Shape: `project` is None for the organization; `expected_usd` is None while there is too little
    to say; `reaches_cap_on` is the first day on which the month's cap would be full, None if none.
    """

    project: ProjectKey | None
    spent_usd: Decimal
    expected_usd: Decimal | None
    cap_usd: Decimal | None
    reaches_cap_on: date | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What this month will have cost, going on as on its working days so far.

    Shape: `working_days_before` are those that are over; fewer than three are too little to say.
    """

    month: date
    today: date
    working_days_before: int
    working_days_left: int
    lines: tuple[ForecastLine, ...]


def report_spending(
    tx: Reading | Writing, rules: BudgetRules, wanted: Wanted, *, now: datetime
) -> Spendings:
    """What models cost, by day and model, or by what or whom it was spent for.

    Raises: ArgumentInvalid.
    """
    since, until = _range(tx, rules, wanted, now)
    cost, is_at_most = tx.spending.total(since=since, until=until)
    report = Spendings(
        since=since,
        until=until,
        days=(),
        subjects=(),
        groups=(),
        cost_usd=to_usd(cost),
        is_at_most=is_at_most,
        is_cut=False,
        next_cursor=None,
    )
    after, limit = _after(wanted.cursor), wanted.limit + 1
    cut: After | None = None
    match wanted.by:
        case SpendingBy.DAY:
            report = replace(report, days=tx.spending.by_day(since=since, until=until))
        case SpendingBy.DECISION | SpendingBy.ANSWER:
            is_decision = wanted.by is SpendingBy.DECISION
            read = tx.spending.by_decision if is_decision else tx.spending.by_subject
            subjects = read(since=since, until=until, after=after, limit=limit)
            shown = subjects[: wanted.limit]
            report = replace(report, subjects=tuple(line for line, _ in shown))
            cut = shown[-1][1] if len(subjects) > len(shown) else None
        case SpendingBy.AGENT | SpendingBy.PERSON | SpendingBy.PROJECT:
            group = SpendingGroup(wanted.by.value)
            groups = tx.spending.by_group(group, since=since, until=until, after=after, limit=limit)
            fitting = groups[: wanted.limit]
            report = replace(report, groups=tuple(line for line, _ in fitting))
            cut = fitting[-1][1] if len(groups) > len(fitting) else None
    cursor = f"{cut[0]}:{cut[1]}" if cut is not None else None
    return replace(report, is_cut=cut is not None, next_cursor=cursor)


def forecast_month(
    tx: Reading | Writing, rules: BudgetRules, hours: WorkingHours, *, now: datetime
) -> Forecast:
    """What the month will have cost for the organization and each project that spent in it."""
    today = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    month = first_day(BudgetPeriod.MONTH, today)
    by_project: dict[ProjectKey | None, dict[date, int]] = {None: {}}
    for one in tx.spending.by_day(since=month, until=today):
        # What belongs to no project counts for the organization alone.
        for project in {None, one.project}:
            days = by_project.setdefault(project, {})
            days[one.day] = days.get(one.day, 0) + to_micro_usd(one.cost_usd)
    caps = caps_in_force(tx, rules)
    lines, outlook = [], look_ahead({}, today, is_worked=hours.is_worked, cap=None)
    for project, days in sorted(by_project.items(), key=lambda item: item[0] or ""):
        scope = BudgetScope.ORGANIZATION if project is None else BudgetScope.PROJECT
        key = BudgetKey(scope, project or "", BudgetPeriod.MONTH)
        cap = limits_of(key, caps).micro_usd
        outlook = look_ahead(days, today, is_worked=hours.is_worked, cap=cap)
        lines.append(_forecast_line(project, outlook, cap))
    return Forecast(
        month=month,
        today=today,
        working_days_before=outlook.working_days_before,
        working_days_left=outlook.working_days_left,
        lines=tuple(lines),
    )


def _forecast_line(project: ProjectKey | None, outlook: Outlook, cap: int | None) -> ForecastLine:
    expected = outlook.expected_micro_usd
    return ForecastLine(
        project=project,
        spent_usd=to_usd(outlook.spent_micro_usd),
        expected_usd=None if expected is None else to_usd(expected),
        cap_usd=None if cap is None else to_usd(cap),
        reaches_cap_on=outlook.reaches_cap_on,
    )


def _after(cursor: str | None) -> After | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        allowed = "the next_cursor of the page before, or none for the newest"
        raise ArgumentInvalid(field="cursor", found=cursor[:_SHOWN], allowed=allowed)
    return int(found[1]), found[2]


def _range(
    tx: Reading | Writing, rules: BudgetRules, wanted: Wanted, now: datetime
) -> tuple[date, date]:
    last = wanted.until or budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    first = wanted.since or date.fromordinal(max(last.toordinal() - _DEFAULT_DAYS, 1))
    if first > last:
        raise ArgumentInvalid(field="since", found=first.isoformat(), allowed=f"up to {last}")
    if (last - first).days > MOST_DAYS:
        allowed = f"at most {MOST_DAYS} days before until, which is {last}"
        raise ArgumentInvalid(field="since", found=first.isoformat(), allowed=allowed)
    return first, last
