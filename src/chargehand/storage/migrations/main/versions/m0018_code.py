"""Pull requests as last heard of, branches, and what names a work item."""

import sqlalchemy as sa
from alembic import op

revision = "m0018"
down_revision = "m0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _add_pull_requests()
    _add_references()
    _add_branches()


def downgrade() -> None:
    """Take them away."""
    for table in ("code_branches", "code_references", "pull_requests"):
        op.drop_table(table)


def _add_pull_requests() -> None:
    op.create_table(
        "pull_requests",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("pull_request_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("repository", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("is_draft", sa.SmallInteger(), nullable=False),
        sa.Column("is_private", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_repository", sa.String(length=255), nullable=False),
        sa.Column("source_branch", sa.Text(), nullable=False),
        sa.Column("target_branch", sa.Text(), nullable=False),
        sa.Column("head_commit", sa.String(length=80), nullable=False),
        sa.Column("author_id", sa.String(length=255), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("reviewers", sa.Text(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "pull_request_id"),
    )
    _index("pull_requests", "by_head", "connection_id", "head_commit")
    _index("pull_requests", "by_update", "updated_at")


def _add_references() -> None:
    op.create_table(
        "code_references",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("reference_id", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("work_item", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("found_in", sa.String(length=255), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("is_private", sa.SmallInteger(), nullable=False),
        sa.Column("author_id", sa.String(length=255), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "reference_id"),
    )
    _index("code_references", "by_item", "work_item", "seen_at")
    _index("code_references", "by_subject", "subject_id")
    _index("code_references", "by_branch", "branch_id")
    _index("code_references", "by_source", "connection_id", "found_in")
    _index("code_references", "by_age", "seen_at")


def _add_branches() -> None:
    op.create_table(
        "code_branches",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("repository", sa.String(length=255), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("head_commit", sa.String(length=80), nullable=False),
        sa.Column("is_gone", sa.SmallInteger(), nullable=False),
        sa.Column("pushed_at", sa.BigInteger(), nullable=False),
        sa.Column("reset_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "branch_id"),
    )
    _index("code_branches", "by_push", "pushed_at")


def _index(table: str, name: str, *columns: str) -> None:
    op.create_index(f"{table}_{name}", table, ["organization_id", *columns])
