"""Tells an OpenTelemetry collector how long each stage took: one trace for each delivery.

Spans are made from what the databases already hold, by following the audit chain, so a stage costs
nothing more while it runs, and a crash loses none. They carry ids, closed words, durations and
costs; never a text.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Protocol, TypeAlias

from chargehand.audit.tags import AuditTag
from chargehand.domain.errors import Retryable
from chargehand.domain.ids import DeliveryId
from chargehand.domain.records import ActionRecord, AuditRecord, DecisionRecord
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

Attribute: TypeAlias = str | int | float
_CURSOR: Final = "spans_seq"
_AT_ONCE: Final = 200
# Who was away for longer than this gets what is new; old traces are in the databases.
_FARTHEST: Final = 20_000
_ENDS: Final = frozenset(
    {
        AuditTag.WORKER_EFFECT_DONE.value,
        AuditTag.WORKER_EFFECT_REFUSED.value,
        AuditTag.WORKER_EFFECT_UNKNOWN.value,
        AuditTag.WORKER_ACTION_FAILED.value,
        AuditTag.WORKER_ACTION_SIMULATED.value,
    }
)
_BAD: Final = frozenset({AuditTag.WORKER_EFFECT_UNKNOWN.value, AuditTag.WORKER_ACTION_FAILED.value})
_log = get_logger()


class CollectorAway(Retryable):
    """A collector that does not take spans."""

    code = "collector_away"
    template = "The collector of tracing.otlp_url does not take spans: {detail}."


@dataclass(frozen=True, slots=True)
class Span:
    """One stage of one delivery.

    Shape: `trace_id` and `span_id` are hexadecimal, made from our own ids, so that what comes
    later finds its trace; `parent_id` is empty for the delivery itself.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: datetime
    end: datetime
    attributes: Mapping[str, Attribute]
    is_error: bool = False


class SpanSink(Protocol):
    """What takes spans to a collector."""

    def send(self, spans: Sequence[Span]) -> None:
        """Hand them over.

        Raises: CollectorAway.
        """
        ...


class SpanExport:
    """Sends the spans of what was recorded since the last time."""

    def __init__(self, database: Database, sink: SpanSink, *, clock: Clock) -> None:
        self._database = database
        self._sink = sink
        self._clock = clock
        self._is_away = False

    def send_new(self) -> bool:
        """Send the next spans; whether more may be waiting.

        Raises: Retryable when the store is away.
        """
        last_seq, spans, has_more = self._database.read(_next)
        try:
            if spans:
                self._sink.send(spans)
        except CollectorAway as error:
            if not self._is_away:
                _log.warning("tracing.collector_lost", detail=str(error))
            self._is_away = True
            return False
        if self._is_away and spans:
            _log.warning("tracing.collector_returned")
            self._is_away = False
        now = self._clock.now()
        noted = self._database.read(lambda tx: tx.observations.find(_CURSOR))
        if noted is None or noted.value != last_seq:
            self._database.write(lambda tx: tx.observations.note(_CURSOR, "", last_seq, now=now))
        return has_more


def _next(tx: Reading) -> tuple[int, list[Span], bool]:
    head, noted = tx.audit.head().seq, tx.observations.find(_CURSOR)
    if noted is None or head - noted.value > _FARTHEST or noted.value > head:
        # What was before tracing was switched on, or before a restore, is not told.
        return head, [], False
    records = list(islice(tx.audit.walk(after_seq=noted.value), _AT_ONCE))
    spans = [span for record in records for span in _spans_of(tx, record)]
    return (records[-1].seq if records else noted.value), spans, len(records) == _AT_ONCE


def _spans_of(tx: Reading, record: AuditRecord) -> list[Span]:
    if record.tag == AuditTag.WORKER_DECISION_RECORDED.value:
        decision = tx.decisions.find(record.subject_id)
        return _of_decision(tx, decision) if decision is not None else []
    if record.tag in _ENDS:
        action = tx.actions.find(record.subject_id)
        return _of_action(tx, action, record) if action is not None else []
    return []


def _of_decision(tx: Reading, decision: DecisionRecord) -> list[Span]:
    event = tx.events.find(decision.event_id)
    delivery = tx.events.find_delivery(event.delivery_id) if event is not None else None
    if event is None or delivery is None:
        return []
    trace_id, root = _trace_id(delivery.id), _span_id(delivery.id)
    known: dict[str, Attribute] = {
        "chargehand.delivery_id": delivery.id,
        "chargehand.connection_id": delivery.connection_id,
    }
    judged: dict[str, Attribute] = {
        **known,
        "chargehand.event_id": event.id,
        "chargehand.event_kind": event.kind.value,
        "chargehand.decision_id": decision.id,
        "chargehand.verdict": decision.verdict.value,
        "chargehand.reason": decision.reason.value,
        "chargehand.decided_by": decision.decided_by.value,
        "chargehand.cost_usd": float(decision.cost_usd),
    }
    if decision.ask_id is not None:
        judged["chargehand.ask_id"] = decision.ask_id
    begun, ended = delivery.dispatched_at, decision.decided_at
    spans = [Span(trace_id, _span_id(decision.id), root, "decision", begun, ended, judged)]
    if tx.decisions.of_event(event.id)[0].id == decision.id:
        received = delivery.received_at
        dispatched = _span_id(f"dispatch:{delivery.id}")
        spans += [
            Span(trace_id, root, "", "delivery", received, max(begun, ended), known),
            Span(trace_id, dispatched, root, "dispatch", received, begun, known),
        ]
    return spans


def _of_action(tx: Reading, action: ActionRecord, record: AuditRecord) -> list[Span]:
    decision = tx.decisions.find(action.decision_id)
    event = tx.events.find(decision.event_id) if decision is not None else None
    if decision is None or event is None:
        return []
    effect = tx.effects.of_action(action.id)
    started = effect.record.intended_at if effect is not None else record.recorded_at
    attributes: dict[str, Attribute] = {
        "chargehand.delivery_id": event.delivery_id,
        "chargehand.connection_id": action.connection_id,
        "chargehand.decision_id": decision.id,
        "chargehand.action_id": action.id,
        "chargehand.action_kind": action.kind.value,
        "chargehand.mode": action.mode.value,
        "chargehand.outcome": record.tag,
        "chargehand.waited_s": max(0.0, (started - action.created_at).total_seconds()),
    }
    return [
        Span(
            trace_id=_trace_id(event.delivery_id),
            span_id=_span_id(f"{action.id}:{record.seq}"),
            parent_id=_span_id(decision.id),
            name="action",
            start=min(started, record.recorded_at),
            end=record.recorded_at,
            attributes=attributes,
            is_error=record.tag in _BAD,
        )
    ]


def _trace_id(delivery_id: DeliveryId) -> str:
    return hashlib.sha256(delivery_id.encode()).hexdigest()[:32]


def _span_id(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()[:16]
