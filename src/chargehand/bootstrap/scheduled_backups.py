"""Scheduled backups: made by a process of their own, checked, and the old ones removed."""

import asyncio
import os
import sys
from datetime import datetime, timedelta

from chargehand.bootstrap.backups import (
    BackupOrigin,
    FoundBackup,
    list_backups,
    make_backup,
    source_of,
    verify_backup,
)
from chargehand.bootstrap.clocks import choose_clock
from chargehand.bootstrap.processes import CHILD, ProcessOptions
from chargehand.bootstrap.stores import Stores
from chargehand.config.settings import Settings
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.backing_up import BackupSchedule
from chargehand.storage.backup.errors import BackupDamaged
from chargehand.storage.backup.retention import kept

BACKUP = "backup"
_NICENESS = 10
_LONGEST = timedelta(hours=6)
_log = get_logger()


def open_schedule(
    settings: Settings, stores: Stores, options: ProcessOptions, *, clock: Clock
) -> BackupSchedule | None:
    """The schedule the settings ask for; None when it is switched off."""
    if not settings.backup.every:
        return None
    return BackupSchedule(
        stores.database,
        every=settings.backup.every,
        make=lambda: _in_a_process(options),
        find_last=lambda: last_scheduled_at(settings),
        clock=clock,
    )


def run_backup(settings: Settings, options: ProcessOptions) -> int:
    """Be the process that makes one scheduled backup; the exit code.

    Raises: what choosing a clock, making and checking a backup raise.
    """
    # The service goes first.
    os.nice(_NICENESS)
    return run_scheduled_backup(settings, clock=choose_clock(settings, options.clock_from))


def run_scheduled_backup(settings: Settings, *, clock: Clock) -> int:
    """Make one backup, check it, and remove what retention does not keep; the exit code.

    Raises: what making and checking a backup raises.
    """
    made = make_backup(settings, origin=BackupOrigin.SCHEDULE, clock=clock)
    checked = verify_backup(made.path, scratch=settings.backup_folder)
    if not checked.is_intact:
        raise BackupDamaged(path=str(made.path), detail="its audit chain does not hold")
    removed = prune_backups(settings)
    _log.info("backup.made", path=str(made.path), size_bytes=made.size_bytes, removed=len(removed))
    return 0


def prune_backups(settings: Settings) -> list[FoundBackup]:
    """Remove the scheduled backups of this installation that are not kept any longer.

    What a person made, what was made before migrating, what another installation made, and what
    can not be read stays.
    """
    ours = _scheduled(settings)
    moments = [moment for moment, _ in ours]
    staying = kept(moments, daily=settings.backup.keep_daily, weekly=settings.backup.keep_weekly)
    removed = [found for moment, found in ours if moment not in staying]
    for found in removed:
        found.path.unlink(missing_ok=True)
    return removed


def last_scheduled_at(settings: Settings) -> datetime | None:
    """The moment of the newest scheduled backup of this installation; None when there is none."""
    return max((moment for moment, _ in _scheduled(settings)), default=None)


def _scheduled(settings: Settings) -> list[tuple[datetime, FoundBackup]]:
    source = source_of(settings)
    return [
        (found.manifest.created_at, found)
        for found in list_backups(settings)
        if found.manifest is not None
        and found.manifest.origin is BackupOrigin.SCHEDULE
        and found.manifest.source == source
    ]


async def _in_a_process(options: ProcessOptions) -> str:
    """Reading and packing everything would stop every task of the worker again and again."""
    command = [sys.executable, "-m", "chargehand", CHILD, BACKUP]
    command += ["--config", str(options.config)] if options.config is not None else []
    command += ["--clock-from", options.clock_from] if options.clock_from is not None else []
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_LONGEST.total_seconds()):
            _, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return ""
    lines = told.decode("utf-8", "replace").strip().splitlines()
    return (
        lines[-1].removeprefix("chargehand: ") if lines else f"it ended with {process.returncode}."
    )
