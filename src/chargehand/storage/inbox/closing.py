"""Closes dispatched deliveries on SQLite in one call into it.

The lock on the file is held within that call alone. Held across several, it would be kept while
this thread waits for the interpreter, and with it every webhook that waits to be stored.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Engine

from chargehand.domain.ids import DeliveryId
from chargehand.kit.clock import to_micros
from chargehand.storage.inbox.failures import translated
from chargehand.storage.patience import patience_of, patiently

# The plus keeps SQLite from finding the rows by their state, which walks through all that waits.
CLOSE: Final = """
UPDATE inbox_deliveries SET state = 'dispatched', dispatched_at = ?
WHERE +state = 'stored' AND delivery_id IN (SELECT value FROM json_each(?))
"""


def close_on_sqlite(engine: Engine, delivery_ids: Sequence[DeliveryId], *, now: datetime) -> int:
    """Close deliveries whose work is safe in `main`; how many were still open.

    Raises: InboxUnavailable.
    """
    values = (to_micros(now), msgspec.json.encode(list(delivery_ids)).decode())
    with translated():
        pooled = engine.raw_connection()
        try:
            cursor = pooled.cursor()
            patiently(lambda: cursor.execute(CLOSE, values), patience_s=patience_of(engine))
            return int(cursor.rowcount)
        finally:
            pooled.close()
