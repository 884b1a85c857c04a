"""Mutes and snoozes, subscriptions, reminders, and feedback on answers."""

import sqlalchemy as sa
from alembic import op

revision = "m0013"
down_revision = "m0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "quiets",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("quiet_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("scope_id", sa.String(length=400), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("actor_id", sa.String(length=200), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "quiet_id"),
        sa.UniqueConstraint("organization_id", "scope", "scope_id", "kind", name="quiets_by_scope"),
    )
    op.create_index("quiets_by_end", "quiets", ["organization_id", "ends_at"])
    op.create_index("quiets_by_owner", "quiets", ["organization_id", "set_by", "ends_at"])
    op.create_table(
        "subscriptions",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("actor_id", sa.String(length=200), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=64), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "subscription_id"),
        sa.UniqueConstraint(
            "organization_id", "topic", "project", "member_id", name="subscriptions_by_topic"
        ),
    )
    op.create_index("subscriptions_by_member", "subscriptions", ["organization_id", "member_id"])
    op.create_table(
        "reminders",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("reminder_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("actor_id", sa.String(length=200), nullable=True),
        sa.Column("is_here", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=400), nullable=True),
        sa.Column("thread_id", sa.String(length=400), nullable=True),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("work_item", sa.String(length=64), nullable=True),
        sa.Column("content_id", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("fired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "reminder_id"),
    )
    op.create_index("reminders_by_due", "reminders", ["organization_id", "fired_at", "due_at"])
    op.create_index("reminders_by_owner", "reminders", ["organization_id", "set_by", "fired_at"])
    op.create_table(
        "feedback",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("feedback_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=True),
        sa.Column("member_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("actor_id", sa.String(length=200), nullable=True),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("work_item", sa.String(length=64), nullable=True),
        sa.Column("is_asker", sa.SmallInteger(), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("undo_action_id", sa.String(length=40), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "feedback_id"),
        sa.UniqueConstraint(
            "organization_id", "decision_id", "given_by", name="feedback_by_decision"
        ),
    )


def downgrade() -> None:
    """Take the tables away."""
    op.drop_table("feedback")
    op.drop_table("reminders")
    op.drop_table("subscriptions")
    op.drop_table("quiets")
