"""What decisions were made from: a table of `main`, see `tables` for the rules of all of them.

The material itself is a content, so that it goes with its retention and with whom it is about.
`content_id` is None where it was too large to be kept; `digest` is that of the content as it was
kept, and shows whether an erasure has changed it since.
"""

from sqlalchemy import BigInteger, Column, Integer, PrimaryKeyConstraint, String, Table

from chargehand.storage.tables import metadata

decision_inputs = Table(
    "decision_inputs",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("decision_id", String(40), nullable=False),
    Column("content_id", String(40)),
    Column("digest", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "decision_id"),
)
