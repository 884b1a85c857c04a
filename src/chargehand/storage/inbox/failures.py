"""Which database errors mean that the store is away, as opposed to a bug of ours."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chargehand.inbox.errors import InboxUnavailable

RETRY_AFTER_S = 5
_PRIMARY_CODE = 0xFF
# Full, failing, read-only, not to be opened, locked for longer than we wait, or out of memory.
# A corrupt file is not among them: nothing is mended by trying again.
_PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
    }
)


@contextmanager
def translated() -> Iterator[None]:
    """Let a store that is away be known as such; everything else passes unchanged.

    Raises: InboxUnavailable.
    """
    try:
        yield
    except PoolTimeout as error:
        raise _unavailable(error) from error
    except DBAPIError as error:
        if is_passing(error.orig):
            raise _unavailable(error.orig) from error
        raise
    except _driver_errors() as error:
        if is_passing(error):
            raise _unavailable(error) from error
        raise


def is_passing(error: BaseException | None) -> bool:
    """Whether what a driver raised says that a database is away, full or busy."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and (code & _PRIMARY_CODE) in _PASSING_SQLITE
    # lazy: only its own errors come here, so the driver is loaded by now.
    import psycopg

    # Gone, starting, stopping, full or overloaded; read-only is what a server says after a
    # fail-over.
    passing = (
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.errors.ReadOnlySqlTransaction,
    )
    return isinstance(error, passing)


def _driver_errors() -> tuple[type[Exception], ...]:
    """What drivers raise by themselves; PostgreSQL's is no part of a process that has SQLite."""
    if "psycopg" not in sys.modules:
        return (sqlite3.Error,)
    # lazy: as above.
    import psycopg

    return (sqlite3.Error, psycopg.Error)


def _unavailable(error: BaseException | None) -> InboxUnavailable:
    return InboxUnavailable(reason=str(error).strip(), retry_after_s=RETRY_AFTER_S)
