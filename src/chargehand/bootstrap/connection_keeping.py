"""Writes a connection down, or takes it out: both files, the stored secrets, and the account."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chargehand.bootstrap.drafting import (
    ConfigFiles,
    Draft,
    Keeping,
    ReadDraft,
    read_draft,
    read_files,
    stored_name,
)
from chargehand.bootstrap.errors import ConnectionNameUsed, StoredNameTaken
from chargehand.bootstrap.stored_secrets import NewSecret, keep_secret
from chargehand.bootstrap.stores import migrate_stores, open_stores
from chargehand.config.load import names_file
from chargehand.config.saving import alone_in, written
from chargehand.config.shown import connection_marks
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import Clock
from chargehand.pipeline.connection_changes import ChangedConnection, record_added
from chargehand.pipeline.stored_secrets import remove_secret
from chargehand.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargehand.config.load import ConfigTexts
    from chargehand.config.settings import Connection, Settings


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changes the configuration, and when."""

    by: str
    clock: Clock

    @property
    def now(self) -> datetime:
        """The moment it is."""
        return self.clock.now()


def require_unused_name(database: Database, draft: Draft, connection: "Connection") -> None:
    """Refuse a name under which another site has its history.

    Raises: ConnectionNameUsed.
    """
    known = database.read(lambda tx: tx.connections.find(draft.id))
    if known is not None and (known.connector, known.site) != (draft.connector, connection.site):
        raise ConnectionNameUsed(name=draft.id, site=f"{known.connector} {known.site}")


def save_draft(
    file: Path, environ: "Mapping[str, str]", draft: Draft, keeping: Keeping, *, hand: Hand
) -> ReadDraft:
    """Write a connection down, all of it or nothing.

    Raises: what `read_draft` raises, ConnectionNameUsed, ConfigUnwritable, ConfigBusy, and what
    opening the databases raises.
    """
    with alone_in(file.resolve().parent):
        files = read_files(file, environ)
        plain = read_draft(files, draft)
        with opened(files.settings, hand) as database:
            require_unused_name(database, draft, plain.connection)
            if keeping is Keeping.ENV:
                _write_down(files, plain, database, hand)
                return plain
            with _kept(files.settings, database, draft, hand):
                stored = read_draft(files, draft, keeping)
                _write_down(files, stored, database, hand)
                return stored


@contextmanager
def opened(settings: "Settings", hand: Hand) -> "Iterator[Database]":
    """The database, made when there was never one."""
    migrate_stores(settings, clock=hand.clock)
    with closing(open_stores(settings)) as stores:
        yield stores.database


def files_with(files: ConfigFiles, texts: "ConfigTexts") -> "dict[Path, str]":
    """What is to be written, by file; a file that stays as it is is left out."""
    wanted = {files.file: (files.texts.document, texts.document)}
    wanted[names_file(files.file)] = (files.texts.names, texts.names)
    return {path: after for path, (before, after) in wanted.items() if before != after}


def changed_connection(connection: "Connection") -> ChangedConnection:
    """A connection as the account of its changes tells of it."""
    return ChangedConnection(
        ConnectionId(connection.id),
        connection.connector,
        connection.site,
        connection_marks(connection),
    )


def _write_down(files: ConfigFiles, read: ReadDraft, database: Database, hand: Hand) -> None:
    added = changed_connection(read.connection)
    with written(files_with(files, read.texts)):
        database.write(lambda tx: record_added(tx, added, by=hand.by, now=hand.now))


@contextmanager
def _kept(settings: "Settings", database: Database, draft: Draft, hand: Hand) -> Iterator[None]:
    """Have the secrets kept; when the body fails they are forgotten again."""
    names = {stored_name(draft.id, setting): text for setting, text in draft.secrets.items()}
    for name in names:
        _require_no_stored(database, name)
    with ExitStack() as on_failure:
        for name, text in names.items():
            keep_secret(settings, database, NewSecret(name, text), by=hand.by, now=hand.now)
            on_failure.callback(forget_stored, database, name, hand)
        yield
        on_failure.pop_all()


def _require_no_stored(database: Database, name: str) -> None:
    if database.read(lambda tx: tx.stored_secrets.find(name)) is not None:
        raise StoredNameTaken(name=name)


def forget_stored(database: Database, name: str, hand: Hand) -> None:
    """Forget a secret chargehand keeps itself.

    Raises: NotFound.
    """
    database.write(lambda tx: remove_secret(tx, name, by=hand.by, now=hand.now))
