"""What is said on a night when the database is gone: a sentence, and no word of whose it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from chargehand.bootstrap.backups import BackupOrigin, make_backup
from chargehand.bootstrap.moving_storage import copy_storage
from chargehand.bootstrap.processes import TRY_AGAIN
from chargehand.bootstrap.stores import migrate_stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.storage.errors import StoreBroken, StoreUnavailable
from tests.cli.terminal import Terminal

AWAY = "postgresql://bot:hush-hush@127.0.0.1:1/none"


def away(folder: Path) -> Settings:
    return Settings(storage={"data_dir": folder, "database_url": AWAY})


def test_migrating_a_backup_and_a_copy_say_that_it_does_not_answer(tmp_path: Path) -> None:
    here = Settings(storage={"data_dir": tmp_path / "sqlite"})
    migrate_stores(here, clock=SystemClock())

    with pytest.raises(StoreUnavailable, match="refused"):
        migrate_stores(away(tmp_path / "away"), clock=SystemClock())
    with pytest.raises(StoreUnavailable, match="refused"):
        make_backup(away(tmp_path / "away"), origin=BackupOrigin.PERSON, clock=SystemClock())
    with pytest.raises(StoreUnavailable, match="refused"):
        copy_storage(here, AWAY, clock=SystemClock(), by="cli")


def test_file_that_is_no_database_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "main.db").write_bytes(b"Not a database, and long enough to be looked at." * 100)

    with pytest.raises(StoreBroken, match="chargehand restore"):
        migrate_stores(Settings(storage={"data_dir": tmp_path}), clock=SystemClock())


def test_doctor_tells_it_and_goes_on(tmp_path: Path) -> None:
    config = tmp_path / "chargehand.toml"
    config.write_text(f'[storage]\ndatabase_url = "{AWAY}"\n')

    told = Terminal(config, SystemClock()).run("doctor")

    assert told.code == 1
    assert "FAIL  data: The database does not answer" in told.out
    assert "hush-hush" not in told.out + told.err


def test_service_ends_so_that_it_is_started_again(tmp_path: Path) -> None:
    config = tmp_path / "chargehand.toml"
    config.write_text(f'[storage]\ndatabase_url = "{AWAY}"\n[server]\nport = 0\n')

    ended = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(config), "serve"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == TRY_AGAIN
    assert ended.stderr.startswith("chargehand: The database does not answer")
    assert "Traceback" not in ended.stderr
    assert "hush-hush" not in ended.stderr
