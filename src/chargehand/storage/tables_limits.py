"""The table of vendors' limits: what all workers together may still ask of a vendor.

What is in it is over within minutes; without it the vendor would say no more often.
"""

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from chargehand.storage.tables import metadata

# `turns` are the moments at which requests left or may leave, a JSON list of microseconds in their
# order; `stopped_until` is when the vendor takes something of the bucket again.
vendor_limits = Table(
    "vendor_limits",
    metadata,
    Column("organization_id", String(40), nullable=False),
    Column("connection_id", String(40), nullable=False),
    Column("bucket", String(200), nullable=False),
    Column("turns", Text, nullable=False),
    Column("stopped_until", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("organization_id", "connection_id", "bucket"),
)
