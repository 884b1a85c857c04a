"""Raw deliveries as they lie in the inbox: to be looked through, and emptied."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, literal, select, update

from chargehand.kit.clock import from_micros
from chargehand.storage.engines import WRITES
from chargehand.storage.inbox.failures import translated
from chargehand.storage.inbox.tables import DeliveryState, inbox_deliveries
from chargehand.storage.patience import patience_of, patiently

_SPAN = 100
_EMPTY = """
UPDATE inbox_deliveries SET body = x'', headers = '{}', error = ''
WHERE state <> 'stored' AND seq IN (SELECT value FROM json_each(?))
"""
# A key may be made of what the vendor names a thing by, such as a branch called after somebody.
_FORGET_KEYS = """
UPDATE inbox_deliveries SET delivery_key = 'erased:' || delivery_id
WHERE state <> 'stored' AND seq IN (SELECT value FROM json_each(?))
"""
_t = inbox_deliveries.c


@dataclass(frozen=True, slots=True)
class RawDelivery:
    """One delivery as it was received.

    Shape: `is_waiting` says that nobody looked at it yet; `key` tells it from every other one of
    its connection; `beside` is what was kept beside the body: headers and the last error.
    """

    seq: int
    delivery_id: str
    connection_id: str
    received_at: datetime
    is_waiting: bool
    key: str
    body: bytes
    beside: str


class RawDeliveries:
    """Walks through the inbox of an engine; from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def span(self, *, after_seq: int) -> tuple[RawDelivery, ...]:
        """The next deliveries in the order they were stored; none at the end.

        Raises: InboxUnavailable.
        """
        query = select(inbox_deliveries).where(_t.seq > after_seq).order_by(_t.seq).limit(_SPAN)
        with translated(), self._engine.connect() as connection, connection.begin():
            rows = connection.execute(query).all()
        return tuple(
            RawDelivery(
                seq=row.seq,
                delivery_id=row.delivery_id,
                connection_id=row.connection_id,
                received_at=from_micros(row.received_at),
                is_waiting=row.state == DeliveryState.STORED.value,
                key=row.delivery_key,
                body=bytes(row.body),
                beside=f"{row.headers} {row.error}",
            )
            for row in rows
        )

    def empty(self, seqs: Collection[int]) -> int:
        """Drop what was received, but for deliveries that wait; the row stays. How many.

        Raises: InboxUnavailable.
        """
        if self._engine.dialect.name == "sqlite":
            return self._change_on_sqlite(_EMPTY, seqs)
        return self._change({"body": b"", "headers": "{}", "error": ""}, seqs)

    def forget_keys(self, seqs: Collection[int]) -> int:
        """Put their ids in the place of their keys, but for deliveries that wait. How many.

        The vendor telling the same once more is then kept once more, and is the same event.
        Raises: InboxUnavailable.
        """
        if self._engine.dialect.name == "sqlite":
            return self._change_on_sqlite(_FORGET_KEYS, seqs)
        return self._change({"delivery_key": literal("erased:").concat(_t.delivery_id)}, seqs)

    def _change(self, values: Mapping[str, object], seqs: Collection[int]) -> int:
        is_meant = (_t.state != DeliveryState.STORED.value, _t.seq.in_(sorted(seqs)))
        emptying = update(inbox_deliveries).where(*is_meant).values(values)
        with translated(), self._engine.connect() as plain:
            connection: Connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                return connection.execute(emptying).rowcount

    def _change_on_sqlite(self, statement: str, seqs: Collection[int]) -> int:
        # In one call, see `closing`.
        values = (msgspec.json.encode(sorted(seqs)).decode(),)
        with translated():
            pooled = self._engine.raw_connection()
            try:
                cursor = pooled.cursor()
                patience_s = patience_of(self._engine)
                patiently(lambda: cursor.execute(statement, values), patience_s=patience_s)
                return int(cursor.rowcount)
            finally:
                pooled.close()
