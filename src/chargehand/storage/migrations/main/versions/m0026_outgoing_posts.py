"""Posts of outgoing webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "m0026"
down_revision = "m0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "outgoing_posts",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("post_id", sa.String(length=40), nullable=False),
        sa.Column("webhook", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=400), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "post_id"),
        sa.UniqueConstraint(
            "organization_id", "webhook", "audit_seq", name="outgoing_posts_by_record"
        ),
    )
    for name, columns in (("by_state", ["state", "next_attempt_at"]), ("by_age", ["created_at"])):
        op.create_index(f"outgoing_posts_{name}", "outgoing_posts", ["organization_id", *columns])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("outgoing_posts")
