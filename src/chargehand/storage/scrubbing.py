"""What is left of erased texts in the files of the databases, and how it goes.

SQLite overwrites what it deletes (`secure_delete`), but the write-ahead log keeps older pages until
it is folded back, and moving rows between pages can leave a copy in a gap. PostgreSQL keeps dead
rows until a table is written anew.
Source: docs/decisions/0010-erasing-is-proved-in-the-files.md
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from chargehand.storage.patience import patiently

_READ_BYTES: Final = 4 * 1024 * 1024
_OVERLAP_BYTES: Final = 4096
_PATIENCE_S: Final = 10.0


class DatabaseFiles:
    """The files behind some engines of one kind; nothing can be looked into on PostgreSQL."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = list(engines)
        self.is_sqlite = self._engines[0].dialect.name == "sqlite"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The databases that are files here."""
        names = (engine.url.database for engine in self._engines if self.is_sqlite)
        return tuple(Path(name) for name in names if name)

    def fold(self) -> None:
        """Write the write-ahead logs back into their databases and cut them off.

        Readers of old pages are waited for; one that stays keeps the log for a while longer.
        """
        for engine in self._engines if self.is_sqlite else ():
            _run(engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    def with_traces(self, is_in: Callable[[bytes], bool]) -> tuple[Path, ...]:
        """The databases in whose bytes, or their logs', something is found."""
        return tuple(
            path
            for path in self.paths
            if any(has_trace(one, is_in) for one in (path, _log_of(path)))
        )

    def rebuild(self, paths: Collection[Path]) -> None:
        """Write databases anew, without gaps; nobody else can write to them meanwhile."""
        for engine in self._engines:
            if engine.url.database and Path(engine.url.database) in paths:
                _run(engine, "VACUUM")
                _run(engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    def rebuild_tables(self, tables: Collection[str]) -> None:
        """Write tables of PostgreSQL anew; each is locked while it is written."""
        for engine in self._engines[:1]:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("SET statement_timeout = 0"))
                for table in sorted(tables):
                    quoted = engine.dialect.identifier_preparer.quote(table)
                    connection.execute(text(f"VACUUM FULL {quoted}"))
                connection.invalidate()


def has_trace(path: Path, is_in: Callable[[bytes], bool]) -> bool:
    """Whether the bytes of a file hold something; a file that is not there holds nothing."""
    return any(is_in(part) for part in _parts(path))


def _parts(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            kept = b""
            while part := file.read(_READ_BYTES):
                yield kept + part
                kept = part[-_OVERLAP_BYTES:]
    except FileNotFoundError:
        return


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _run(engine: Engine, statement: str) -> None:
    """Outside any transaction, which both statements demand."""
    pooled = engine.raw_connection()
    try:
        cursor = pooled.cursor()
        patiently(lambda: cursor.execute(statement).fetchall(), patience_s=_PATIENCE_S)
    finally:
        pooled.close()
