"""The tables of what the operator watches and is told: observations, tallies, traffic, sendings.

What is in the first three can be counted again from other tables, or is observed again soon.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_KEY = String(400)

# The last value of something that changes, such as the offset of a clock, and when it was seen.
observations = Table(
    "observations",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("name", _WORD, nullable=False),
    Column("subject_id", _KEY, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "name", "subject_id"),
)

# How often something was recorded in the audit chain, up to the place an observation names.
tallies = Table(
    "tallies",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("name", _WORD, nullable=False),
    Column("word", _WORD, nullable=False),
    Column("detail", _WORD, nullable=False),
    Column("total", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "name", "word", "detail"),
)

# Each notice on its way to each channel outside: one line, kept after it was sent.
notice_sendings = Table(
    "notice_sendings",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("notice_id", _ID, nullable=False),
    Column("channel", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    PrimaryKeyConstraint("organization_id", "notice_id", "channel"),
    Index("notice_sendings_by_state", "organization_id", "state", "next_attempt_at"),
)

# Deliveries of hours that are over, and how many of them told something new.
traffic_hours = Table(
    "traffic_hours",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("hour_at", BigInteger, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("source", _WORD, nullable=False),
    Column("kind", _WORD, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "hour_at", "connection_id", "source", "kind"),
)
