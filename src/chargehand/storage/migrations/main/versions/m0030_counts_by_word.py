"""Counts by the hour lie in the order of their words, so a year of one word is one stretch."""

import sqlalchemy as sa
from alembic import op

revision = "m0030"
down_revision = "m0029"
branch_labels = None
depends_on = None

_COLUMNS = "organization_id, counted, word, hour_at, number, cost_micro_usd"
_NEW_KEY = ("organization_id", "counted", "word", "hour_at")
_OLD_KEY = ("organization_id", "counted", "hour_at", "word")


def upgrade() -> None:
    """Give the table its new key; what was counted stays."""
    _change_key(_NEW_KEY, is_clustered=True)


def downgrade() -> None:
    """Give it the old one."""
    _change_key(_OLD_KEY, is_clustered=False)


def _change_key(key: tuple[str, ...], *, is_clustered: bool) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint("hourly_counts_pkey", "hourly_counts")
        op.create_primary_key("hourly_counts_pkey", "hourly_counts", list(key))
        return
    # Made anew under its own name: renaming another one to it fails while triggers speak of it.
    connection.exec_driver_sql("CREATE TEMP TABLE kept_counts AS SELECT * FROM hourly_counts")
    op.drop_table("hourly_counts")
    op.create_table(
        "hourly_counts",
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("counted", sa.String(length=64), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*key),
        sqlite_with_rowid=not is_clustered,
    )
    connection.exec_driver_sql(
        f"INSERT INTO hourly_counts ({_COLUMNS}) "  # noqa: S608 - names of ours.
        f"SELECT {_COLUMNS} FROM kept_counts ORDER BY {', '.join(key)}"
    )
    connection.exec_driver_sql("DROP TABLE kept_counts")
