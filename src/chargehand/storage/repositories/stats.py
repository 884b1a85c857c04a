"""How much happened, from counts by the hour, and how much waits now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import CTE, Column, Select, Table, delete, func, literal, select, union_all

from chargehand.domain.records import Counts
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import actions, approvals, asks
from chargehand.storage.tables_looking import count_changes, hourly_counts

COUNTED: Final = (
    "deliveries",
    "events",
    "asks",
    "verdicts",
    "reasons",
    "actions",
    "action_kinds",
    "approvals",
)
_MICRO: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class HappenedCounts:
    """How much happened, by kind of row and its closed word, and what models took for it."""

    counts: Mapping[str, Counts]
    cost_usd: Decimal


class StatsReader(Repository):
    """Adds up what was counted."""

    def since(self, start: datetime) -> HappenedCounts:
        """What came into being from the beginning of an hour on, by the word that stands there now.

        Shape: `start` is a whole hour. Rows that were deleted meanwhile still count.
        """
        found: dict[str, dict[str, int]] = {counted: {} for counted in COUNTED}
        cost = 0
        for row in self._connection.execute(self._sums(start)):
            cost += int(row.cost)
            if row.number:
                found[row.counted][row.word] = int(row.number)
        return HappenedCounts(found, Decimal(cost) / _MICRO)

    def open_work(self) -> Counts:
        """What waits right now, by what it waits for."""
        return {
            "asks_open": self._waiting(asks, asks.c.state, "open"),
            "asks_late": self._waiting(asks, asks.c.state, "late"),
            "asks_stuck": self._waiting(asks, asks.c.state, "stuck"),
            "approvals_open": self._waiting(approvals, approvals.c.state, "open"),
            "actions_under_way": self._waiting(actions, actions.c.state, "approved")
            + self._waiting(actions, actions.c.state, "executing"),
            "actions_unknown": self._waiting(actions, actions.c.state, "unknown"),
        }

    def _sums(self, start: datetime) -> Select[Any]:
        both = union_all(self._folded(start), self._changed(start)).subquery()
        sums = (func.sum(both.c.number), func.sum(both.c.cost))
        return (
            select(both.c.counted, both.c.word, sums[0].label("number"), sums[1].label("cost"))
            .group_by(both.c.counted, both.c.word)
            .order_by(both.c.counted, both.c.word)
        )

    def _folded(self, start: datetime) -> Select[Any]:
        """One row for each word: a sum by itself is read without sorting what it is made of."""
        words = self._words()
        number, cost = (
            select(func.coalesce(func.sum(column), 0))
            .where(
                hourly_counts.c.organization_id == self._organization_id,
                hourly_counts.c.counted == words.c.counted,
                hourly_counts.c.word == words.c.word,
                hourly_counts.c.hour_at >= to_micros(start),
            )
            .scalar_subquery()
            for column in (hourly_counts.c.number, hourly_counts.c.cost_micro_usd)
        )
        sums = select(words.c.counted, words.c.word, number.label("number"), cost.label("cost"))
        return sums.where(words.c.word.is_not(None))

    def _changed(self, start: datetime) -> Select[Any]:
        changes = count_changes.c
        return select(changes.counted, changes.word, changes.number, changes.cost_micro_usd).where(
            changes.organization_id == self._organization_id,
            changes.counted.in_(COUNTED),
            changes.hour_at >= to_micros(start),
        )

    def _words(self) -> CTE:
        """Every word that was ever counted, one look into the index for each.

        The counts of a year are then read as one stretch for each word.
        """
        own = hourly_counts.c.organization_id == self._organization_id
        first = select(func.min(hourly_counts.c.word)).where(own)
        each = union_all(*(select(literal(one).label("counted")) for one in COUNTED)).subquery()
        of_each = first.where(hourly_counts.c.counted == each.c.counted).scalar_subquery()
        words = select(each.c.counted, of_each.label("word")).cte("words", recursive=True)
        following = first.where(
            hourly_counts.c.counted == words.c.counted, hourly_counts.c.word > words.c.word
        )
        return words.union_all(
            select(words.c.counted, following.scalar_subquery()).where(words.c.word.is_not(None))
        )

    def _waiting(self, table: Table, word: "Column[str]", value: str) -> int:
        query = (
            select(func.count())
            .select_from(table)
            .where(table.c.organization_id == self._organization_id, word == value)
        )
        return int(self._connection.execute(query).scalar_one())


class StatsWriter(StatsReader):
    """Adds changes to the counts they belong to."""

    def fold(self, *, limit: int) -> int:
        """Add the oldest changes to their hours; how many there were, none on SQLite.

        Whoever reads sees both tables at one moment, so a count is never missed or made twice.
        """
        changes = count_changes.c
        oldest = select(changes.change_id).where(changes.organization_id == self._organization_id)
        chosen = oldest.order_by(changes.change_id).limit(limit).scalar_subquery()
        taken = delete(count_changes).where(changes.change_id.in_(chosen)).returning(count_changes)
        sums: defaultdict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
        rows = self._connection.execute(taken).all()
        for row in rows:
            place = sums[(row.counted, row.hour_at, row.word)]
            place[0] += row.number
            place[1] += row.cost_micro_usd
        for (counted, hour_at, word), (number, cost) in sorted(sums.items()):
            self._add({"counted": counted, "hour_at": hour_at, "word": word}, number, cost)
        return len(rows)

    def _add(self, key: dict[str, object], number: int, cost: int) -> None:
        if self._insert(hourly_counts, {**key, "number": number, "cost_micro_usd": cost}):
            return
        table = hourly_counts.c
        self._connection.execute(
            self._update(hourly_counts)
            .where(*(table[name] == value for name, value in key.items()))
            .values(number=table.number + number, cost_micro_usd=table.cost_micro_usd + cost)
        )
