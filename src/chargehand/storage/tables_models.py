"""The table of requests to models; what was sent is in `contents`, so that it can be erased."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table

from chargehand.storage.tables import metadata

model_requests = Table(
    "model_requests",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("reservation_id", String(40), nullable=False),
    Column("decision_id", String(40), nullable=False),
    Column("ask_id", String(40), nullable=False),
    Column("position", Integer, nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(200), nullable=False),
    Column("prompt_version", String(64), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("content_id", String(40)),
    Column("sent_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "reservation_id"),
    Index("model_requests_by_decision", "organization_id", "decision_id", "position"),
)
