"""What a backup says of itself, as `manifest.json`, the first member of its file."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.audit.chain import ChainPosition

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CONFIG: Final = "config.json"


class BackupKind(StrEnum):
    """Which kind of database a backup was taken from, and goes back to."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


class BackupOrigin(StrEnum):
    """Why a backup was made; retention removes only those that were scheduled."""

    PERSON = "person"
    SCHEDULE = "schedule"
    MIGRATION = "migration"


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a backup; `rows` is None for what is no table."""

    name: str
    size_bytes: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds and which moment it is of.

    Shape: `source` tells installations apart that share a folder of backups; `main_schema` and
    `inbox_schema` are the revisions of the two branches; `audit` is the end of each organization's
    chain; `counts` are the rows of each table by its name.
    """

    format: int
    kind: BackupKind
    backup_id: str
    created_at: datetime
    origin: BackupOrigin
    source: str
    program: str
    main_schema: str
    inbox_schema: str
    audit: dict[str, ChainPosition] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
