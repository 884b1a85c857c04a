"""Budgets of runs, agents and members, and caps in tokens."""

import sqlalchemy as sa
from alembic import op

revision = "m0022"
down_revision = "m0021"
branch_labels = None
depends_on = None

_SPENT = "coalesce(sum(input_tokens + output_tokens), 0)"
_RESERVED = (
    "coalesce(sum(CASE WHEN state = 'open'"
    " THEN input_tokens_at_most + output_tokens_at_most ELSE 0 END), 0)"
)
_MONTH = "r.day BETWEEN starts_on AND substr(starts_on, 1, 8) || '31'"
_NEW = (
    ("agent", "agent", "day", "day", ", day"),
    ("agent", "agent", "month", "substr(day, 1, 8) || '01'", ", substr(day, 1, 8) || '01'"),
    ("run", "subject_id", "whole", "'0001-01-01'", ""),
)


def upgrade() -> None:
    """Add the columns; what counted in dollars so far counts in tokens from now on."""
    with op.batch_alter_table("budgets") as table:
        table.alter_column("cap_micro_usd", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("cap_tokens", sa.BigInteger(), nullable=True))
    for name in ("spent_tokens", "reserved_tokens"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("budget_periods", column)
    op.add_column("reservations", sa.Column("member_id", sa.String(length=40), nullable=True))
    agent = sa.Column("agent", sa.String(length=64), nullable=False, server_default="chargehand")
    op.add_column("reservations", agent)
    _count_what_was_spent()


def downgrade() -> None:
    """Take them away, with the caps in tokens alone."""
    op.execute("DELETE FROM budgets WHERE cap_micro_usd IS NULL")
    for name in ("agent", "member_id"):
        op.drop_column("reservations", name)
    for name in ("reserved_tokens", "spent_tokens"):
        op.drop_column("budget_periods", name)
    with op.batch_alter_table("budgets") as table:
        table.drop_column("cap_tokens")
        table.alter_column("cap_micro_usd", existing_type=sa.BigInteger(), nullable=False)


def _count_what_was_spent() -> None:
    """Fill the new totals from the reservations: those that are open now end against them."""
    sums = (
        "coalesce(sum(cost_micro_usd), 0),"
        " coalesce(sum(CASE WHEN state = 'open' THEN reserved_micro_usd ELSE 0 END), 0),"
        f" {_SPENT}, {_RESERVED}"
    )
    columns = (
        "organization_id, scope, scope_id, period, starts_on,"
        " spent_micro_usd, reserved_micro_usd, spent_tokens, reserved_tokens"
    )
    for scope, scope_id, period, starts_on, grouped in _NEW:
        op.execute(
            f"INSERT INTO budget_periods ({columns})"  # noqa: S608 - only words from this file.
            f" SELECT organization_id, '{scope}', {scope_id}, '{period}', {starts_on}, {sums}"
            " FROM reservations WHERE state <> 'released'"
            f" GROUP BY organization_id, {scope_id}{grouped}"
        )
    same = "r.organization_id = budget_periods.organization_id AND r.state <> 'released'"
    for scope, whose in (("organization", "1 = 1"), ("project", "r.project = scope_id")):
        for period, days in (("day", "r.day = starts_on"), ("month", _MONTH)):
            which = f"FROM reservations r WHERE {same} AND {days} AND {whose}"
            op.execute(
                f"UPDATE budget_periods SET spent_tokens = (SELECT {_SPENT} {which}),"  # noqa: S608 - as above.
                f" reserved_tokens = (SELECT {_RESERVED} {which})"
                f" WHERE scope = '{scope}' AND period = '{period}'"
            )
