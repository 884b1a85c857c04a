"""Caps on what models cost, what counts against them, and reservations."""

import sqlalchemy as sa
from alembic import op

revision = "m0002"
down_revision = "m0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "budgets",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("budget_id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=64), nullable=False),
        sa.Column("cap_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "budget_id"),
        sa.UniqueConstraint(
            "organization_id", "scope", "scope_id", "period", name="budgets_by_scope"
        ),
    )
    op.create_table(
        "budget_periods",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=64), nullable=False),
        sa.Column("starts_on", sa.String(length=10), nullable=False),
        sa.Column("spent_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "scope", "scope_id", "period", "starts_on"),
    )
    _make_reservations()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("reservations_by_subject", table_name="reservations")
    op.drop_index("reservations_by_day", table_name="reservations")
    op.drop_index("reservations_by_state", table_name="reservations")
    op.drop_table("reservations")
    op.drop_table("budget_periods")
    op.drop_table("budgets")


def _make_reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("reservation_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.Column("project", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=400), nullable=False),
        sa.Column("input_usd", sa.String(length=64), nullable=False),
        sa.Column("output_usd", sa.String(length=64), nullable=False),
        sa.Column("cache_read_usd", sa.String(length=64), nullable=False),
        sa.Column("cache_write_usd", sa.String(length=64), nullable=False),
        sa.Column("price_version", sa.String(length=64), nullable=False),
        sa.Column("is_at_most", sa.SmallInteger(), nullable=False),
        sa.Column("input_tokens_at_most", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens_at_most", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "reservation_id"),
    )
    op.create_index(
        "reservations_by_state",
        "reservations",
        ["organization_id", "state", "expires_at"],
        unique=False,
    )
    op.create_index("reservations_by_day", "reservations", ["organization_id", "day"], unique=False)
    op.create_index(
        "reservations_by_subject", "reservations", ["organization_id", "subject_id"], unique=False
    )
