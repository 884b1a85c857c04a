"""Makes, checks and ends API keys."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import ApiKeyId
from chargehand.domain.records import ApiKeyRecord
from chargehand.kit.ids import new_id
from chargehand.pipeline.errors import KeyNameTaken, NotFound
from chargehand.storage.transaction import Reading, Writing

_PREFIX = "chk_"
_SECRET_BYTES = 32
_NOTE_USE_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment its secret is known."""

    id: ApiKeyId
    secret: str


def create_key(tx: Writing, name: str, *, by: str, now: datetime) -> NewKey:
    """A fresh key of 256 random bits; only its digest is kept.

    Raises: KeyNameTaken, since what a key decides is recorded under its name.
    """
    if any(key.name == name and key.revoked_at is None for key in tx.api_keys.all()):
        raise KeyNameTaken(name=name)
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    key_id = ApiKeyId(new_id("key", now))
    tx.api_keys.add(key_id, name, _digest(secret), by=by, now=now)
    tx.audit.append(AuditTag.PERSON_KEY_CREATED, key_id, {"by": by}, now=now)
    return NewKey(key_id, secret)


def find_key(tx: Reading | Writing, secret: str) -> ApiKeyRecord | None:
    """The live key a caller presented; None when it is unknown or revoked."""
    return tx.api_keys.find_by_digest(_digest(secret))


def is_use_unnoted(key: ApiKeyRecord, now: datetime) -> bool:
    """Whether the last noted use is older than an hour; more often would be a write a request."""
    return key.last_used_at is None or now - key.last_used_at > _NOTE_USE_EVERY


def note_use(tx: Writing, key: ApiKeyRecord, now: datetime) -> None:
    """Remember that a key is in use, for those who wonder which may go."""
    tx.api_keys.note_use(key.id, now=now)


def revoke_key(tx: Writing, key_id: str, *, by: str, now: datetime) -> ApiKeyRecord:
    """End a key at once.

    Raises: NotFound. Revoking twice is no error.
    """
    key = tx.api_keys.find(key_id)
    if key is None:
        raise NotFound(kind="API key", id=key_id)
    if tx.api_keys.revoke(key.id, now=now):
        tx.audit.append(AuditTag.PERSON_KEY_REVOKED, key.id, {"by": by}, now=now)
    return tx.api_keys.find(key_id) or key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
