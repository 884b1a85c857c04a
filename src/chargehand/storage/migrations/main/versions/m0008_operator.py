"""What the operator watches: observations, tallies, traffic by the hour."""

import sqlalchemy as sa
from alembic import op

revision = "m0008"
down_revision = "m0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "observations",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=400), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "name", "subject_id"),
    )
    op.create_table(
        "tallies",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "name", "word", "detail"),
    )
    op.create_table(
        "traffic_hours",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "hour_at", "connection_id", "source", "kind"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("traffic_hours")
    op.drop_table("tallies")
    op.drop_table("observations")
