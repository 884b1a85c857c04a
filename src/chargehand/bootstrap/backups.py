"""Makes backups of the databases a settings object names, and checks them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from chargehand import __version__
from chargehand.bootstrap.databases import database_url, inbox_url
from chargehand.bootstrap.errors import AnotherWorkerRuns, DataFolderFull, DataFolderUnusable
from chargehand.bootstrap.locks import FolderLock
from chargehand.bootstrap.stores import use_folder
from chargehand.config.settings import Settings
from chargehand.config.shown import settings_without_secrets
from chargehand.domain.errors import ChargehandError
from chargehand.kit.canonical import digest_of
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id, short_id
from chargehand.storage.backup.archive import (
    describe_member,
    extract,
    read_manifest,
    write_archive,
)
from chargehand.storage.backup.checking import CheckedBackup, check_extracted
from chargehand.storage.backup.errors import BackupExists, BackupUnderWay, BackupUnwritable
from chargehand.storage.backup.manifest import CONFIG, FORMAT, BackupOrigin, Manifest
from chargehand.storage.backup.taking import Taken, take
from chargehand.storage.database import told_when_away
from chargehand.storage.engines import DatabaseEngine, DatabaseURL, open_engine
from chargehand.storage.errors import SchemaMissing
from chargehand.storage.schema import Branch, require_known

__all__ = ["BackupOrigin", "CheckedBackup"]

_SUFFIX: Final = ".tar.gz"
_NAME: Final = "chargehand-*" + _SUFFIX
_WORKING: Final = ".making-"


@dataclass(frozen=True, slots=True)
class MadeBackup:
    """A backup that is on the disk, and the digest of its file."""

    path: Path
    size_bytes: int
    sha256: str
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class FoundBackup:
    """A file in the folder of backups; `manifest` is None when it is none, or is damaged."""

    path: Path
    size_bytes: int
    manifest: Manifest | None
    problem: str = ""


def make_backup(
    settings: Settings, *, origin: BackupOrigin, clock: Clock, out: Path | None = None
) -> MadeBackup:
    """Back up everything as it is at one moment, while the service runs.

    Shape: `out` None gives it a name in the folder of backups.
    Raises: BackupUnwritable, BackupUnderWay, BackupExists, DataFolderInUse, RestoreCut,
    SchemaMissing, SchemaNewer, StoreUnavailable.
    """
    now = clock.now()
    backup_id = new_id("bkp", now)
    folder = settings.backup_folder if out is None else out.resolve().parent
    path = out or folder / f"chargehand-{now:%Y%m%dT%H%M%SZ}-{short_id(backup_id)}{_SUFFIX}"
    if path.exists():
        raise BackupExists(path=str(path))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _making_in(folder) as working:
            taken = _take(settings, working)
            config = working / CONFIG
            config.write_bytes(msgspec.json.format(_config(settings), indent=2))
            manifest = Manifest(
                format=FORMAT,
                kind=taken.kind,
                backup_id=backup_id,
                created_at=now,
                origin=origin,
                source=source_of(settings),
                program=__version__,
                main_schema=taken.main_schema,
                inbox_schema=taken.inbox_schema,
                audit=taken.audit,
                counts=taken.counts,
                members=(describe_member(config, CONFIG), *taken.members),
            )
            digest = write_archive(path, manifest, working)
    except OSError as error:
        detail = error.strerror or str(error)
        raise BackupUnwritable(path=str(path), detail=detail) from error
    return MadeBackup(path, path.stat().st_size, digest, manifest)


def source_of(settings: Settings) -> str:
    """What tells this installation from others that keep their backups in the same folder."""
    url = database_url(settings).render_as_string(hide_password=True)
    return digest_of([str(settings.storage.data_dir.resolve()), url])[:16]


def verify_backup(path: Path, *, scratch: Path | None = None) -> CheckedBackup:
    """Unpack a backup and check everything that is in it.

    Shape: `scratch` None unpacks it where the machine keeps temporary files.
    Raises: BackupMissing, BackupUnreadable, BackupCut, BackupDamaged, BackupNewer,
    BackupUnwritable when there is no room to unpack it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=_WORKING, dir=scratch) as folder:
            manifest = extract(path, Path(folder), version=__version__)
            return check_extracted(Path(folder), manifest, path=path)
    except OSError as error:
        detail = error.strerror or str(error)
        place = str(scratch or tempfile.gettempdir())
        raise BackupUnwritable(path=place, detail=detail) from error


def list_backups(settings: Settings) -> list[FoundBackup]:
    """The backups in their folder, newest first, by what each says of itself."""
    found = []
    for path in settings.backup_folder.glob(_NAME):
        size_bytes = path.stat().st_size
        try:
            manifest = read_manifest(path, version=__version__)
        except ChargehandError as error:
            found.append(FoundBackup(path, size_bytes, None, str(error)))
        else:
            found.append(FoundBackup(path, size_bytes, manifest))
    return sorted(found, key=lambda one: one.path.name, reverse=True)


def _take(settings: Settings, into: Path) -> Taken:
    with (
        told_when_away(),
        _in_use(settings.storage.data_dir),
        _known(database_url(settings), "main") as main,
        _known(inbox_url(settings), "inbox") as inbox,
    ):
        return take(main, inbox, into)


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Files that are just being replaced by a restore are not of one moment."""
    if not folder.is_dir():
        yield
        return
    use = use_folder(folder)
    try:
        yield
    finally:
        use.release()


@contextmanager
def _known(url: DatabaseURL, branch: Branch) -> Iterator[DatabaseEngine]:
    """A database that was migrated by this program or an older one.

    Raises: SchemaMissing, SchemaNewer.
    """
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        # Opening it would make it.
        raise SchemaMissing(database=str(url))
    engine = open_engine(url)
    try:
        require_known(engine, branch, version=__version__)
        yield engine
    finally:
        engine.dispose()


def _config(settings: Settings) -> bytes:
    return msgspec.json.encode(settings_without_secrets(settings))


@contextmanager
def _making_in(folder: Path) -> Iterator[Path]:
    """A working folder beside the backup; what a killed one left behind is removed."""
    lock = FolderLock(folder / ".lock")
    try:
        lock.take()
    except AnotherWorkerRuns as error:
        raise BackupUnderWay(path=str(folder)) from error
    except (DataFolderUnusable, DataFolderFull) as error:
        # The lock knows data folders only, and what they are told to do helps nobody here.
        raise BackupUnwritable(path=str(folder), detail=str(error.fields["detail"])) from error
    try:
        for left in folder.glob(f"{_WORKING}*"):
            shutil.rmtree(left, ignore_errors=True)
        for part in folder.glob(f".*{_SUFFIX}.part"):
            part.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix=_WORKING, dir=folder) as working:
            yield Path(working)
    finally:
        lock.release()
