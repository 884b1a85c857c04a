"""Policy versions, of which the newest is in force, and who was let past it for a while.

None is ever changed, and a broken glass that ended is kept.
"""

import json
from datetime import datetime

from sqlalchemy import func, select

from chargehand.domain.ids import GlassId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import BrokenGlass, PolicyVersion
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.errors import PolicyUnreadable
from chargehand.storage.repositories.rows import AnyRow, Repository, load_object
from chargehand.storage.tables import policy_versions
from chargehand.storage.tables_policy import broken_glasses


class PolicyReader(Repository):
    """Looks policies up."""

    def current(self) -> PolicyVersion | None:
        """The version in force; None before the first migration."""
        row = self._one(
            self._select(policy_versions).order_by(policy_versions.c.version.desc()).limit(1)
        )
        return _version(row) if row is not None else None

    def version_in_force(self) -> int | None:
        """The number of the version in force; None before the first."""
        query = select(func.max(policy_versions.c.version)).where(
            policy_versions.c.organization_id == self._organization_id
        )
        found = self._connection.scalar(query)
        return int(found) if found is not None else None

    def current_text(self) -> tuple[int, str] | None:
        """The version in force with its document as it is stored; None before the first."""
        query = self._select(policy_versions).order_by(policy_versions.c.version.desc()).limit(1)
        row = self._one(query)
        return (row.version, row.document) if row is not None else None

    def texts(self) -> tuple[tuple[int, str, datetime], ...]:
        """Every version with its document as it is stored and its time, oldest first."""
        rows = self._rows(self._select(policy_versions).order_by(policy_versions.c.version))
        return tuple((row.version, row.document, from_micros(row.created_at)) for row in rows)

    def find(self, version: int) -> PolicyVersion | None:
        """One version; None when there is none of that number."""
        query = self._select(policy_versions).where(policy_versions.c.version == version)
        row = self._one(query)
        return _version(row) if row is not None else None

    def broken_glass(self) -> BrokenGlass | None:
        """The broken glass that ends last; None when there never was one."""
        query = self._select(broken_glasses).order_by(broken_glasses.c.ends_at.desc())
        row = self._one(query.limit(1))
        return _glass(row) if row is not None else None

    def history(self) -> tuple[PolicyVersion, ...]:
        """Every version, oldest first."""
        rows = self._rows(self._select(policy_versions).order_by(policy_versions.c.version))
        return tuple(_version(row) for row in rows)


class PolicyWriter(PolicyReader):
    """Adds policy versions."""

    def add(self, version: int, document: JSONObject, *, by: str, now: datetime) -> bool:
        """Put a new version in force; False when another process wrote that number first."""
        return self._insert(
            policy_versions,
            {
                "version": version,
                "document": json.dumps(document),
                "created_at": to_micros(now),
                "created_by": by,
            },
        )

    def add_glass(self, glass: BrokenGlass) -> None:
        """Record that a glass was broken."""
        self._insert(
            broken_glasses,
            {
                "glass_id": glass.id,
                "opened_by": glass.opened_by,
                "reason": glass.reason,
                "opened_at": to_micros(glass.opened_at),
                "ends_at": to_micros(glass.ends_at),
            },
        )

    def end_glass(self, glass_id: GlassId, *, now: datetime) -> None:
        """Let a broken glass count no longer."""
        self._connection.execute(
            self._update(broken_glasses)
            .where(broken_glasses.c.glass_id == glass_id)
            .values(ends_at=to_micros(now))
        )


def _glass(row: AnyRow) -> BrokenGlass:
    return BrokenGlass(
        id=GlassId(row.glass_id),
        opened_by=row.opened_by,
        reason=row.reason,
        opened_at=from_micros(row.opened_at),
        ends_at=from_micros(row.ends_at),
    )


def _version(row: AnyRow) -> PolicyVersion:
    try:
        document = load_object(row.document)
    except (ValueError, TypeError) as error:
        raise PolicyUnreadable(version=row.version, why="it is no JSON object") from error
    return PolicyVersion(
        version=row.version,
        document=document,
        created_at=from_micros(row.created_at),
        created_by=row.created_by,
    )
