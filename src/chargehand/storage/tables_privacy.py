"""The tables of privacy: who stands behind a pseudonym, and how pruning stands."""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, UniqueConstraint

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_KEY = String(400)

# The only place that says whom a pseudonym of the audit chain means: the chain can not be changed,
# so what it holds has to stop telling anything when a person is erased here.
pseudonyms = Table(
    "pseudonyms",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("pseudonym", _WORD, nullable=False),
    Column("subject", _KEY),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "pseudonym"),
    UniqueConstraint("organization_id", "subject", name="pseudonyms_by_subject"),
)

prunings = Table(
    "prunings",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("kept", _WORD, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("last_rows", BigInteger, nullable=False),
    Column("total_rows", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "kept"),
)
