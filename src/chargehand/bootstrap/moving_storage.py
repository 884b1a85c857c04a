"""Copies an installation's databases from SQLite to PostgreSQL, or back, while nobody uses them."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand import __version__
from chargehand.bootstrap.databases import database_url, inbox_url
from chargehand.bootstrap.errors import AnotherWorkerRuns, CopyTargetWrong
from chargehand.bootstrap.locks import alone_in
from chargehand.bootstrap.stores import require_folder
from chargehand.config.settings import Settings
from chargehand.engine.dbos_engine.system_database import count_unfinished
from chargehand.engine.errors import EngineNotDrained
from chargehand.kit.clock import Clock
from chargehand.pipeline.holding import hold_after_copy
from chargehand.storage.backup.copying import CopiedTable, Pair, copy_all
from chargehand.storage.backup.files import CHECKPOINT, INBOX, MAIN, sync_folder
from chargehand.storage.backup.loading import require_empty
from chargehand.storage.database import Database, told_when_away
from chargehand.storage.engines import (
    DatabaseURL,
    is_postgres,
    open_engine,
    postgres_url,
    sqlite_url,
)
from chargehand.storage.locks import DatabaseLock
from chargehand.storage.schema import require_schema

_STAGING: Final = ".copying"


@dataclass(frozen=True, slots=True)
class CopiedStorage:
    """What was copied, and where it is now, without a password."""

    target: str
    tables: tuple[CopiedTable, ...]


def copy_storage(settings: Settings, to: str, *, clock: Clock, by: str) -> CopiedStorage:
    """Copy everything into an empty place and hold the old databases.

    Shape: `to` is a postgresql:// URL, or a new folder for the two SQLite files.
    Raises: CopyTargetWrong, DatabaseNotEmpty, EngineNotDrained, DataFolderInUse, RestoreUnderWay,
    AnotherWorkerRuns, SchemaMissing, SchemaNewer, CopyDiffers, StoreUnavailable.
    """
    folder = settings.storage.data_dir
    require_folder(folder)
    with told_when_away(), ExitStack() as held:
        held.enter_context(alone_in(folder))
        source = held.enter_context(_opened(database_url(settings), inbox_url(settings)))
        if source.are_one:
            lock = DatabaseLock(source.main)
            held.callback(lock.release)
            if not lock.take():
                raise AnotherWorkerRuns(role="worker", holder="", path="the database")
        require_schema(source.main, "main", version=__version__)
        require_schema(source.inbox, "inbox", version=__version__)
        unfinished = count_unfinished(source.main)
        if unfinished:
            raise EngineNotDrained(tasks=unfinished)
        if is_postgres(to):
            copied = _into_postgres(source, postgres_url(to))
        else:
            copied = _into_folder(source, Path(to).resolve(), settings)
        _hold_old(settings, copied.target, clock=clock, by=by)
        return copied


def _into_postgres(source: Pair, url: DatabaseURL) -> CopiedStorage:
    shown = url.render_as_string(hide_password=True)
    if source.are_one:
        raise CopyTargetWrong(target=shown, why="the data is in PostgreSQL already")
    with _opened(url, url) as target:
        require_empty(target.main, version=__version__)
        return CopiedStorage(shown, tuple(copy_all(source, target, version=__version__)))


def _into_folder(source: Pair, folder: Path, settings: Settings) -> CopiedStorage:
    if not source.are_one:
        raise CopyTargetWrong(target=str(folder), why="the data is in SQLite already")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any((folder / name).exists() for name in (MAIN, INBOX, CHECKPOINT)):
        raise CopyTargetWrong(target=str(folder), why="there are databases in it")
    staging = folder / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    with _opened(sqlite_url(staging / MAIN), sqlite_url(staging / INBOX)) as target:
        tables = copy_all(source, target, version=__version__)
    kept = settings.storage.data_dir / CHECKPOINT
    if kept.exists():
        shutil.copyfile(kept, staging / CHECKPOINT)
    for name in (CHECKPOINT, INBOX, MAIN):
        if (staging / name).exists():
            (staging / name).rename(folder / name)
    staging.rmdir()
    sync_folder(folder)
    return CopiedStorage(str(folder), tuple(tables))


def _hold_old(settings: Settings, target: str, *, clock: Clock, by: str) -> None:
    """Whoever starts the old databases again would do once more what the new ones did."""
    # The checkpoint belongs to the chain that goes on in the new databases.
    with closing(Database(database_url(settings))) as database:
        now = clock.now()
        database.write(lambda tx: hold_after_copy(tx, target, by=by, now=now))


@contextmanager
def _opened(main: DatabaseURL, inbox: DatabaseURL) -> Iterator[Pair]:
    engines = open_engine(main), open_engine(inbox)
    try:
        yield Pair(*engines)
    finally:
        for engine in engines:
            engine.dispose()
