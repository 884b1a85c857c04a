"""Votes about approvals, reminders of them, and absences of members."""

import sqlalchemy as sa
from alembic import op

revision = "m0020"
down_revision = "m0019"
branch_labels = None
depends_on = None

_OPEN_APPROVALS = "approvals_by_look"
# What was approved before is still approved: its decider is the one voter there was.
_VOTES_OF_BEFORE = """
    INSERT INTO approval_votes (organization_id, vote_id, approval_id, digest, vote, voted_by,
        voted_via, voted_at, deputy_of, content_id)
    SELECT approvals.organization_id, 'vot_' || substr(approvals.approval_id, 5),
        approvals.approval_id, approvals.digest, 'approve', approvals.decided_by,
        approvals.decided_via, approvals.decided_at, NULL, NULL
    FROM approvals
    WHERE approvals.state = 'approved' AND approvals.decided_at IS NOT NULL
"""


def upgrade() -> None:
    """Add the tables and columns, and a vote for each approval that was given."""
    op.add_column("approvals", sa.Column("look_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "approvals",
        sa.Column("escalated_to", sa.String(length=255), nullable=False, server_default=""),
    )
    op.create_index(_OPEN_APPROVALS, "approvals", ["organization_id", "state", "look_at"])
    _add_votes()
    _add_reminders()
    _add_absences()
    op.execute(_VOTES_OF_BEFORE)
    # Without a moment nobody would ever be reminded of what waits already.
    op.execute("UPDATE approvals SET look_at = opened_at WHERE state = 'open'")


def downgrade() -> None:
    """Take them away."""
    for table in ("absences", "approval_reminders", "approval_votes"):
        op.drop_table(table)
    op.drop_index(_OPEN_APPROVALS, "approvals")
    op.drop_column("approvals", "escalated_to")
    op.drop_column("approvals", "look_at")


def _add_votes() -> None:
    op.create_table(
        "approval_votes",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("vote_id", sa.String(length=40), nullable=False),
        sa.Column("approval_id", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("vote", sa.String(length=64), nullable=False),
        sa.Column("voted_by", sa.String(length=64), nullable=False),
        sa.Column("voted_via", sa.String(length=64), nullable=False),
        sa.Column("voted_at", sa.BigInteger(), nullable=False),
        sa.Column("deputy_of", sa.String(length=40), nullable=True),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "vote_id"),
    )
    _index("approval_votes", "by_approval", "approval_id", "voted_at")


def _add_reminders() -> None:
    op.create_table(
        "approval_reminders",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("reminder_id", sa.String(length=40), nullable=False),
        sa.Column("approval_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("reminded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "reminder_id"),
    )
    _index("approval_reminders", "by_approval", "approval_id")


def _add_absences() -> None:
    op.create_table(
        "absences",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("absence_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("deputy_id", sa.String(length=40), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "absence_id"),
    )
    _index("absences", "by_member", "member_id", "ends_at")
    _index("absences", "by_deputy", "deputy_id", "ends_at")
    _index("absences", "by_end", "ends_at")


def _index(table: str, name: str, *columns: str) -> None:
    op.create_index(f"{table}_{name}", table, ["organization_id", *columns])
