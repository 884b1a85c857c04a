"""What the operator watches and is told: observations, tallies, traffic, sendings of notices."""

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
        "notice_sendings",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("notice_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "notice_id", "channel"),
    )
    op.create_index(
        "notice_sendings_by_state",
        "notice_sendings",
        ["organization_id", "state", "next_attempt_at"],
        unique=False,
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
    op.drop_index("notice_sendings_by_state", table_name="notice_sendings")
    op.drop_table("notice_sendings")
    op.drop_table("tallies")
    op.drop_table("observations")
