"""The table of messages that show how approvals stand."""

import sqlalchemy as sa
from alembic import op

revision = "m0014"
down_revision = "m0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "chat_views",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("approval_id", sa.String(length=40), nullable=False),
        sa.Column("action_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("is_outdated", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "approval_id"),
    )
    op.create_index(
        "chat_views_by_message", "chat_views", ["organization_id", "message_id"], unique=False
    )
    op.create_index(
        "chat_views_outdated", "chat_views", ["organization_id", "is_outdated"], unique=False
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("chat_views")
