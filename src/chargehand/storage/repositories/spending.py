"""What models cost, added up from the reservations: by day, and by what it was spent for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from chargehand.budgets.money import to_usd
from chargehand.domain.budget import (
    DaySpending,
    GroupSpending,
    ReservationState,
    SettledBy,
    SpendingGroup,
    SubjectSpending,
)
from chargehand.domain.ids import DecisionId
from chargehand.kit.clock import from_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables import decisions
from chargehand.storage.tables_budgets import reservations
from chargehand.storage.tables_members import members
from chargehand.storage.tables_models import model_requests

# The line a page ended with: what lines are ordered by, a number and then a text.
After: TypeAlias = tuple[int, str]
_IS_OPEN = reservations.c.state == ReservationState.OPEN.value
# The cost is the most it can have been: by its price, or because nobody knows what was used.
_IS_AT_MOST = and_(
    reservations.c.state == ReservationState.SETTLED.value,
    or_(
        reservations.c.is_at_most == 1,
        reservations.c.settled_by != SettledBy.REPORTED.value,
    ),
)
_SUMS = (
    func.count().label("requests"),
    func.sum(reservations.c.input_tokens).label("input_tokens"),
    func.sum(reservations.c.output_tokens).label("output_tokens"),
    func.sum(reservations.c.cost_micro_usd).label("cost_micro_usd"),
    func.sum(case((_IS_OPEN, reservations.c.reserved_micro_usd), else_=0)).label("reserved"),
    func.max(case((_IS_AT_MOST, 1), else_=0)).label("is_at_most"),
)

_GROUPS: Final[Mapping[SpendingGroup, Any]] = {
    SpendingGroup.AGENT: reservations.c.agent,
    SpendingGroup.PERSON: reservations.c.member_id,
    SpendingGroup.PROJECT: reservations.c.project,
}


class SpendingReader(Repository):
    """Adds up what was spent; what was released was never spent and is left out."""

    def by_day(self, *, since: date, until: date) -> tuple[DaySpending, ...]:
        """Spending of some days, newest first, apart by project and model; both days included."""
        rows = reservations.c
        versions = self._versions(since, until)
        query = (
            self._spent(since, until, rows.day, rows.project, rows.provider, rows.model)
            .group_by(rows.day, rows.project, rows.provider, rows.model)
            # Databases do not agree where nothing stands among texts.
            .order_by(rows.day.desc(), func.coalesce(rows.project, ""), rows.provider, rows.model)
        )
        return tuple(
            DaySpending(
                day=date.fromisoformat(row.day),
                project=row.project,
                provider=row.provider,
                model=row.model,
                price_versions=versions[(row.day, row.project, row.provider, row.model)],
                **_sums(row),
            )
            for row in self._rows(query)
        )

    def by_subject(
        self, *, since: date, until: date, after: After | None, limit: int
    ) -> tuple[tuple[SubjectSpending, After], ...]:
        """Spending of some days by what it was for, the newest first; both days included.

        Shape: each with what the next page begins after.
        """
        rows = reservations.c
        columns = (rows.subject_id, rows.purpose, rows.project)
        found = self._newest_first(self._spent(since, until, *columns), columns, after, limit)
        about = self._decisions_about(row.subject_id for row in found)
        return tuple(
            (_subject(row, about.get(row.subject_id)), (row.number, row.text)) for row in found
        )

    def by_decision(
        self, *, since: date, until: date, after: After | None, limit: int
    ) -> tuple[tuple[SubjectSpending, After], ...]:
        """The same by decision; what was not recorded with one stands at its subject's newest."""
        rows, told = reservations.c, model_requests.c
        joined = reservations.outerjoin(
            model_requests,
            (told.organization_id == rows.organization_id)
            & (told.reservation_id == rows.reservation_id),
        )
        columns = (rows.subject_id, rows.purpose, rows.project, told.decision_id)
        query = self._spent(since, until, *columns).select_from(joined)
        found = self._newest_first(query, columns, after, limit)
        about = self._decisions_about(row.subject_id for row in found)
        return tuple(
            (
                _subject(row, row.decision_id or about.get(row.subject_id)),
                (row.number, row.text),
            )
            for row in found
        )

    def by_group(
        self, group: SpendingGroup, *, since: date, until: date, after: After | None, limit: int
    ) -> tuple[tuple[GroupSpending, After], ...]:
        """Spending of some days by agent, person or project, the dearest first."""
        column = func.coalesce(_GROUPS[group], "")
        query = self._spent(since, until, column.label("text")).group_by(column)
        cost = func.sum(reservations.c.cost_micro_usd)
        found = self._after(query.add_columns(cost.label("number")), cost, column, after, limit)
        names = self._names(row.text for row in found) if group is SpendingGroup.PERSON else {}
        return tuple(
            (
                GroupSpending(id=row.text, name=names.get(row.text, ""), **_sums(row)),
                (int(row.number), row.text),
            )
            for row in found
        )

    def total(self, *, since: date, until: date) -> tuple[int, bool]:
        """What some days cost in micro-dollars, and whether it is at most that."""
        row = self._one(self._spent(since, until))
        if row is None or not row.requests:
            return 0, False
        return int(row.cost_micro_usd), bool(row.is_at_most)

    def _newest_first(
        self, query: Select[Any], columns: Sequence[Any], after: After | None, limit: int
    ) -> list[AnyRow]:
        rows = reservations.c
        first_at, last_at = func.min(rows.reserved_at), func.max(rows.reserved_at)
        text: ColumnElement[str] = func.coalesce(columns[0], "")
        for column in columns[1:]:
            text = text.concat(":").concat(func.coalesce(column, ""))
        query = query.add_columns(
            first_at.label("first_at"), last_at.label("number"), text.label("text")
        )
        return self._after(query.group_by(*columns), last_at, text, after, limit)

    def _after(
        self, query: Select[Any], number: Any, text: Any, after: After | None, limit: int
    ) -> list[AnyRow]:
        """The lines behind one, by a number and then a text, both falling."""
        if after is not None:
            same = and_(number == after[0], text < after[1])
            query = query.having(or_(number < after[0], same))
        return self._rows(query.order_by(number.desc(), text.desc()).limit(limit))

    def _names(self, member_ids: Iterable[str]) -> dict[str, str]:
        query = self._select(members).where(members.c.member_id.in_(sorted(set(member_ids))))
        return {row.member_id: row.name for row in self._rows(query)}

    def dearest_subject(self, day: date) -> str | None:
        """The ask or event that cost most of those of one day; None when nothing was asked."""
        rows = reservations.c
        used = func.sum(case((_IS_OPEN, rows.reserved_micro_usd), else_=rows.cost_micro_usd))
        query = (
            select(rows.subject_id)
            .where(rows.organization_id == self._organization_id, rows.day == day.isoformat())
            .where(rows.state != ReservationState.RELEASED.value)
            .group_by(rows.subject_id)
            .order_by(used.desc(), rows.subject_id)
        )
        row = self._one(query.limit(1))
        return str(row.subject_id) if row is not None else None

    def _spent(self, since: date, until: date, *columns: Any) -> Select[Any]:
        return (
            select(*columns, *_SUMS)
            .where(reservations.c.organization_id == self._organization_id)
            .where(reservations.c.day.between(since.isoformat(), until.isoformat()))
            .where(reservations.c.state != ReservationState.RELEASED.value)
        )

    def _versions(self, since: date, until: date) -> dict[tuple[Any, ...], tuple[str, ...]]:
        """Every version of the price table that a line was charged by."""
        rows = reservations.c
        columns = (rows.day, rows.project, rows.provider, rows.model)
        query = self._spent(since, until, *columns, rows.price_version).group_by(
            *columns, rows.price_version
        )
        found: dict[tuple[Any, ...], tuple[str, ...]] = {}
        for row in self._rows(query.order_by(rows.price_version)):
            key = (row.day, row.project, row.provider, row.model)
            found[key] = (*found.get(key, ()), row.price_version)
        return found

    def _decisions_about(self, subject_ids: Iterable[str]) -> dict[str, DecisionId]:
        """The newest decision about each ask or event; a decision is about itself."""
        wanted = sorted(set(subject_ids))
        about: dict[str, DecisionId] = {}
        for column in (decisions.c.event_id, decisions.c.ask_id, decisions.c.decision_id):
            query = (
                select(column.label("subject_id"), decisions.c.decision_id)
                .where(decisions.c.organization_id == self._organization_id, column.in_(wanted))
                .order_by(decisions.c.decided_at)
            )
            # Oldest first, so the newest is what stays.
            about.update({row.subject_id: row.decision_id for row in self._rows(query)})
        return about


def _subject(row: AnyRow, decision_id: DecisionId | None) -> SubjectSpending:
    return SubjectSpending(
        subject_id=row.subject_id,
        decision_id=decision_id,
        purpose=row.purpose,
        project=row.project,
        first_at=from_micros(row.first_at),
        last_at=from_micros(row.number),
        **_sums(row),
    )


def _sums(row: AnyRow) -> dict[str, Any]:
    return {
        "requests": row.requests,
        "input_tokens": int(row.input_tokens),
        "output_tokens": int(row.output_tokens),
        "cost_usd": to_usd(int(row.cost_micro_usd)),
        "reserved_usd": to_usd(int(row.reserved)),
        "is_at_most": bool(row.is_at_most),
    }
