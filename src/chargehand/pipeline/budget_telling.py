"""Tells the operator how full a budget is: at the half, near the end, and when nothing is left."""

from datetime import datetime
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.budgets.caps import BudgetRules, Refusal, refused
from chargehand.budgets.warnings import Warned, subject_of
from chargehand.domain.budget import BudgetUnit, PeriodTotal
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.transaction import Writing

_ALL_OF_IT: Final = 100


def tell_step(tx: Writing, warned: Warned, *, now: datetime) -> None:
    """Tell that a budget is half full, nearly full or full; each once in a period."""
    text = str(warned)
    if warned.percent == _ALL_OF_IT:
        is_new = tell_operator(tx, "budget_exceeded", subject_id=warned.subject, text=text, now=now)
    else:
        is_new = tell_operator(tx, "budget_warning", subject_id=warned.subject, text=text, now=now)
    if is_new:
        _account(tx, warned.total, warned.unit, warned.cap, percent=warned.percent, now=now)


def tell_refusal(tx: Writing, refusal: Refusal, rules: BudgetRules, *, now: datetime) -> None:
    """Tell that a budget has no room; once in a period, however many requests are refused."""
    subject_id = subject_of(refusal.total, refusal.unit, refusal.cap, _ALL_OF_IT)
    text = str(refused(refusal, rules.zone))
    if tell_operator(tx, "budget_exceeded", subject_id=subject_id, text=text, now=now):
        _account(tx, refusal.total, refusal.unit, refusal.cap, percent=_ALL_OF_IT, now=now)


def _account(
    tx: Writing, total: PeriodTotal, unit: BudgetUnit, cap: int, *, percent: int, now: datetime
) -> None:
    is_money = unit is BudgetUnit.USD
    key = total.key
    tx.audit.append(
        AuditTag.WORKER_BUDGET_WARNED,
        f"budget:{key.scope.value}:{key.scope_id}:{key.period.value}",
        {
            "scope": key.scope.value,
            "scope_id": key.scope_id,
            "period": key.period.value,
            "starts_on": total.starts_on.isoformat(),
            "unit": "micro_usd" if is_money else unit.value,
            "cap": cap,
            "spent": total.spent_micro_usd if is_money else total.spent_tokens,
            "reserved": total.reserved_micro_usd if is_money else total.reserved_tokens,
            "percent": percent,
        },
        now=now,
    )
