"""The file of a backup: a compressed tar whose first member says what the others must be.

It is written under another name, flushed to the disk and renamed, so a file with a backup's name
is whole. What reads it believes nothing: names come from a closed form, sizes and digests are
compared, and the end has to be there.
"""

import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from chargehand.storage.backup.errors import (
    BackupCut,
    BackupDamaged,
    BackupExists,
    BackupMissing,
    BackupNewer,
    BackupUnreadable,
)
from chargehand.storage.backup.files import sync_folder
from chargehand.storage.backup.manifest import FORMAT, MANIFEST, Manifest, Member

_CHUNK: Final = 1 << 20
# Databases shrink to a third already; more would cost minutes of a core for a few percent.
_LEVEL: Final = 1
_LONGEST_MANIFEST: Final = 4 << 20
_MEMBER_NAME: Final = re.compile(r"[a-z]+\.(db|json)|tables/[a-z0-9_]+\.[a-z0-9_]+\.copy")


class _Versions(msgspec.Struct):
    """What can be read of a manifest of any form."""

    format: int
    program: str


def describe_member(path: Path, name: str, *, rows: int | None = None) -> Member:
    """The manifest's line about a file that is going to be a member."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Member(name, path.stat().st_size, digest, rows)


def write_archive(path: Path, manifest: Manifest, folder: Path) -> str:
    """Pack the members that lie in a folder; the SHA-256 of the finished file.

    Raises: BackupExists, OSError.
    """
    if path.exists():
        raise BackupExists(path=str(path))
    part = path.with_name(f".{path.name}.part")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as file:
            with (
                gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_LEVEL) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
                _add(tar, MANIFEST, io.BytesIO(text), len(text))
                for member in manifest.members:
                    with (folder / member.name).open("rb") as content:
                        _add(tar, member.name, content, member.size_bytes)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    return digest_of_file(path)


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: Path, *, version: str) -> Manifest:
    """What a backup says of itself; only its beginning is read.

    Raises: BackupMissing, BackupUnreadable, BackupCut, BackupDamaged, BackupNewer.
    """
    with _opened(path) as (tar, _packed):
        return _manifest(tar, path, version=version)


def extract(path: Path, into: Path, *, version: str) -> Manifest:
    """Unpack every member into a folder, each compared with its digest, to the last byte.

    Raises: BackupMissing, BackupUnreadable, BackupCut, BackupDamaged, BackupNewer, OSError.
    """
    with _opened(path) as (tar, packed):
        manifest = _manifest(tar, path, version=version)
        for member in manifest.members:
            info, content = _next(tar, path, member.name)
            if (info.name, info.size) != (member.name, member.size_bytes):
                raise BackupDamaged(path=str(path), detail=f"{info.name} is not {member.name}")
            target = into / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if _unpack(content, target) != member.sha256:
                raise BackupDamaged(path=str(path), detail=f"the digest of {member.name} differs")
        # The checksum of the whole stands behind the last member.
        while packed.read(_CHUNK):
            pass
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, gzip.GzipFile]]:
    where = "its first bytes"
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file, mode="rb") as packed:
            if not packed.peek(1):
                raise BackupCut(path=str(path), where=where)
            where = "the middle"
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                yield tar, packed
    except (FileNotFoundError, IsADirectoryError) as error:
        if Path(str(error.filename)) != path:
            raise
        raise BackupMissing(path=str(path)) from error
    except gzip.BadGzipFile as error:
        if where == "the middle":
            raise BackupDamaged(path=str(path), detail="its checksum differs") from error
        raise BackupUnreadable(path=str(path), detail="it is not compressed") from error
    except EOFError as error:
        raise BackupCut(path=str(path), where=where) from error
    except tarfile.ReadError as error:
        raise BackupUnreadable(path=str(path), detail=str(error)) from error
    except zlib.error as error:
        raise BackupDamaged(path=str(path), detail="it can not be unpacked") from error


def _manifest(tar: tarfile.TarFile, path: Path, *, version: str) -> Manifest:
    info, content = _next(tar, path, MANIFEST)
    if info.name != MANIFEST or info.size > _LONGEST_MANIFEST:
        raise BackupUnreadable(path=str(path), detail=f"it does not begin with {MANIFEST}")
    text = content.read()
    try:
        versions = msgspec.json.decode(text, type=_Versions)
        if versions.format > FORMAT:
            detail = f"form {versions.format}, known is {FORMAT}"
            raise BackupNewer(
                path=str(path), found=versions.program, version=version, detail=detail
            )
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupUnreadable(path=str(path), detail=f"{MANIFEST}: {error}") from error
    for member in manifest.members:
        if not _MEMBER_NAME.fullmatch(member.name):
            raise BackupUnreadable(path=str(path), detail=f"a member is called {member.name!r}")
    return manifest


def _next(tar: tarfile.TarFile, path: Path, name: str) -> tuple[tarfile.TarInfo, IO[bytes]]:
    info = tar.next()
    if info is None:
        raise BackupCut(path=str(path), where=f"the place of {name}")
    content = tar.extractfile(info)
    if content is None:
        raise BackupUnreadable(path=str(path), detail=f"{info.name} is no file")
    return info, content


def _unpack(content: IO[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size_bytes: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size_bytes, 0o600
    tar.addfile(info, content)
