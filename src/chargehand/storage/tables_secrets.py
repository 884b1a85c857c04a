"""The table of secrets that are kept encrypted; their key is never in the database."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from chargehand.storage.tables import metadata

# `sealed` is base64 of what only the key named by `key_id` opens.
stored_secrets = Table(
    "stored_secrets",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("name", String(64), nullable=False),
    Column("key_id", String(40), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("expires_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "name"),
)
