"""The first table of the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "i0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "inbox_deliveries",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("connection_id", "delivery_key", name="inbox_deliveries_by_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("inbox_deliveries_by_id", "inbox_deliveries", ["delivery_id"], unique=True)
    op.create_index(
        "inbox_deliveries_by_state", "inbox_deliveries", ["state", "lane", "seq"], unique=False
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_index("inbox_deliveries_by_state", table_name="inbox_deliveries")
    op.drop_index("inbox_deliveries_by_id", table_name="inbox_deliveries")
    op.drop_table("inbox_deliveries")
