"""The table of processes: which fronts, workers and clocks share this database."""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)

# One line for each start of a process, kept some days after it ended.
processes = Table(
    "processes",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("process_id", _ID, nullable=False),
    Column("role", _WORD, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("beats", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("state_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "process_id"),
)
