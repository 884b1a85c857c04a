"""The tables of flags and stops; a flag without a row stands as it does at first."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
)

from chargehand.storage.tables import metadata

flag_settings = Table(
    "flag_settings",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("flag", String(64), nullable=False),
    Column("scope_kind", String(64), nullable=False),
    Column("scope_name", String(64), nullable=False),
    Column("is_on", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("expires_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "flag", "scope_kind", "scope_name"),
)

# A stop in force has no `resumed_at`; those that are over are kept, to look back.
stops = Table(
    "stops",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("stop_id", String(40), nullable=False),
    Column("scope_kind", String(64), nullable=False),
    Column("scope_name", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("stopped_at", BigInteger, nullable=False),
    Column("stopped_by", String(64), nullable=False),
    Column("resumed_at", BigInteger),
    Column("resumed_by", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id", "stop_id"),
    Index("stops_in_force", "organization_id", "resumed_at"),
)
