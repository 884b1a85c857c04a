"""The data folder is tried by every process that opens it, also by two at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chargehand.bootstrap.stores import migrate_stores, open_stores
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
