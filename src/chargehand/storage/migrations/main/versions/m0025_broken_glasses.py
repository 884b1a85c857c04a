"""The table of broken glasses: whoever broke one, why, and until when it counts."""

import sqlalchemy as sa
from alembic import op

revision = "m0025"
down_revision = "m0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "broken_glasses",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("glass_id", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "glass_id"),
    )
    op.create_index("broken_glasses_by_end", "broken_glasses", ["organization_id", "ends_at"])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("broken_glasses")
