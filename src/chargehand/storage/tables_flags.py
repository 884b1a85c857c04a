"""The table of flags; a flag without a row stands as it does at first."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, SmallInteger, String, Table

from chargehand.storage.tables import metadata

flags = Table(
    "flags",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("flag", String(64), nullable=False),
    Column("is_on", SmallInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id", "flag"),
)
