"""Secrets we keep ourselves: the file of their keys, and reading one while settings are read."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chargehand.config.settings import Settings
from chargehand.domain.errors import ChargehandError
from chargehand.pipeline.errors import NotFound
from chargehand.pipeline.stored_secrets import (
    open_secret,
    reseal_secrets,
    store_secret,
    without_key,
)
from chargehand.plugins.secret import (
    SecretReference,
    SecretSourceAway,
    SecretSourceUnusable,
    SecretText,
    SecretUnreadable,
)
from chargehand.secrets.errors import SecretKeyMissing, SecretKeyUnusable
from chargehand.secrets.key_file import locked_keys, read_keys, with_new_key, write_keys
from chargehand.secrets.sealing import Keyring
from chargehand.storage.database import Database
from chargehand.storage.engines import DatabaseURL
from chargehand.storage.transaction import Reading

_NO_KEYS = Keyring(newest="", keys={})


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What somebody wants kept; never printed."""

    name: str
    text: str
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"NewSecret({self.name!r})"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a change of keys did."""

    key_id: str
    resealed: int
    older_keys: tuple[str, ...]


def keep_secret(
    settings: Settings, database: Database, secret: NewSecret, *, by: str, now: datetime
) -> None:
    """Keep a secret; the first one makes the file of the keys.

    Raises: SecretKeyUnusable, SecretKeyMissing when others are sealed with a key that is not here.
    """
    path = settings.secrets.key_file
    with locked_keys(path):
        ring = read_keys(path)
        if ring is None:
            _require_no_orphans(database, path)
            ring = with_new_key(None, path)
            write_keys(ring, path)
        keys = ring
        database.write(
            lambda tx: store_secret(
                tx,
                secret.name,
                secret.text,
                keys=keys,
                by=by,
                now=now,
                expires_at=secret.expires_at,
            )
        )


def rotate_key(settings: Settings, database: Database, *, by: str, now: datetime) -> Rotated:
    """Seal everything with a new key; one that was cut off half way is finished with its own.

    Raises: SecretKeyUnusable, SecretKeyMissing.
    """
    path = settings.secrets.key_file
    with locked_keys(path):
        ring = read_keys(path)
        held = database.read(lambda tx: tx.stored_secrets.all())
        for one in held:
            if ring is None or one.key_id not in ring.keys:
                raise SecretKeyMissing(name=one.name, key_id=one.key_id, path=str(path))
        was_cut_off = ring is not None and held and all(o.key_id != ring.newest for o in held)
        if ring is None or not was_cut_off:
            ring = with_new_key(ring, path)
            write_keys(ring, path)
        keys = ring
        count = database.write(lambda tx: reseal_secrets(tx, keys, by=by, now=now))
    older = tuple(one for one in keys.keys if one != keys.newest)
    return Rotated(keys.newest, count, older)


def forget_old_keys(settings: Settings, database: Database) -> tuple[str, ...]:
    """Drop the keys nothing in the database is sealed with; their ids.

    Raises: SecretKeyUnusable.
    """
    path = settings.secrets.key_file
    with locked_keys(path):
        ring = read_keys(path)
        if ring is None:
            return ()
        used = database.read(lambda tx: tx.stored_secrets.key_ids())
        kept = {key: ring.keys[key] for key in ring.keys if key == ring.newest or key in used}
        gone = tuple(key for key in ring.keys if key not in kept)
        if gone:
            write_keys(Keyring(ring.newest, kept, str(path)), path)
        return gone


def names_without_key(settings: Settings, database: Database) -> tuple[str, ...]:
    """The stored secrets that can not be opened here, as after a restore without the key file.

    Raises: SecretKeyUnusable.
    """
    ring = read_keys(settings.secrets.key_file) or _NO_KEYS
    found = database.read(lambda tx: without_key(tx, ring.keys))
    return tuple(one.name for one in found)


class StoredSource:
    """Reads stored secrets while settings are read, so before anything else is opened."""

    def __init__(self, url: DatabaseURL, key_file: Path) -> None:
        self._url = url
        self._key_file = key_file

    def read(self, reference: SecretReference) -> SecretText:
        """The secret.

        Raises: SecretUnreadable, SecretSourceUnusable, SecretSourceAway.
        """
        fields = {"setting": reference.setting, "reference": str(reference)}
        anew = f"Set it: chargehand secrets set {reference.path}"
        is_file = self._url.get_backend_name() == "sqlite"
        if is_file and not Path(str(self._url.database)).is_file():
            raise SecretUnreadable(**fields, detail="there is no database yet", cure=anew)
        try:
            keys = read_keys(self._key_file) or Keyring("", {}, str(self._key_file))
            with closing(Database(self._url)) as database:
                return database.read(lambda tx: _secret(tx, reference.path, keys))
        except NotFound as error:
            detail = "nothing of that name is stored"
            raise SecretUnreadable(**fields, detail=detail, cure=anew) from error
        except (SecretKeyMissing, SecretKeyUnusable) as error:
            detail, cure = str(error).rstrip("."), "Then start again."
            raise SecretSourceUnusable(**fields, detail=detail, cure=cure) from error
        except ChargehandError as error:
            detail = str(error).rstrip(".")
            cure = "Is the database there, and up to date? `chargehand migrate` makes it so."
            raise SecretSourceAway(**fields, detail=detail, cure=cure) from error


def _secret(tx: Reading, name: str, keys: Keyring) -> SecretText:
    text = open_secret(tx, name, keys)
    record = tx.stored_secrets.find(name)
    return SecretText(text, record.expires_at if record is not None else None)


def _require_no_orphans(database: Database, path: Path) -> None:
    """A new key beside secrets of a lost one would look as if all were well."""
    for key_id in database.read(lambda tx: tx.stored_secrets.key_ids()):
        name = next((one.name for one in database.read(lambda tx: tx.stored_secrets.all())), "?")
        raise SecretKeyMissing(name=name, key_id=key_id, path=str(path))
