"""Takes a connection out: its table, its names in `.env`, its stored secrets, and no more."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chargehand.bootstrap.connection_keeping import (
    Hand,
    changed_connection,
    files_with,
    forget_stored,
    opened,
)
from chargehand.bootstrap.drafting import ConfigFiles, is_same, read_files
from chargehand.bootstrap.errors import ConnectionMissing, ConnectionNeeded, OthersDisturbed
from chargehand.config.blocks import remove_connection, set_expiry
from chargehand.config.environment import OF_ONE, in_file, own_name, shared_names
from chargehand.config.errors import ConfigInvalid, ConfigNotEditable
from chargehand.config.load import ConfigTexts, names_file
from chargehand.config.names_file import read_names, set_names
from chargehand.config.saving import alone_in, written
from chargehand.config.settings import Connection
from chargehand.pipeline.connection_changes import record_removed
from chargehand.plugins.secret import FoundSecret

_STORED = "stored:"


@dataclass(frozen=True, slots=True)
class Removal:
    """What taking a connection out would take.

    Shape: `names` are those of `.env`, `stored` those of stored secrets; `left` are places a
    secret stands in that is not ours to take away; `texts` are what the files would say.
    """

    files: ConfigFiles
    connection: Connection
    names: tuple[str, ...]
    stored: tuple[str, ...]
    left: tuple[str, ...]
    texts: ConfigTexts

    @property
    def names_file(self) -> Path:
        """Where the names stand."""
        return names_file(self.files.file)

    @property
    def taken(self) -> tuple[str, ...]:
        """Everything that goes, in words for the account."""
        stored = tuple(f"{_STORED}{name}" for name in self.stored)
        return (f"{self.files.file.name}: connections.{self.connection.id}", *self.names, *stored)


def plan_removal(file: Path, environ: Mapping[str, str], connection_id: str) -> Removal:
    """What would go with a connection; nothing is changed yet.

    Raises: ConnectionMissing, ConnectionNeeded, ConfigNotEditable, OthersDisturbed, and what
    `read_files` raises.
    """
    files = read_files(file, environ)
    place, connection = _find(files, connection_id)
    names = _names_of(files, connection)
    secrets = [
        one
        for one in files.settings.found_secrets
        if one.setting.startswith(f"connections.{connection_id}.")
    ]
    texts = _texts_without(files, place, names, [one.setting for one in secrets], connection_id)
    _require_others_as_before(files, texts, connection_id)
    return Removal(
        files=files,
        connection=connection,
        names=names,
        stored=_stored_alone(files, secrets),
        left=tuple(_left(secrets, names)),
        texts=texts,
    )


def remove(file: Path, environ: Mapping[str, str], connection_id: str, *, hand: Hand) -> Removal:
    """Take a connection out, all of it or nothing.

    Raises: what `plan_removal` raises, ConfigUnwritable, ConfigBusy, and what opening the
    databases raises.
    """
    with alone_in(file.resolve().parent):
        removal = plan_removal(file, environ, connection_id)
        removed = changed_connection(removal.connection)
        with opened(removal.files.settings, hand) as database, ExitStack() as at_end:
            with written(files_with(removal.files, removal.texts)):
                database.write(
                    lambda tx: record_removed(tx, removed, removal.taken, by=hand.by, now=hand.now)
                )
            for name in removal.stored:
                at_end.callback(forget_stored, database, name, hand)
    return removal


def _find(files: ConfigFiles, connection_id: str) -> tuple[int, Connection]:
    configured = {one.id: one for one in files.settings.connections}
    if connection_id not in configured:
        raise ConnectionMissing(wanted=connection_id, configured=", ".join(configured) or "none")
    for place, entry in enumerate(files.entries):
        if entry.get("id", entry.get("connector", "jira")) == connection_id:
            return place, configured[connection_id]
    raise ConfigNotEditable(
        what=f"the connection {connection_id}, which the environment alone makes,",
        cure="Take its names out of the environment, or out of .env",
    )


def _names_of(files: ConfigFiles, connection: Connection) -> tuple[str, ...]:
    """The names of `.env` that are this connection's and nobody else's."""
    known = read_names(files.texts.names)
    names = [own_name(connection.id, setting) for setting in OF_ONE]
    kinds = [one.connector for one in files.settings.connections]
    if kinds.count(connection.connector) == 1:
        names += shared_names(connection.connector)
    both = [spelled for name in names for spelled in (name, in_file(name))]
    return tuple(name for name in both if name in known)


def _texts_without(
    files: ConfigFiles,
    place: int,
    names: tuple[str, ...],
    settings: list[str],
    connection_id: str,
) -> ConfigTexts:
    document = files.texts.document
    for setting in settings:
        document = set_expiry(document, setting, None)
    kept = files.texts.names
    if names:
        under = f"Secrets of the connection {connection_id}."
        kept = set_names(kept, dict.fromkeys(names), under=under)
    return ConfigTexts(remove_connection(document, place), kept)


def _require_others_as_before(files: ConfigFiles, texts: ConfigTexts, connection_id: str) -> None:
    try:
        settings = files.read(texts)
    except ConfigInvalid as error:
        problems = error.fields["problems"]
        raise ConnectionNeeded(name=connection_id, problems=problems) from error
    others = [one for one in files.settings.connections if one.id != connection_id]
    if not is_same(settings.connections, others):
        raise OthersDisturbed(names="see docs/howto/environment-names.md")


def _stored_alone(files: ConfigFiles, secrets: list[FoundSecret]) -> tuple[str, ...]:
    """The stored secrets no other setting reads."""
    own = {one.setting for one in secrets}
    others = {one.place for one in files.settings.found_secrets if one.setting not in own}
    found = {one.place for one in secrets if one.place.startswith(_STORED)}
    return tuple(sorted(place.removeprefix(_STORED) for place in found - others))


def _left(secrets: list[FoundSecret], names: tuple[str, ...]) -> list[str]:
    """The places of secrets that stay, because nobody says that they are this connection's."""
    ours = ("chargehand.toml", _STORED)
    return sorted(
        {
            one.place
            for one in secrets
            if not one.place.startswith(ours) and not (names and one.place.startswith("the "))
        }
    )
