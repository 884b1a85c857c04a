"""Which database errors mean that the store is away, as opposed to a bug of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
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
# Gone, starting, stopping, full or overloaded; read-only is what a server says after a fail-over.
_PASSING_POSTGRES = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
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
        if _is_passing(error.orig):
            raise _unavailable(error.orig) from error
        raise
    except (sqlite3.Error, psycopg.Error) as error:
        if _is_passing(error):
            raise _unavailable(error) from error
        raise


def _is_passing(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and (code & _PRIMARY_CODE) in _PASSING_SQLITE
    return isinstance(error, _PASSING_POSTGRES)


def _unavailable(error: BaseException | None) -> InboxUnavailable:
    return InboxUnavailable(reason=str(error).strip(), retry_after_s=RETRY_AFTER_S)
