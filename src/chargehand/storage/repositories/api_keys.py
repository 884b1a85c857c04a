"""API keys; only the digest of a secret is ever stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chargehand.domain.ids import ApiKeyId, MemberId, ProjectKey
from chargehand.domain.permission import Permission
from chargehand.domain.records import ApiKeyRecord, Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables import api_keys


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What a key is limited to; None, or nobody, is no limit."""

    permissions: frozenset[Permission] | None = None
    projects: frozenset[ProjectKey] | None = None
    member_id: MemberId | None = None
    expires_at: datetime | None = None


class ApiKeyReader(Repository):
    """Looks keys up."""

    def find_by_digest(self, secret_digest: str) -> ApiKeyRecord | None:
        """The live key of a secret; None when it is unknown or revoked."""
        row = self._one_by(api_keys.c.secret_digest, secret_digest)
        return _key(row) if row is not None and row.revoked_at is None else None

    def find(self, key_id: str) -> ApiKeyRecord | None:
        """One key; None when there is none."""
        row = self._one(self._select(api_keys).where(api_keys.c.key_id == key_id))
        return _key(row) if row is not None else None

    def all(self) -> tuple[ApiKeyRecord, ...]:
        """Every key, newest first, revoked ones included."""
        rows = self._rows(self._select(api_keys).order_by(api_keys.c.key_id.desc()))
        return tuple(_key(row) for row in rows)

    def page(self, *, cursor: str | None = None, limit: int = 50) -> Page[ApiKeyRecord]:
        """Keys, newest first, revoked ones included."""
        query = self._select(api_keys)
        return self._page(query, api_keys.c.key_id, _key, cursor=cursor, limit=limit)


class ApiKeyWriter(ApiKeyReader):
    """Makes and revokes keys."""

    def add(
        self,
        key_id: ApiKeyId,
        name: str,
        secret_digest: str,
        limits: KeyLimits,
        *,
        by: str,
        now: datetime,
    ) -> None:
        """Record a new key."""
        expires_at = limits.expires_at
        self._insert(
            api_keys,
            {
                "key_id": key_id,
                "name": name,
                "secret_digest": secret_digest,
                "created_at": to_micros(now),
                "created_by": by,
                "last_used_at": None,
                "revoked_at": None,
                "permissions": _joined(limits.permissions),
                "projects": _joined(limits.projects),
                "member_id": limits.member_id,
                "expires_at": to_micros(expires_at) if expires_at is not None else None,
            },
        )

    def note_use(self, key_id: ApiKeyId, *, now: datetime) -> None:
        """Remember when a key was last used."""
        self._connection.execute(
            self._update(api_keys)
            .where(api_keys.c.key_id == key_id)
            .values(last_used_at=to_micros(now))
        )

    def revoke(self, key_id: ApiKeyId, *, now: datetime) -> bool:
        """End a key; False when it had ended before."""
        outcome = self._connection.execute(
            self._update(api_keys)
            .where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=to_micros(now))
        )
        return outcome.rowcount == 1


def _joined(words: Collection[str] | None) -> str | None:
    return " ".join(sorted(words)) if words is not None else None


def _permissions(stored: str | None) -> frozenset[Permission] | None:
    """The permissions of a scope; one that a newer program wrote allows nothing here."""
    if stored is None:
        return None
    known = {permission.value: permission for permission in Permission}
    return frozenset(known[word] for word in stored.split() if word in known)


def _projects(stored: str | None) -> frozenset[ProjectKey] | None:
    return None if stored is None else frozenset(ProjectKey(word) for word in stored.split())


def _key(row: AnyRow) -> ApiKeyRecord:
    return ApiKeyRecord(
        id=row.key_id,
        name=row.name,
        created_at=from_micros(row.created_at),
        created_by=row.created_by,
        last_used_at=moment(row.last_used_at),
        revoked_at=moment(row.revoked_at),
        permissions=_permissions(row.permissions),
        projects=_projects(row.projects),
        member_id=row.member_id,
        expires_at=moment(row.expires_at),
    )
