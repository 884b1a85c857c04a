"""What all workers together may still ask of the vendors: turns that were taken, and stops."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Insert, delete, or_
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import to_micros
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables_limits import vendor_limits

LONGEST_BUCKET: Final = 200


@dataclass(frozen=True, slots=True)
class StoredLimit:
    """What is known of one bucket.

    Units: `turns` and `stopped_until` are microseconds since 1970; 0 where nothing is stopped.
    """

    connection_id: ConnectionId
    bucket: str
    turns: tuple[int, ...] = ()
    stopped_until: int = 0


class VendorLimitReader(Repository):
    """Looks limits up."""

    def of(self, buckets: Mapping[ConnectionId, Collection[str]]) -> Sequence[StoredLimit]:
        """What is known of some buckets of some connections; those never written are left out."""
        names = sorted({name for some in buckets.values() for name in some})
        query = self._select(vendor_limits).where(
            vendor_limits.c.connection_id.in_(sorted(buckets)),
            vendor_limits.c.bucket.in_(names),
        )
        return [_stored(row) for row in self._rows(query)]

    def since(
        self, moment: datetime, connection_ids: Collection[ConnectionId]
    ) -> Sequence[StoredLimit]:
        """What was written of some connections since a moment, or is stopped then."""
        at = to_micros(moment)
        query = self._select(vendor_limits).where(
            vendor_limits.c.connection_id.in_(sorted(connection_ids)),
            or_(vendor_limits.c.changed_at > at, vendor_limits.c.stopped_until > at),
        )
        return [_stored(row) for row in self._rows(query)]

    def stopped(self, *, now: datetime) -> Sequence[StoredLimit]:
        """Everything that a vendor takes nothing of now."""
        query = self._select(vendor_limits).where(vendor_limits.c.stopped_until > to_micros(now))
        return [_stored(row) for row in self._rows(query)]


class VendorLimitWriter(VendorLimitReader):
    """Writes limits down."""

    def put(self, limits: Sequence[StoredLimit], *, now: datetime) -> None:
        """Write the turns of some buckets; a stop stays unless it is told anew."""
        if limits:
            rows = [self._row(one, now) for one in limits]
            self._connection.execute(_upsert("turns", self._connection.dialect.name), rows)

    def stop(self, limits: Sequence[StoredLimit], *, now: datetime) -> None:
        """Write until when some buckets are stopped; their turns stay."""
        if limits:
            rows = [self._row(one, now) for one in limits]
            self._connection.execute(_upsert("stopped_until", self._connection.dialect.name), rows)

    def forget(self, *, before: datetime) -> None:
        """Forget what was written before a moment."""
        self._connection.execute(
            delete(vendor_limits).where(
                vendor_limits.c.organization_id == self._organization_id,
                vendor_limits.c.changed_at < to_micros(before),
            )
        )

    def _row(self, limit: StoredLimit, now: datetime) -> dict[str, object]:
        return {
            "organization_id": self._organization_id,
            "connection_id": limit.connection_id,
            "bucket": limit.bucket,
            "turns": json.dumps(limit.turns),
            "stopped_until": limit.stopped_until,
            "changed_at": to_micros(now),
        }


def _stored(row: Any) -> StoredLimit:
    turns = tuple(json.loads(row.turns))
    return StoredLimit(row.connection_id, row.bucket, turns, row.stopped_until)


@lru_cache(maxsize=4)
def _upsert(name: str, dialect: str) -> Insert:
    """Insert a row, or where there is one change what is named."""
    key = [column.name for column in vendor_limits.primary_key.columns]
    if dialect == "sqlite":
        row = sqlite_insert(vendor_limits)
        new = {one: row.excluded[one] for one in (name, "changed_at")}
        return row.on_conflict_do_update(index_elements=key, set_=new)
    # lazy: the other dialect is no part of a process that has SQLite.
    from sqlalchemy.dialects.postgresql import insert as postgres_insert

    other_row = postgres_insert(vendor_limits)
    new = {one: other_row.excluded[one] for one in (name, "changed_at")}
    return other_row.on_conflict_do_update(index_elements=key, set_=new)
