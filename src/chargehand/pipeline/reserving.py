"""Reserves, settles and gives back; each is one short transaction.

It locks the totals of every budget a request counts against, in the same order in every process.
SQLite has one write lock, and PostgreSQL locks the rows; so what two processes want at the same
moment is decided one after the other, and no cap is ever exceeded, however many they are.

A reservation whose owner died expires and is settled at its worst case. It is not given back: a
death before the request left looks the same as one after it, and the vendor bills the second.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias

from chargehand.budgets.caps import (
    BudgetRules,
    Path,
    Refusal,
    capped,
    find_refusal,
    keys_for,
)
from chargehand.budgets.errors import AmountInvalid
from chargehand.budgets.money import cost_micro_usd, to_usd, worst_case_micro_usd
from chargehand.budgets.periods import budget_day, first_day
from chargehand.budgets.warnings import steps_reached
from chargehand.domain.budget import (
    NOTHING,
    Amount,
    BudgetKey,
    BudgetPeriod,
    Limits,
    PeriodTotal,
    ReservationRecord,
    ReservationState,
    SettledBy,
)
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ReservationId
from chargehand.pipeline.budget_telling import tell_refusal, tell_step
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


# A request that asks for what can not be is answered by its error; the others are not held up.
ReserveOutcome: TypeAlias = Reserved | Refusal | Rejected


def reserve_all(
    tx: Writing,
    requests: Sequence[SpendRequest],
    *,
    rules: BudgetRules,
    expires_at: datetime,
    now: datetime,
) -> list[ReserveOutcome]:
    """Reserve the worst case of each request, or say which budget has no room for it.

    Shape: an outcome for each request, in their order; an earlier one has the room before a later
    one. Every node with a cap is locked before the first is looked at; most have none, and are
    only counted in.
    """
    day = budget_day(now, rules.zone, newest=tx.budgets.newest_day())
    caps = caps_in_force(tx, rules)
    keys = {key for request in requests for key in keys_for(_path_of(request))}
    starts = {period: first_day(period, day) for period in BudgetPeriod}
    totals = tx.budgets.lock_totals({key: starts[key.period] for key in capped(keys, caps)})
    books = _Books(
        tx,
        caps=caps,
        starts=starts,
        totals={total.key: total for total in totals},
        earlier=tx.reservations.find_all({request.reservation_id for request in requests}),
        day=day,
    )
    outcomes: list[ReserveOutcome] = []
    for request in requests:
        try:
            outcome = books.reserve(request, expires_at=expires_at, now=now)
        except Rejected as error:
            outcomes.append(error)
            continue
        if isinstance(outcome, Refusal):
            tell_refusal(tx, outcome, rules, now=now)
        outcomes.append(outcome)
    books.write_down()
    return outcomes


class _Books:
    """What one transaction has room for, and what it reserves.

    Shape: `starts` has the first day of the periods; `totals` are those of the budgets with a cap.
    """

    def __init__(
        self,
        tx: Writing,
        *,
        caps: dict[BudgetKey, Limits],
        starts: dict[BudgetPeriod, date],
        totals: dict[BudgetKey, PeriodTotal],
        earlier: dict[ReservationId, ReservationRecord],
        day: date,
    ) -> None:
        self._tx = tx
        self._caps = caps
        self._starts = starts
        self._totals = totals
        self._earlier = earlier
        self._day = day
        self._added_usd: defaultdict[BudgetKey, int] = defaultdict(int)
        self._added_tokens: defaultdict[BudgetKey, int] = defaultdict(int)
        self._new: list[ReservationRecord] = []

    def reserve(
        self, request: SpendRequest, *, expires_at: datetime, now: datetime
    ) -> Reserved | Refusal:
        """Reserve one request.

        Raises: ReservationClosed, ReservationDiffers, AmountInvalid; nothing was changed then.
        """
        wanted = _worst_case(request)
        earlier = self._earlier.get(request.reservation_id)
        if earlier is not None:
            return _reserved_earlier(earlier, wanted.micro_usd)
        path = keys_for(_path_of(request))
        totals = [self._totals[key] for key in path if key in self._totals]
        refusal = find_refusal(totals, self._caps, wanted=wanted, day=self._day)
        if refusal is not None:
            return refusal
        record = _new_record(
            request, wanted.micro_usd, day=self._day, expires_at=expires_at, now=now
        )
        self._earlier[record.id] = record
        self._new.append(record)
        for key in path:
            self._added_usd[key] += wanted.micro_usd
            self._added_tokens[key] += wanted.tokens
        for total in totals:
            self._totals[total.key] = total._replace(
                reserved_micro_usd=total.reserved_micro_usd + wanted.micro_usd,
                reserved_tokens=total.reserved_tokens + wanted.tokens,
            )
        return Reserved(wanted.micro_usd, is_new=True)

    def write_down(self) -> None:
        """Write what was reserved; one process writes at a time, so no id was taken meanwhile."""
        self._tx.reservations.add_all(self._new)
        added = {key: Amount(usd, self._added_tokens[key]) for key, usd in self._added_usd.items()}
        self._tx.budgets.reserve(added, self._starts)


def settle(
    tx: Writing,
    reservation_id: ReservationId,
    spent: Spent,
    *,
    rules: BudgetRules,
    now: datetime,
) -> int:
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
        assumed = SettledBy.ASSUMED
        return settle_at_worst(tx, reservation_id, by=assumed, rules=rules, now=now)
    if cost > record.reserved_micro_usd:
        text = (
            f"{record.provider} reported more for {record.model} than was reserved: "
            f"{to_usd(cost)} USD instead of at most {to_usd(record.reserved_micro_usd)} USD. It is "
            "counted in full."
        )
        subject_id = _model_and_day(record)
        tell_operator(tx, "usage_above_reservation", subject_id=subject_id, text=text, now=now)
    used = Amount(cost, spent.input_tokens + spent.output_tokens)
    _move(tx, record, used, rules=rules, now=now)
    tx.reservations.settle(
        reservation_id, by=SettledBy.REPORTED, spent=spent, cost_micro_usd=cost, now=now
    )
    return cost


def settle_at_worst(
    tx: Writing,
    reservation_id: ReservationId,
    *,
    by: SettledBy,
    rules: BudgetRules,
    now: datetime,
) -> int:
    """Count the whole reservation as spent, in micro-dollars; one that was settled stays so.

    Raises: ReservationUnknown, ReservationClosed.
    """
    record = _locked(tx, reservation_id)
    if record.state is ReservationState.RELEASED:
        raise ReservationClosed(reservation_id=reservation_id, state=record.state.value)
    if record.state is ReservationState.SETTLED:
        return record.cost_micro_usd
    _move(tx, record, _held_by(record), rules=rules, now=now)
    tx.reservations.settle(
        reservation_id,
        by=by,
        spent=Spent(record.input_tokens_at_most, record.output_tokens_at_most),
        cost_micro_usd=record.reserved_micro_usd,
        now=now,
    )
    return record.reserved_micro_usd


def release(
    tx: Writing, reservation_id: ReservationId, *, rules: BudgetRules, now: datetime
) -> int:
    """Give a reservation back; what was assumed before is corrected by whoever knows better.

    Raises: ReservationUnknown, ReservationClosed.
    """
    record = _locked(tx, reservation_id)
    if record.settled_by is SettledBy.REPORTED:
        raise ReservationClosed(reservation_id=reservation_id, state=record.state.value)
    if record.state is not ReservationState.RELEASED:
        _move(tx, record, NOTHING, rules=rules, now=now)
        tx.reservations.release(reservation_id, now=now)
    return 0


def end_expired(
    tx: Writing, reservation_id: ReservationId, *, rules: BudgetRules, now: datetime
) -> None:
    """Settle one reservation whose time is over, unless its owner just came back."""
    record = _locked(tx, reservation_id)
    if record.state is not ReservationState.OPEN:
        return
    settle_at_worst(tx, reservation_id, by=SettledBy.EXPIRED, rules=rules, now=now)
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


def _move(
    tx: Writing, record: ReservationRecord, used: Amount, *, rules: BudgetRules, now: datetime
) -> None:
    """Let a reservation count with its cost from now on, in the periods it was reserved in."""
    is_open = record.state is ReservationState.OPEN
    held = _held_by(record) if is_open else NOTHING
    path = Path(record.subject_id, record.agent, record.member_id, record.project)
    totals = tx.budgets.lock_totals(
        {key: first_day(key.period, record.day) for key in keys_for(path)}
    )
    spent = Amount(
        used.micro_usd - record.cost_micro_usd,
        used.tokens - record.input_tokens - record.output_tokens,
    )
    tx.budgets.count(totals, spent=spent, reserved=Amount(-held.micro_usd, -held.tokens))
    if spent.micro_usd <= 0 and spent.tokens <= 0:
        return
    caps = caps_in_force(tx, rules)
    for total in totals:
        after = total._replace(
            spent_micro_usd=total.spent_micro_usd + spent.micro_usd,
            spent_tokens=total.spent_tokens + spent.tokens,
        )
        for warned in steps_reached(total, after, caps):
            tell_step(tx, warned, now=now)


def _held_by(record: ReservationRecord) -> Amount:
    tokens = record.input_tokens_at_most + record.output_tokens_at_most
    return Amount(record.reserved_micro_usd, tokens)


def _worst_case(request: SpendRequest) -> Amount:
    micro_usd = worst_case_micro_usd(
        request.model,
        input_tokens_at_most=request.input_tokens_at_most,
        output_tokens_at_most=request.output_tokens_at_most,
    )
    return Amount(micro_usd, request.input_tokens_at_most + request.output_tokens_at_most)


def _path_of(request: SpendRequest) -> Path:
    return Path(request.subject_id, request.agent, request.member_id, request.project)


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
        member_id=request.member_id,
        agent=request.agent,
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


def _model_and_day(record: ReservationRecord) -> str:
    """What a notice is about, so that it is told once a day for each model."""
    return f"{record.provider}:{record.model}:{record.day.isoformat()}"[:_LONGEST_SUBJECT]
