"""The tables of who is who: members, their roles and accounts, accounts that are nobody's."""

import sqlalchemy as sa
from alembic import op

revision = "m0012"
down_revision = "m0011"
branch_labels = None
depends_on = None
_TABLES = (
    "members",
    "member_roles",
    "identities",
    "confirmations",
    "confirmation_tries",
    "unmapped_accounts",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "members",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "member_id"),
        sa.UniqueConstraint("organization_id", "email", name="members_by_email"),
    )
    op.create_table(
        "member_roles",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "member_id", "project", "role"),
    )
    op.create_index("member_roles_by_role", "member_roles", ["organization_id", "role", "project"])
    op.create_table(
        "identities",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("identity_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("is_active", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "identity_id"),
        sa.UniqueConstraint(
            "organization_id",
            "connection_id",
            "account_id",
            "member_id",
            name="identities_by_account",
        ),
    )
    op.create_index(
        "identities_by_member", "identities", ["organization_id", "member_id", "connection_id"]
    )
    op.create_table(
        "confirmations",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("from_connection_id", sa.String(length=40), nullable=True),
        sa.Column("from_account_id", sa.String(length=200), nullable=True),
        sa.Column("started_by", sa.String(length=300), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "member_id", "connection_id"),
    )
    op.create_index(
        "confirmations_by_connection",
        "confirmations",
        ["organization_id", "connection_id", "expires_at"],
    )
    op.create_table(
        "confirmation_tries",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("try_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "try_id"),
        sa.UniqueConstraint(
            "organization_id", "connection_id", "account_id", name="confirmation_tries_by_account"
        ),
    )
    op.create_table(
        "unmapped_accounts",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("unmapped_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "unmapped_id"),
        sa.UniqueConstraint(
            "organization_id", "connection_id", "account_id", name="unmapped_accounts_by_account"
        ),
    )
    op.create_index("unmapped_accounts_by_age", "unmapped_accounts", ["organization_id", "last_at"])


def downgrade() -> None:
    """Take the tables away."""
    for table in reversed(_TABLES):
        op.drop_table(table)
