"""The tables of money: caps, what counts against them by period, and every reservation.

`starts_on` and `day` are dates in the team's time zone as ISO text, which sorts; amounts are
integer micro-dollars; prices are decimal text, since a price can be finer than a micro-dollar.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from chargehand.storage.tables import metadata

_ID = String(40)
_WORD = String(64)
_KEY = String(400)
_DAY = String(10)


def _organization() -> Column[str]:
    return Column("organization_id", _ID, nullable=False)


budgets = Table(
    "budgets",
    metadata,
    _organization(),
    Column("budget_id", _ID, nullable=False),
    Column("scope", _WORD, nullable=False),
    Column("scope_id", _WORD, nullable=False),
    Column("period", _WORD, nullable=False),
    Column("cap_micro_usd", BigInteger),
    Column("cap_tokens", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    Column("changed_by", _WORD, nullable=False),
    PrimaryKeyConstraint("organization_id", "budget_id"),
    UniqueConstraint("organization_id", "scope", "scope_id", "period", name="budgets_by_scope"),
)

budget_periods = Table(
    "budget_periods",
    metadata,
    _organization(),
    Column("scope", _WORD, nullable=False),
    Column("scope_id", _WORD, nullable=False),
    Column("period", _WORD, nullable=False),
    Column("starts_on", _DAY, nullable=False),
    Column("spent_micro_usd", BigInteger, nullable=False),
    Column("reserved_micro_usd", BigInteger, nullable=False),
    Column("spent_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reserved_tokens", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("organization_id", "scope", "scope_id", "period", "starts_on"),
)

reservations = Table(
    "reservations",
    metadata,
    _organization(),
    Column("reservation_id", _ID, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("settled_by", _WORD),
    Column("project", _WORD),
    Column("member_id", _ID),
    Column("agent", _WORD, nullable=False, server_default="chargehand"),
    Column("purpose", _WORD, nullable=False),
    Column("subject_id", _ID, nullable=False),
    Column("provider", _WORD, nullable=False),
    Column("model", _KEY, nullable=False),
    Column("input_usd", _WORD, nullable=False),
    Column("output_usd", _WORD, nullable=False),
    Column("cache_read_usd", _WORD, nullable=False),
    Column("cache_write_usd", _WORD, nullable=False),
    Column("price_version", _WORD, nullable=False),
    Column("is_at_most", SmallInteger, nullable=False),
    Column("input_tokens_at_most", BigInteger, nullable=False),
    Column("output_tokens_at_most", BigInteger, nullable=False),
    Column("reserved_micro_usd", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cache_read_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("day", _DAY, nullable=False),
    Column("reserved_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    PrimaryKeyConstraint("organization_id", "reservation_id"),
    Index("reservations_by_state", "organization_id", "state", "expires_at"),
    Index("reservations_by_day", "organization_id", "day"),
    Index("reservations_by_subject", "organization_id", "subject_id"),
)
