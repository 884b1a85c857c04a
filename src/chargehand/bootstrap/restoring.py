"""Puts a backup in the place of the databases, held: nothing is sent until somebody resumes."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from chargehand import __version__
from chargehand.audit.chain import ChainPosition
from chargehand.bootstrap.databases import database_url
from chargehand.bootstrap.errors import DataFolderUnusable, RestoreUnderWay
from chargehand.bootstrap.locks import alone_in
from chargehand.bootstrap.stores import require_folder
from chargehand.config.settings import Settings
from chargehand.domain.ids import DEFAULT_ORGANIZATION, BackupId, OrganizationId
from chargehand.engine.dbos_engine.system_database import make_tables
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id, short_id
from chargehand.pipeline.holding import RestoredFrom, hold_after_restore
from chargehand.storage.backup.archive import extract, read_manifest
from chargehand.storage.backup.checking import CheckedBackup, check_extracted
from chargehand.storage.backup.errors import (
    BackupNewer,
    BackupOfOtherKind,
    RestoreOverNewer,
)
from chargehand.storage.backup.files import CHECKPOINT, INBOX, MAIN
from chargehand.storage.backup.loading import load, require_empty
from chargehand.storage.backup.manifest import BackupKind, Manifest
from chargehand.storage.backup.replacing import SQLITE_FILES, Replacing
from chargehand.storage.backup.standing import look_at
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.database import Database, told_when_away
from chargehand.storage.engines import open_engine, sqlite_url
from chargehand.storage.errors import CheckpointUnreadable
from chargehand.storage.locks import DatabaseLock
from chargehand.storage.migrate import migrate
from chargehand.storage.schema import Branch, known_revisions
from chargehand.storage.transaction import Writing

_STAGING: Final = ".restoring-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where that is which it replaced."""

    checked: CheckedBackup
    aside: Path


def restore(settings: Settings, path: Path, *, clock: Clock, by: str) -> Restored:
    """Check a backup and put it in the place of the databases, held.

    Shape: on PostgreSQL only an empty database is filled; nothing there is replaced.
    Raises: RestoreUnderWay, AnotherWorkerRuns, DataFolderInUse, RestoreOverNewer,
    DatabaseNotEmpty, BackupOfOtherKind, DataFolderUnusable, StoreUnavailable, and what is wrong
    with the backup.
    """
    folder, path, now = settings.storage.data_dir, path.resolve(), clock.now()
    require_folder(folder)
    try:
        with told_when_away(), alone_in(folder), _staging_in(folder) as staging:
            _require_fitting(read_manifest(path, version=__version__), settings, path)
            manifest = extract(path, staging, version=__version__)
            checked = check_extracted(staging, manifest, path=path)
            name = f"replaced-{now:%Y%m%dT%H%M%SZ}-{short_id(new_id('bkp', now))}"
            aside = folder / name
            job = _Job(settings, path, staging, manifest, by, now)
            if manifest.kind is BackupKind.SQLITE:
                job.restore_files(aside)
            else:
                job.restore_rows(aside)
            return Restored(checked, aside)
    except OSError as error:
        detail = error.strerror or str(error)
        raise DataFolderUnusable(path=str(folder), detail=detail) from error


@dataclass(frozen=True, slots=True)
class _Job:
    settings: Settings
    path: Path
    staging: Path
    manifest: Manifest
    by: str
    now: datetime

    @property
    def folder(self) -> Path:
        return self.settings.storage.data_dir

    def restore_files(self, aside: Path) -> None:
        """Make everything ready beside the old files, then exchange them."""
        known, standing = known_revisions("main"), look_at(self.folder / MAIN)
        if standing.revision is not None and standing.revision not in known:
            raise RestoreOverNewer(
                database=str(self.folder / MAIN),
                found=standing.revision,
                known=known[0],
                version=__version__,
            )
        for organization_id in self._organizations():
            ends = [standing.ends.get(organization_id), self._checkpoint_of(organization_id)]
            checkpoint = AuditCheckpoint(self.staging / CHECKPOINT)
            with (
                closing(checkpoint),
                closing(
                    Database(
                        sqlite_url(self.staging / MAIN),
                        checkpoint=checkpoint,
                        organization_id=organization_id,
                    )
                ) as database,
            ):
                migrate(database.engine, "main", version=__version__)
                database.write(partial(self._hold, ends=ends))
        inbox = open_engine(sqlite_url(self.staging / INBOX))
        try:
            migrate(inbox, "inbox", version=__version__)
        finally:
            inbox.dispose()
        Replacing(self.folder).replace(self.staging, aside=aside, names=SQLITE_FILES)

    def restore_rows(self, aside: Path) -> None:
        """Fill the empty database in one transaction, which holds it as well."""
        url = database_url(self.settings)
        engine = open_engine(url)
        lock = DatabaseLock(engine)
        try:
            require_empty(engine, version=__version__)
            if not lock.take():
                raise RestoreUnderWay(holder="", path="this database")
            require_empty(engine, version=__version__)
            make_tables(url)
            ends = load(
                engine,
                self.staging,
                self.manifest,
                path=self.path,
                version=__version__,
                finish={
                    organization_id: partial(
                        self._hold, ends=[self._checkpoint_of(organization_id)]
                    )
                    for organization_id in self._organizations()
                },
            )
            with closing(AuditCheckpoint(self.staging / CHECKPOINT)) as checkpoint:
                for organization_id, end in ends.items():
                    checkpoint.advance(organization_id, end)
            Replacing(self.folder).replace(self.staging, aside=aside, names=(CHECKPOINT,))
        finally:
            lock.release()
            engine.dispose()

    def _hold(self, tx: Writing, *, ends: Sequence[ChainPosition | None]) -> None:
        known = [end for end in ends if end is not None]
        source = RestoredFrom(
            backup_id=BackupId(self.manifest.backup_id),
            taken_at=self.manifest.created_at,
            lost=max(known, key=lambda end: end.seq, default=None),
        )
        hold_after_restore(tx, source, by=self.by, now=self.now)

    def _organizations(self) -> list[OrganizationId]:
        return [OrganizationId(one) for one in self.manifest.audit] or [DEFAULT_ORGANIZATION]

    def _checkpoint_of(self, organization_id: OrganizationId) -> ChainPosition | None:
        """Where the chain ended by the file outside, which may be what was damaged."""
        try:
            found = AuditCheckpoint(self.folder / CHECKPOINT).positions(organization_id)
        except CheckpointUnreadable:
            return None
        return found[0] if found else None


def _require_fitting(manifest: Manifest, settings: Settings, path: Path) -> None:
    is_sqlite = settings.storage.database_url is None
    wanted = BackupKind.SQLITE if is_sqlite else BackupKind.POSTGRES
    if manifest.kind is not wanted:
        raise BackupOfOtherKind(path=str(path), found=manifest.kind.value, wanted=wanted.value)
    branches: tuple[tuple[Branch, str], ...] = (
        ("main", manifest.main_schema),
        ("inbox", manifest.inbox_schema),
    )
    for branch, found in branches:
        known = known_revisions(branch)
        if found not in known:
            raise BackupNewer(
                path=str(path),
                found=manifest.program,
                version=__version__,
                detail=f"schema {found}, known is {known[0]}",
            )


@contextmanager
def _staging_in(folder: Path) -> Iterator[Path]:
    """A folder on the same disk; what a killed restore left behind is removed."""
    for left in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=_STAGING, dir=folder, ignore_cleanup_errors=True
    ) as made:
        yield Path(made)
