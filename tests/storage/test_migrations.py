from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, event, make_url

from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.storage.engines import open_engine
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.migrate import migrate, upgrade
from chargehand.storage.tables import metadata
from tests.postgres import PostgresServer


@pytest.mark.parametrize(
    ("branch", "wanted"), [("main", metadata), ("inbox", inbox_metadata)], ids=["main", "inbox"]
)
def test_migrated_database_is_what_the_tables_say(
    tmp_path: Path, branch: str, wanted: MetaData
) -> None:
    settings = Settings(storage={"data_dir": tmp_path})
    migrate_stores(settings, clock=SystemClock())
    stores = open_stores(settings)
    engine = stores.database.engine if branch == "main" else stores.inbox_engine

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": f"chargehand_{branch}_version",
                # FTS5 keeps its index in tables that it makes and names itself.
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and name.startswith("event_words"))
                ),
            },
        )
        difference = compare_metadata(context, wanted)

    stores.close()
    assert difference == []


def test_approval_that_waited_before_there_were_reminders_is_looked_at(tmp_path: Path) -> None:
    engine = open_engine(make_url(f"sqlite:///{tmp_path}/main.db"))
    values = {
        "organization_id": "org",
        "short_id": "abcdef",
        "ordinal": 1,
        "digest": "0" * 64,
        "opened_at": 7,
        "expires_at": 9,
        "decided_by": "",
        "decided_via": "",
    }
    with engine.begin() as connection:
        upgrade(connection, "main", "m0019")
        table = Table("approvals", MetaData(), autoload_with=connection)
        for name, state in (("apv_1", "open"), ("apv_2", "rejected")):
            row = {**values, "approval_id": name, "action_id": name, "state": state}
            connection.execute(table.insert().values(row))
        upgrade(connection, "main", "head")
        found = connection.exec_driver_sql("SELECT approval_id, look_at FROM approvals").all()

    engine.dispose()
    assert dict(map(tuple, found)) == {"apv_1": 7, "apv_2": None}


@pytest.mark.postgres
def test_migration_may_last_where_a_statement_of_the_service_may_not(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create()
    engine = open_engine(url)
    limits: list[tuple[str, str]] = []

    def look(*how: Any) -> None:
        cursor, statement = how[1], how[2]
        if statement.lstrip().startswith("CREATE TABLE"):
            limits.append(_limits(cursor))

    event.listen(engine, "before_cursor_execute", look)
    assert migrate(engine, "main", version="test")
    with engine.connect() as connection:
        after = _limits(connection.connection.cursor())
    engine.dispose()
    postgres_server.drop(url)

    assert set(limits) == {("0", "0")}
    assert after == ("30s", "10s")


def _limits(cursor: Any) -> tuple[str, str]:
    """How long a statement may last, and a transaction may idle, as the server has it."""
    cursor.execute(
        "SELECT current_setting('statement_timeout'),"
        " current_setting('idle_in_transaction_session_timeout')"
    )
    found: tuple[str, str] = cursor.fetchone()
    return found
