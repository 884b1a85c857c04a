"""The figures of what holds chargehand back: budgets, a hold, a broken glass, posts that wait.

Whose a member's or a run's budget is stays in the database: labels are read by whoever watches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from chargehand.budgets.caps import BudgetRules
from chargehand.domain.budget import BudgetScope
from chargehand.domain.outgoing import WaitingPosts
from chargehand.pipeline.breaking_glass import glass_at
from chargehand.pipeline.budgeting import BudgetLine, Budgets, read_budgets
from chargehand.pipeline.looking import View

Sample: TypeAlias = tuple[tuple[str, ...], float]
_TOLD_SCOPES: Final = frozenset({BudgetScope.ORGANIZATION, BudgetScope.PROJECT})
# Every label value is a series that Prometheus keeps; the fullest are those that matter.
_MOST_PROJECTS: Final = 100


@dataclass(frozen=True, slots=True)
class Restraint:
    """What holds back at one moment.

    Shape: `waiting_posts` is by webhook and names those alone to which a post is on its way.
    """

    budgets: Budgets
    is_glass_broken: bool
    is_held: bool
    waiting_posts: Mapping[str, WaitingPosts]


def look_at_restraint(tx: View, rules: BudgetRules, *, now: datetime) -> Restraint:
    """What holds back now."""
    return Restraint(
        budgets=read_budgets(tx, rules, now=now),
        is_glass_broken=glass_at(tx, now) is not None,
        is_held=tx.holds.current() is not None,
        waiting_posts=tx.outgoing.all_waiting(),
    )


def told_budgets(budgets: Budgets) -> list[BudgetLine]:
    """The budgets that figures tell: the organization's, and those of projects with their own."""
    told = [one for one in budgets.budgets if one.scope in _TOLD_SCOPES and not one.is_each]
    organization = [one for one in told if one.scope is BudgetScope.ORGANIZATION]
    projects = [one for one in told if one.scope is BudgetScope.PROJECT]
    projects.sort(key=lambda one: one.spent_usd + one.reserved_usd, reverse=True)
    return organization + projects[:_MOST_PROJECTS]


def budget_samples(budgets: Budgets, amount: str) -> Iterable[Sample]:
    """One amount of every budget that is told, by the field's name; none where there is no cap."""
    for line in told_budgets(budgets):
        value: Decimal | int | None = getattr(line, amount)
        if value is not None:
            yield (line.scope.value, line.project or "", line.period.value), float(value)
