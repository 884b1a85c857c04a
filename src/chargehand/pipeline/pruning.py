"""Lets go of what is past its retention, in small steps, so that nobody waits for it.

A run looks at one class after the other. A step is one short transaction; between two steps the
caller rests for as long as the run says, so others find the write lock free most of the time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.domain.json import JSONObject
from chargehand.domain.retention import Kept, Retention, RetentionLine
from chargehand.inbox.ports import DeliveryQueue
from chargehand.kit.clock import Clock
from chargehand.storage.database import Database
from chargehand.storage.repositories.retention import BEGINNING, Place
from chargehand.storage.transaction import Reading, Writing

# Fewer rows than this cost as much as this many: the commit is what takes the time.
_LEAST_ROWS: Final = 50
_FIRST_ROWS: Final = 50
_MOST_ROWS: Final = 500
# A step that took longer is followed by smaller ones, a shorter one by larger ones.
_STEP_S: Final = 0.020
# For each second with a lock two without; where the machine is slow the rest has a limit.
_REST: Final = 2.0
_LEAST_REST_S: Final = 0.005
_LONGEST_REST_S: Final = 0.1
# Faster, PostgreSQL fills its log within seconds, and while it then hurries to write everything
# down no webhook is answered for a third of a second.
_MOST_ROWS_A_S: Final = 4000
# A few megabytes of the write-ahead log: less often and a commit of others would have to, more
# often and the same pages are written again and again.
_WRITE_BACK_ROWS: Final = 400
_LOOK_AT: Final = 2000
_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class PruningRun:
    """One run over every class; `step` until it says that nothing is left.

    Shape: `removed` counts what went, by class. Killed anywhere, the next run goes on.
    Units: `rest_s` is how long to leave the databases alone before the next step.
    """

    database: Database
    queue: DeliveryQueue
    retention: Retention
    now: datetime
    removed: dict[Kept, int] = field(default_factory=lambda: dict.fromkeys(Kept, 0))
    rest_s: float = 0.0
    _left: list[Kept] = field(default_factory=lambda: list(Kept))
    _rows: int = _FIRST_ROWS
    _place: Place = BEGINNING
    _needed: frozenset[str] | None = None
    _unwritten: int = 0

    def step(self) -> bool:
        """Take the next few rows; False when every class was looked through."""
        if not self._left:
            return False
        started_s = monotonic()
        kept = self._left[0]
        removed, is_done = self._step_of(kept)
        if is_done and kept is Kept.TEXTS:
            before = self.now - self.retention[kept]
            removed += self._prune_people(before) + self._prune_references(before)
            removed += self._prune_past(before)
        self.removed[kept] += removed
        if is_done:
            self._left.pop(0)
            self._place = BEGINNING
        self._adapt(monotonic() - started_s, removed)
        return bool(self._left)

    def finish(self, *, by: str) -> None:
        """Note what went, so that people see when and how much; `by` is who ran it."""
        self.database.write(lambda tx: _record(tx, self.removed, by=by, now=self.now))

    def _step_of(self, kept: Kept) -> tuple[int, bool]:
        before = self.now - self.retention[kept]
        if kept is Kept.RAW_DELIVERIES:
            removed = self.queue.prune(before, limit=self._rows)
            return removed, removed < self._rows
        return self._prune_contents(kept, before)

    def _prune_contents(self, kept: Kept, before: datetime) -> tuple[int, bool]:
        found = self.database.read(
            lambda tx: tx.retention.older_than(before, kept, after=self._place, limit=self._rows)
        )
        if not found:
            return 0, True
        if self._needed is None:
            # Only open work can come to need a content again, and what is open is in here.
            self._needed = self.database.read(lambda tx: tx.retention.needed_contents())
        self._place = found[-1]
        needed = self._needed
        going = [content_id for _, content_id in found if content_id not in needed]
        removed = self.database.write(lambda tx: tx.retention.drop_contents(going)) if going else 0
        self._unwritten += removed
        if self._unwritten >= _WRITE_BACK_ROWS:
            self._unwritten = 0
            self.database.write_back()
        return removed, len(found) < self._rows

    def _prune_people(self, before: datetime) -> int:
        """Names and addresses of those who left, and accounts that nobody saw for long."""
        gone = self.database.read(lambda tx: tx.members.left_before(before))
        for member_id in gone:
            self.database.write(
                lambda tx, one=member_id: tx.members.make_nobody(one, "", now=self.now)  # type: ignore[misc]
            )
        if not self.database.read(lambda tx: tx.members.count_unmapped_before(before)):
            return len(gone)
        return len(gone) + self.database.write(lambda tx: tx.members.forget_unmapped_before(before))

    def _prune_references(self, before: datetime) -> int:
        """What code hosts and wikis told and nobody heard of since."""
        if not self.database.read(lambda tx: tx.references.count_older(before)):
            return 0
        return self.database.write(lambda tx: tx.references.forget_older(before))

    def _prune_past(self, before: datetime) -> int:
        """Who was away or reminded, and why something was stopped, when it is long over."""
        if not self.database.read(lambda tx: tx.retention.count_past(before)):
            return 0
        return self.database.write(lambda tx: tx.retention.forget_past(before))

    def _adapt(self, took_s: float, removed: int) -> None:
        if took_s > _STEP_S:
            self._rows = max(_LEAST_ROWS, self._rows // 2)
        elif took_s < _STEP_S / 2:
            self._rows = min(_MOST_ROWS, self._rows * 2)
        paced_s = removed / _MOST_ROWS_A_S - took_s
        self.rest_s = max(paced_s, min(_LONGEST_REST_S, max(_LEAST_REST_S, took_s * _REST)))


@dataclass(frozen=True, slots=True)
class Pruning:
    """Starts runs, and says what one would take."""

    database: Database
    queue: DeliveryQueue
    retention: Retention
    clock: Clock

    def begin(self) -> PruningRun:
        """A run as of now."""
        return PruningRun(self.database, self.queue, self.retention, self.clock.now())

    def preview(self) -> dict[Kept, int]:
        """How many rows a run would take now; nothing is changed."""
        now = self.clock.now()
        raw = self.queue.count_prunable(now - self.retention[Kept.RAW_DELIVERIES])
        contents = self.database.read(lambda tx: _count_contents(tx, self.retention, now=now))
        return {Kept.RAW_DELIVERIES: raw, **contents}


def retention_lines(tx: Reading | Writing, retention: Retention) -> tuple[RetentionLine, ...]:
    """What is kept for how long, with the last run of each class."""
    found = {record.kept: record for record in tx.retention.prunings()}
    return tuple(
        RetentionLine(
            kept=kept,
            kept_days=retention[kept] / _DAY,
            last_at=found[kept].last_at if kept in found else None,
            last_rows=found[kept].last_rows if kept in found else 0,
            total_rows=found[kept].total_rows if kept in found else 0,
        )
        for kept in Kept
    )


def _count_contents(tx: Reading, retention: Retention, *, now: datetime) -> dict[Kept, int]:
    needed = tx.retention.needed_contents()
    counts = {}
    for kept in (Kept.PROMPTS, Kept.TEXTS):
        counts[kept], place, before = 0, BEGINNING, now - retention[kept]
        while found := tx.retention.older_than(before, kept, after=place, limit=_LOOK_AT):
            place = found[-1]
            counts[kept] += sum(content_id not in needed for _, content_id in found)
    before = now - retention[Kept.TEXTS]
    counts[Kept.TEXTS] += len(tx.members.left_before(before))
    counts[Kept.TEXTS] += tx.members.count_unmapped_before(before)
    counts[Kept.TEXTS] += tx.references.count_older(before)
    counts[Kept.TEXTS] += tx.retention.count_past(before)
    return counts


def _record(tx: Writing, removed: dict[Kept, int], *, by: str, now: datetime) -> None:
    for kept, rows in removed.items():
        tx.retention.record_pruning(kept, rows, now=now)
    if any(removed.values()):
        tag = AuditTag.WORKER_CONTENT_PRUNED if by == "worker" else AuditTag.PERSON_CONTENT_PRUNED
        body: JSONObject = {"by": by, **{kept.value: rows for kept, rows in removed.items()}}
        tx.audit.append(tag, "retention", body, now=now)
