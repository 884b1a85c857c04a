"""Runs the process that prepares the databases before the others open them."""

from chargehand.bootstrap.errors import ClockUnwanted
from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.stores import migrate_after_backup
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.logs.log import get_logger

_log = get_logger()


def run_migrate(settings: Settings, options: ProcessOptions) -> int:
    """Bring the databases to this program's schema; the exit code.

    Raises: ClockUnwanted before anything is made, and what migrating after a backup raises.
    """
    if "clock" in options.served and settings.storage.database_url is None:
        raise ClockUnwanted
    done = migrate_after_backup(settings, clock=SystemClock())
    if done.backup is not None:
        _log.info("storage.backed_up_before_migrating", path=str(done.backup))
    return 0
