"""Backups by schedule: in time, checked, told of once when they fail, and not too many."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from chargehand.bootstrap.backups import BackupOrigin, list_backups, make_backup
from chargehand.bootstrap.scheduled_backups import (
    last_scheduled_at,
    prune_backups,
    run_scheduled_backup,
)
from chargehand.bootstrap.stores import Stores, migrate_stores
from chargehand.config.settings import Settings
from chargehand.pipeline.backing_up import BackupSchedule
from chargehand.storage.backup.errors import BackupDamaged
from chargehand.storage.backup.retention import kept
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Terminal, write_config
from tests.house import START, house_settings

ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
DAY_S = 24 * 3600
_FIRST, _LAST = (one.replace(tzinfo=None) for one in (START, START + timedelta(days=300)))
MOMENTS = st.lists(
    st.datetimes(_FIRST, _LAST).map(lambda d: d.replace(tzinfo=UTC)),
    min_size=1,
    max_size=60,
)


@given(MOMENTS, st.integers(0, 10), st.integers(0, 10))
def test_newest_stays_and_no_more_than_asked_for(
    moments: list[datetime], daily: int, weekly: int
) -> None:
    staying = kept(moments, daily=daily, weekly=weekly)

    assert max(moments) in staying
    assert staying <= set(moments)
    assert len(staying) <= max(1, daily + weekly)


@given(MOMENTS, st.integers(1, 10), st.integers(1, 10))
def test_pruning_again_and_again_keeps_what_one_pruning_keeps(
    moments: list[datetime], daily: int, weekly: int
) -> None:
    once = kept(moments, daily=daily, weekly=weekly)

    assert kept(sorted(once), daily=daily, weekly=weekly) == once


def test_a_year_of_days_leaves_a_week_of_days_and_a_month_of_weeks() -> None:
    """Pruned after each backup, as it happens."""
    present: set[datetime] = set()
    for day in range(365):
        present.add(START + timedelta(days=day))
        present = kept(sorted(present), daily=7, weekly=4)

    last = START + timedelta(days=364)
    ages = sorted((last - one).days for one in present)
    assert ages[:7] == list(range(7))
    assert len(ages) <= 11
    assert ages[-1] >= 14


class Maker:
    """Counts what a schedule has made, and fails when told to."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.made: list[datetime] = []
        self.problem = ""

    async def __call__(self) -> str:
        if not self.problem:
            self.made.append(self._clock.now())
        return self.problem

    def last(self) -> datetime | None:
        return max(self.made, default=None)


@ON_SQLITE
@pytest.mark.anyio
async def test_schedule_counts_from_the_last_backup_on_the_disk(
    stores: Stores, clock: FakeClock
) -> None:
    maker = Maker(clock)
    schedule = schedule_of(stores, maker, clock)
    looks = []
    for _ in range(5):
        looks.append(await schedule.look())
        clock.advance(DAY_S / 2)
    # Another start of the worker knows only what is on the disk.
    looks.append(await schedule_of(stores, maker, clock).look())

    assert looks == [False, False, True, False, True, False]
    assert [(one - START).days for one in maker.made] == [1, 2]


@ON_SQLITE
@pytest.mark.anyio
async def test_failure_is_told_once_a_day_and_tried_again_every_hour(
    stores: Stores, clock: FakeClock
) -> None:
    maker = Maker(clock)
    maker.problem = "The disk is full."
    schedule = schedule_of(stores, maker, clock)
    clock.advance(DAY_S)
    looks = []
    for _ in range(6):
        looks.append(await schedule.look())
        clock.advance(1800)
    maker.problem = ""
    assert await schedule.look()

    told = stores.database.read(lambda tx: tx.notices.page().items)
    assert looks == [True, False, True, False, True, False]
    assert [(one.code, one.count) for one in told] == [("backup_failed", 3)]
    assert "The disk is full." in told[0].text
    assert len(maker.made) == 1


def schedule_of(stores: Stores, maker: Maker, clock: FakeClock) -> BackupSchedule:
    return BackupSchedule(
        stores.database,
        every=timedelta(days=1),
        make=maker,
        find_last=maker.last,
        clock=clock,
    )


@ON_SQLITE
def test_retention_removes_only_what_the_schedule_of_this_installation_made(
    settings: Settings, stores: Stores, clock: FakeClock, tmp_path: Path
) -> None:
    folder = settings.backup_folder
    make_backup(settings, origin=BackupOrigin.PERSON, clock=clock)
    make_backup(settings, origin=BackupOrigin.MIGRATION, clock=clock)
    other = house_settings(tmp_path / "other", backup={"folder": folder})
    migrate_stores(other, clock=clock)
    make_backup(other, origin=BackupOrigin.SCHEDULE, clock=clock)
    (folder / "chargehand-notes.tar.gz").write_text("somebody's own")
    (folder / "chargehand-plan.txt").write_text("somebody's own")
    others = {one.name for one in folder.iterdir()}
    for _ in range(3):
        clock.advance(60)
        make_backup(settings, origin=BackupOrigin.SCHEDULE, clock=clock)

    removed = prune_backups(settings)

    assert len(removed) == 2
    assert others < {one.name for one in folder.iterdir()}
    assert last_scheduled_at(settings) == clock.now()


@ON_SQLITE
def test_scheduled_backup_that_is_not_whole_is_an_error(
    settings: Settings, stores: Stores, clock: FakeClock
) -> None:
    with stores.database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_records SET body = '{}' WHERE seq = 1"))

    with pytest.raises(BackupDamaged, match="audit chain"):
        run_scheduled_backup(settings, clock=clock)


@pytest.mark.process
@ON_SQLITE
def test_process_of_the_schedule_makes_one_and_says_what_is_wrong(
    settings: Settings, stores: Stores, tmp_path: Path
) -> None:
    config = write_config(settings, tmp_path)
    command = [sys.executable, "-m", "chargehand", "process", "backup", "--config", str(config)]

    subprocess.run(command, check=True, capture_output=True)
    [found] = list_backups(settings)
    (settings.backup_folder / ".lock").unlink()
    found.path.unlink()
    settings.backup_folder.rmdir()
    settings.backup_folder.write_text("in the way")
    failed = subprocess.run(command, check=False, capture_output=True, text=True)

    assert found.manifest is not None
    assert found.manifest.origin is BackupOrigin.SCHEDULE
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[-1].startswith("chargehand: The backup can not be written")


@ON_SQLITE
def test_doctor_and_list_tell_of_backups(
    settings: Settings, stores: Stores, clock: FakeClock, tmp_path: Path
) -> None:
    terminal = Terminal(write_config(settings, tmp_path), clock)
    before = terminal.run("doctor").out
    made = terminal.done("backup", "--json").json
    (settings.backup_folder / "chargehand-half.tar.gz").write_bytes(b"\x1f\x8b")

    listed = terminal.done("backup", "list").out
    verified = terminal.done("backup", "verify", made["path"]).out

    assert "warn  backup: none in" in before
    assert made["path"] in listed
    assert "NOT USABLE" in listed
    assert "chain verified" in verified
    told = terminal.run("doctor").out
    assert "backup: newest of 2026-11-19" in told
    assert "ok    storage: SQLite" in told
