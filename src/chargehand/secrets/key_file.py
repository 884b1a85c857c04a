"""The file with the keys of stored secrets: outside the database, readable by one user.

One line for each key, the newest first: its id, a blank, 32 bytes in base64. It is replaced whole,
so a crash leaves the old file or the new one.
"""

import base64
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chargehand.secrets.errors import SecretKeyUnusable
from chargehand.secrets.sealing import KEY_BYTES, Keyring

_ID_BYTES: Final = 6
_OTHERS: Final = 0o077
_NOT_OURS: Final = "Put back the file this installation wrote; without it nothing stored opens."

_NOT_WRITABLE: Final = "Let this user write there, or name another file in secrets.key_file."


@contextmanager
def locked_keys(path: Path) -> Iterator[None]:
    """Only one process at a time changes keys, or seals with them.

    Raises: SecretKeyUnusable.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
    except OSError as error:
        detail = error.strerror or str(error)
        raise SecretKeyUnusable(path=str(path), detail=detail, cure=_NOT_WRITABLE) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_keys(path: Path) -> Keyring | None:
    """The keys; None when there is no such file.

    Raises: SecretKeyUnusable.
    """
    try:
        with path.open(encoding="ascii") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OTHERS:
                raise SecretKeyUnusable(
                    path=str(path),
                    detail="other users of this machine may read it",
                    cure=f"chmod 600 {path}",
                )
            keys = dict(_read_line(line) for line in file if line.strip())
    except FileNotFoundError:
        return None
    except OSError as error:
        cure = "Let it be readable by the user chargehand runs as, and by nobody else."
        detail = error.strerror or str(error)
        raise SecretKeyUnusable(path=str(path), detail=detail, cure=cure) from error
    except ValueError as error:
        detail = "it is not a file of keys"
        raise SecretKeyUnusable(path=str(path), detail=detail, cure=_NOT_OURS) from error
    if not keys:
        raise SecretKeyUnusable(path=str(path), detail="it holds no key", cure=_NOT_OURS)
    return Keyring(newest=next(iter(keys)), keys=keys, path=str(path))


def with_new_key(ring: Keyring | None, path: Path) -> Keyring:
    """The keyring with one more key, which seals from now on; not written yet."""
    key_id = f"sk_{secrets.token_hex(_ID_BYTES)}"
    older = dict(ring.keys) if ring is not None else {}
    keys = {key_id: secrets.token_bytes(KEY_BYTES), **older}
    return Keyring(newest=key_id, keys=keys, path=str(path))


def write_keys(ring: Keyring, path: Path) -> None:
    """Put the keys in the place of those that were there, on the disk when it returns.

    Raises: SecretKeyUnusable.
    """
    fresh = path.with_name(f"{path.name}.new")
    ordered = [ring.newest, *(one for one in ring.keys if one != ring.newest)]
    lines = [f"{one} {base64.b64encode(ring.keys[one]).decode()}\n" for one in ordered]
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        detail = error.strerror or str(error)
        raise SecretKeyUnusable(path=str(path), detail=detail, cure=_NOT_WRITABLE) from error


def _read_line(line: str) -> tuple[str, bytes]:
    key_id, _, encoded = line.strip().partition(" ")
    key = base64.b64decode(encoded, validate=True)
    if not key_id.startswith("sk_") or len(key) != KEY_BYTES:
        raise ValueError
    return key_id, key
