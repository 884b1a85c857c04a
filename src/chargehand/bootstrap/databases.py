"""Where the databases are that a settings object names."""

from chargehand.config.settings import Settings
from chargehand.storage.engines import DatabaseURL, postgres_url, sqlite_url


def database_url(settings: Settings) -> DatabaseURL:
    """Where `main` is."""
    configured = settings.storage.database_url
    if configured is not None:
        return postgres_url(configured.get_secret_value())
    return sqlite_url(settings.storage.data_dir / "main.db")


def inbox_url(settings: Settings) -> DatabaseURL:
    """Where the inbox is: with everything else on PostgreSQL, in a file of its own on SQLite.

    Writers of one SQLite file share one lock, so what is acknowledged has a file of its own.
    """
    if settings.storage.database_url is not None:
        return database_url(settings)
    return sqlite_url(settings.storage.data_dir / "inbox.db")
