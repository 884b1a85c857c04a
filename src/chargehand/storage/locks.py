"""Locks in a PostgreSQL database, which their holders keep for as long as they are connected."""

import hashlib

from sqlalchemy import Connection, Engine, text

# Any numbers will do as long as every chargehand takes the same ones.
_ADVISORY_KEY = 0x0C8A_26E4_A2D
_WRITE_TURN = 0x0C8A_26E4_A2E


def take_turn_to_write(connection: Connection) -> None:
    """Wait until no other process writes, as SQLite makes everybody wait; until the commit.

    What is read afterwards is what the last writer left, so a transaction that looks and then
    writes needs no lock on what it looked at.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITE_TURN})


def share_with_workers(connection: Connection) -> bool:
    """Keep out whoever needs the database without workers; False when somebody has it so."""
    query = text("SELECT pg_try_advisory_lock_shared(:key)")
    return bool(connection.execute(query, {"key": _ADVISORY_KEY}).scalar_one())


def key_of(name: str) -> int:
    """The number PostgreSQL knows a named lock by; 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def try_lock(connection: Connection, name: str) -> bool:
    """Take a named lock without waiting; False when another connection has it."""
    query = text("SELECT pg_try_advisory_lock(:key)")
    return bool(connection.execute(query, {"key": key_of(name)}).scalar_one())


def unlock(connection: Connection, name: str) -> None:
    """Let go of a named lock."""
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key_of(name)})


def end_holder(connection: Connection, name: str) -> bool:
    """End the connection that holds a named lock, with everything it holds; False if none does.

    Source: https://www.postgresql.org/docs/current/view-pg-locks.html, on 64-bit keys
    """
    key = key_of(name) & 0xFFFF_FFFF_FFFF_FFFF
    query = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND objsubid = 1 AND classid = CAST(:high AS oid) AND objid = CAST(:low AS oid) "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    parts = {"high": key >> 32, "low": key & 0xFFFF_FFFF}
    return any(row[0] for row in connection.execute(query, parts))


class DatabaseLock:
    """A PostgreSQL database without workers, on whichever machine they would run.

    Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lock without waiting; False when somebody else holds it."""
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:key)")
        if not connection.execute(query, {"key": _ADVISORY_KEY}).scalar_one():
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """Let go; safe to call twice."""
        if self._connection is not None:
            # Closed for good: a pooled connection would keep the lock.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
