"""What stops or turns off this process alone: a file in the data folder, and its settings.

The file is looked at in every transaction that asks, so it works while everything runs and while no
database can be reached. Whatever is wrong with it means that everything is stopped.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chargehand.domain.switches import ORGANIZATION, Scope, StopRecord, StopSource
from chargehand.flags.stopping import read_stops, scope_text, without
from chargehand.kit.clock import from_micros

STOP_FILE: Final = "STOP"
_LARGEST_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class LocalSwitches:
    """The switches of one process.

    Shape: `folder` is the data folder, None where there is none; `settings_text` is what the
    settings stop, empty for nothing; `flags_off` are the flags the settings turn off.
    """

    folder: Path | None = None
    settings_text: str = ""
    flags_off: frozenset[str] = field(default_factory=frozenset)

    @property
    def path(self) -> Path | None:
        """Where the file is looked for."""
        return self.folder / STOP_FILE if self.folder is not None else None

    def stops(self) -> tuple[StopRecord, ...]:
        """What the file and the settings stop now."""
        by_settings = (
            read_stops(self.settings_text, StopSource.SETTINGS) if self.settings_text else ()
        )
        return (*self._file_stops(), *by_settings)

    def add(self, scope: Scope) -> Path:
        """Write a scope into the file, in the place of nothing else it stops; where it is.

        Raises: OSError when the folder can not be written to.
        """
        path = self._path()
        known = {one.scope for one in self._file_stops()} | {scope}
        scopes = [ORGANIZATION] if ORGANIZATION in known else sorted(known, key=str)
        _write(path, "".join(f"{scope_text(one)}\n" for one in scopes))
        return path

    def remove(self, scope: Scope) -> bool:
        """Take a scope out of the file; False when it was not in it.

        Raises: OSError when the file can not be changed.
        """
        path = self._path()
        stopped = self._file_stops()
        if scope not in {one.scope for one in stopped}:
            return False
        if scope == ORGANIZATION or len(stopped) == 1:
            path.unlink(missing_ok=True)
            return True
        _write(path, without(path.read_text(encoding="utf-8", errors="replace"), [scope]))
        return True

    def _path(self) -> Path:
        if self.path is None:
            message = "these switches have no folder"
            raise AssertionError(message)
        return self.path

    def _file_stops(self) -> tuple[StopRecord, ...]:
        path = self.path
        if path is None:
            return ()
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        except OSError as error:
            return (_unreadable(path, error),)
        try:
            with path.open("rb") as file:
                text = file.read(_LARGEST_BYTES).decode("utf-8", "replace")
        except FileNotFoundError:
            return ()
        except OSError as error:
            return (_unreadable(path, error),)
        since = from_micros(changed // 1000)
        return tuple(
            StopRecord(one.scope, one.source, since, by=f"file {path.name}", note=one.note)
            for one in read_stops(text, StopSource.FILE)
        )


NO_LOCAL_SWITCHES: Final = LocalSwitches()


def _unreadable(path: Path, error: OSError) -> StopRecord:
    note = f"{path} can not be read ({error.strerror or error}), so everything is stopped"
    return StopRecord(ORGANIZATION, StopSource.FILE, since=None, note=note)


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole: nobody may read half of it, and it outlives a power cut."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
