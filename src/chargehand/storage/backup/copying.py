"""Copies every row into another, empty database, and compares what arrived with what was sent.

The tables of the durable engine are not copied: they have another form in each kind of database,
and when no task is unfinished nothing in them is needed, since tasks are started from our rows.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, MetaData, Table, delete, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from chargehand.storage.backup.errors import CopyDiffers
from chargehand.storage.backup.loading import go_on_counting
from chargehand.storage.engines import WRITES
from chargehand.storage.errors import StoreUnavailable
from chargehand.storage.inbox.tables import inbox_metadata
from chargehand.storage.migrate import note_program, upgrade
from chargehand.storage.repositories.rows import AnyRow
from chargehand.storage.schema import Branch
from chargehand.storage.tables import metadata
from chargehand.storage.tables_holds import schema_history
from chargehand.storage.tables_looking import COUNTED_BY_TRIGGERS

_BATCH: Final = 500
_DIGEST_BITS: Final = 256
# Written by the migration of the target itself.
_OF_THE_TARGET: Final = frozenset({schema_history.name})


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """One table that arrived as it was sent."""

    name: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The two databases of one installation; one and the same on PostgreSQL."""

    main: Engine
    inbox: Engine

    @property
    def are_one(self) -> bool:
        """Whether both are the same database."""
        return self.main.url == self.inbox.url


def copy_all(source: Pair, target: Pair, *, version: str) -> list[CopiedTable]:
    """Make the tables in the target, copy every row, read everything back and compare.

    Shape: the target is empty; on PostgreSQL all of it happens in one transaction.
    Raises: CopyDiffers, StoreUnavailable; nothing is in a PostgreSQL target then.
    """
    try:
        with (
            source.main.connect() as from_main,
            source.inbox.connect() as from_inbox,
            target.main.connect().execution_options(**{WRITES: True}) as to_main,
            to_main.begin(),
        ):
            copied = _copy(from_main, to_main, metadata, "main", version=version)
            if target.are_one:
                return copied + _copy(from_inbox, to_main, inbox_metadata, "inbox", version=version)
            with (
                target.inbox.connect().execution_options(**{WRITES: True}) as to_inbox,
                to_inbox.begin(),
            ):
                return copied + _copy(
                    from_inbox, to_inbox, inbox_metadata, "inbox", version=version
                )
    except SQLAlchemyError as error:
        raise StoreUnavailable(detail=str(error)) from error


def _copy(
    source: Connection, target: Connection, tables: MetaData, branch: Branch, *, version: str
) -> list[CopiedTable]:
    if target.dialect.name != "sqlite":
        target.execute(text("SET LOCAL statement_timeout = 0"))
    upgrade(target, branch, "head")
    if branch == "main":
        note_program(target, version=version)
    copied = []
    # Rows that arrive are counted by triggers, so what was counted comes last and anew.
    for table in sorted(tables.sorted_tables, key=_is_counted):
        if table.name in _OF_THE_TARGET:
            continue
        if _is_counted(table):
            target.execute(delete(table))
        sent = _send(source, target, table)
        arrived = _summary(_rows(target, table))
        if sent != arrived:
            raise CopyDiffers(table=table.name, sent=sent[0], arrived=arrived[0])
        if target.dialect.name != "sqlite":
            go_on_counting(target, target.dialect.default_schema_name or "public", table.name)
        copied.append(CopiedTable(table.name, *sent))
    return copied


def _is_counted(table: Table) -> bool:
    return table.name in COUNTED_BY_TRIGGERS


def _send(source: Connection, target: Connection, table: Table) -> tuple[int, str]:
    rows, total = 0, 0
    for batch in _rows(source, table):
        target.execute(insert(table), [row._asdict() for row in batch])
        rows += len(batch)
        total += _sum_of(batch)
    return rows, _shown(total)


def _summary(batches: Iterator[Sequence[AnyRow]]) -> tuple[int, str]:
    rows, total = 0, 0
    for batch in batches:
        rows += len(batch)
        total += _sum_of(batch)
    return rows, _shown(total)


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[AnyRow]]:
    found = connection.execute(select(table), execution_options={"yield_per": _BATCH})
    yield from found.partitions()


def _sum_of(batch: Sequence[AnyRow]) -> int:
    """Independent of the order: each kind of database sorts texts in its own way."""
    return sum(
        int.from_bytes(hashlib.sha256(msgspec.json.encode(tuple(row))).digest(), "big")
        for row in batch
    )


def _shown(total: int) -> str:
    return f"{total % (1 << _DIGEST_BITS):064x}"
