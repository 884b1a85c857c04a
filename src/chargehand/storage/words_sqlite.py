"""Looks words up in FTS5, newest first, for a bounded time."""

from collections.abc import Sequence
from time import thread_time
from typing import Final

from sqlalchemy import Connection, text

from chargehand.storage.words import Stretch

# Two words that are everywhere and never together make FTS5 walk along both. So it looks at a
# stretch of time after the other, each a good part longer, until there is no time for the next.
_PARTS: Final = (64, 16, 4, 1)
# Time of this thread on a processor: what others do meanwhile must not shorten a page.
_BUDGET_S: Final = 0.04
_LONGER: Final = 4
_FIND = text(
    "SELECT t.position, t.event_id FROM event_words w CROSS JOIN event_texts t "
    "WHERE event_words MATCH :wanted AND w.rowid < :before AND w.rowid >= :after "
    "AND t.position = w.rowid ORDER BY w.rowid DESC LIMIT :most"
)
# Each alone is a look at one end of the table; both in one statement would walk all of it.
_OLDEST = text("SELECT min(position) FROM event_texts")
_NEWEST = text("SELECT max(position) FROM event_texts")


def find_on_sqlite(
    connection: Connection, tokens: Sequence[str], *, before: int | None, limit: int
) -> Stretch:
    """The newest events that hold every token, before a position, as far as the time goes."""
    oldest = int(connection.execute(_OLDEST).scalar() or 0)
    newest = int(connection.execute(_NEWEST).scalar() or 0)
    top = min(before, newest + 1) if before is not None else newest + 1
    wanted = " AND ".join(f'"{token}"' for token in tokens)
    found: list[tuple[int, str]] = []
    upper, started_s = top, thread_time()
    for part in _PARTS:
        lower = oldest if part == 1 else top - (top - oldest) // part
        looked_s = thread_time()
        rows = connection.execute(
            _FIND,
            {"wanted": wanted, "before": upper, "after": lower, "most": limit - len(found)},
        )
        found += [(row.position, row.event_id) for row in rows]
        upper = lower
        if len(found) >= limit or upper <= oldest:
            break
        now_s = thread_time()
        if now_s - started_s + (now_s - looked_s) * _LONGER > _BUDGET_S:
            break
    return Stretch(tuple(found), upper if upper > oldest else None)
