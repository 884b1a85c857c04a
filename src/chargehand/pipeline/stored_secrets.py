"""Keeps secrets encrypted: set, remove, seal anew with another key; audited without a value.

The file of the keys is changed before the rows are, and keeps the old keys: whatever moment a crash
chooses, every row has its key.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from chargehand.audit.tags import AuditTag
from chargehand.domain.json import JSONObject
from chargehand.domain.records import StoredSecretRecord
from chargehand.pipeline.errors import NotFound
from chargehand.secrets.sealing import Keyring, Sealed
from chargehand.storage.transaction import Reading, Writing


def store_secret(
    tx: Writing,
    name: str,
    text: str,
    *,
    keys: Keyring,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Keep a secret in the place of the one that had its name."""
    sealed = keys.seal(text, organization_id=tx.organization_id, name=name)
    tx.stored_secrets.put(
        StoredSecretRecord(
            name=name,
            key_id=sealed.key_id,
            sealed=sealed.text,
            set_at=now,
            set_by=by,
            expires_at=expires_at,
        )
    )
    detail = {"name": name, "key": sealed.key_id, "by": by}
    tx.audit.append(AuditTag.PERSON_SECRET_SET, f"secret:{name}", detail, now=now)


def open_secret(tx: Reading | Writing, name: str, keys: Keyring) -> str:
    """The text of a stored secret.

    Raises: NotFound, SecretKeyMissing.
    """
    record = tx.stored_secrets.find(name)
    if record is None:
        raise NotFound(kind="stored secret", id=name)
    return _open(tx, record, keys)


def remove_secret(tx: Writing, name: str, *, by: str, now: datetime) -> None:
    """Forget a secret for good.

    Raises: NotFound.
    """
    if tx.stored_secrets.find(name) is None:
        raise NotFound(kind="stored secret", id=name)
    tx.stored_secrets.remove(name)
    detail = {"name": name, "by": by}
    tx.audit.append(AuditTag.PERSON_SECRET_REMOVED, f"secret:{name}", detail, now=now)


def reseal_secrets(tx: Writing, keys: Keyring, *, by: str, now: datetime) -> int:
    """Seal every secret with the newest key, all or none; how many were sealed with another.

    Raises: SecretKeyMissing, and then nothing was changed.
    """
    older = [one for one in tx.stored_secrets.all() if one.key_id != keys.newest]
    for record in older:
        text = _open(tx, record, keys)
        sealed = keys.seal(text, organization_id=tx.organization_id, name=record.name)
        tx.stored_secrets.put(replace(record, key_id=sealed.key_id, sealed=sealed.text))
    detail: JSONObject = {"key": keys.newest, "secrets": len(older), "by": by}
    tx.audit.append(AuditTag.PERSON_SECRETS_RESEALED, f"key:{keys.newest}", detail, now=now)
    return len(older)


def without_key(tx: Reading | Writing, known: Collection[str]) -> tuple[StoredSecretRecord, ...]:
    """The stored secrets whose key is none of the known."""
    return tuple(one for one in tx.stored_secrets.all() if one.key_id not in known)


def _open(tx: Reading | Writing, record: StoredSecretRecord, keys: Keyring) -> str:
    sealed = Sealed(record.key_id, record.sealed)
    return keys.open(sealed, organization_id=tx.organization_id, name=record.name)
