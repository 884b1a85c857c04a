"""Top floor: `python -m chargehand` is the command line, or one child process of `serve`."""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chargehand.bootstrap.processes import (
    CHILD,
    TRY_AGAIN,
    ProcessOptions,
    pass_gate,
    stand_back,
)
from chargehand.domain.errors import ChargehandError, Retryable

if TYPE_CHECKING:
    # pydantic takes longer to load than the command line may.
    from chargehand.config.settings import Settings


def main() -> int:
    """Run what the arguments name; the exit code."""
    if sys.argv[1:2] == [CHILD]:
        return run_child(sys.argv[2:])
    # lazy: a child process never needs the command line.
    from chargehand.cli.app import main as command_line

    return command_line()


def run_child(arguments: Sequence[str]) -> int:
    """Run one role until told to stop; 2 when it refused to start, 75 when it can not yet."""
    parser = argparse.ArgumentParser(prog=f"chargehand {CHILD}")
    parser.add_argument("role", choices=("migrate", "front", "worker", "clock", "backup"))
    parser.add_argument("--config", type=Path)
    parser.add_argument("--clock-from")
    parser.add_argument("--nudge-fd", type=int)
    parser.add_argument("--lifeline-fd", type=int)
    parser.add_argument("--gate-fd", type=int)
    parser.add_argument("--handover-fd", type=int)
    parser.add_argument("--listen-fd", type=int)
    parser.add_argument("--listen-name", default="")
    parser.add_argument("--niceness", type=int, default=0)
    parser.add_argument("--served", action="append", default=[])
    given = vars(parser.parse_args(arguments))
    role = given.pop("role")
    # The supervisor waits for its signals with them blocked, and children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    # A reload is for the supervisor; a closed terminal sends its signal to everybody.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    options = ProcessOptions(**{**given, "served": tuple(given["served"])})
    # Loading leaves hardly any garbage, and looking for it time and again is a tenth of a start.
    # Each role collects once when it is ready, and from then on as usual.
    gc.disable()
    # The logging library loads it where it can, to draw tracebacks that nobody here asks for: with
    # all it brings along it would be 5 MB and a twentieth of a second of each process.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type] # None is how an import is barred.
    # What is written belongs to the operator alone: databases hold what people said.
    os.umask(0o077)
    try:
        return _run(role, options)
    except ChargehandError as error:
        sys.stderr.write(f"chargehand: {error}\n")
        return TRY_AGAIN if _may_work_later(error, role) else 2


# Named here because reading their classes loads what a child that ends has no use for.
_AWAY: Final = frozenset({"store_unavailable", "data_folder_full"})


def _may_work_later(error: ChargehandError, role: str) -> bool:
    # lazy: only a child that ends needs it.
    from chargehand.plugins.secret import SecretSourceAway

    if isinstance(error, SecretSourceAway) or error.code in _AWAY:
        return True
    return isinstance(error, Retryable) and role in ("front", "worker", "clock")


def _run(role: str, options: ProcessOptions) -> int:
    # Before anything is loaded: a start is mostly loading, and the front's is what others wait for.
    stands_back = stand_back(options)
    run = _load(role)
    # Whatever is wrong with the configuration was told by who opens the gate, once.
    if not pass_gate(options):
        return 2
    # lazy: the supervisor is this file too, and must stay small.
    from chargehand.bootstrap.error_reports import open_error_reports
    from chargehand.bootstrap.log_files import open_log_file
    from chargehand.bootstrap.reading_settings import read_settings
    from chargehand.config.shown import secret_values
    from chargehand.logs.log import configure_logs, get_logger

    settings = read_settings(options.config, os.environ)
    with open_error_reports(settings, role=role) as reports:
        configure_logs(
            level=settings.log.level,
            form=settings.log.format,
            role=role,
            file=open_log_file(settings),
            secrets=secret_values(settings),
            tell=reports.tell if settings.sentry.dsn is not None else None,
        )
        if not stands_back:
            get_logger().warning("worker.priority_not_lowered", niceness=options.niceness)
        return run(settings, options)


def _load(role: str) -> "Callable[[Settings, ProcessOptions], int]":
    """What a role runs, with everything it needs loaded."""
    # lazy: each role is one process and loads only what it needs; the front must not load the
    # engine, the worker no web, and a clock and migrating neither.
    if role == "front":
        from chargehand.web.process import run_front

        return run_front
    if role == "worker":
        from chargehand.bootstrap.worker import run_worker

        return run_worker
    if role == "clock":
        from chargehand.bootstrap.clock_process import run_clock

        return run_clock
    if role == "backup":
        from chargehand.bootstrap.scheduled_backups import run_backup

        return run_backup
    from chargehand.bootstrap.migrating import run_migrate

    return run_migrate


if __name__ == "__main__":
    sys.exit(main())
