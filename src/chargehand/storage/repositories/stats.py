"""Counts over a stretch of time."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, Table, func, select

from chargehand.domain.records import Counts
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import actions, approvals, asks, decisions, deliveries, events


class StatsReader(Repository):
    """Counts rows by the words in a column."""

    def since(self, start: datetime) -> Mapping[str, Counts]:
        """How much happened since a moment, by kind of row and its closed word."""
        return {
            "deliveries": self._count(
                deliveries, deliveries.c.source, deliveries.c.received_at, start
            ),
            "events": self._count(events, events.c.kind, events.c.recorded_at, start),
            "asks": self._count(asks, asks.c.state, asks.c.recorded_at, start),
            "verdicts": self._count(decisions, decisions.c.verdict, decisions.c.decided_at, start),
            "reasons": self._count(decisions, decisions.c.reason, decisions.c.decided_at, start),
            "actions": self._count(actions, actions.c.state, actions.c.created_at, start),
            "action_kinds": self._count(actions, actions.c.kind, actions.c.created_at, start),
            "approvals": self._count(approvals, approvals.c.state, approvals.c.opened_at, start),
        }

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

    def _count(
        self, table: Table, word: "Column[str]", at: "Column[int]", start: datetime
    ) -> Counts:
        query = (
            select(word, func.count())
            .where(table.c.organization_id == self._organization_id, at >= to_micros(start))
            .group_by(word)
            .order_by(word)
        )
        return {str(name): int(number) for name, number in self._connection.execute(query)}

    def _waiting(self, table: Table, word: "Column[str]", value: str) -> int:
        query = (
            select(func.count())
            .select_from(table)
            .where(table.c.organization_id == self._organization_id, word == value)
        )
        return int(self._connection.execute(query).scalar_one())
