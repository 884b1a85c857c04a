"""What stands open now, counted by way of an index and never by walking a whole table."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, text

from chargehand.domain.action import ActionState
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import actions, approvals, notices

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
