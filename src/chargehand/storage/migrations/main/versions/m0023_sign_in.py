"""What keys are limited to, and how members sign in."""

import sqlalchemy as sa
from alembic import op

revision = "m0023"
down_revision = "m0022"
branch_labels = None
depends_on = None

_LIMITS = ("permissions", "projects", "member_id", "expires_at")


def upgrade() -> None:
    """Add the columns, which are empty for keys without limits, and the tables."""
    op.add_column("api_keys", sa.Column("permissions", sa.String(length=1000), nullable=True))
    op.add_column("api_keys", sa.Column("projects", sa.String(length=1000), nullable=True))
    op.add_column("api_keys", sa.Column("member_id", sa.String(length=40), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    _add_passwords()
    _add_accounts()
    _add_sessions()


def downgrade() -> None:
    """Take them away; a key with limits would be one without, so it goes."""
    op.execute(
        "DELETE FROM api_keys WHERE permissions IS NOT NULL OR projects IS NOT NULL "
        "OR member_id IS NOT NULL OR expires_at IS NOT NULL"
    )
    for column in _LIMITS:
        op.drop_column("api_keys", column)
    for table in ("sessions", "sign_in_accounts", "passwords"):
        op.drop_table(table)


def _add_passwords() -> None:
    op.create_table(
        "passwords",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "member_id"),
    )


def _add_accounts() -> None:
    op.create_table(
        "sign_in_accounts",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("sign_in_account_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=400), nullable=False),
        sa.Column("account_id", sa.String(length=255), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "sign_in_account_id"),
        sa.UniqueConstraint(
            "organization_id", "issuer", "account_id", name="sign_in_accounts_by_account"
        ),
    )
    _index("sign_in_accounts", "by_member", "member_id")


def _add_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "session_id"),
        sa.UniqueConstraint("secret_digest", name="sessions_by_secret"),
    )
    _index("sessions", "by_member", "member_id")
    _index("sessions", "by_end", "ends_at")


def _index(table: str, name: str, *columns: str) -> None:
    op.create_index(f"{table}_{name}", table, ["organization_id", *columns])
