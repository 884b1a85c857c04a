"""How full a budget is, in the steps that people are told of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.budgets.caps import STILL_WORKS, limits_of, name_of
from chargehand.budgets.money import to_usd
from chargehand.domain.budget import (
    BudgetKey,
    BudgetScope,
    BudgetUnit,
    Limits,
    PeriodTotal,
)

STEPS: Final = (50, 80, 100)
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Warned:
    """A step that what was spent of a budget has reached.

    Units: `cap` and `spent` are micro-dollars or tokens, as `unit` says.
    """

    total: PeriodTotal
    unit: BudgetUnit
    percent: int
    cap: int
    spent: int

    @property
    def subject(self) -> str:
        """What is told once: this budget, in this period, under this cap, at this step."""
        return subject_of(self.total, self.unit, self.cap, self.percent)

    def __str__(self) -> str:
        name = name_of(self.total.key, self.total.starts_on)
        if self.unit is BudgetUnit.USD:
            amounts = f"{to_usd(self.spent):f} of {to_usd(self.cap):f} USD"
        else:
            amounts = f"{self.spent} of {self.cap} tokens"
        text = f"{self.percent} % of the budget of {name} are spent: {amounts}."
        if self.percent < _WHOLE:
            return text
        return f"{text} Nothing more is sent to a model at its cost. {STILL_WORKS}"


def steps_reached(
    before: PeriodTotal | None, after: PeriodTotal, caps: Mapping[BudgetKey, Limits]
) -> Iterator[Warned]:
    """The highest step reached since `before`, in each unit; nothing was spent before None.

    Of one ask nobody is warned: many are made, and each is told of when it is refused.
    """
    if after.key.scope is BudgetScope.RUN:
        return
    limits = limits_of(after.key, caps)
    sides = (
        (BudgetUnit.USD, limits.micro_usd, "spent_micro_usd"),
        (BudgetUnit.TOKENS, limits.tokens, "spent_tokens"),
    )
    for unit, cap, name in sides:
        if not cap:
            continue
        spent = getattr(after, name)
        step = _step(spent, cap)
        if step > (_step(getattr(before, name), cap) if before is not None else 0):
            yield Warned(after, unit, step, cap, spent)


def subject_of(total: PeriodTotal, unit: BudgetUnit, cap: int, percent: int) -> str:
    """What names a step of a budget; a cap that was changed makes another one of it."""
    return f"{name_of(total.key, total.starts_on)}:{unit.value}:{cap}:{percent}"


def _step(spent: int, cap: int) -> int:
    return max((one for one in STEPS if spent * _WHOLE >= cap * one), default=0)
