"""The table of flags."""

import sqlalchemy as sa
from alembic import op

revision = "m0003"
down_revision = "m0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "flags",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("flag", sa.String(length=64), nullable=False),
        sa.Column("is_on", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "flag"),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("flags")
