"""Changes the key of stored secrets and is killed at a chosen step."""

import os
import signal
import sys
from pathlib import Path

from chargehand.bootstrap import stored_secrets
from chargehand.bootstrap.reading_settings import read_settings_for_command
from chargehand.bootstrap.stores import open_stores
from chargehand.kit.clock import SystemClock
from chargehand.storage.database import Database


class KilledDatabase(Database):
    """Dies before or after the one write, as if the machine had been switched off."""

    moment = "before"

    def write(self, work):  # type: ignore[no-untyped-def]
        if self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)

        def cut(tx):  # type: ignore[no-untyped-def]
            work(tx)
            os.kill(os.getpid(), signal.SIGKILL)

        return super().write(cut)


def main() -> None:
    settings = read_settings_for_command(Path(sys.argv[1]), {})
    stores = open_stores(settings)
    database = KilledDatabase(stores.database.url, checkpoint=stores.checkpoint)
    database.moment = sys.argv[2]
    stored_secrets.rotate_key(settings, database, by="cli:test", now=SystemClock().now())


if __name__ == "__main__":
    main()
