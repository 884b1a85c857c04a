from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.tables import metadata


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
