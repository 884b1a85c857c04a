"""Looking back at a million events: an index for each filter, words of events, counts by the hour.

On a database that holds something already all of it is made from the rows, in the transaction of
the migration; the log tells how far it is.
"""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from chargehand.kit.ids import order_of
from chargehand.logs.log import get_logger
from chargehand.storage.words import tokens_of_event

revision = "m0010"
down_revision = "m0009"
branch_labels = None
depends_on = None

_log = get_logger()
_CHUNK = 5000
_TELL_EVERY = 100_000
_INDEXES = (
    ("deliveries", "connection", "connection_id", "delivery_id"),
    ("events", "project", "project", "event_id"),
    ("events", "kind", "kind", "event_id"),
    ("events", "project_and_kind", "project", "kind", "event_id"),
    ("asks", "state_and_age", "state", "ask_id"),
    ("asks", "project", "project", "ask_id"),
    ("asks", "project_and_state", "project", "state", "ask_id"),
    ("decisions", "project", "project", "decision_id"),
    ("decisions", "verdict", "verdict", "decision_id"),
    ("decisions", "project_and_verdict", "project", "verdict", "decision_id"),
    ("decisions", "work_item", "work_item", "decision_id"),
    ("actions", "state_and_age", "state", "action_id"),
    ("actions", "kind", "kind", "action_id"),
    ("actions", "kind_and_state", "kind", "state", "action_id"),
    ("actions", "project", "project", "action_id"),
    ("actions", "project_and_state", "project", "state", "action_id"),
    ("approvals", "state_and_age", "state", "approval_id"),
)
# Table, what its rows are counted as, the column with the word, when it was, whether it changes.
_COUNTED = (
    ("deliveries", "deliveries", "source", "received_at", False),
    ("events", "events", "kind", "recorded_at", False),
    ("asks", "asks", "state", "recorded_at", True),
    ("decisions", "verdicts", "verdict", "decided_at", False),
    ("decisions", "reasons", "reason", "decided_at", False),
    ("actions", "actions", "state", "created_at", True),
    ("actions", "action_kinds", "kind", "created_at", False),
    ("approvals", "approvals", "state", "opened_at", True),
)
_MOVED = (("OLD", -1), ("NEW", 1))
_HOUR = 3_600_000_000
_COLUMNS = "organization_id, counted, hour_at, word, number, cost_micro_usd"
# The same as in `storage/words_postgres.py`: an index serves only the very expression it is on.
_VECTOR = """array_to_tsvector(string_to_array(words
 || ' ' || organization_id || 'a' || (position >> 41)::text
 || ' ' || organization_id || 'b' || (position >> 45)::text
 || ' ' || organization_id || 'c' || (position >> 49)::text
 || ' ' || organization_id || 'd' || (position >> 53)::text
 || ' ' || organization_id || 'e' || (position >> 57)::text, ' '))"""
_FTS = (
    """CREATE VIRTUAL TABLE event_words USING fts5(words, content='event_texts',
 content_rowid='position', detail='none', columnsize=0, tokenize='ascii')""",
    """CREATE TRIGGER event_texts_added AFTER INSERT ON event_texts BEGIN
 INSERT INTO event_words(rowid, words) VALUES (NEW.position, NEW.words); END""",
    """CREATE TRIGGER event_texts_removed AFTER DELETE ON event_texts BEGIN
 INSERT INTO event_words(event_words, rowid, words)
 VALUES ('delete', OLD.position, OLD.words); END""",
    """CREATE TRIGGER event_texts_changed AFTER UPDATE OF words ON event_texts BEGIN
 INSERT INTO event_words(event_words, rowid, words)
 VALUES ('delete', OLD.position, OLD.words);
 INSERT INTO event_words(rowid, words) VALUES (NEW.position, NEW.words); END""",
)


def upgrade() -> None:
    """Make indexes, tables and triggers, and fill them."""
    connection = op.get_bind()
    if not _is_sqlite(connection):
        # Filling in what an old database holds takes longer than any other statement may.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    is_filled = connection.execute(sa.text("SELECT 1 FROM events LIMIT 1")).first() is not None
    for table, name, *columns in _INDEXES:
        op.create_index(f"{table}_by_{name}", table, ["organization_id", *columns])
        if is_filled:
            _log.info("migration.index_made", table=table, index=name)
    _make_tables()
    _count_rows(connection)
    for statement in _triggers(connection):
        connection.exec_driver_sql(statement)
    if _is_sqlite(connection):
        for statement in _FTS:
            connection.exec_driver_sql(statement)
    _index_words(connection)
    if not _is_sqlite(connection):
        connection.exec_driver_sql(
            f"CREATE INDEX event_texts_by_words ON event_texts USING gin (({_VECTOR}))"
        )


def downgrade() -> None:
    """Drop all of it."""
    connection = op.get_bind()
    for number, (table, *_) in enumerate(_COUNTED):
        for moment in ("added", "changed"):
            name = f"{table}_{number}_{moment}"
            on_table = "" if _is_sqlite(connection) else f" ON {table}"
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{on_table}")
            if not _is_sqlite(connection):
                connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}()")
    if _is_sqlite(connection):
        connection.exec_driver_sql("DROP TABLE event_words")
    for table in ("count_changes", "hourly_counts", "event_texts"):
        op.drop_table(table)
    for table, name, *_ in reversed(_INDEXES):
        op.drop_index(f"{table}_by_{name}", table_name=table)


def _make_tables() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "event_texts",
        sa.Column("position", big, primary_key=True, autoincrement=False),
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("content_id", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
    )
    op.create_index("event_texts_by_content", "event_texts", ["organization_id", "content_id"])
    op.create_table(
        "hourly_counts",
        *_count_columns(),
        sa.PrimaryKeyConstraint("organization_id", "counted", "hour_at", "word"),
    )
    number = sa.Column("change_id", big, primary_key=True, autoincrement=True)
    op.create_table("count_changes", number, *_count_columns())


def _count_columns() -> tuple["sa.Column[Any]", ...]:
    return (
        sa.Column("organization_id", sa.String(length=40), nullable=False),
        sa.Column("counted", sa.String(length=64), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
    )


def _count_rows(connection: sa.Connection) -> None:
    for table, counted, word, at, _ in _COUNTED:
        cost = "coalesce(sum(cost_micro_usd), 0)" if counted == "verdicts" else "0"
        hour = f"{at} / {_HOUR} * {_HOUR}"
        connection.exec_driver_sql(
            f"INSERT INTO hourly_counts ({_COLUMNS}) "  # noqa: S608 - names of ours.
            f"SELECT organization_id, '{counted}', {hour}, {word}, count(*), {cost} "
            f"FROM {table} GROUP BY organization_id, {hour}, {word}"
        )


def _triggers(connection: sa.Connection) -> Iterator[str]:
    make = _sqlite_trigger if _is_sqlite(connection) else _postgres_trigger
    for number, (table, counted, word, at, can_change) in enumerate(_COUNTED):
        cost = "NEW.cost_micro_usd" if counted == "verdicts" else "0"
        added = _added(counted, word, f"NEW.{at}", 1, cost)
        yield from make(f"{table}_{number}_added", table, "INSERT", "", [added])
        if can_change:
            moved = [_added(counted, word, f"{row}.{at}", n) for row, n in _MOVED]
            differs = f"WHEN (OLD.{word} <> NEW.{word})"
            yield from make(f"{table}_{number}_changed", table, f"UPDATE OF {word}", differs, moved)


def _added(counted: str, word: str, at: str, number: int, cost: str = "0") -> str:
    row = at.partition(".")[0]
    hour = f"{at} / {_HOUR} * {_HOUR}"
    return f"({row}.organization_id, '{counted}', {hour}, {row}.{word}, {number}, {cost})"


def _sqlite_trigger(
    name: str, table: str, event: str, when: str, values: list[str]
) -> Iterator[str]:
    # One statement for each: within one, the second row would not find what the first one made.
    statements = " ".join(
        f"INSERT INTO hourly_counts ({_COLUMNS}) VALUES {one} "  # noqa: S608 - names of ours.
        "ON CONFLICT (organization_id, counted, hour_at, word) DO UPDATE SET "
        "number = number + excluded.number, "
        "cost_micro_usd = cost_micro_usd + excluded.cost_micro_usd;"
        for one in values
    )
    yield f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {statements} END"


def _postgres_trigger(
    name: str, table: str, event: str, when: str, values: list[str]
) -> Iterator[str]:
    rows = ", ".join(values)
    yield (
        f"CREATE FUNCTION {name}() RETURNS trigger "  # noqa: S608 - names of ours.
        "LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO count_changes ({_COLUMNS}) VALUES {rows}; "
        "RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} "
        f"EXECUTE FUNCTION {name}()"
    )


def _index_words(connection: sa.Connection) -> None:
    adding = sa.text(
        "INSERT INTO event_texts (position, organization_id, event_id, content_id, words) "
        "VALUES (:position, :organization_id, :event_id, :content_id, :words)"
    )
    before, done = -1, 0
    for rows in _events_with_texts(connection):
        found = []
        for row in rows:
            # Two events of one moment can share a number; the later one takes the next.
            before = max(before + 1, order_of(row.event_id))
            body = json.loads(row.body)
            words = tokens_of_event(
                row.organization_id,
                kind=row.kind,
                project=row.project,
                work_item=row.work_item,
                text=body.get("text"),
                data=body.get("data", {}),
            )
            found.append({**row._asdict(), "position": before, "words": words})
        connection.execute(adding, found)
        done += len(found)
        if done % _TELL_EVERY == 0:
            _log.info("migration.words_indexed", events=done)


def _events_with_texts(connection: sa.Connection) -> Iterator[list[Any]]:
    """Events in the order of their ids, across organizations, as their positions are."""
    query = sa.text(
        "SELECT e.event_id, e.organization_id, e.content_id, e.kind, e.project, e.work_item, c.body"
        " FROM events e JOIN contents c ON c.organization_id = e.organization_id"
        " AND c.content_id = e.content_id ORDER BY e.event_id"
    )
    rows = connection.execute(query, execution_options={"yield_per": _CHUNK})
    yield from (list(part) for part in rows.partitions(_CHUNK))


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"
