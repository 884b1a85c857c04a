"""Subscriptions to one work item, and what each subscription waits to be told."""

import sqlalchemy as sa
from alembic import op

revision = "m0017"
down_revision = "m0016"
branch_labels = None
depends_on = None

_UNIQUE = "subscriptions_by_topic"
_MOMENTS = ("waiting_since_at", "last_change_at", "held_until_at", "told_at", "stopped_at")


def upgrade() -> None:
    """Add the columns and the table."""
    with op.batch_alter_table("subscriptions") as table:
        table.add_column(sa.Column("work_item", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("waiting", sa.Integer(), nullable=False, server_default="0"))
        for moment in _MOMENTS:
            table.add_column(sa.Column(moment, sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("last_action_id", sa.String(40), nullable=True))
        table.drop_constraint(_UNIQUE, type_="unique")
        table.create_unique_constraint(
            _UNIQUE, ["organization_id", "topic", "project", "work_item", "member_id"]
        )
    op.create_index("subscriptions_by_item", "subscriptions", ["organization_id", "work_item"])
    op.create_index(
        "subscriptions_waiting", "subscriptions", ["organization_id", "waiting_since_at"]
    )
    op.create_table(
        "subscription_changes",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("subscription_id", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "subscription_id", "subject_id"),
    )


def downgrade() -> None:
    """Take them away, with the subscriptions to single work items."""
    op.drop_table("subscription_changes")
    op.execute("DELETE FROM subscriptions WHERE work_item <> ''")
    op.drop_index("subscriptions_waiting", "subscriptions")
    op.drop_index("subscriptions_by_item", "subscriptions")
    with op.batch_alter_table("subscriptions") as table:
        table.drop_constraint(_UNIQUE, type_="unique")
        table.create_unique_constraint(
            _UNIQUE, ["organization_id", "topic", "project", "member_id"]
        )
        for column in ("work_item", "waiting", *_MOMENTS, "last_action_id"):
            table.drop_column(column)
