"""What a restore refuses, and that nothing is touched then."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from chargehand.bootstrap.backups import BackupOrigin, make_backup
from chargehand.bootstrap.databases import database_url
from chargehand.bootstrap.errors import (
    AnotherWorkerRuns,
    DataFolderInUse,
    RestoreCut,
    RestoreUnderWay,
)
from chargehand.bootstrap.locks import WORKER, FolderLock, alone_in
from chargehand.bootstrap.restoring import restore
from chargehand.bootstrap.stores import Stores, migrate_stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.ids import MemberId, SessionId
from chargehand.domain.sign_in import Device, SessionRecord, SignInMethod
from chargehand.engine.dbos_engine.system_database import make_tables
from chargehand.kit.ids import new_id
from chargehand.pipeline.keys import create_key
from chargehand.storage.backup.errors import (
    BackupCut,
    BackupMissing,
    BackupNewer,
    BackupOfOtherKind,
    DatabaseNotEmpty,
    RestoreOverNewer,
)
from chargehand.testing.clock import FakeClock
from tests.backup.test_backup import repack
from tests.house import START
from tests.postgres import PostgresServer

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize(
    "settings", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def backup(settings: Settings, stores: Stores, clock: FakeClock) -> Path:
    """A backup; afterwards a key was made that it does not hold, and everything was closed."""
    made = make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)
    stores.database.write(lambda tx: create_key(tx, "later", by="cli:tester", now=START))
    stores.close()
    return made.path


def keys_in(settings: Settings) -> list[str]:
    stores = open_stores(settings)
    try:
        return [key.name for key in stores.database.read(lambda tx: tx.api_keys.all())]
    finally:
        stores.close()


def put_back(settings: Settings, backup: Path, clock: FakeClock):
    return restore(settings, backup, clock=clock, by="cli:operator")


@ON_SQLITE
def test_restore_keeps_aside_what_it_replaces(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    restored = put_back(settings, backup, clock)

    assert keys_in(settings) == []
    assert {one.name for one in restored.aside.iterdir()} >= {
        "main.db",
        "inbox.db",
        "audit.checkpoint",
    }
    kept = Settings(storage={"data_dir": restored.aside})
    assert keys_in(kept) == ["later"]


@ON_SQLITE
def test_restore_ends_every_session(settings: Settings, stores: Stores, clock: FakeClock) -> None:
    now = clock.now()
    session = SessionRecord(
        id=SessionId(new_id("ses", now)),
        member_id=MemberId("mbr_1"),
        method=SignInMethod.PASSWORD,
        device=Device.COMPUTER,
        started_at=now,
        used_at=now,
        ends_at=now + timedelta(days=30),
        ended_at=None,
    )
    stores.database.write(lambda tx: tx.sign_in.start_session(session, "0" * 64))
    made = make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)
    stores.close()

    put_back(settings, made.path, clock)

    stores = open_stores(settings)
    found = stores.database.read(lambda tx: tx.sign_in.session(session.id))
    stores.close()
    assert found is not None
    assert found.ended_at is not None


@ON_SQLITE
def test_restore_onto_an_empty_machine(
    settings: Settings, backup: Path, clock: FakeClock, tmp_path: Path
) -> None:
    fresh = Settings(storage={"data_dir": tmp_path / "fresh"})

    put_back(fresh, backup, clock)

    stores = open_stores(fresh)
    assert stores.database.read(lambda tx: tx.holds.current()) is not None
    stores.close()


@ON_SQLITE
def test_restore_helps_where_the_database_is_damaged(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    (settings.storage.data_dir / "main.db").write_bytes(b"no database" * 1000)

    put_back(settings, backup, clock)

    assert keys_in(settings) == []


@ON_SQLITE
def test_restore_beside_a_worker_is_refused(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    worker = FolderLock(settings.storage.data_dir / WORKER)
    worker.take()

    with pytest.raises(AnotherWorkerRuns):
        put_back(settings, backup, clock)

    worker.release()
    assert keys_in(settings) == ["later"]


@ON_SQLITE
def test_restore_beside_anybody_who_has_the_databases_open_is_refused(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    front = open_stores(settings)

    with pytest.raises(DataFolderInUse, match="Stop the service"):
        put_back(settings, backup, clock)

    front.close()
    assert keys_in(settings) == ["later"]


@ON_SQLITE
def test_second_restore_at_once_is_refused_with_one_sentence(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    with (
        alone_in(settings.storage.data_dir),
        pytest.raises(RestoreUnderWay, match=r"Another restore \(process \d+\)"),
    ):
        put_back(settings, backup, clock)

    assert keys_in(settings) == ["later"]


@ON_SQLITE
def test_nobody_opens_databases_that_are_being_replaced(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    with alone_in(settings.storage.data_dir):
        with pytest.raises(DataFolderInUse):
            open_stores(settings)
        with pytest.raises(DataFolderInUse):
            migrate_stores(settings, clock=clock)
        with pytest.raises(DataFolderInUse):
            make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)


@pytest.mark.process
@ON_SQLITE
def test_restores_by_several_processes_leave_one_whole_database(
    settings: Settings, backup: Path, clock: FakeClock, tmp_path: Path
) -> None:
    config = tmp_path / "chargehand.toml"
    config.write_text(f"[storage]\ndata_dir = {json.dumps(str(settings.storage.data_dir))}\n")
    command = [sys.executable, "-m", "chargehand", "-c", str(config), "restore", str(backup)]

    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ended = [(*process.communicate(), process.returncode) for process in running]

    assert 0 in {code for *_, code in ended}
    for _, err, code in ended:
        assert code in (0, 2)
        # Who comes late meets either the other restore or the databases that it holds.
        told = ("Another restore", "replaced by a restore", "are in use")
        assert code == 0 or any(words in err for words in told), err
    assert keys_in(settings) == []


@ON_SQLITE
def test_cut_backup_changes_nothing(settings: Settings, backup: Path, clock: FakeClock) -> None:
    backup.write_bytes(backup.read_bytes()[:-200])

    with pytest.raises(BackupCut):
        put_back(settings, backup, clock)

    assert keys_in(settings) == ["later"]
    assert list(settings.storage.data_dir.glob(".restoring-*")) == []


def test_missing_backup_is_named(settings: Settings, stores: Stores, clock: FakeClock) -> None:
    stores.close()

    with pytest.raises(BackupMissing, match="nowhere"):
        put_back(settings, Path("nowhere"), clock)


@ON_SQLITE
def test_restore_over_a_newer_database_names_both_versions(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    stores = open_stores(settings)
    with stores.database.engine.begin() as connection:
        connection.execute(text("UPDATE chargehand_main_version SET version_num = 'x9999'"))
    stores.close()

    with pytest.raises(RestoreOverNewer, match=r"x9999.*0\.1\.0, schema m"):
        put_back(settings, backup, clock)

    assert (settings.storage.data_dir / "main.db").exists()


@ON_SQLITE
def test_backup_of_a_newer_database_is_refused(
    settings: Settings, stores: Stores, clock: FakeClock
) -> None:
    made = make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)
    stores.close()

    def newer(name: str, content: bytes) -> bytes:
        if name != "manifest.json":
            return content
        return json.dumps(
            {**json.loads(content), "main_schema": "x9999", "program": "9.9.9"}
        ).encode()

    repack(made.path, newer)

    with pytest.raises(BackupNewer, match=r"(?s)9\.9\.9.*0\.1\.0.*x9999"):
        put_back(settings, made.path, clock)


@ON_SQLITE
def test_restore_that_was_cut_off_keeps_everybody_out_until_it_is_repeated(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    # What a kill leaves that comes when the old files are away and the new ones not yet there.
    folder = settings.storage.data_dir
    (folder / "restore.pending").write_text(str(folder / "replaced-half"))
    (folder / "replaced-half").mkdir()
    (folder / "main.db").rename(folder / "replaced-half" / "main.db")

    with pytest.raises(RestoreCut, match="replaced-half"):
        migrate_stores(settings, clock=clock)
    with pytest.raises(RestoreCut):
        open_stores(settings)

    put_back(settings, backup, clock)

    assert keys_in(settings) == []


@ON_POSTGRES
def test_tasks_of_the_engine_come_back_with_the_rest(
    settings: Settings, stores: Stores, clock: FakeClock, postgres_server: PostgresServer
) -> None:
    make_tables(database_url(settings))
    with stores.database.engine.begin() as connection:
        task = {"id": "answer:ask_1:1:0", "inputs": "a\tb\\c\nd", "at": 1}
        connection.execute(
            text(
                "INSERT INTO dbos.workflow_status (workflow_uuid, status, inputs, created_at, "
                "updated_at) VALUES (:id, 'PENDING', :inputs, :at, :at)"
            ),
            task,
        )
        connection.execute(
            text(
                "INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, function_name) "
                "VALUES (:id, 1, 'step')"
            ),
            task,
        )
    made = make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)
    stores.close()
    fresh = postgres_server.create()
    url = fresh.set(drivername="postgresql").render_as_string(hide_password=False)
    storage = {"data_dir": settings.storage.data_dir, "database_url": url}
    other = Settings(**{**settings.model_dump(), "storage": storage})

    put_back(other, made.path, clock)

    opened = open_stores(other)
    with opened.database.engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT status, inputs, function_name FROM dbos.workflow_status "
                "JOIN dbos.operation_outputs USING (workflow_uuid)"
            )
        ).all()
        assert [tuple(row) for row in found] == [("PENDING", "a\tb\\c\nd", "step")]
        numbers = connection.execute(
            text("SELECT last_value, is_called FROM inbox_deliveries_seq_seq")
        )
        assert tuple(numbers.one()) == (1, False)
    opened.close()
    postgres_server.drop(fresh)


@ON_POSTGRES
def test_database_with_anything_in_it_is_never_written_over(
    settings: Settings, backup: Path, clock: FakeClock
) -> None:
    with pytest.raises(DatabaseNotEmpty, match=r"schema m.*0\.1\.0"):
        put_back(settings, backup, clock)

    assert keys_in(settings) == ["later"]


@ON_POSTGRES
def test_backup_of_postgres_does_not_go_into_files(
    settings: Settings, backup: Path, clock: FakeClock, tmp_path: Path
) -> None:
    other = Settings(storage={"data_dir": tmp_path / "other"})

    with pytest.raises(BackupOfOtherKind, match="postgres"):
        put_back(other, backup, clock)
