"""The table of the signs that an answer is worked on, and an index on what messages show."""

import sqlalchemy as sa
from alembic import op

revision = "m0015"
down_revision = "m0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "working_signs",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=False),
        sa.Column("action_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "ask_id"),
    )
    op.create_index(
        "chat_views_by_action", "chat_views", ["organization_id", "action_id"], unique=False
    )


def downgrade() -> None:
    """Take the table and the index away."""
    op.drop_index("chat_views_by_action", table_name="chat_views")
    op.drop_table("working_signs")
