"""Makes, checks and ends API keys."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import ApiKeyId, MemberId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.permission import Permission
from chargehand.domain.records import ApiKeyRecord, Page
from chargehand.kit.ids import id_kind, new_id
from chargehand.pipeline.errors import ArgumentInvalid, KeyNameInvalid, KeyNameTaken, NotFound
from chargehand.pipeline.identifying import living_member, require_cursor
from chargehand.storage.repositories.api_keys import KeyLimits
from chargehand.storage.transaction import Reading, Writing

__all__ = ["KeyLimits", "Writing"]

_PREFIX = "chk_"
_SECRET_BYTES = 32
_NOTE_USE_EVERY = timedelta(hours=1)
_LONGEST: Final = timedelta(days=36_525)
# Their names have to fit into the key's row.
MOST_PROJECTS: Final = 30
_SHOWN: Final = 60
LONGEST_KEY_NAME: Final = 60
_KIND: Final = "API key"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the one moment its secret is known."""

    id: ApiKeyId
    name: str
    secret: str


_UNLIMITED: Final = KeyLimits()


def create_key(
    tx: Writing, name: str, *, by: str, now: datetime, limits: KeyLimits = _UNLIMITED
) -> NewKey:
    """A fresh key of 256 random bits; only its digest is kept.

    Raises: KeyNameInvalid; KeyNameTaken, since what a key decides is recorded under its name;
    ArgumentInvalid for limits under which it could never do anything; NotFound, MemberLeft.
    """
    name = _read_name(name)
    _require_sense(limits, now=now)
    if limits.member_id is not None:
        living_member(tx, limits.member_id)
    if any(key.name == name and key.revoked_at is None for key in tx.api_keys.all()):
        raise KeyNameTaken(name=name)
    secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    key_id = ApiKeyId(new_id("key", now))
    tx.api_keys.add(key_id, name, _digest(secret), limits, by=by, now=now)
    tx.audit.append(AuditTag.PERSON_KEY_CREATED, key_id, {"by": by, **_told(limits)}, now=now)
    return NewKey(key_id, name, secret)


def list_keys(tx: Reading | Writing, *, cursor: str | None, limit: int) -> Page[ApiKeyRecord]:
    """Every key without its secret, newest first, revoked ones included.

    Raises: ArgumentInvalid.
    """
    require_cursor(cursor, kind=_KIND)
    return tx.api_keys.page(cursor=cursor, limit=limit)


def read_scope(words: Iterable[str]) -> frozenset[Permission]:
    """The permissions some words name; `approval:*` is every one on approvals.

    Raises: ArgumentInvalid.
    """
    found: set[Permission] = set()
    for word in words:
        named = [one for one in Permission if one.value == word or _is_kind(word, one)]
        if not named:
            kinds = sorted({one.value.partition(":")[0] for one in Permission})
            allowed = f"{', '.join(Permission)}; or every one of a kind as approval:*, of the "
            allowed += f"kinds {', '.join(kinds)}"
            raise ArgumentInvalid(field="scope", found=word[:_SHOWN], allowed=allowed)
        found.update(named)
    return frozenset(found)


def _is_kind(word: str, permission: Permission) -> bool:
    kind, _, verb = word.partition(":")
    return verb == "*" and permission.value.partition(":")[0] == kind


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
    # A caller may hand in any text, and PostgreSQL takes not every one.
    key = tx.api_keys.find(key_id) if id_kind(key_id) == _KIND else None
    if key is None:
        raise NotFound(kind=_KIND, id=key_id)
    if tx.api_keys.revoke(key.id, now=now):
        tx.audit.append(AuditTag.PERSON_KEY_REVOKED, key.id, {"by": by}, now=now)
    return tx.api_keys.find(key_id) or key


def revoke_keys_of(tx: Writing, member_id: MemberId, *, by: str, now: datetime) -> None:
    """End every key that acts for a member, so that none comes back to life with them."""
    for key in tx.api_keys.all():
        if key.member_id == member_id and key.revoked_at is None:
            revoke_key(tx, key.id, by=by, now=now)


def _read_name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > LONGEST_KEY_NAME or not name.isprintable():
        raise KeyNameInvalid(field="name", allowed=f"1 to {LONGEST_KEY_NAME} visible characters")
    return name


def _require_sense(limits: KeyLimits, *, now: datetime) -> None:
    if limits.permissions is not None and not limits.permissions:
        raise ArgumentInvalid(field="scope", found="", allowed="at least one permission")
    projects = limits.projects
    if projects is not None and not 1 <= len(projects) <= MOST_PROJECTS:
        allowed = f"1 to {MOST_PROJECTS} projects, or none named for all of them"
        raise ArgumentInvalid(field="project", found=f"{len(projects)} projects", allowed=allowed)
    ends = limits.expires_at
    if ends is not None and not now < ends <= now + _LONGEST:
        allowed = "a moment in the future, within a hundred years"
        raise ArgumentInvalid(field="expires_at", found=ends.isoformat(), allowed=allowed)


def _told(limits: KeyLimits) -> JSONObject:
    """What the audit says of a key's limits; nothing of those it has not."""
    told: dict[str, JSONValue] = {}
    if limits.permissions is not None:
        told["permissions"] = [one.value for one in sorted(limits.permissions)]
    if limits.projects is not None:
        told["projects"] = sorted(limits.projects)
    if limits.member_id is not None:
        told["acts_for"] = limits.member_id
    if limits.expires_at is not None:
        told["expires_at"] = limits.expires_at.astimezone(UTC).isoformat()
    return told


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
