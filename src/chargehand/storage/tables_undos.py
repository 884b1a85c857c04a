"""Which action undoes which: a table of `main`, see `tables` for the rules of all of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from chargehand.storage.tables import metadata

_ID = String(40)

undos = Table(
    "undos",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("undo_action_id", _ID, nullable=False),
    Column("undone_action_id", _ID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("requested_by", String(64), nullable=False),
    PrimaryKeyConstraint("organization_id", "undo_action_id"),
    UniqueConstraint("organization_id", "undone_action_id", "ordinal", name="undos_by_undone"),
)
