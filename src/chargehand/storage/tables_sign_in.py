"""The tables of how members prove who they are: passwords, accounts elsewhere, and sessions."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)

# Only what the password's own function makes of it, with its salt and cost.
passwords = Table(
    "passwords",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("digest", String(255), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "member_id"),
)

# Who somebody is at the provider they sign in by; its word for them stands for good.
sign_in_accounts = Table(
    "sign_in_accounts",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("sign_in_account_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("issuer", String(400), nullable=False),
    Column("account_id", String(255), nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "sign_in_account_id"),
    UniqueConstraint("organization_id", "issuer", "account_id", name="sign_in_accounts_by_account"),
    Index("sign_in_accounts_by_member", "organization_id", "member_id"),
)

# A session is its cookie's secret, of which only the digest is kept; ended ones stay for a while.
sessions = Table(
    "sessions",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("session_id", _ID, nullable=False),
    Column("member_id", _ID, nullable=False),
    Column("secret_digest", String(64), nullable=False),
    Column("method", _WORD, nullable=False),
    Column("device", _WORD, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "session_id"),
    UniqueConstraint("secret_digest", name="sessions_by_secret"),
    Index("sessions_by_member", "organization_id", "member_id"),
    Index("sessions_by_end", "organization_id", "ends_at"),
)
