"""Takes the last bytes of a person out of the files, and looks through every byte for them."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.privacy.person import Person
from chargehand.privacy.redaction import find_in_bytes
from chargehand.storage.database import Database
from chargehand.storage.scrubbing import DatabaseFiles, has_trace

_BESIDE_MAIN: Final = ("inbox_deliveries", "pseudonyms")
_OWN_FILES: Final = frozenset({"audit.checkpoint", "worker.lock"})
_LOGS: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Proof:
    """What the bytes of the databases say.

    Shape: `rebuilt` had older copies in gaps and were written anew; `traced` still hold something;
    `was_looked` is False on PostgreSQL, whose files are elsewhere, and for words too short to prove
    anything.
    """

    rebuilt: tuple[Path, ...] = ()
    traced: tuple[Path, ...] = ()
    was_looked: bool = False


def clean_files(files: DatabaseFiles, database: Database, person: Person) -> Proof:
    """Write anew what still holds a trace of a person who was erased.

    Whoever writes waits while a file or table is written anew; see decision 0011.
    """
    if not files.is_sqlite:
        tables = database.read(lambda tx: tx.personal_data.tables())
        files.rebuild_tables([*tables, *_BESIDE_MAIN])
        return Proof()
    files.fold()
    is_in = find_in_bytes(person.words)
    if is_in is None:
        return Proof()
    rebuilt = files.with_traces(is_in)
    if rebuilt:
        files.rebuild(rebuilt)
    return Proof(rebuilt=rebuilt, traced=files.with_traces(is_in), was_looked=True)


def other_files(files: DatabaseFiles, folder: Path, person: Person) -> tuple[Path, ...]:
    """Files beside the databases that tell of a person: copies, exports, backups."""
    is_in = find_in_bytes(person.words)
    if is_in is None:
        return ()
    own = _own(files.paths)
    beside = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(path for path in beside if path.name not in own and has_trace(path, is_in))


def _own(paths: Collection[Path]) -> frozenset[str]:
    names = {path.name for path in paths}
    return frozenset(names | {name + log for name in names for log in _LOGS} | _OWN_FILES)
