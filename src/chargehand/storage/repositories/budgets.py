"""Caps, and what counts against them: one row for each budget and period, capped or not."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, tuple_

from chargehand.domain.budget import (
    NOTHING,
    Amount,
    BudgetKey,
    BudgetPeriod,
    BudgetRecord,
    BudgetScope,
    Limits,
    PeriodTotal,
)
from chargehand.domain.ids import BudgetId, OrganizationId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, plain_rows
from chargehand.storage.repositories.statements import insert_or_add, select_in_order, select_rows
from chargehand.storage.tables_budgets import budget_periods, budgets

_MOST_KEPT: Final = 64
_KEY_COLUMNS = (
    budget_periods.c.scope,
    budget_periods.c.scope_id,
    budget_periods.c.period,
)
# As `PeriodTotal` has them.
_AMOUNT_COLUMNS = (
    budget_periods.c.spent_micro_usd,
    budget_periods.c.reserved_micro_usd,
    budget_periods.c.spent_tokens,
    budget_periods.c.reserved_tokens,
)


class BudgetReader(Repository):
    """Looks caps and totals up."""

    def all(self) -> tuple[BudgetRecord, ...]:
        """Every cap somebody set, by scope and period."""
        by_place = budgets.c.scope, budgets.c.scope_id, budgets.c.period
        query = select_in_order(self._organization_id, *by_place)
        return tuple(_budget(row) for row in self._rows(query))

    def newest_day(self) -> date | None:
        """The last day anything was reserved on; None before the first."""
        newest: str | None = self._connection.scalar(_newest_day(self._organization_id))
        return date.fromisoformat(newest) if newest is not None else None

    def totals(self, starts: Mapping[BudgetKey, date]) -> dict[BudgetKey, PeriodTotal]:
        """What counts against some budgets, each in the period that starts on its day."""
        if not starts:
            return {}
        query = self._select(budget_periods).where(_those(starts))
        held = {total.key: total for total in map(_total, self._rows(query))}
        return {key: held.get(key, PeriodTotal(key, day, 0, 0)) for key, day in starts.items()}

    def fullest(self, key: BudgetKey, starts_on: date) -> PeriodTotal | None:
        """Of all budgets of a scope in one period, the one that cost most; None before any."""
        used = budget_periods.c.spent_micro_usd + budget_periods.c.reserved_micro_usd
        query = self._select(budget_periods).where(
            budget_periods.c.scope == key.scope.value,
            budget_periods.c.period == key.period.value,
            budget_periods.c.starts_on == starts_on.isoformat(),
        )
        row = self._one(query.order_by(used.desc(), budget_periods.c.scope_id).limit(1))
        return _total(row) if row is not None else None


class BudgetWriter(BudgetReader):
    """Sets caps and counts against them."""

    def set_cap(
        self, budget_id: BudgetId, key: BudgetKey, *, limits: Limits, by: str, now: datetime
    ) -> None:
        """Give a budget caps, whether or not it had any."""
        values = {
            "cap_micro_usd": limits.micro_usd,
            "cap_tokens": limits.tokens,
            "changed_at": to_micros(now),
            "changed_by": by,
        }
        is_new = self._insert(budgets, {"budget_id": budget_id, **_columns(key), **values})
        if not is_new:
            self._connection.execute(self._update(budgets).where(_is(key)).values(values))

    def remove_cap(self, key: BudgetKey) -> bool:
        """Leave a budget without a cap; False when it had none."""
        mine = budgets.c.organization_id == self._organization_id
        return self._connection.execute(delete(budgets).where(mine, _is(key))).rowcount > 0

    def lock_totals(self, starts: Mapping[BudgetKey, date]) -> tuple[PeriodTotal, ...]:
        """The totals of some budgets, which nobody else changes until this transaction ends.

        Shape: in the order of their keys, which every transaction locks them in.
        """
        locked = self._locked(starts)
        missing = starts.keys() - {total.key for total in locked}
        if not missing:
            return locked
        for key in sorted(missing):
            self._insert(
                budget_periods,
                {
                    **_columns(key),
                    "starts_on": starts[key].isoformat(),
                    "spent_micro_usd": 0,
                    "reserved_micro_usd": 0,
                    "spent_tokens": 0,
                    "reserved_tokens": 0,
                },
            )
        return self._locked(starts)

    def count(
        self,
        totals: Sequence[PeriodTotal],
        *,
        spent: Amount = NOTHING,
        reserved: Amount = NOTHING,
    ) -> None:
        """Add to, or with negative amounts take from, what counts against locked totals."""
        starts = {total.key: total.starts_on for total in totals}
        table = budget_periods.c
        self._connection.execute(
            self._update(budget_periods)
            .where(_those(starts))
            .values(
                spent_micro_usd=table.spent_micro_usd + spent.micro_usd,
                reserved_micro_usd=table.reserved_micro_usd + reserved.micro_usd,
                spent_tokens=table.spent_tokens + spent.tokens,
                reserved_tokens=table.reserved_tokens + reserved.tokens,
            )
        )

    def reserve(
        self, amounts: Mapping[BudgetKey, Amount], starts: Mapping[BudgetPeriod, date]
    ) -> None:
        """Count what is reserved in each budget, in the period of its kind that starts on a day.

        In the order of their keys, which every transaction locks them in.
        """
        rows = [
            {
                "organization_id": self._organization_id,
                **_columns(key),
                "starts_on": starts[key.period].isoformat(),
                "spent_micro_usd": 0,
                "reserved_micro_usd": amount.micro_usd,
                "spent_tokens": 0,
                "reserved_tokens": amount.tokens,
            }
            for key, amount in sorted(amounts.items())
        ]
        added = budget_periods.c.reserved_micro_usd, budget_periods.c.reserved_tokens
        self._run_many(insert_or_add(*added, dialect=self._connection.dialect.name), rows)

    def _locked(self, starts: Mapping[BudgetKey, date]) -> tuple[PeriodTotal, ...]:
        # SQLite has one lock for all, which is held already, and leaves these words out.
        found = self._connection.execute(_locking(self._organization_id), _near(starts))
        wanted = {(*key, day.isoformat()): (key, day) for key, day in starts.items()}
        # By key, so that nothing but what counts is made anew of each row.
        return tuple(
            PeriodTotal(*wanted[row[:4]], *row[4:])
            for row in plain_rows(found)
            if row[:4] in wanted
        )


@lru_cache(maxsize=_MOST_KEPT)
def _locking(organization_id: OrganizationId) -> Select[Any]:
    """Every total with a scope, an id, a period and a first day among those wanted, locked.

    A list for each column is quicker to hand over than one list of keys, and finds hardly more.
    """
    columns = (*_KEY_COLUMNS, budget_periods.c.starts_on)
    wanted = [one.in_(bindparam(f"wanted_{one.name}", expanding=True)) for one in columns]
    query = select_rows(budget_periods, organization_id).where(*wanted)
    narrow = query.with_only_columns(*columns, *_AMOUNT_COLUMNS)
    return narrow.order_by(*_KEY_COLUMNS).with_for_update()


def _near(starts: Mapping[BudgetKey, date]) -> dict[str, list[str]]:
    return {
        "wanted_scope": sorted({key.scope.value for key in starts}),
        "wanted_scope_id": sorted({key.scope_id for key in starts}),
        "wanted_period": sorted({key.period.value for key in starts}),
        "wanted_starts_on": sorted({day.isoformat() for day in starts.values()}),
    }


@lru_cache(maxsize=_MOST_KEPT)
def _newest_day(organization_id: OrganizationId) -> Select[Any]:
    return select(func.max(budget_periods.c.starts_on)).where(
        budget_periods.c.organization_id == organization_id,
        budget_periods.c.scope == BudgetScope.ORGANIZATION.value,
        budget_periods.c.scope_id == "",
        budget_periods.c.period == BudgetPeriod.DAY.value,
    )


def _those(starts: Mapping[BudgetKey, date]) -> ColumnElement[bool]:
    wanted = [
        (key.scope.value, key.scope_id, key.period.value, day.isoformat())
        for key, day in sorted(starts.items())
    ]
    return tuple_(*_KEY_COLUMNS, budget_periods.c.starts_on).in_(wanted)


def _is(key: BudgetKey) -> ColumnElement[bool]:
    columns = _columns(key)
    is_scope = (budgets.c.scope == columns["scope"]) & (budgets.c.scope_id == columns["scope_id"])
    return is_scope & (budgets.c.period == columns["period"])


def _columns(key: BudgetKey) -> dict[str, str]:
    return {"scope": key.scope.value, "scope_id": key.scope_id, "period": key.period.value}


def _key(row: AnyRow) -> BudgetKey:
    return BudgetKey(BudgetScope(row.scope), row.scope_id, BudgetPeriod(row.period))


def _budget(row: AnyRow) -> BudgetRecord:
    return BudgetRecord(
        id=row.budget_id,
        key=_key(row),
        limits=Limits(row.cap_micro_usd, row.cap_tokens),
        changed_at=from_micros(row.changed_at),
        changed_by=row.changed_by,
    )


def _total(row: AnyRow) -> PeriodTotal:
    return PeriodTotal(
        key=_key(row),
        starts_on=date.fromisoformat(row.starts_on),
        spent_micro_usd=row.spent_micro_usd,
        reserved_micro_usd=row.reserved_micro_usd,
        spent_tokens=row.spent_tokens,
        reserved_tokens=row.reserved_tokens,
    )
