"""Notices that another connection wrote something, without asking what."""

from dataclasses import dataclass

from sqlalchemy import Engine

from chargehand.inbox.ports import DeliveryQueue
from chargehand.storage.versions import open_version_source


@dataclass(frozen=True, slots=True)
class Changes:
    """Which of the databases changed since the last look."""

    inbox: bool
    main: bool


class ChangeCheck:
    """Compares SQLite's own change counters.

    PostgreSQL has no such counter for the price, so there every look says that something may
    have changed in the main database; the queries that follow are cheap and indexed.
    """

    def __init__(self, engine: Engine, queue: DeliveryQueue) -> None:
        is_sqlite = engine.dialect.name == "sqlite"
        self._queue = queue
        self._source = open_version_source(engine) if is_sqlite else None
        self._main = ""
        self._inbox = ""

    @property
    def is_instant(self) -> bool:
        """Whether a look reads a counter in shared memory, and asks no server."""
        return self._source is not None

    def look(self) -> Changes:
        """What changed since the last look; the first look says everything did."""
        inbox = self._queue.data_version()
        main = self._source.read() if self._source is not None else ""
        changes = Changes(inbox=inbox != self._inbox, main=main != self._main or not main)
        self._inbox, self._main = inbox, main
        return changes

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        if self._source is not None:
            self._source.close()
