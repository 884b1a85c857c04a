"""The table of what is told to other programs: ids and how each telling stands, never a text."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_KEY = String(400)

outgoing_posts = Table(
    "outgoing_posts",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("post_id", _ID, nullable=False),
    Column("webhook", _WORD, nullable=False),
    Column("event", _WORD, nullable=False),
    Column("subject_id", _KEY, nullable=False),
    Column("project", _WORD),
    Column("audit_seq", BigInteger, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("problem", Text, nullable=False),
    PrimaryKeyConstraint("organization_id", "post_id"),
    UniqueConstraint("organization_id", "webhook", "audit_seq", name="outgoing_posts_by_record"),
    Index("outgoing_posts_by_state", "organization_id", "state", "next_attempt_at"),
    Index("outgoing_posts_by_age", "organization_id", "created_at"),
)
