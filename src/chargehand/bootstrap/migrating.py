"""Runs the process that prepares the databases before the others open them."""

from chargehand.bootstrap.processes import ProcessOptions
from chargehand.bootstrap.stores import migrate_after_backup
from chargehand.config.settings import Settings
from chargehand.kit.clock import SystemClock
from chargehand.logs.log import get_logger

_log = get_logger()


def run_migrate(settings: Settings, options: ProcessOptions) -> int:
    """Bring the databases to this program's schema; the exit code.

    Raises: what migrating after a backup raises.
    """
    del options
    done = migrate_after_backup(settings, clock=SystemClock())
    if done.backup is not None:
        _log.info("storage.backed_up_before_migrating", path=str(done.backup))
    return 0
