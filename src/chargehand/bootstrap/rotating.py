"""Replaces a secret of a connection where it stands, after the new one was tried."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import SecretStr

from chargehand.bootstrap.connection_keeping import Hand, files_with, forget_stored, opened
from chargehand.bootstrap.drafting import ConfigFiles, is_same, read_files, stored_name
from chargehand.bootstrap.errors import (
    ConnectionMissing,
    OthersDisturbed,
    SecretElsewhere,
    SecretMissing,
    SecretsFull,
)
from chargehand.bootstrap.stored_secrets import NewSecret, keep_secret
from chargehand.config.blocks import set_expiry, set_value
from chargehand.config.environment import OF_ONE, own_name, shared_names
from chargehand.config.load import ConfigTexts
from chargehand.config.names_file import read_names, set_names
from chargehand.config.saving import alone_in, written
from chargehand.config.secret_settings import UnreadSecret
from chargehand.config.settings import Connection
from chargehand.config.shown import connection_marks
from chargehand.domain.ids import ConnectionId
from chargehand.pipeline.connection_changes import record_rotated
from chargehand.plugins.secret import SecretPlace, SecretReference, read_reference
from chargehand.storage.database import Database

SIGNING: Final = "webhook_secrets"
_MOST_SIGNING: Final = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a secret.

    Shape: `text` None drops the older signing secret; `ends_on` is the day the new one stops
    working, None when nobody knows.
    """

    setting: str
    text: str | None
    ends_on: date | None = None

    @property
    def word(self) -> str:
        """What is done, in the word of the account."""
        if self.text is None:
            return "dropped"
        return "added" if self.setting == SIGNING else "replaced"


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a secret stands: under a name of `.env`, or in the file where `name` is empty.

    Shape: `written` are the texts that stand there, references or secrets.
    """

    name: str
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written: the files' texts, a further file, and secrets to keep or to forget."""

    texts: ConfigTexts
    files: Mapping[Path, str]
    kept: tuple[NewSecret, ...] = ()
    forgotten: tuple[str, ...] = ()


_Rewrite: TypeAlias = Callable[[Sequence[str]], ConfigTexts]


def find_configured(files: ConfigFiles, connection_id: str) -> Connection:
    """A connection by its name.

    Raises: ConnectionMissing.
    """
    known = {one.id: one for one in files.settings.connections}
    if connection_id not in known:
        raise ConnectionMissing(wanted=connection_id, configured=", ".join(known) or "none")
    return known[connection_id]


def with_secret(connection: Connection, change: Change) -> Connection:
    """The connection as it would be with the new secret, to be tried.

    Raises: SecretsFull, SecretMissing.
    """
    held = getattr(connection, change.setting, None)
    if change.setting != SIGNING:
        if held is None or change.text is None:
            raise SecretMissing(name=connection.id, setting=change.setting)
        return connection.model_copy(update={change.setting: SecretStr(change.text)})
    signing = tuple(held or ())
    if change.text is None:
        if len(signing) < _MOST_SIGNING:
            raise SecretMissing(name=connection.id, setting="second signing secret")
        return connection.model_copy(update={SIGNING: signing[:1]})
    if len(signing) >= _MOST_SIGNING:
        raise SecretsFull(name=connection.id)
    return connection.model_copy(update={SIGNING: (SecretStr(change.text), *signing)})


def rotate(
    file: Path, environ: Mapping[str, str], connection_id: str, change: Change, *, hand: Hand
) -> None:
    """Put a secret that was tried in the place of the one before, all of it or nothing.

    Raises: ConnectionMissing, SecretElsewhere, SecretsFull, SecretMissing, OthersDisturbed, what
    reading and writing the configuration raises, and what opening the databases raises.
    """
    with alone_in(file.resolve().parent):
        files = read_files(file, environ)
        connection = find_configured(files, connection_id)
        wanted = with_secret(connection, change)
        plan = _plan(files, connection, change)
        marks = connection_marks(wanted)
        with (
            opened(files.settings, hand) as database,
            written({**files_with(files, plan.texts), **plan.files}),
            ExitStack() as on_failure,
        ):
            for secret in plan.kept:
                before = _stored_before(database, secret.name, connection, change.setting)
                on_failure.callback(_put_back, files, database, before, secret.name, hand)
                keep_secret(files.settings, database, secret, by=hand.by, now=hand.now)
            _require_only_this_changed(files, plan.texts, wanted)
            database.write(
                lambda tx: record_rotated(
                    tx,
                    ConnectionId(connection_id),
                    f"connections.{connection_id}.{change.setting}",
                    marks,
                    change=change.word,
                    by=hand.by,
                    now=hand.now,
                )
            )
            on_failure.pop_all()
            for name in plan.forgotten:
                forget_stored(database, name, hand)


def _stored_before(
    database: Database, name: str, connection: Connection, setting: str
) -> NewSecret | None:
    """A stored secret as it is before another takes its place; None where there is none."""
    record = database.read(lambda tx: tx.stored_secrets.find(name))
    held = getattr(connection, setting)
    if record is None or isinstance(held, UnreadSecret) or not isinstance(held, SecretStr):
        return None
    return NewSecret(name, held.get_secret_value(), record.expires_at)


def _put_back(
    files: ConfigFiles, database: Database, before: NewSecret | None, name: str, hand: Hand
) -> None:
    if before is not None:
        keep_secret(files.settings, database, before, by=hand.by, now=hand.now)
        return
    if database.read(lambda tx: tx.stored_secrets.find(name)) is not None:
        forget_stored(database, name, hand)


def _plan(files: ConfigFiles, connection: Connection, change: Change) -> _Plan:
    spot = _find_spot(files, connection, change.setting)
    setting = f"connections.{connection.id}.{change.setting}"
    rewrite = _rewriting(files, connection, change.setting, spot)
    if change.setting == SIGNING:
        plan = _plan_signing(connection, change, spot, rewrite)
    else:
        plan = _plan_one(files, change, read_reference(setting, spot.written[0]), rewrite)
    ended = f"{setting}.2" if change.text is None else setting
    document = set_expiry(plan.texts.document, ended, change.ends_on)
    return replace(plan, texts=ConfigTexts(document, plan.texts.names))


def _plan_one(
    files: ConfigFiles, change: Change, reference: SecretReference | None, rewrite: _Rewrite
) -> _Plan:
    text = change.text or ""
    if reference is None:
        return _Plan(rewrite([text]), {})
    match reference.place:
        case SecretPlace.STORED:
            ends_at = _at_midnight(change.ends_on)
            return _Plan(files.texts, {}, (NewSecret(reference.path, text, ends_at),))
        case SecretPlace.FILE:
            path = files.file.resolve().parent / reference.path
            return _Plan(files.texts, {path: text + "\n"})
        case SecretPlace.ENVIRONMENT if not files.environ.get(reference.path):
            names = set_names(files.texts.names, {reference.path: text})
            return _Plan(ConfigTexts(files.texts.document, names), {})
        case _:
            raise SecretElsewhere(setting=reference.setting, place=str(reference))


def _plan_signing(connection: Connection, change: Change, spot: _Spot, rewrite: _Rewrite) -> _Plan:
    setting = f"connections.{connection.id}.{SIGNING}"
    references = [read_reference(setting, one) for one in spot.written]
    if change.text is None:
        old = references[1]
        is_stored = old is not None and old.place is SecretPlace.STORED
        forgotten = (old.path,) if old is not None and is_stored else ()
        return _Plan(rewrite(spot.written[:1]), {}, forgotten=forgotten)
    first = references[0] if references else None
    if first is None:
        return _Plan(rewrite([change.text, *spot.written]), {})
    if first.place is not SecretPlace.STORED:
        raise SecretElsewhere(setting=setting, place=str(first))
    plain = stored_name(connection.id, SIGNING)
    name = f"{plain}-2" if first.path == plain else plain
    secret = NewSecret(name, change.text, _at_midnight(change.ends_on))
    return _Plan(rewrite([f"stored:{name}", *spot.written]), {}, (secret,))


def _rewriting(files: ConfigFiles, connection: Connection, setting: str, spot: _Spot) -> _Rewrite:
    """What writes other texts into a spot."""

    def rewrite(texts: Sequence[str]) -> ConfigTexts:
        if spot.name:
            names = set_names(files.texts.names, {spot.name: ",".join(texts)})
            return ConfigTexts(files.texts.document, names)
        value = tuple(texts) if setting == SIGNING else texts[0]
        place = _place_of(files, connection)
        document = set_value(files.texts.document, place, setting, value)
        return ConfigTexts(document, files.texts.names)

    return rewrite


def _find_spot(files: ConfigFiles, connection: Connection, setting: str) -> _Spot:
    """Where a secret stands that counts; the environment's own names are not ours to write.

    Raises: SecretElsewhere, SecretMissing.
    """
    known = read_names(files.texts.names)
    is_only = [one.connector for one in files.settings.connections].count(connection.connector)
    shared = shared_names(connection.connector, setting) if is_only == 1 else ()
    whole = f"connections.{connection.id}.{setting}"
    for name in (own_name(connection.id, setting), *shared):
        if files.environ.get(name):
            raise SecretElsewhere(setting=whole, place=f"{name} of the environment")
        if known.get(name):
            return _Spot(name, _parts(known[name], setting))
        if known.get(f"{name}_FILE") or files.environ.get(f"{name}_FILE"):
            path = files.environ.get(f"{name}_FILE") or known[f"{name}_FILE"]
            return _Spot("", (f"file:{path}",))
    place = _place_of(files, connection)
    held = files.entries[place].get(setting) if place < len(files.entries) else None
    if not held:
        if setting == SIGNING:
            # There was none: the first one is a name of `.env`.
            return _Spot(own_name(connection.id, setting), ())
        raise SecretMissing(name=connection.id, setting=setting)
    return _Spot("", tuple(held) if isinstance(held, list) else (str(held),))


def _parts(text: str, setting: str) -> tuple[str, ...]:
    if setting != SIGNING:
        return (text.strip(),)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _place_of(files: ConfigFiles, connection: Connection) -> int:
    ids = [one.get("id", one.get("connector", "jira")) for one in files.entries]
    return ids.index(connection.id) if connection.id in ids else len(ids)


def _require_only_this_changed(files: ConfigFiles, texts: ConfigTexts, wanted: Connection) -> None:
    """Read everything back: the new secret counts, and nothing else reads otherwise."""
    expected = [wanted if one.id == wanted.id else one for one in files.settings.connections]
    if not is_same(files.read(texts).connections, expected):
        raise OthersDisturbed(names="see docs/howto/environment-names.md")


def _at_midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day is not None else None


def rotatable(connection: Connection) -> tuple[str, ...]:
    """The settings of a connection that are secrets and are set, or can be."""
    held = [name for name in OF_ONE if isinstance(getattr(connection, name, None), SecretStr)]
    is_signed = connection.takes_webhooks and connection.connector != "discord"
    return (*held, *([SIGNING] if is_signed else []))
