"""Secrets that are kept encrypted: found, put, removed; never opened here."""

from sqlalchemy import delete, select

from chargehand.domain.records import StoredSecretRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.rows import AnyRow, Repository
from chargehand.storage.tables_secrets import stored_secrets


class StoredSecretReader(Repository):
    """Looks stored secrets up."""

    def find(self, name: str) -> StoredSecretRecord | None:
        """The secret of a name; None when there is none."""
        row = self._one(self._select(stored_secrets).where(stored_secrets.c.name == name))
        return _record(row) if row is not None else None

    def all(self) -> tuple[StoredSecretRecord, ...]:
        """Every stored secret, by name."""
        rows = self._rows(self._select(stored_secrets).order_by(stored_secrets.c.name))
        return tuple(_record(row) for row in rows)

    def key_ids(self) -> frozenset[str]:
        """The keys something is sealed with, in this and every other organization."""
        found = self._connection.execute(select(stored_secrets.c.key_id).distinct())
        return frozenset(found.scalars())


class StoredSecretWriter(StoredSecretReader):
    """Puts stored secrets and takes them away."""

    def put(self, record: StoredSecretRecord) -> None:
        """Keep a secret in the place of the one that had its name."""
        values = {
            "key_id": record.key_id,
            "sealed": record.sealed,
            "set_at": to_micros(record.set_at),
            "set_by": record.set_by,
            "expires_at": to_micros(record.expires_at) if record.expires_at is not None else None,
        }
        if not self._insert(stored_secrets, {"name": record.name, **values}):
            self._change(stored_secrets.c.name, record.name, values)

    def remove(self, name: str) -> None:
        """Take a secret away, whether or not it was there."""
        self._connection.execute(
            delete(stored_secrets).where(
                stored_secrets.c.organization_id == self._organization_id,
                stored_secrets.c.name == name,
            )
        )


def _record(row: AnyRow) -> StoredSecretRecord:
    return StoredSecretRecord(
        name=row.name,
        key_id=row.key_id,
        sealed=row.sealed,
        set_at=from_micros(row.set_at),
        set_by=row.set_by,
        expires_at=from_micros(row.expires_at) if row.expires_at is not None else None,
    )
