"""Stored deliveries become events, and each event a silent decision or an ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TypeVar

from chargehand.domain.account import Account
from chargehand.domain.delivery import StoredDelivery
from chargehand.domain.errors import Retryable
from chargehand.domain.event import ActorKind, Event, EventKind
from chargehand.domain.ids import ConnectionId, DeliveryId, ReminderId
from chargehand.domain.records import ConnectionRecord, Severity
from chargehand.inbox.ports import DeliveryQueue
from chargehand.intake.internal import reminder_in
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.accounts import note_seen
from chargehand.pipeline.announcing import announce
from chargehand.pipeline.chat_asks import trackers_of
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.judging import Judge
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.poll_waking import is_wordless
from chargehand.pipeline.referring import Referring
from chargehand.pipeline.reminded import say_reminder
from chargehand.storage.database import Database
from chargehand.storage.errors import CheckpointUnreadable
from chargehand.storage.transaction import Writing

T = TypeVar("T")
_BATCH = 200
_BATCH_BYTES = 16 * 1024 * 1024
# A write transaction should not keep others waiting for longer than this.
_LONGEST_WRITE_S = 0.04
_MOST_FAILURES = 3
# Who does this speaks to the bot, and to nobody else.
_SPOKEN = frozenset({EventKind.COMMAND_INVOKED, EventKind.BUTTON_PRESSED, EventKind.FORM_SUBMITTED})
_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Parsed:
    stored: StoredDelivery
    connection: LiveConnection
    event: Event


@dataclass(frozen=True, slots=True)
class _Broken:
    """What a delivery made of our own code."""

    error: Exception


class Dispatcher:
    """Takes deliveries from the inbox into `main`; safe to be killed anywhere.

    The two databases can not commit together, so everything written to `main` has ids derived
    from the delivery, and the delivery is marked done only afterwards: doing it again changes
    nothing.
    """

    def __init__(
        self,
        queue: DeliveryQueue,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._database = database
        self._connections = connections
        self._rules = rules
        self._clock = clock
        self._registered = frozenset(trackers_of(connections))
        self._referring = Referring(connections, self._registered)
        self._wanted_polls: set[ConnectionId] = set()

    def dispatch(self) -> int:
        """Dispatch one batch; how many deliveries were dealt with, 0 when none can be.

        A delivery that breaks our own code is tried three times, then given up and reported; it
        keeps no other one waiting.
        Raises: Retryable when a store is away; nothing is lost then.
        """
        known = {
            record.id: record for record in self._database.read(lambda tx: tx.connections.all())
        }
        # Without knowing who the bot is nobody can tell what is for it; such deliveries wait.
        waiting = self._queue.claim(
            _BATCH,
            max_bytes=_BATCH_BYTES,
            leave_out=[id_ for id_ in self._connections if not _is_identified(known.get(id_))],
        )
        parsed: list[_Parsed] = []
        dealt_with = 0
        for stored in waiting:
            connection = self._connections.get(stored.delivery.connection_id)
            if (reminder_id := reminder_in(stored.delivery)) is not None:
                self._say(stored, reminder_id)
                dealt_with += 1
            elif connection is None:
                self._set_aside(stored)
                dealt_with += 1
            elif (one := self._parse(stored, connection)) is not None:
                parsed.append(one)
            else:
                dealt_with += 1
        while parsed:
            done = self._write(parsed, known)
            parsed = parsed[done:]
            dealt_with += done
        return dealt_with

    def take_wanted_polls(self) -> frozenset[ConnectionId]:
        """The connections whose webhooks told, since this was asked, of words polling has to read.

        Shape: only those that are polled.
        """
        wanted, self._wanted_polls = self._wanted_polls, set()
        return frozenset(wanted)

    def _parse(self, stored: StoredDelivery, connection: LiveConnection) -> _Parsed | None:
        event = _attempt(partial(connection.parser.parse, stored.delivery))
        if isinstance(event, _Broken):
            self._note_failure(stored.id, event)
            return None
        if connection.poll_interval is not None and is_wordless(event):
            self._wanted_polls.add(connection.id)
        return _Parsed(stored, connection, event)

    def _write(
        self, parsed: Sequence[_Parsed], known: Mapping[ConnectionId, ConnectionRecord]
    ) -> int:
        """Write as many as fit into one transaction; where one breaks it, each in its own."""
        written = _attempt(partial(self._write_some, parsed, known))
        if not isinstance(written, _Broken):
            self._mark_dispatched(parsed[:written])
            return written
        for one in parsed:
            alone = _attempt(partial(self._write_some, [one], known))
            if isinstance(alone, _Broken):
                self._note_failure(one.stored.id, alone)
            else:
                self._mark_dispatched([one])
        return len(parsed)

    def _write_some(
        self, parsed: Sequence[_Parsed], known: Mapping[ConnectionId, ConnectionRecord]
    ) -> int:
        def work(tx: Writing) -> int:
            started_s = monotonic()
            judge = Judge(tx, rules=self._rules, registered=self._registered, now=self._clock.now())
            for done, one in enumerate(parsed, start=1):
                record = known[one.connection.id]
                self._referring.note(tx, one.event, one.connection)
                judge.take(one.stored, one.event, one.connection, record)
                announce(tx, one.event, self._connections, rules=self._rules, now=self._clock.now())
                _note_asker(tx, one.event, record, now=self._clock.now())
                if monotonic() - started_s > _LONGEST_WRITE_S:
                    return done
            return len(parsed)

        return self._database.write(work)

    def _say(self, stored: StoredDelivery, reminder_id: ReminderId) -> None:
        """Say a reminder; one that breaks our own code is tried three times, like any delivery."""
        now = self._clock.now()
        work = partial(
            say_reminder,
            stored=stored,
            reminder_id=reminder_id,
            connections=self._connections,
            approval_lasts=self._rules.approval_expires_after,
            now=now,
        )
        said = _attempt(lambda: self._database.write(work))
        if isinstance(said, _Broken):
            self._note_failure(stored.id, said)
        else:
            self._queue.mark_dispatched([stored.id], now=now)

    def _set_aside(self, stored: StoredDelivery) -> None:
        """Give up what belongs to a connection that was taken out of the configuration."""
        now, connection_id = self._clock.now(), stored.delivery.connection_id
        self._database.write(
            lambda tx: tell_operator(
                tx,
                "connection_not_configured",
                subject_id=f"{connection_id}:{now:%Y-%m-%d}",
                text=f"Deliveries of {connection_id} are set aside, because no connection of that "
                "name is configured any more. Once one is, `chargehand deliveries retry --all` "
                "takes them up again.",
                now=now,
            )
        )
        self._queue.mark_dead(stored.id, "connection_not_configured", now=now)

    def _mark_dispatched(self, parsed: Sequence[_Parsed]) -> None:
        self._queue.mark_dispatched([one.stored.id for one in parsed], now=self._clock.now())

    def _note_failure(self, delivery_id: DeliveryId, broken: _Broken) -> None:
        """Count a failure of ours on one delivery; after some it is given up and reported."""
        error = type(broken.error).__name__
        _log.error("dispatch.delivery_failed", delivery_id=delivery_id, exc_info=broken.error)
        if self._queue.record_failure(delivery_id, f"{error}: {broken.error}") < _MOST_FAILURES:
            return
        now = self._clock.now()
        self._database.write(
            lambda tx: tell_operator(
                tx,
                "delivery_given_up",
                subject_id=delivery_id,
                text=f"The delivery {delivery_id} broke chargehand three times ({error}) and was "
                "given up; this is a mistake of chargehand's, please report it. `chargehand "
                "deliveries retry` takes it up again.",
                now=now,
                severity=Severity.CRITICAL,
            )
        )
        self._queue.mark_dead(delivery_id, error, now=now)


def _note_asker(tx: Writing, event: Event, record: ConnectionRecord, *, now: datetime) -> None:
    """Remember who speaks to the bot, so that an operator learns of those who are no member."""
    actor, is_spoken_to = event.actor, record.bot_account_id in event.mentions
    if actor.account_id is None or actor.kind is not ActorKind.PERSON:
        return
    if is_spoken_to or event.kind in _SPOKEN:
        note_seen(tx, Account(event.connection_id, actor.account_id, actor.name), now=now)


def _is_identified(record: ConnectionRecord | None) -> bool:
    return record is not None and record.bot_account_id is not None


def _attempt(work: Callable[[], T]) -> T | _Broken:
    """What `work` returns, or the mistake of ours that ended it.

    Raises: Retryable and CheckpointUnreadable, which no delivery is to blame for.
    """
    try:
        return work()
    except (Retryable, CheckpointUnreadable):
        raise
    except Exception as error:  # noqa: BLE001 - an edge: one delivery must not stop the others.
        return _Broken(error)
