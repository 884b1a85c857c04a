"""Pseudonyms of people in the audit chain, and how pruning stands."""

import sqlalchemy as sa
from alembic import op

revision = "m0005"
down_revision = "m0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pseudonyms",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "pseudonym"),
        sa.UniqueConstraint("organization_id", "subject", name="pseudonyms_by_subject"),
    )
    op.create_table(
        "prunings",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("kept", sa.String(length=64), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_rows", sa.BigInteger(), nullable=False),
        sa.Column("total_rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "kept"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("prunings")
    op.drop_table("pseudonyms")
