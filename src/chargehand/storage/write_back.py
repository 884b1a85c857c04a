"""Moves what a SQLite database's write-ahead log holds into the file, in between.

Whoever commits when the log is long does so for everybody, and whoever waits for that commit waits
until sixteen megabytes are moved. So those who write much and are in no hurry do it themselves.
"""

from sqlalchemy import Engine


def write_back(engine: Engine) -> None:
    """Move as much as can be moved without waiting for anybody; PostgreSQL does so by itself."""
    if engine.dialect.name != "sqlite":
        return
    pooled = engine.raw_connection()
    try:
        pooled.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    finally:
        pooled.close()
