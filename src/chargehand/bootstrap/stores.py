"""Opens the databases a settings object names."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path

from chargehand import __version__
from chargehand.audit.tags import AuditTag
from chargehand.bootstrap.databases import database_url, inbox_url
from chargehand.bootstrap.errors import RestoreCut
from chargehand.bootstrap.locks import FolderUse, unusable
from chargehand.bootstrap.switches import local_switches
from chargehand.config.settings import Settings
from chargehand.inbox.ports import StoreBatch
from chargehand.kit.clock import Clock
from chargehand.policy.modes import ModePolicy
from chargehand.storage.backup.files import INBOX, MAIN
from chargehand.storage.backup.replacing import Replacing
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.database import Database, told_when_away, translated
from chargehand.storage.engines import DatabaseEngine, open_engine
from chargehand.storage.inbox.raw import RawDeliveries
from chargehand.storage.inbox.reader import InboxReader
from chargehand.storage.inbox.writer import open_inbox_writer
from chargehand.storage.migrate import migrate
from chargehand.storage.schema import Branch, found_revision, has_older, require_schema
from chargehand.storage.scrubbing import DatabaseFiles
from chargehand.storage.transaction import Writing

_FIRST_POLICY = 1
# What belongs to one database of SQLite.
_ENDS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Stores:
    """The opened databases of one process."""

    database: Database
    inbox_engine: DatabaseEngine
    queue: InboxReader
    checkpoint: AuditCheckpoint
    use: FolderUse

    @property
    def raw(self) -> RawDeliveries:
        """The raw deliveries in the inbox, to be looked through."""
        return RawDeliveries(self.inbox_engine)

    @property
    def files(self) -> DatabaseFiles:
        """The files of both databases."""
        return DatabaseFiles((self.database.engine, self.inbox_engine))

    def open_inbox(self) -> StoreBatch:
        """What stores deliveries for any thread, over one connection of its own."""
        return open_inbox_writer(self.inbox_engine).store

    def close(self) -> None:
        """Let go of every connection; safe to call twice."""
        self.queue.close()
        self.database.close()
        self.inbox_engine.dispose()
        self.checkpoint.close()
        self.use.release()


def open_stores(settings: Settings) -> Stores:
    """Open what was migrated before.

    Raises: DataFolderUnusable, DataFolderInUse, RestoreCut, SchemaMissing, SchemaNewer,
    StoreUnavailable.
    """
    with ExitStack() as on_failure:
        stores = _open(settings)
        on_failure.callback(stores.close)
        with translated():
            require_schema(stores.database.engine, "main", version=__version__)
            require_schema(stores.inbox_engine, "inbox", version=__version__)
        on_failure.pop_all()
    return stores


@dataclass(frozen=True, slots=True)
class Migrated:
    """What migrating did; `backup` is None where there was nothing to lose, or nothing to do."""

    has_changed: bool
    backup: Path | None


def migrate_stores(settings: Settings, *, clock: Clock) -> bool:
    """Bring the databases to this program's schema; True when anything was to be done.

    Raises: what `migrate_after_backup` raises.
    """
    return migrate_after_backup(settings, clock=clock).has_changed


def migrate_after_backup(settings: Settings, *, clock: Clock) -> Migrated:
    """Bring the databases to this program's schema, after a backup when they hold anything.

    Raises: DataFolderUnusable, DataFolderInUse, RestoreCut, SchemaNewer, StoreUnavailable,
    StoreBroken, BackupUnwritable, BackupUnderWay.
    """
    with told_when_away():
        return _migrate(settings, clock)


def _migrate(settings: Settings, clock: Clock) -> Migrated:
    stores, backup = _open(settings), None
    try:
        if _has_older_schema(stores):
            # lazy: only the first start after an upgrade packs anything.
            from chargehand.bootstrap.backups import BackupOrigin, make_backup

            backup = make_backup(settings, origin=BackupOrigin.MIGRATION, clock=clock).path
        main = migrate(stores.database.engine, "main", version=__version__)
        inbox = migrate(stores.inbox_engine, "inbox", version=__version__)
        stores.database.write(lambda tx: _write_first_policy(tx, clock))
    finally:
        stores.close()
    return Migrated(main or inbox, backup)


def _has_older_schema(stores: Stores) -> bool:
    branches: tuple[tuple[DatabaseEngine, Branch], ...] = (
        (stores.database.engine, "main"),
        (stores.inbox_engine, "inbox"),
    )
    return any(has_older(engine, branch, version=__version__) for engine, branch in branches)


def schema_revisions(stores: Stores) -> dict[str, str | None]:
    """The revision each database is at.

    Raises: StoreUnavailable, StoreBroken.
    """
    found: dict[str, str | None] = {}
    with told_when_away():
        with stores.database.engine.connect() as connection:
            found["main"] = found_revision(connection, "main")
        with stores.inbox_engine.connect() as connection:
            found["inbox"] = found_revision(connection, "inbox")
    return found


def _open(settings: Settings) -> Stores:
    folder = settings.storage.data_dir
    if settings.storage.database_url is None:
        _require_files(folder)
    use = use_folder(folder)
    checkpoint = AuditCheckpoint(folder / "audit.checkpoint")
    database = Database(
        database_url(settings),
        checkpoint=checkpoint,
        stage=settings.stage,
        switches=local_switches(settings),
    )
    inbox_engine = open_engine(inbox_url(settings))
    return Stores(database, inbox_engine, InboxReader(inbox_engine), checkpoint, use)


def use_folder(folder: Path) -> FolderUse:
    """A share in the use of a data folder, which is made when it is missing.

    Raises: DataFolderUnusable, DataFolderInUse, RestoreCut.
    """
    require_folder(folder)
    use = FolderUse(folder)
    use.share()
    aside = Replacing(folder).cut_off()
    if aside is not None:
        use.release()
        raise RestoreCut(path=str(folder), aside=aside)
    return use


def _require_files(folder: Path) -> None:
    """Make sure of the right to write the databases that are there; another user may have them.

    SQLite opens what it may only read, and a worker would find out in the middle of its start.
    Raises: DataFolderUnusable.
    """
    for path in (folder / f"{name}{end}" for name in (MAIN, INBOX) for end in _ENDS):
        # Asked for and not tried: closing a file takes SQLite's own locks on it from this process.
        if path.exists() and not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise unusable(folder, PermissionError(EACCES, os.strerror(EACCES)), name=path.name)


def require_folder(folder: Path) -> None:
    """Make the data folder unless it is there.

    Raises: DataFolderUnusable, DataFolderFull.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        # The front and the worker try this at the same moment.
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise unusable(folder, error) from error


def _write_first_policy(tx: Writing, clock: Clock) -> None:
    if tx.policies.version_in_force() is not None:
        return
    now = clock.now()
    first = ModePolicy(version=_FIRST_POLICY)
    if tx.policies.add(first.version, first.to_document(), by="chargehand", now=now):
        tx.audit.append(
            AuditTag.SYSTEM_POLICY_CREATED,
            f"policy:{first.version}",
            {"version": first.version, "default": first.default.value},
            now=now,
        )
