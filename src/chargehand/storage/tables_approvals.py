"""Who said what about an approval, who was reminded of it, and who is away.

Names of people stand in plain columns and never in a key, so that an erasure reaches them.
"""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
# `cli:anna`, or a connection and an account of it.
_ACTOR = String(300)

# One vote of each person about an approval: its id is made from both. Comments have ids of their
# own.
approval_votes = Table(
    "approval_votes",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("vote_id", _ID, nullable=False),
    Column("approval_id", _ID, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("vote", _WORD, nullable=False),
    Column("voted_by", _WORD, nullable=False),
    Column("voted_via", _WORD, nullable=False),
    Column("voted_at", BigInteger, nullable=False),
    Column("deputy_of", _ID),
    Column("content_id", _ID),
    PrimaryKeyConstraint("organization_id", "vote_id"),
    Index("approval_votes_by_approval", "organization_id", "approval_id", "voted_at"),
)

# Who was told that an approval waits, by stage; the id is made from all three.
approval_reminders = Table(
    "approval_reminders",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("reminder_id", _ID, nullable=False),
    Column("approval_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("stage", _WORD, nullable=False),
    Column("reminded_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "reminder_id"),
    Index("approval_reminders_by_approval", "organization_id", "approval_id"),
)

absences = Table(
    "absences",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("absence_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("deputy_id", _ID),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("set_by", _ACTOR, nullable=False),
    PrimaryKeyConstraint("organization_id", "absence_id"),
    Index("absences_by_member", "organization_id", "member_id", "ends_at"),
    Index("absences_by_deputy", "organization_id", "deputy_id", "ends_at"),
    Index("absences_by_end", "organization_id", "ends_at"),
)
