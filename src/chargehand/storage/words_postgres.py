"""Looks words up in a GIN index, newest first, for a bounded time.

GIN gives everything that matches, in no order. So each event carries beside its words five names of
stretches of time that it lies in, each sixteen times as long as the one before, from a quarter of
an hour to two years. A look begins with short stretches and goes on to longer ones, and what a
stretch holds too much of is looked for in its sixteen parts.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, text

from chargehand.storage.words import Stretch

_LEVELS: Final = "abcde"
_SHORTEST_BITS: Final = 41
_BITS_A_LEVEL: Final = 4
_PARTS: Final = 1 << _BITS_A_LEVEL
_BUDGET_S: Final = 0.02
_ALL_DAY_S: Final = 86_400.0
# Time is looked at between two looks alone, and where words are common one stretch can take half of
# it: so one is looked at first, and more of its length while that is quick.
_MOST_AT_ONCE: Final = 16
# The part of the whole time that a quick look takes.
_QUICK: Final = 0.25
# More than a page has; a stretch with more is not read whole.
_MOST: Final = 400
# The same as in the migration that made the index.
_VECTOR: Final = "array_to_tsvector(string_to_array(words" + (
    "".join(
        f" || ' ' || organization_id || '{level}' || "
        f"(position >> {_SHORTEST_BITS + number * _BITS_A_LEVEL})::text"
        for number, level in enumerate(_LEVELS)
    )
    + ", ' '))"
)
# Only the index may be used: a plan that walks the table is cheap by the planner's guess alone.
_PLAN = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true),"
    " set_config('jit', 'off', true)"
)
_INNER: Final = (
    "SELECT position, event_id FROM event_texts "  # noqa: S608 - names of ours.
    f"WHERE {_VECTOR.replace(':', chr(92) + ':')} "
    "@@ (CAST(:wanted AS tsquery) && CAST(quote_literal(stretch.name) AS tsquery)) "
    "AND position < :before"
)
_FIND = text(
    "SELECT stretch.place, held.position, held.event_id "  # noqa: S608 - names of ours.
    "FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS stretch(name, place) "
    f"CROSS JOIN LATERAL ({_INNER} LIMIT :most) AS held LIMIT :most"
)
_FIND_SORTED = text(
    "SELECT held.position, held.event_id "  # noqa: S608 - names of ours.
    "FROM (SELECT CAST(:name AS text) AS name) AS stretch "
    f"CROSS JOIN LATERAL ({_INNER}) AS held ORDER BY held.position DESC LIMIT :most"
)
_NEWEST = text(
    "SELECT (SELECT max(position) FROM event_texts), reltuples FROM pg_class "
    "WHERE oid = CAST('event_texts' AS regclass)"
)
# With fewer events there is no search that takes long, however slow the machine is just now.
_MANY: Final = 50_000


@dataclass(frozen=True, slots=True)
class _Span:
    """One stretch of time: the positions whose leading bits are `number`."""

    level: int
    number: int

    @property
    def end(self) -> int:
        return (self.number + 1) << (_SHORTEST_BITS + self.level * _BITS_A_LEVEL)

    def name(self, organization_id: str) -> str:
        return f"{organization_id}{_LEVELS[self.level]}{self.number}"

    def parts(self) -> list["_Span"]:
        """Newest first."""
        return [
            _Span(self.level - 1, self.number * _PARTS + one) for one in reversed(range(_PARTS))
        ]


class PostgresWords:
    """One look, through one connection."""

    def __init__(
        self, connection: Connection, organization_id: str, tokens: Sequence[str], *, limit: int
    ) -> None:
        self._connection = connection
        self._organization_id = organization_id
        self._wanted = " & ".join(f"'{token}'" for token in tokens)
        self._limit = limit

    def find(self, *, before: int | None) -> Stretch:
        """The newest events that hold every token, before a position, as far as the time goes."""
        # The largest position is read by its index, before indexes are left alone.
        newest, events = self._connection.execute(_NEWEST).one()
        newest, budget_s = int(newest or 0), _BUDGET_S if events > _MANY else _ALL_DAY_S
        top = min(before, newest + 1) if before is not None else newest + 1
        self._connection.execute(_PLAN)
        left, found, started_s = deque(_ladder(top)), list[tuple[int, str]](), monotonic()
        at_once, level = 1, -1
        while left and len(found) < self._limit:
            look_s = monotonic()
            # A longer stretch takes up to sixteen times what the last one took.
            at_once = at_once if left[0].level <= level else 1
            level = left[0].level
            found += self._look(_take(left, at_once), left, before=top)
            if monotonic() - started_s > budget_s:
                break
            if monotonic() - look_s < budget_s * _QUICK:
                at_once = min(at_once * 2, _MOST_AT_ONCE)
        reached = left[0].end if left else None
        return Stretch(tuple(found[: self._limit]), reached)

    def _look(
        self, spans: Sequence[_Span], left: "deque[_Span]", *, before: int
    ) -> Iterable[tuple[int, str]]:
        """What some stretches hold; where one holds too much, its parts are put before the rest."""
        rows = self._run(_FIND, names=[self._name(one) for one in spans], before=before)
        by_place: dict[int, list[tuple[int, str]]] = {}
        for row in rows:
            by_place.setdefault(int(row.place), []).append((row.position, row.event_id))
        is_cut = len(rows) == _MOST
        cut = max(by_place) if is_cut else len(spans) + 1
        for place in range(1, cut):
            yield from sorted(by_place.get(place, ()), reverse=True)
        if is_cut:
            left.extendleft(reversed(spans[cut:]))
            yield from self._divide(spans[cut - 1], left, before=before)

    def _divide(
        self, span: _Span, left: "deque[_Span]", *, before: int
    ) -> Iterator[tuple[int, str]]:
        if span.level:
            left.extendleft(reversed(span.parts()))
            return
        for row in self._run(_FIND_SORTED, name=self._name(span), before=before):
            yield (row.position, row.event_id)

    def _name(self, span: _Span) -> str:
        return span.name(self._organization_id)

    def _run(self, statement: Any, **values: object) -> list[Any]:
        return list(
            self._connection.execute(statement, {"wanted": self._wanted, "most": _MOST, **values})
        )


def _take(left: "deque[_Span]", most: int) -> list[_Span]:
    """The next stretches that are as long as the very next one, which are left no more."""
    level, taken = left[0].level, list[_Span]()
    while left and len(taken) < most and left[0].level == level:
        taken.append(left.popleft())
    return taken


def _ladder(top: int) -> Iterator[_Span]:
    """Stretches that cover everything before a position, newest first."""
    number = (top - 1) >> _SHORTEST_BITS
    for level in range(len(_LEVELS)):
        is_last = level == len(_LEVELS) - 1
        first = 0 if is_last else number // _PARTS * _PARTS
        yield from (_Span(level, one) for one in range(number, first - 1, -1))
        if first == 0:
            return
        number = first // _PARTS - 1
