"""Deletes deliveries past their retention on SQLite in one call into it, see `closing`."""

from typing import Final

from sqlalchemy import Engine

from chargehand.storage.inbox.failures import translated
from chargehand.storage.patience import patience_of, patiently
from chargehand.storage.write_back import write_back

# The plus keeps SQLite from finding the rows by their state, which walks through all that is kept:
# half a second for each fifty of a quarter of a million.
PRUNE: Final = """
DELETE FROM inbox_deliveries WHERE seq IN (
    SELECT seq FROM inbox_deliveries
    WHERE delivery_id < ? AND +state IN ('dispatched', 'dead') AND received_at < ?
    ORDER BY delivery_id LIMIT ?
)
"""


def prune_on_sqlite(engine: Engine, *, bound: str, before_micros: int, limit: int) -> int:
    """Delete closed deliveries received before a moment, oldest first; how many went.

    Raises: InboxUnavailable.
    """
    values = (bound, before_micros, limit)
    with translated():
        pooled = engine.raw_connection()
        try:
            cursor = pooled.cursor()
            patiently(lambda: cursor.execute(PRUNE, values), patience_s=patience_of(engine))
            removed = int(cursor.rowcount)
        finally:
            pooled.close()
        if removed:
            write_back(engine)
        return removed
