"""Tells the operator how full a budget is: at the half, near the end, and when nothing is left."""

from datetime import datetime
from typing import Final

from chargehand.budgets.caps import BudgetRules, Refusal, refused
from chargehand.budgets.warnings import Warned, subject_of
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.transaction import Writing

_ALL_OF_IT: Final = 100


def tell_step(tx: Writing, warned: Warned, *, now: datetime) -> None:
    """Tell that a budget is half full, nearly full or full; each once in a period."""
    if warned.percent == _ALL_OF_IT:
        tell_operator(tx, "budget_exceeded", subject_id=warned.subject, text=str(warned), now=now)
    else:
        tell_operator(tx, "budget_warning", subject_id=warned.subject, text=str(warned), now=now)


def tell_refusal(tx: Writing, refusal: Refusal, rules: BudgetRules, *, now: datetime) -> None:
    """Tell that a budget has no room; once in a period, however many requests are refused."""
    subject_id = subject_of(refusal.total, refusal.unit, refusal.cap, _ALL_OF_IT)
    text = str(refused(refusal, rules.zone))
    tell_operator(tx, "budget_exceeded", subject_id=subject_id, text=text, now=now)
