"""Notices that another connection wrote something, without asking what."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from chargehand.inbox.ports import DeliveryQueue


@dataclass(frozen=True, slots=True)
class Changes:
    """Which of the databases changed since the last look."""

    inbox: bool
    main: bool


class ChangeCheck:
    """Keeps one connection open and compares SQLite's own change counter.

    PostgreSQL has no such counter for the price, so there every look says that something may
    have changed; the queries that follow are cheap and indexed.
    """

    def __init__(self, engine: Engine, queue: DeliveryQueue) -> None:
        self._engine = engine
        self._queue = queue
        self._connection: Connection | None = None
        self._main = ""
        self._inbox = ""

    def look(self) -> Changes:
        """What changed since the last look; the first look says everything did."""
        inbox, main = self._queue.data_version(), self._main_version()
        changes = Changes(inbox=inbox != self._inbox, main=main != self._main or not main)
        self._inbox, self._main = inbox, main
        return changes

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _main_version(self) -> str:
        if self._engine.dialect.name != "sqlite":
            return ""
        if self._connection is None:
            self._connection = self._engine.connect()
        version = self._connection.execute(text("PRAGMA data_version")).scalar_one()
        # A read transaction left open would keep the write-ahead log from being folded back.
        self._connection.rollback()
        return str(version)
