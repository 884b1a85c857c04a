"""Opens what a backup holds and says whether it is whole: the databases, and the audit chain."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import NullPool, create_engine

from chargehand.audit.chain import ChainPosition, Link, Verification, verify_chain
from chargehand.domain.ids import OrganizationId
from chargehand.storage.backup.errors import BackupDamaged
from chargehand.storage.backup.files import INBOX, MAIN
from chargehand.storage.backup.manifest import BackupKind, Manifest, Member
from chargehand.storage.repositories.audit import AuditReader

_AUDIT_TABLE: Final = ".audit_records.copy"
_NULL: Final = r"\N"
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class CheckedBackup:
    """A backup whose members are what the manifest says, and how its audit chain stands.

    Shape: `chains` has the verification of each organization's chain.
    """

    manifest: Manifest
    chains: Mapping[str, Verification]

    @property
    def is_intact(self) -> bool:
        """Whether every chain holds."""
        return all(chain.is_intact for chain in self.chains.values())


def check_extracted(folder: Path, manifest: Manifest, *, path: Path) -> CheckedBackup:
    """Check the extracted members of a backup; `path` is the file they came from, for words.

    Raises: BackupDamaged.
    """
    if manifest.kind is BackupKind.SQLITE:
        for name in (MAIN, INBOX):
            _require_sound(folder / name, name, path)
        return CheckedBackup(manifest, _chains_of_sqlite(folder / MAIN, manifest.audit))
    for member in manifest.members:
        _require_rows(folder, member, path)
    chains = {
        organization_id: _chain_of_copy(folder, manifest, OrganizationId(organization_id))
        for organization_id in manifest.audit
    }
    return CheckedBackup(manifest, chains)


def _require_sound(database: Path, name: str, path: Path) -> None:
    try:
        with closing(_read_only(database)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        raise BackupDamaged(path=str(path), detail=f"{name}: {error}") from error
    if found != ["ok"]:
        raise BackupDamaged(path=str(path), detail=f"{name}: {'; '.join(found)}")


def _read_only(database: Path) -> sqlite3.Connection:
    # Immutable: nothing else has it open, and no lock file is left beside it.
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _chains_of_sqlite(database: Path, ends: Mapping[str, ChainPosition]) -> dict[str, Verification]:
    engine = create_engine("sqlite://", creator=lambda: _read_only(database), poolclass=NullPool)
    with engine.connect() as connection:
        chains = {}
        for organization_id in map(OrganizationId, ends):
            reader = AuditReader(connection, organization_id)
            chains[str(organization_id)] = verify_chain(
                organization_id,
                reader.links(),
                head=reader.head(),
                checkpoints=[ends[organization_id]],
            )
        return chains


def _require_rows(folder: Path, member: Member, path: Path) -> None:
    if member.rows is None:
        return
    with (folder / member.name).open("rb") as file:
        rows = sum(1 for _ in file) - 1
    if rows != member.rows:
        detail = f"{member.name} has {rows} rows instead of {member.rows}"
        raise BackupDamaged(path=str(path), detail=detail)


def _chain_of_copy(
    folder: Path, manifest: Manifest, organization_id: OrganizationId
) -> Verification:
    end = manifest.audit[organization_id]
    [member] = [one for one in manifest.members if one.name.endswith(_AUDIT_TABLE)]
    rows = _rows_of_copy(folder / member.name)
    links = sorted(_link(row) for row in rows if row["organization_id"] == organization_id)
    return verify_chain(organization_id, links, head=end, checkpoints=[end])


def _rows_of_copy(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="\n") as lines:
        columns = [name.strip('"') for name in next(lines).rstrip("\n").split(", ")]
        for line in lines:
            values = line.rstrip("\n").split("\t")
            yield dict(zip(columns, map(_unescaped, values), strict=True))


def _unescaped(value: str) -> str:
    """The value as it was stored; Source: the COPY page of PostgreSQL, text format."""
    if "\\" not in value or value == _NULL:
        return value
    parts, rest = [], iter(value)
    for char in rest:
        if char != "\\":
            parts.append(char)
            continue
        escaped = next(rest, "")
        parts.append(_ESCAPES.get(escaped, escaped))
    return "".join(parts)


def _link(row: Mapping[str, str]) -> Link:
    return Link(
        seq=int(row["seq"]),
        recorded_at=int(row["recorded_at"]),
        tag=row["tag"],
        subject_id=row["subject_id"],
        body=row["body"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
