"""Guards: what becomes wrong slowly is told once, and once more when it is over.

A guard that is up is an observation, so a worker that starts again does not tell again. Where a
value moves around its limit, it has to come back some way before the guard goes down.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chargehand.domain.ids import ConnectionId
from chargehand.domain.records import Severity
from chargehand.inbox.ports import Backlog
from chargehand.kit.clock import Clock, from_micros, to_micros
from chargehand.pipeline.expiring import SECRET_EXPIRES, look_at_secrets
from chargehand.pipeline.missed_webhooks import look_at_missed
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.secret_ages import note_ages
from chargehand.pipeline.usual_traffic import WEEKS, is_unusual
from chargehand.pipeline.watching import CLOCK_OFFSET_MS, traffic_until
from chargehand.plugins.secret import FoundSecret
from chargehand.storage.database import Database
from chargehand.storage.repositories.traffic import HOUR
from chargehand.storage.transaction import Reading, Writing

DISK_LOW: Final = "disk_low"
DISK_FILLING: Final = "disk_filling"
CLOCK_DRIFTS: Final = "clock_drifts"
WORKER_LAGS: Final = "worker_lags"
DEAD_LETTERS: Final = "dead_letters"
INTAKE_SILENT: Final = "intake_silent"
WORK_STALLED: Final = "work_stalled"
ACCOUNTS_VANISHED: Final = "accounts_vanished"
GUARDS: Final = (
    DISK_LOW,
    DISK_FILLING,
    CLOCK_DRIFTS,
    WORKER_LAGS,
    DEAD_LETTERS,
    INTAKE_SILENT,
    SECRET_EXPIRES,
    WORK_STALLED,
    ACCOUNTS_VANISHED,
)
DRIFT: Final = timedelta(seconds=30)
LAG: Final = timedelta(minutes=5)
# Longer than anything takes that goes on: a send with the wait until it is looked for, a model.
STALLED: Final = timedelta(minutes=10)
FULL_WITHIN: Final = timedelta(days=3)
_FREE_BYTES: Final = "disk_free_bytes"
_DAY: Final = timedelta(days=1)
_PACE_OVER: Final = timedelta(days=7)
_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class GuardRules:
    """What the guards go by.

    Shape: `sources` are the ways in which each connection is meant to tell us; `free_bytes` asks
    the disk of the data folder; a `reserve_bytes` of 0 leaves the disk unguarded; `secrets` are
    those of the settings, and `marks` what each of a connection is known again by.
    """

    reserve_bytes: int
    free_bytes: Callable[[], int]
    sources: Mapping[ConnectionId, Collection[str]]
    zone: ZoneInfo
    secrets: Sequence[FoundSecret] = ()
    marks: Mapping[str, int] = field(default_factory=dict)


class Guards:
    """Looks at everything that is guarded."""

    def __init__(self, database: Database, rules: GuardRules, *, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        # What did not arrive while nobody listened says nothing.
        self._started_at = clock.now()

    def look(self, backlog: Backlog) -> None:
        """Raise and lower every guard, in one short transaction.

        Raises: Retryable when the store is away.
        """
        now, free_bytes = self._clock.now(), self._rules.free_bytes()

        def work(tx: Writing) -> None:
            look = _Look(tx, self._rules, now)
            look.at_disk(free_bytes)
            look.at_clocks()
            look.at_backlog(backlog)
            look.at_dead_letters(backlog)
            look.at_work()
            look.at_intake(since=self._started_at)
            look_at_missed(tx, self._rules.sources, now=now)
            look_at_secrets(tx, self._rules.secrets, now=now)
            note_ages(tx, self._rules.marks, now=now)

        self._database.write(work)


class _Look:
    """One look, inside one transaction."""

    def __init__(self, tx: Writing, rules: GuardRules, now: datetime) -> None:
        self._tx = tx
        self._rules = rules
        self._now = now

    def at_disk(self, free_bytes: int) -> None:
        reserve = self._rules.reserve_bytes
        if not reserve:
            return
        free, kept = free_bytes // _MEBIBYTE, reserve // _MEBIBYTE
        if self._is_over_limit(DISK_LOW, "disk", reserve / max(1, free_bytes), up=1, down=0.9):
            subject_id = self._raise(DISK_LOW, "disk")
            tell_operator(
                self._tx,
                "disk_low",
                subject_id=subject_id,
                text=f"Only {free} MiB are free on the disk of the data folder, fewer than the "
                f"{kept} MiB of storage.disk_reserve_bytes. Make room: when it is full, deliveries "
                "are refused.",
                now=self._now,
                severity=Severity.CRITICAL,
            )
        days = self._days_until(free_bytes, reserve)
        soon = FULL_WITHIN / _DAY
        pace = soon / days if days is not None else 0
        if self._is_over_limit(DISK_FILLING, "disk", pace, up=1, down=0.75) and days is not None:
            subject_id = self._raise(DISK_FILLING, "disk")
            tell_operator(
                self._tx,
                "disk_filling",
                subject_id=subject_id,
                text=f"At the pace of the last days the disk of the data folder has only its "
                f"reserve left in {days:.1f} days; {free} MiB are free now.",
                now=self._now,
            )

    def at_clocks(self) -> None:
        for connection_id, offset in self._tx.observations.all_of(CLOCK_OFFSET_MS).items():
            if ConnectionId(connection_id) not in self._rules.sources:
                continue
            off_s = offset.value / 1000
            if self._is_over_limit(
                CLOCK_DRIFTS, connection_id, abs(off_s), up=DRIFT.total_seconds(), down=15
            ):
                subject_id = self._raise(CLOCK_DRIFTS, connection_id)
                word = "behind" if off_s > 0 else "ahead of"
                tell_operator(
                    self._tx,
                    "clock_drifts",
                    subject_id=subject_id,
                    text=f"The clock of this machine is {abs(off_s):.0f} s {word} that of "
                    f"{connection_id}. Ages are judged wrongly; see to its time synchronisation.",
                    now=self._now,
                )

    def at_backlog(self, backlog: Backlog) -> None:
        oldest = min(backlog.oldest_at.values(), default=self._now)
        waited_s = (self._now - oldest).total_seconds()
        if self._is_over_limit(WORKER_LAGS, "inbox", waited_s, up=LAG.total_seconds(), down=60):
            subject_id = self._raise(WORKER_LAGS, "inbox")
            tell_operator(
                self._tx,
                "worker_lags",
                subject_id=subject_id,
                text=f"{sum(backlog.waiting.values())} deliveries were not looked at yet, the "
                f"oldest for {waited_s / 60:.0f} min. See `chargehand status`.",
                now=self._now,
            )

    def at_dead_letters(self, backlog: Backlog) -> None:
        failed = self._tx.figures.failed_actions_since(self._now - _DAY)
        stuck = self._tx.stats.open_work()["asks_stuck"]
        given_up = sum(at > self._now - _DAY for at in backlog.lately_given_up_at)
        if self._is_over_limit(DEAD_LETTERS, "work", failed + stuck + given_up, up=0, down=0):
            subject_id = self._raise(DEAD_LETTERS, "work")
            tell_operator(
                self._tx,
                "dead_letters",
                subject_id=subject_id,
                text=f"Some work ended without its result: {given_up} deliveries were given up and "
                f"{failed} actions failed within a day, {stuck} asks are stuck. See `chargehand "
                "notices list`, `actions list --state failed` and `asks late`.",
                now=self._now,
            )

    def at_work(self) -> None:
        """What is due and does not move, whatever the reason: nobody may know of it."""
        is_held = self._tx.holds.current() is not None
        due = self._tx.figures.oldest_due(now=self._now)
        for kind in ("ask", "action"):
            # While the database is held nothing is meant to be sent.
            since = None if is_held and kind == "action" else due.get(kind)
            waited_s = (self._now - since).total_seconds() if since is not None else 0.0
            if self._is_over_limit(
                WORK_STALLED, kind, waited_s, up=STALLED.total_seconds(), down=60
            ):
                subject_id = self._raise(WORK_STALLED, kind)
                tell_operator(
                    self._tx,
                    "work_stalled",
                    subject_id=subject_id,
                    text=f"An {kind} has been due for {waited_s / 60:.0f} min without any "
                    "progress. See `chargehand status`, and the worker's log.",
                    now=self._now,
                )

    def at_intake(self, *, since: datetime) -> None:
        until = traffic_until(self._tx)
        if self._now - until > 3 * HOUR:
            # Much still waits to be looked at, so nobody knows what arrived.
            return
        arrived = {(one.connection_id, one.source) for one in self._tx.traffic.counted(until)}
        expected = {f"{one}:{way}" for one, ways in self._rules.sources.items() for way in ways}
        for subject in self._tx.observations.all_of(_name(INTAKE_SILENT)).keys() - expected:
            # It was disconnected, or listens in another way; nobody waits for it any more.
            self._tx.observations.forget(_name(INTAKE_SILENT), subject)
        for connection_id, sources in self._rules.sources.items():
            for source in sources:
                has_arrived = (connection_id, source) in arrived
                self._at_source(connection_id, source, until, since, has_arrived=has_arrived)

    def _at_source(
        self,
        connection_id: ConnectionId,
        source: str,
        until: datetime,
        since: datetime,
        *,
        has_arrived: bool,
    ) -> None:
        subject, begin = f"{connection_id}:{source}", until - timedelta(weeks=WEEKS + 2)
        hours = self._tx.traffic.kept_between(connection_id, source, begin, until)
        last = max(hours, default=begin)
        up_since = self._up_since(INTAKE_SILENT, subject)
        start = max(last + HOUR, _next_hour(since))
        if up_since is not None:
            # One delivery ends a silence, and nothing else: not even the end of a busy hour.
            is_silent = not has_arrived and last < up_since
        else:
            first, zone = self._tx.traffic.first_kept_at(), self._rules.zone
            is_silent = not has_arrived and is_unusual(
                hours, start=start, end=until, first=first, zone=zone
            )
        if self._is_over_limit(INTAKE_SILENT, subject, float(is_silent), up=0, down=0):
            subject_id = self._raise(INTAKE_SILENT, subject)
            tell_operator(
                self._tx,
                "intake_silent",
                subject_id=subject_id,
                text=f"Nothing has arrived from {connection_id} by {source} for "
                f"{(self._now - start) / HOUR:.0f} h, although each of the last {WEEKS} weeks was "
                "busy at this time. See `chargehand doctor`.",
                now=self._now,
            )

    def _is_over_limit(
        self, code: str, subject: str, value: float, *, up: float, down: float
    ) -> bool:
        """Whether a guard has to be told of; one whose value came back is lowered and told of."""
        if self._up_since(code, subject) is not None:
            if value <= down:
                self._lower(code, subject)
            return False
        return value > up

    def _up_since(self, code: str, subject: str) -> datetime | None:
        return up_since(self._tx, code, subject)

    def _raise(self, code: str, subject: str) -> str:
        return raise_guard(self._tx, code, subject, now=self._now)

    def _lower(self, code: str, subject: str) -> None:
        lower_guard(self._tx, code, subject, now=self._now)

    def _days_until(self, free_bytes: int, reserve_bytes: int) -> float | None:
        """Days until only the reserve is left, by the pace of the last days; None if unknown."""
        notes = self._tx.observations.all_of(_FREE_BYTES)
        today = f"{self._now:%Y-%m-%d}"
        if today not in notes:
            self._tx.observations.note(_FREE_BYTES, today, free_bytes, now=self._now)
        for day, note in notes.items():
            if self._now - note.observed_at > _PACE_OVER + _DAY:
                self._tx.observations.forget(_FREE_BYTES, day)
        known = [one for one in notes.values() if self._now - one.observed_at <= _PACE_OVER + _DAY]
        oldest = min(known, key=lambda one: one.observed_at, default=None)
        if oldest is None or self._now - oldest.observed_at < _DAY:
            return None
        used_a_day = (oldest.value - free_bytes) / ((self._now - oldest.observed_at) / _DAY)
        left = free_bytes - reserve_bytes
        return left / used_a_day if used_a_day > 0 and left > 0 else None


def up_since(tx: Reading | Writing, code: str, subject: str) -> datetime | None:
    """Since when a guard is up; None while it is down."""
    known = tx.observations.find(_name(code), subject)
    return from_micros(known.value) if known is not None else None


def raise_guard(tx: Writing, code: str, subject: str, *, now: datetime) -> str:
    """Remember that a guard is up; what names this time of it."""
    tx.observations.note(_name(code), subject, to_micros(now), now=now)
    return f"{subject}:{now:%Y-%m-%dT%H:%M:%S}"


def lower_guard(tx: Writing, code: str, subject: str, *, now: datetime) -> None:
    """Forget that a guard is up, and tell the operator that it is over."""
    since = up_since(tx, code, subject) or now
    tx.observations.forget(_name(code), subject)
    tell_operator(
        tx,
        "guard_over",
        subject_id=f"{code}:{subject}:{since:%Y-%m-%dT%H:%M:%S}",
        text=f"It is over: {code} of {subject}, told of on {since:%Y-%m-%d at %H:%M} UTC.",
        now=now,
        severity=Severity.INFO,
    )


def drop_guard(tx: Writing, code: str, subject: str) -> None:
    """Forget that a guard is up, where nobody waits for its end any more."""
    tx.observations.forget(_name(code), subject)


def guard_subjects(tx: Reading | Writing, code: str) -> frozenset[str]:
    """What a guard is up for."""
    return frozenset(tx.observations.all_of(_name(code)))


def guards_up(observed: Callable[[str], Mapping[str, object]]) -> list[tuple[str, str]]:
    """Every guard that is up, with what it is about; `observed` gives observations by name."""
    return [(code, subject) for code in GUARDS for subject in observed(_name(code))]


def silences(tx: Reading | Writing) -> Mapping[str, Mapping[str, datetime]]:
    """Since when each connection is silent against its usual traffic, by the way that is silent.

    Shape: only connections of which the operator was told; others are left out.
    """
    found: dict[str, dict[str, datetime]] = {}
    for subject, noted in tx.observations.all_of(_name(INTAKE_SILENT)).items():
        connection_id, _, way = subject.partition(":")
        found.setdefault(connection_id, {})[way] = from_micros(noted.value)
    return found


def _name(code: str) -> str:
    return f"guard:{code}"


def _next_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0) + HOUR
