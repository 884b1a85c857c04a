"""Which action undoes which."""

import sqlalchemy as sa
from alembic import op

revision = "m0007"
down_revision = "m0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "undos",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("undo_action_id", sa.String(length=40), nullable=False),
        sa.Column("undone_action_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "undo_action_id"),
        sa.UniqueConstraint(
            "organization_id", "undone_action_id", "ordinal", name="undos_by_undone"
        ),
    )
