"""Flags by scope, stops, and what caps count by in the effect ledger."""

import sqlalchemy as sa
from alembic import op

revision = "m0021"
down_revision = "m0020"
branch_labels = None
depends_on = None

_COUNTED_BY = (("kind", 64), ("requested_by", 400))
_INDEXES = (
    ("effects_by_kind", "kind"),
    ("effects_by_target", "target"),
    ("effects_by_requester", "requested_by"),
)


def upgrade() -> None:
    """Add the tables, and take over what was set of flags."""
    op.create_table(
        "flag_settings",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("flag", sa.String(length=64), nullable=False),
        sa.Column("scope_kind", sa.String(length=64), nullable=False),
        sa.Column("scope_name", sa.String(length=64), nullable=False),
        sa.Column("is_on", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "flag", "scope_kind", "scope_name"),
    )
    op.execute(
        "INSERT INTO flag_settings (organization_id, flag, scope_kind, scope_name, is_on, reason, "
        "set_at, set_by, expires_at) SELECT organization_id, flag, 'organization', '', is_on, '', "
        "changed_at, changed_by, NULL FROM flags"
    )
    op.drop_table("flags")
    op.create_table(
        "stops",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("stop_id", sa.String(length=40), nullable=False),
        sa.Column("scope_kind", sa.String(length=64), nullable=False),
        sa.Column("scope_name", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_by", sa.String(length=64), nullable=False),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        sa.Column("resumed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "stop_id"),
    )
    op.create_index("stops_in_force", "stops", ["organization_id", "resumed_at"])
    for name, length in _COUNTED_BY:
        op.add_column("effects", sa.Column(name, sa.String(length=length), nullable=True))
    # Caps count what was sent before them as well.
    op.execute(
        "UPDATE effects SET kind = (SELECT actions.kind FROM actions WHERE "
        "actions.organization_id = effects.organization_id "
        "AND actions.action_id = effects.action_id)"
    )
    for index, column in _INDEXES:
        op.create_index(index, "effects", ["organization_id", column, "intended_at"])


def downgrade() -> None:
    """Take them away; what was set for all of the organization stays."""
    for index, _ in _INDEXES:
        op.drop_index(index, table_name="effects")
    with op.batch_alter_table("effects") as table:
        for name, _ in _COUNTED_BY:
            table.drop_column(name)
    op.drop_table("stops")
    op.create_table(
        "flags",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("flag", sa.String(length=64), nullable=False),
        sa.Column("is_on", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "flag"),
    )
    op.execute(
        "INSERT INTO flags (organization_id, flag, is_on, changed_at, changed_by) SELECT "
        "organization_id, flag, is_on, set_at, set_by FROM flag_settings "
        "WHERE scope_kind = 'organization'"
    )
    op.drop_table("flag_settings")
