"""The table of requests to models, and which model made a decision."""

import sqlalchemy as sa
from alembic import op

revision = "m0006"
down_revision = "m0005"
branch_labels = None
depends_on = None

_OF_DECISIONS = (
    ("model_provider", 64),
    ("model", 200),
    ("prompt_version", 64),
    ("reservation_id", 40),
)


def upgrade() -> None:
    """Make the table, and the columns."""
    op.create_table(
        "model_requests",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("reservation_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("ask_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("prompt_version", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "reservation_id"),
    )
    op.create_index(
        "model_requests_by_decision",
        "model_requests",
        ["organization_id", "decision_id", "position"],
        unique=False,
    )
    for name, length in _OF_DECISIONS:
        op.add_column("decisions", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    """Take both away."""
    for name, _ in reversed(_OF_DECISIONS):
        op.drop_column("decisions", name)
    op.drop_index("model_requests_by_decision", table_name="model_requests")
    op.drop_table("model_requests")
