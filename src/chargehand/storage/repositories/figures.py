"""What stands open now, counted by way of an index and never by walking a whole table."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, text

from chargehand.domain.action import ActionState
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import actions, approvals, asks, notices

_OPEN_STATES = (
    ActionState.WAITING,
    ActionState.APPROVED,
    ActionState.EXECUTING,
    ActionState.UNKNOWN,
)
_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class FigureReader(Repository):
    """Counts what a dashboard shows."""

    def open_actions(self) -> Mapping[tuple[str, str], int]:
        """Actions that are not at their end, by kind and state."""
        query = (
            select(actions.c.kind, actions.c.state, func.count())
            .where(
                actions.c.organization_id == self._organization_id,
                actions.c.state.in_([state.value for state in _OPEN_STATES]),
            )
            .group_by(actions.c.kind, actions.c.state)
        )
        return {(kind, state): int(n) for kind, state, n in self._connection.execute(query)}

    def failed_actions_since(self, start: datetime) -> int:
        """How many actions have failed since a moment."""
        query = select(func.count()).where(
            actions.c.organization_id == self._organization_id,
            actions.c.state == ActionState.FAILED.value,
            actions.c.finished_at >= to_micros(start),
        )
        return int(self._connection.execute(query).scalar_one())

    def oldest_approval_at(self) -> datetime | None:
        """When the approval was opened that is open for longest; None when none is open."""
        query = select(func.min(approvals.c.opened_at)).where(
            approvals.c.organization_id == self._organization_id, approvals.c.state == "open"
        )
        oldest = self._connection.execute(query).scalar()
        return None if oldest is None else from_micros(oldest)

    def oldest_due(self, *, now: datetime) -> Mapping[str, datetime]:
        """Since when the oldest ask and the oldest action are due and not done, by kind.

        Shape: an action is due from its approval on, and what was postponed from its next attempt.
        """
        allowed = select(func.max(approvals.c.decided_at)).where(
            approvals.c.organization_id == actions.c.organization_id,
            approvals.c.action_id == actions.c.action_id,
            approvals.c.state == "approved",
        )
        allowed_at = func.coalesce(allowed.scalar_subquery(), actions.c.created_at)
        dues = {
            "ask": (asks, func.coalesce(asks.c.next_attempt_at, asks.c.recorded_at), ("open",)),
            "action": (
                actions,
                func.coalesce(actions.c.next_attempt_at, allowed_at),
                (ActionState.APPROVED.value, ActionState.EXECUTING.value),
            ),
        }
        found = {}
        for kind, (table, due_at, states) in dues.items():
            query = select(func.min(due_at)).where(
                table.c.organization_id == self._organization_id, table.c.state.in_(states)
            )
            oldest = self._connection.execute(query).scalar()
            if oldest is not None and oldest <= to_micros(now):
                found[kind] = from_micros(oldest)
        return found

    def notices_by_severity(self) -> Mapping[str, int]:
        """How many causes the operator was told of."""
        query = (
            select(notices.c.severity, func.count())
            .where(notices.c.organization_id == self._organization_id)
            .group_by(notices.c.severity)
        )
        return {severity: int(n) for severity, n in self._connection.execute(query)}

    def size_bytes(self) -> int:
        """How large the database is, without what SQLite has not folded back yet."""
        return int(
            self._connection.execute(text(_SIZES[self._connection.dialect.name])).scalar_one()
        )
