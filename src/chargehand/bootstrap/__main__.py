"""Entry of the child processes; people use `chargehand serve`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from chargehand.bootstrap.processes import ProcessOptions
from chargehand.config.load import load_settings
from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.logs.log import configure_logs


def main() -> int:
    """Run one role until told to stop; the exit code."""
    parser = argparse.ArgumentParser(prog="chargehand-process")
    parser.add_argument("role", choices=("migrate", "front", "worker"))
    parser.add_argument("--config", type=Path)
    parser.add_argument("--clock-from")
    parser.add_argument("--nudge-fd", type=int)
    parser.add_argument("--lifeline-fd", type=int)
    given = parser.parse_args()
    # The supervisor waits for its signals with them blocked, and children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    options = ProcessOptions(
        config=given.config,
        clock_from=given.clock_from,
        nudge_fd=given.nudge_fd,
        lifeline_fd=given.lifeline_fd,
    )
    try:
        settings = load_settings(options.config, os.environ)
        configure_logs(level=settings.log.level, form=settings.log.format, role=given.role)
        return _run(given.role, settings, options)
    except ChargehandError as error:
        sys.stderr.write(f"chargehand: {error}\n")
        return 2


def _run(role: str, settings: Settings, options: ProcessOptions) -> int:
    # lazy: each role is one process and loads only what it needs; the front must not load the
    # engine, and neither is needed to migrate.
    if role == "front":
        from chargehand.bootstrap.front import run_front

        return run_front(settings, options)
    if role == "worker":
        from chargehand.bootstrap.worker import run_worker

        return run_worker(settings, options)
    from chargehand.bootstrap.stores import migrate_stores
    from chargehand.kit.clock import SystemClock

    migrate_stores(settings, clock=SystemClock())
    return 0


if __name__ == "__main__":
    sys.exit(main())
