"""Reserves, settles and gives back; each is one short transaction.

It locks the totals of every budget a request counts against, in the same order in every process.
SQLite has one write lock, and PostgreSQL locks the rows; so what two processes want at the same
moment is decided one after the other, and no cap is ever exceeded, however many they are.

A reservation whose owner died expires and is settled at its worst case. It is not given back: a
death before the request left looks the same as one after it, and the vendor bills the second.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chargehand.budgets.caps import BudgetRules, Refusal, find_refusal, keys_for, name_of, refused
from chargehand.budgets.errors import AmountInvalid
from chargehand.budgets.money import cost_micro_usd, to_usd, worst_case_micro_usd
from chargehand.budgets.periods import budget_day, first_day
from chargehand.domain.budget import ReservationRecord, ReservationState, SettledBy
from chargehand.domain.ids import ReservationId
from chargehand.pipeline.budgeting import caps_in_force
from chargehand.pipeline.noticing import tell_operator
from chargehand.plugins.budget import (
    ModelPrice,
    ReservationClosed,
    ReservationDiffers,
    ReservationUnknown,
    SpendRequest,
    Spent,
)
from chargehand.storage.transaction import Writing

_LONGEST_SUBJECT: Final = 300


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation that stands; `is_new` unless an earlier call had made it."""

    micro_usd: int
    is_new: bool


def reserve(
    tx: Writing,
    request: SpendRequest,
    *,
    rules: BudgetRules,
    expires_at: datetime,
    now: datetime,
) -> Reserved | Refusal:
    """Reserve the worst case of a request, or say which budget has no room for it.

    Raises: ReservationClosed, AmountInvalid.
    """
    wanted = worst_case_micro_usd(
        request.model,
        input_tokens_at_most=request.input_tokens_at_most,
        output_tokens_at_most=request.output_tokens_at_most,
    )
    day = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    starts = {key: first_day(key.period, day) for key in keys_for(request.project)}
    totals = tx.budgets.lock_totals(starts)
    earlier = tx.reservations.find(request.reservation_id)
    if earlier is not None:
        return _reserved_earlier(earlier, wanted)
    caps = caps_in_force(tx, rules)
    refusal = find_refusal(totals, caps, wanted_micro_usd=wanted, day=day)
    if refusal is not None:
        _tell_refusal(tx, refusal, rules, now)
        return refusal
    record = _new_record(request, wanted, day=day, expires_at=expires_at, now=now)
    if not tx.reservations.add(record):
        # At midnight two calls for one id may hold the locks of two different days.
        taken = tx.reservations.find(request.reservation_id)
        return _reserved_earlier(taken or record, wanted)
    tx.budgets.count(totals, reserved_micro_usd=wanted)
    return Reserved(wanted, is_new=True)


def settle(tx: Writing, reservation_id: ReservationId, spent: Spent, *, now: datetime) -> int:
    """Write down what a request cost, in micro-dollars; the operator hears of what can not be.

    What was assumed before is corrected by what is reported now.
    Raises: ReservationUnknown, ReservationClosed.
    """
    record = _locked(tx, reservation_id)
    if record.state is ReservationState.RELEASED:
        raise ReservationClosed(reservation_id=reservation_id, state=record.state.value)
    if record.settled_by is SettledBy.REPORTED:
        return record.cost_micro_usd
    try:
        cost = cost_micro_usd(price_of(record), spent)
    except AmountInvalid as error:
        text = f"{record.provider} reported usage of {record.model} that can not be: {error} The "
        text += "request is charged at its worst case."
        subject_id = _model_and_day(record)
        tell_operator(tx, "usage_unreadable", subject_id=subject_id, text=text, now=now)
        return settle_at_worst(tx, reservation_id, by=SettledBy.ASSUMED, now=now)
    if cost > record.reserved_micro_usd:
        text = (
            f"{record.provider} reported more for {record.model} than was reserved: "
            f"{to_usd(cost)} USD instead of at most {to_usd(record.reserved_micro_usd)} USD. It is "
            "counted in full."
        )
        subject_id = _model_and_day(record)
        tell_operator(tx, "usage_above_reservation", subject_id=subject_id, text=text, now=now)
    _move(tx, record, cost)
    tx.reservations.settle(
        reservation_id, by=SettledBy.REPORTED, spent=spent, cost_micro_usd=cost, now=now
    )
    return cost


def settle_at_worst(
    tx: Writing, reservation_id: ReservationId, *, by: SettledBy, now: datetime
) -> int:
    """Count the whole reservation as spent, in micro-dollars; one that was settled stays so.

    Raises: ReservationUnknown, ReservationClosed.
    """
    record = _locked(tx, reservation_id)
    if record.state is ReservationState.RELEASED:
        raise ReservationClosed(reservation_id=reservation_id, state=record.state.value)
    if record.state is ReservationState.SETTLED:
        return record.cost_micro_usd
    _move(tx, record, record.reserved_micro_usd)
    tx.reservations.settle(
        reservation_id,
        by=by,
        spent=Spent(record.input_tokens_at_most, record.output_tokens_at_most),
        cost_micro_usd=record.reserved_micro_usd,
        now=now,
    )
    return record.reserved_micro_usd


def release(tx: Writing, reservation_id: ReservationId, *, now: datetime) -> int:
    """Give a reservation back; what was assumed before is corrected by whoever knows better.

    Raises: ReservationUnknown, ReservationClosed.
    """
    record = _locked(tx, reservation_id)
    if record.settled_by is SettledBy.REPORTED:
        raise ReservationClosed(reservation_id=reservation_id, state=record.state.value)
    if record.state is not ReservationState.RELEASED:
        _move(tx, record, 0)
        tx.reservations.release(reservation_id, now=now)
    return 0


def end_expired(tx: Writing, reservation_id: ReservationId, *, now: datetime) -> None:
    """Settle one reservation whose time is over, unless its owner just came back."""
    record = _locked(tx, reservation_id)
    if record.state is not ReservationState.OPEN:
        return
    settle_at_worst(tx, reservation_id, by=SettledBy.EXPIRED, now=now)
    text = (
        f"A request to {record.model} was never settled, because what sent it died; its worst case "
        f"of {to_usd(record.reserved_micro_usd)} USD is counted as spent."
    )
    subject_id = _model_and_day(record)
    tell_operator(tx, "reservation_expired", subject_id=subject_id, text=text, now=now)


def cost_of(record: ReservationRecord, spent: Spent) -> int:
    """What a reservation will have cost in micro-dollars once this usage is settled."""
    if record.settled_by is SettledBy.REPORTED:
        return record.cost_micro_usd
    try:
        return cost_micro_usd(price_of(record), spent)
    except AmountInvalid:
        return record.reserved_micro_usd


def price_of(record: ReservationRecord) -> ModelPrice:
    """The price a request was reserved at, which it is settled at whatever changed since."""
    return ModelPrice(
        provider=record.provider,
        model=record.model,
        input_usd=record.input_usd,
        output_usd=record.output_usd,
        cache_read_usd=record.cache_read_usd,
        cache_write_usd=record.cache_write_usd,
        table_version=record.price_version,
        is_at_most=record.is_at_most,
    )


def _locked(tx: Writing, reservation_id: ReservationId) -> ReservationRecord:
    record = tx.reservations.lock(reservation_id)
    if record is None:
        raise ReservationUnknown(reservation_id=reservation_id)
    return record


def _move(tx: Writing, record: ReservationRecord, cost: int) -> None:
    """Let a reservation count with its cost from now on, in the periods it was reserved in."""
    is_open = record.state is ReservationState.OPEN
    starts = {key: first_day(key.period, record.day) for key in keys_for(record.project)}
    totals = tx.budgets.lock_totals(starts)
    tx.budgets.count(
        totals,
        spent_micro_usd=cost - record.cost_micro_usd,
        reserved_micro_usd=-record.reserved_micro_usd if is_open else 0,
    )


def _reserved_earlier(record: ReservationRecord, wanted: int) -> Reserved:
    if record.state is not ReservationState.OPEN:
        raise ReservationClosed(reservation_id=record.id, state=record.state.value)
    if wanted > record.reserved_micro_usd:
        raise ReservationDiffers(
            reservation_id=record.id,
            reserved_usd=to_usd(record.reserved_micro_usd),
            wanted_usd=to_usd(wanted),
        )
    return Reserved(record.reserved_micro_usd, is_new=False)


def _new_record(
    request: SpendRequest, wanted: int, *, day: date, expires_at: datetime, now: datetime
) -> ReservationRecord:
    price = request.model
    return ReservationRecord(
        id=request.reservation_id,
        state=ReservationState.OPEN,
        settled_by=None,
        project=request.project,
        purpose=request.purpose,
        subject_id=request.subject_id,
        provider=price.provider,
        model=price.model,
        input_usd=price.input_usd,
        output_usd=price.output_usd,
        cache_read_usd=price.cache_read_usd,
        cache_write_usd=price.cache_write_usd,
        price_version=price.table_version,
        is_at_most=price.is_at_most,
        input_tokens_at_most=request.input_tokens_at_most,
        output_tokens_at_most=request.output_tokens_at_most,
        reserved_micro_usd=wanted,
        input_tokens=0,
        output_tokens=0,
        cache_read_tokens=0,
        cache_write_tokens=0,
        cost_micro_usd=0,
        day=day,
        reserved_at=now,
        expires_at=expires_at,
        closed_at=None,
    )


def _tell_refusal(tx: Writing, refusal: Refusal, rules: BudgetRules, now: datetime) -> None:
    """Once a day for each budget, however many requests are refused."""
    name = name_of(refusal.total.key, refusal.total.starts_on)
    text = str(refused(refusal, rules.zone))
    subject_id = f"{refusal.day.isoformat()}:{name}"
    tell_operator(tx, "budget_exceeded", subject_id=subject_id, text=text, now=now)


def _model_and_day(record: ReservationRecord) -> str:
    """What a notice is about, so that it is told once a day for each model."""
    return f"{record.provider}:{record.model}:{record.day.isoformat()}"[:_LONGEST_SUBJECT]
