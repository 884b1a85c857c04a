"""Writes several files whole, all of them or none, for one writer at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from chargehand.config.errors import ConfigBusy, ConfigUnwritable

_FOR_OWNER: Final = 0o600
_FRESH: Final = ".new"


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep others who change the configuration away until the end.

    Raises: ConfigBusy, ConfigUnwritable.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        try:
            # The folder itself is locked, so nothing is left behind in it.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigBusy(path=str(folder)) from error
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def written(texts: Mapping[Path, str]) -> Iterator[None]:
    """Have the files say these texts; when the body fails they say again what they said.

    Shape: a new file is for its owner alone; one that is there keeps its rights, and a link to it
    stays a link.
    Raises: ConfigUnwritable.
    """
    real = {path.resolve(): text for path, text in texts.items()}
    with contextlib.ExitStack() as on_failure:
        try:
            _replace_all(real, on_failure)
        except OSError as error:
            path = Path(str(error.filename or next(iter(real))).removesuffix(_FRESH))
            raise _unwritable(path, error) from error
        yield
        on_failure.pop_all()


def _replace_all(texts: Mapping[Path, str], on_failure: contextlib.ExitStack) -> None:
    """Write every text beside its file first, so that the files change at one moment."""
    with contextlib.ExitStack() as at_end:
        fresh = {}
        for path, text in texts.items():
            fresh[path] = path.with_name(path.name + _FRESH)
            _write(fresh[path], text.encode(), mode=_mode_of(path))
            at_end.callback(fresh[path].unlink, missing_ok=True)
        for path, new in fresh.items():
            before = path.read_bytes() if path.exists() else None
            new.replace(path)
            on_failure.callback(_put_back, path, before)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_name(path.name + _FRESH)
    _write(fresh, content, mode=_mode_of(path))
    fresh.replace(path)


def _mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777 if path.exists() else _FOR_OWNER


def _unwritable(path: Path, error: OSError) -> ConfigUnwritable:
    return ConfigUnwritable(path=str(path), detail=error.strerror or str(error))
