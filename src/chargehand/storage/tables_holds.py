"""What a database knows of its own life: when it was held, and which programs migrated it."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table

from chargehand.storage.tables import metadata

holds = Table(
    "holds",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("hold_id", String(40), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("backup_id", String(40), nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("held_at", BigInteger, nullable=False),
    Column("held_by", String(64), nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id", "hold_id"),
    Index("holds_by_time", "organization_id", "held_at"),
)

# Of the database itself, not of an organization in it.
schema_history = Table(
    "schema_history",
    metadata,
    Column("revision", String(40), nullable=False),
    Column("program", String(64), nullable=False),
    PrimaryKeyConstraint("revision"),
)
