"""Stops: what was stopped and not resumed, in the database, in a file, or by the settings."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Select

from chargehand.domain.ids import OrganizationId
from chargehand.domain.switches import Scope, ScopeKind, StopRecord, StopSource
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.local_switches import NO_LOCAL_SWITCHES, LocalSwitches
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.repositories.statements import select_rows
from chargehand.storage.tables_flags import stops

_MOST_KEPT: Final = 64


class StopReader(Repository):
    """Looks stops up."""

    def __init__(
        self,
        connection: Connection,
        organization_id: OrganizationId,
        local: LocalSwitches = NO_LOCAL_SWITCHES,
    ) -> None:
        super().__init__(connection, organization_id)
        self._local = local

    def in_force(self) -> tuple[StopRecord, ...]:
        """Everything that is stopped for this process, the oldest of the database first."""
        rows = self._rows(_in_force(self._organization_id))
        return (*(_stop(row) for row in rows), *self._local.stops())


class StopWriter(StopReader):
    """Begins and ends stops."""

    def begin(self, stop_id: str, scope: Scope, *, reason: str, by: str, now: datetime) -> None:
        """Stop a scope from the end of this transaction on."""
        self._insert(
            stops,
            {
                "stop_id": stop_id,
                "scope_kind": scope.kind.value,
                "scope_name": scope.name,
                "reason": reason,
                "stopped_at": to_micros(now),
                "stopped_by": by,
                "resumed_at": None,
                "resumed_by": "",
            },
        )

    def end(self, stop_id: str, *, by: str, now: datetime) -> None:
        """Resume what one stop stopped."""
        self._change(stops.c.stop_id, stop_id, {"resumed_at": to_micros(now), "resumed_by": by})


@lru_cache(maxsize=_MOST_KEPT)
def _in_force(organization_id: OrganizationId) -> Select[Any]:
    query = select_rows(stops, organization_id).where(stops.c.resumed_at.is_(None))
    return query.order_by(stops.c.stop_id)


def _stop(row: AnyRow) -> StopRecord:
    return StopRecord(
        scope=Scope(ScopeKind(row.scope_kind), row.scope_name),
        source=StopSource.DATABASE,
        since=from_micros(row.stopped_at),
        by=row.stopped_by,
        reason=row.reason,
        stop_id=row.stop_id,
    )
