"""The table of the inbox; in a file of its own on SQLite, beside the others on PostgreSQL."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)


class DeliveryState(StrEnum):
    """Where a delivery stands: to be dispatched, done, or given up."""

    STORED = "stored"
    DISPATCHED = "dispatched"
    DEAD = "dead"


inbox_metadata = MetaData()

_WORD = String(64)

# Keys and connections are texts without a limit: a value the table refused would end the writer.
# The body is the last column: SQLite then reads every other one without walking the body's pages.
inbox_deliveries = Table(
    "inbox_deliveries",
    inbox_metadata,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("delivery_id", String(40), nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("connector", _WORD, nullable=False),
    Column("delivery_key", Text, nullable=False),
    Column("source", _WORD, nullable=False),
    Column("lane", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("dispatched_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("connection_id", "delivery_key", name="inbox_deliveries_by_key"),
    Index("inbox_deliveries_by_id", "delivery_id", unique=True),
    Index("inbox_deliveries_by_state", "state", "lane", "seq"),
    sqlite_autoincrement=True,
)
