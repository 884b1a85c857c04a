"""What looking back goes by: words of events, counts by the hour, and an index for each filter.

Every list is newest first and ids sort by time, so an index that ends in the id gives a page
without sorting, however many rows a filter matches.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from chargehand.storage.tables import (
    actions,
    approvals,
    asks,
    decisions,
    deliveries,
    events,
    metadata,
)

_ID = String(40)
_WORD = String(64)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# `words` holds digests of words and never a word: what was erased or pruned must not be left in
# the pages of an index. On SQLite `event_words` (FTS5) follows by triggers, on PostgreSQL an index.
# `position` sorts like the event's id and numbers the rows of FTS5, which knows no other key.
event_texts = Table(
    "event_texts",
    metadata,
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    Column("organization_id", _ID, nullable=False),
    Column("event_id", _ID, nullable=False),
    Column("content_id", _ID, nullable=False),
    Column("words", Text, nullable=False),
    Index("event_texts_by_content", "organization_id", "content_id"),
)

# How many rows came into being in an hour, by the word that stands in them now. Kept by triggers,
# so in the transaction that writes the row; deleting a row later does not make it unhappened.
hourly_counts = Table(
    "hourly_counts",
    metadata,
    Column("organization_id", _ID, nullable=False),
    Column("counted", _WORD, nullable=False),
    Column("hour_at", BigInteger, nullable=False),
    Column("word", _WORD, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    # A year of one word is then one stretch of the table.
    PrimaryKeyConstraint("organization_id", "counted", "word", "hour_at"),
    sqlite_with_rowid=False,
)

# On PostgreSQL counts arrive here and are added up later: transactions that count the same would
# wait for each other, and for ever when they do it in different orders. Empty on SQLite.
count_changes = Table(
    "count_changes",
    metadata,
    Column("change_id", _NUMBER, primary_key=True, autoincrement=True),
    Column("organization_id", _ID, nullable=False),
    Column("counted", _WORD, nullable=False),
    Column("hour_at", BigInteger, nullable=False),
    Column("word", _WORD, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
)
# Written by triggers when rows are copied, so a copy begins them anew, and last.
COUNTED_BY_TRIGGERS: Final = (count_changes.name, hourly_counts.name)


def _index(table: Table, name: str, *columns: str) -> None:
    Index(f"{table.name}_by_{name}", *(table.c[one] for one in ("organization_id", *columns)))


_index(deliveries, "connection", "connection_id", "delivery_id")
_index(events, "project", "project", "event_id")
_index(events, "kind", "kind", "event_id")
_index(events, "project_and_kind", "project", "kind", "event_id")
_index(asks, "state_and_age", "state", "ask_id")
_index(asks, "project", "project", "ask_id")
_index(asks, "project_and_state", "project", "state", "ask_id")
_index(decisions, "project", "project", "decision_id")
_index(decisions, "verdict", "verdict", "decision_id")
_index(decisions, "project_and_verdict", "project", "verdict", "decision_id")
_index(decisions, "work_item", "work_item", "decision_id")
_index(actions, "state_and_age", "state", "action_id")
_index(actions, "kind", "kind", "action_id")
_index(actions, "kind_and_state", "kind", "state", "action_id")
_index(actions, "project", "project", "action_id")
_index(actions, "project_and_state", "project", "state", "action_id")
_index(approvals, "state_and_age", "state", "approval_id")
