"""The audit chain: read in order, appended to as the last write of a transaction."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from chargehand.audit.chain import START, ChainPosition, Link, link_hash
from chargehand.audit.tags import AuditTag
from chargehand.domain.ids import OrganizationId
from chargehand.domain.json import JSONObject
from chargehand.domain.records import AuditRecord
from chargehand.kit.canonical import canonical_json
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.pseudonyms import PseudonymReader, PseudonymWriter
from chargehand.storage.repositories.rows import AnyRow, Repository, load_object
from chargehand.storage.tables import audit_heads, audit_records

_CHUNK = 1000
# `cli:anna` and `key:ci` name somebody; `worker` and ids of ours do not.
_ACCOUNT = ":"


class AuditReader(Repository):
    """Reads the chain."""

    def head(self) -> ChainPosition:
        """Where the database says the chain ends."""
        row = self._one(self._select(audit_heads))
        return ChainPosition(row.seq, row.hash) if row is not None else START

    def walk(self, *, after_seq: int = 0) -> Iterator[AuditRecord]:
        """Every record after a place, in order, a chunk at a time."""
        return map(_record, self.links(after_seq=after_seq))

    def links(self, *, after_seq: int = 0) -> Iterator[Link]:
        """The same as they are linked."""
        columns = [audit_records.c[name] for name in Link._fields]
        query = select(*columns).where(
            audit_records.c.organization_id == self._organization_id,
            audit_records.c.seq > bindparam("after_seq"),
        )
        query = query.order_by(audit_records.c.seq).limit(_CHUNK)
        while True:
            rows = self._connection.execute(query, {"after_seq": after_seq}).fetchall()
            yield from map(Link._make, rows)
            if len(rows) < _CHUNK:
                return
            after_seq = rows[-1].seq

    def newest(self, *, limit: int, before_seq: int | None = None) -> tuple[AuditRecord, ...]:
        """The end of the chain, newest first."""
        query = self._select(audit_records)
        if before_seq is not None:
            query = query.where(audit_records.c.seq < before_seq)
        rows = self._rows(query.order_by(audit_records.c.seq.desc()).limit(limit))
        return self._with_people(rows)

    def about(self, subject_id: str, *, limit: int = 100) -> tuple[AuditRecord, ...]:
        """What was recorded about one thing, oldest first."""
        query = self._select(audit_records).where(audit_records.c.subject_id == subject_id)
        rows = self._rows(query.order_by(audit_records.c.seq).limit(limit))
        return self._with_people(rows)

    def about_all(
        self, subject_ids: Collection[str], *, limit: int = 1000
    ) -> tuple[AuditRecord, ...]:
        """What was recorded about some things together, oldest first."""
        query = self._select(audit_records).where(
            audit_records.c.subject_id.in_(sorted(set(subject_ids)))
        )
        # By the bare column SQLite would walk the whole chain in its order instead.
        rows = self._rows(query.order_by(audit_records.c.seq + 0).limit(limit))
        return self._with_people(rows)

    def _with_people(self, rows: Sequence[AnyRow]) -> tuple[AuditRecord, ...]:
        by = {row.seq: _actor_in(row.body) for row in rows}
        reader = PseudonymReader(self._connection, self._organization_id)
        names = reader.names_of(by.values())
        return tuple(replace(_record(row), by=names.get(by[row.seq], by[row.seq])) for row in rows)


class AuditWriter(AuditReader):
    """Collects records during a transaction and links them into the chain at its end."""

    def __init__(self, connection: Connection, organization_id: OrganizationId) -> None:
        super().__init__(connection, organization_id)
        self._waiting: list[tuple[datetime, AuditTag, str, str]] = []
        self._through: str | None = None
        self._pseudonyms: dict[str, str] = {}

    def act_through(self, via: str) -> None:
        """Have every record of this transaction say by which way its actor came."""
        self._through = via

    def append(self, tag: AuditTag, subject_id: str, body: JSONObject, *, now: datetime) -> None:
        """Record something; `body` holds ids, digests and closed words only.

        Who did it stands there as a pseudonym: the chain can not be changed when a person goes.
        """
        by = body.get("by")
        if isinstance(by, str) and _ACCOUNT in by:
            body = {**body, "by": self._pseudonym_of(by, now=now)}
        if self._through is not None and "by" in body and "via" not in body:
            body = {**body, "via": self._through}
        self._waiting.append((now, tag, subject_id, canonical_json(body)))

    def flush(self) -> ChainPosition | None:
        """Link what was collected; the new end of the chain, None when there was nothing.

        It comes last, so that what a transaction did stands there as it was in the end.
        """
        if not self._waiting:
            return None
        self._insert(audit_heads, {"seq": START.seq, "hash": START.hash})
        locked = self._connection.execute(
            self._update(audit_heads)
            .values(seq=audit_heads.c.seq + len(self._waiting))
            .returning(audit_heads.c.seq, audit_heads.c.hash)
        ).one()
        end: ChainPosition | Link = ChainPosition(locked.seq - len(self._waiting), locked.hash)
        rows: list[dict[str, object]] = []
        for recorded_at, tag, subject_id, body in self._waiting:
            bare = Link(end.seq + 1, to_micros(recorded_at), tag.value, subject_id, body, end.hash)
            end = bare._replace(hash=link_hash(self._organization_id, bare))
            rows.append({"organization_id": self._organization_id, **end._asdict()})
        self._connection.execute(insert(audit_records), rows)
        self._connection.execute(self._update(audit_heads).values(hash=end.hash))
        self._waiting.clear()
        return ChainPosition(end.seq, end.hash)

    def _pseudonym_of(self, by: str, *, now: datetime) -> str:
        if by not in self._pseudonyms:
            writer = PseudonymWriter(self._connection, self._organization_id)
            self._pseudonyms[by] = writer.of(by, now=now)
        return self._pseudonyms[by]


def _actor_in(body: str) -> str:
    """Who the body of a record names; a body that was tampered with names nobody."""
    try:
        return str(load_object(body).get("by") or "")
    except (TypeError, ValueError):
        return ""


def _record(row: AnyRow | Link) -> AuditRecord:
    return AuditRecord(
        seq=row.seq,
        recorded_at=from_micros(row.recorded_at),
        tag=row.tag,
        subject_id=row.subject_id,
        body=row.body,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
