"""The tables of who is who: members, their roles and accounts, and accounts that are nobody's.

Ids that vendors gave stand in plain columns and never in a primary key, so that an erasure reaches
them.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from chargehand.domain.account import LONGEST_ACCOUNT, LONGEST_EMAIL, LONGEST_NAME
from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_NAME = String(LONGEST_NAME)
_ACCOUNT = String(LONGEST_ACCOUNT)
_EMAIL = String(LONGEST_EMAIL)
# `cli:anna`, or a connection and an account of it.
_ACTOR = String(300)

# `email` is in lower case, so that one address is one row.
members = Table(
    "members",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("email", _EMAIL),
    Column("time_zone", _WORD),
    Column("added_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "member_id"),
    UniqueConstraint("organization_id", "email", name="members_by_email"),
)

# An empty project is every project.
member_roles = Table(
    "member_roles",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("project", _WORD, nullable=False),
    Column("role", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "member_id", "project", "role"),
    Index("member_roles_by_role", "organization_id", "role", "project"),
)

# An account has at most one row that is not refused, and a member at most one such row at a
# connection; refused rows stay, so that what was refused is not matched again.
identities = Table(
    "identities",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("identity_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("account_id", _ACCOUNT, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("is_active", SmallInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", _ACTOR, nullable=False),
    PrimaryKeyConstraint("organization_id", "identity_id"),
    UniqueConstraint(
        "organization_id", "connection_id", "account_id", "member_id", name="identities_by_account"
    ),
    Index("identities_by_member", "organization_id", "member_id", "connection_id"),
)

# A code somebody was given, of which only a salted digest is kept, and where it was asked for.
confirmations = Table(
    "confirmations",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("salt", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("from_connection_id", _ID),
    Column("from_account_id", _ACCOUNT),
    Column("started_by", _ACTOR, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "member_id", "connection_id"),
    Index("confirmations_by_connection", "organization_id", "connection_id", "expires_at"),
)

# Wrong codes an account said; a row is worth nothing once its window is over.
confirmation_tries = Table(
    "confirmation_tries",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("try_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("account_id", _ACCOUNT, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "try_id"),
    UniqueConstraint(
        "organization_id", "connection_id", "account_id", name="confirmation_tries_by_account"
    ),
)

# Accounts that were seen and belong to nobody, and on how many days.
unmapped_accounts = Table(
    "unmapped_accounts",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("unmapped_id", _ID, nullable=False),
    Column("connection_id", _ID, nullable=False),
    Column("account_id", _ACCOUNT, nullable=False),
    Column("name", _NAME, nullable=False),
    Column("email", _EMAIL),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("days", Integer, nullable=False),
    PrimaryKeyConstraint("organization_id", "unmapped_id"),
    UniqueConstraint(
        "organization_id", "connection_id", "account_id", name="unmapped_accounts_by_account"
    ),
    Index("unmapped_accounts_by_age", "organization_id", "last_at"),
)
