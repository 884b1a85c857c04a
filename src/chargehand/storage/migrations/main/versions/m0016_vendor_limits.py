"""What all workers together may ask of a vendor, and how often an action waited for it."""

import sqlalchemy as sa
from alembic import op

revision = "m0016"
down_revision = "m0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and count waits."""
    op.create_table(
        "vendor_limits",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("bucket", sa.String(length=200), nullable=False),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("stopped_until", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "connection_id", "bucket"),
    )
    op.add_column("actions", sa.Column("waits", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take both away."""
    op.drop_column("actions", "waits")
    op.drop_table("vendor_limits")
