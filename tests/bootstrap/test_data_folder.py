"""The data folder is tried by every process that opens it, also by two at the same moment."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chargehand.bootstrap.errors import DataFolderFull, DataFolderUnusable
from chargehand.bootstrap.locks import WORKER, FolderLock, unusable
from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.cli.machine_checks import disk_check, service_check
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock


def test_stores_open_in_many_places_at_once(tmp_path: Path) -> None:
    settings = Settings(storage={"data_dir": tmp_path})
    migrate_stores(settings, clock=SystemClock())

    def open_and_close(_number: int) -> bool:
        open_stores(settings).close()
        return True

    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(open_and_close, range(40)))

    assert opened == [True] * 40


def test_worker_has_its_lock_also_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / WORKER).symlink_to("/dev/full")
    lock = FolderLock(tmp_path / WORKER)

    lock.take()

    lock.release()


def test_lock_that_somebody_else_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "use.lock").mkdir()

    with pytest.raises(DataFolderUnusable, match=r"use\.lock.*Give this user the right"):
        open_stores(Settings(storage={"data_dir": tmp_path}))


@pytest.mark.parametrize("name", ["main.db", "inbox.db", "inbox.db-wal"])
def test_database_that_may_only_be_read_is_told_before_anything_starts(
    tmp_path: Path, name: str
) -> None:
    """Such as one that a command made which was run as another user."""
    settings = Settings(storage={"data_dir": tmp_path})
    migrate_stores(settings, clock=SystemClock())
    (tmp_path / name).unlink(missing_ok=True)
    # A file of the kernel's own that nobody may write, whatever the user of the tests.
    (tmp_path / name).symlink_to("/proc/sys/kernel/ostype")

    with pytest.raises(
        DataFolderUnusable, match=rf"{name}: Permission denied\. Give this user the right"
    ):
        open_stores(settings)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        pytest.param(errno.ENOSPC, DataFolderFull, id="full"),
        pytest.param(errno.EDQUOT, DataFolderFull, id="quota"),
        pytest.param(errno.EROFS, DataFolderUnusable, id="read-only"),
        pytest.param(errno.EACCES, DataFolderUnusable, id="not ours"),
    ],
)
def test_full_folder_may_work_later_and_another_may_not(
    tmp_path: Path, number: int, kind: type[Exception]
) -> None:
    assert isinstance(unusable(tmp_path, OSError(number, os.strerror(number))), kind)


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [
        pytest.param(0, "failed", id="full"),
        pytest.param(100 * 2**20, "warned", id="nearly full"),
        pytest.param(2**30, "passed", id="room"),
    ],
)
def test_doctor_says_when_there_is_no_room(free_bytes: int, state: str) -> None:
    assert disk_check(free_bytes).state.value == state


def test_doctor_says_what_does_not_run(tmp_path: Path) -> None:
    settings = Settings(storage={"data_dir": tmp_path}, server={"port": 0})
    lock = FolderLock(tmp_path / WORKER)

    before = service_check(settings)
    lock.take()
    beside = service_check(settings)
    lock.release()

    assert (before.state.value, beside.state.value) == ("warned", "warned")
    assert "no worker runs on this machine" in before.found
    assert f"worker: runs as process {os.getpid()}" in beside.found
    assert "`chargehand serve`" in before.mend
