"""Looks at a SQLite database that may be damaged, changing nothing."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from chargehand.audit.chain import ChainPosition
from chargehand.domain.ids import OrganizationId
from chargehand.storage.schema import version_table


@dataclass(frozen=True, slots=True)
class Standing:
    """What could be read: the schema, and the end of each organization's audit chain."""

    revision: str | None = None
    ends: Mapping[OrganizationId, ChainPosition] = field(default_factory=dict)


def look_at(database: Path) -> Standing:
    """What can be read of a database; nothing where there is none, or it is no database any more.

    A restore is what helps then, so nothing is raised.
    """
    if not database.is_file():
        return Standing()
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True)) as opened:
            [revision] = opened.execute(
                f"SELECT version_num FROM {version_table('main')}"  # noqa: S608 - a name of ours.
            ).fetchone() or (None,)
            rows = opened.execute("SELECT organization_id, seq, hash FROM audit_heads").fetchall()
    except sqlite3.Error:
        return Standing()
    return Standing(revision, {OrganizationId(row[0]): ChainPosition(*row[1:]) for row in rows})
