"""A lock in the database that its holder keeps for as long as it is connected."""

from sqlalchemy import Connection, Engine, text

# Any number will do as long as every chargehand takes the same one.
_ADVISORY_KEY = 0x0C8A_26E4_A2D


class DatabaseLock:
    """One worker for each PostgreSQL database, on whichever machine it runs.

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
