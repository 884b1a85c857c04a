"""Glasses that were broken: for a while one operator does what the policy would not let them."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table, Text

from chargehand.storage.tables import metadata

broken_glasses = Table(
    "broken_glasses",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("glass_id", String(40), nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "glass_id"),
    Index("broken_glasses_by_end", "organization_id", "ends_at"),
)
