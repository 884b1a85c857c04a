"""Puts restored files in the place of the old ones, which are kept aside.

Files can not be exchanged together, so a note is left on the disk before the first is moved and
taken away after the last: whoever finds it knows that the databases are not whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.storage.backup.files import CHECKPOINT, INBOX, MAIN, sync_folder

_NOTE: Final = "restore.pending"
# SQLite keeps what is not folded back yet, and its index, beside a database.
_BESIDE: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Replacing:
    """Replaces the files of one data folder."""

    folder: Path

    def cut_off(self) -> str | None:
        """Where the old files of a replacement are that was cut off; None when none was."""
        try:
            return (self.folder / _NOTE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def replace(self, staging: Path, *, aside: Path, names: tuple[str, ...]) -> None:
        """Move the named files of `staging` in, and those they replace to `aside`.

        A name that `staging` lacks is only moved away.
        Raises: OSError; done again, it goes on where it ended.
        """
        aside.mkdir(mode=0o700)
        note = self.folder / _NOTE
        note.write_text(str(aside), encoding="utf-8")
        sync_folder(self.folder)
        for name in names:
            _move(self.folder, aside, name)
        sync_folder(aside)
        for name in names:
            _move(staging, self.folder, name)
        sync_folder(self.folder)
        note.unlink()
        sync_folder(self.folder)


SQLITE_FILES: Final = (CHECKPOINT, INBOX, MAIN)


def _move(source: Path, target: Path, name: str) -> None:
    for beside in _BESIDE:
        path = source / f"{name}{beside}"
        if path.exists():
            path.rename(target / path.name)
