"""Tells one trace as steps in the order of time, in words for people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chargehand.audit.tags import AuditTag
from chargehand.cli.naming import with_names
from chargehand.cli.output import ERASED, safe_line
from chargehand.domain.action import ActionState
from chargehand.domain.event import EventKind
from chargehand.domain.records import EffectState

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.domain.intent import Intent
    from chargehand.domain.records import (
        ActionRecord,
        ApprovalRecord,
        DecisionRecord,
        DeliveryRecord,
        EffectRecord,
        EventRecord,
    )
    from chargehand.pipeline.looking import StoredAsk, Trace

_MOST_CHARS = 1200
_SPOKEN = frozenset({EventKind.COMMENT_CREATED, EventKind.COMMENT_UPDATED})
_LEAVING = frozenset({ActionState.APPROVED, ActionState.EXECUTING})
_LIMITS = frozenset({"vendor_limit", "vendor_busy"})
_SETTLED_BY_EFFECT = frozenset({ActionState.EXECUTED, ActionState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when, what kind of thing, in one line, and its details.

    Shape: `details` are texts of people or previews, printed below, line ends kept; `until` is the
    moment with which the line ends, where it names one.
    """

    at: datetime
    kind: str
    line: str
    details: tuple[str, ...] = ()
    until: datetime | None = None


def tell(trace: "Trace", bot_names: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps of a trace, earliest first; steps of one moment in the order of the flow.

    Shape: `bot_names` says which account ids are ours, and how each is called.
    """
    return tuple(sorted(_steps(trace, bot_names), key=lambda step: step.at))


def _steps(trace: "Trace", bot_names: Mapping[str, str]) -> Iterator[Step]:
    yield _said(trace.event, bot_names)
    for delivery in trace.deliveries:
        yield _delivery(delivery)
    event = trace.event
    yield Step(event.recorded_at, "event", f"{event.id}  {event.kind.value}")
    if trace.ask is not None:
        yield from _ask(trace.ask)
    for decision in trace.decisions:
        yield _decision(decision)
    for one in trace.actions:
        yield _proposal(one.action)
        for approval in one.earlier_approvals:
            yield from _approval(approval)
        if one.approval is not None:
            yield from _approval(one.approval)
        if one.effect is not None:
            yield from _effect(one.effect)
        yield from _waiting(one.action)
        yield from _settled(one.action, has_effect=one.effect is not None)
    for record in trace.audit:
        if record.tag == AuditTag.PERSON_APPROVAL_REFUSED:
            why = json.loads(record.body)["why"]
            told = f"{record.subject_id}  refused to {record.by}: {why}"
            yield Step(record.recorded_at, "approval", told)


def _said(event: "EventRecord", bot_names: Mapping[str, str]) -> Step:
    place = f" on {event.work_item}" if event.work_item else ""
    who = event.actor_name or "somebody without a name"
    text = ERASED if event.is_erased else with_names(event.text or "", bot_names)
    if len(text) > _MOST_CHARS:
        left_out = len(text) - _MOST_CHARS
        text = f"{text[:_MOST_CHARS]}… ({left_out} more characters)"
    kind = "said" if event.kind in _SPOKEN else "happened"
    return Step(event.occurred_at, kind, f"{who}{place}", (text,) if text else ())


def _delivery(delivery: "DeliveryRecord") -> Step:
    told = "told the same again" if delivery.duplicate_of else "lane " + delivery.lane
    how = f"{delivery.source} of {delivery.connection_id}, {delivery.size_bytes} bytes, {told}"
    return Step(delivery.received_at, "delivery", f"{delivery.id}  {how}")


def _ask(stored: "StoredAsk") -> Iterator[Step]:
    ask = stored.ask
    understood = "; ".join(_intent(intent) for intent in ask.intents) or "nothing"
    understood = ERASED if stored.is_erased else understood
    details = [f"understood: {understood}"]
    if stored.attempts:
        details.append(f"attempts that failed: {stored.attempts}, the last: {stored.problem}")
    revision = f", revision {ask.revision}" if ask.revision > 1 else ""
    yield Step(stored.recorded_at, "ask", f"{ask.id}  {ask.state.value}{revision}", tuple(details))
    if stored.closed_at is not None and stored.closed_by not in ("worker", ""):
        closed = f"{ask.state.value} by {stored.closed_by}"
        yield Step(stored.closed_at, "ask", closed)


def _intent(intent: "Intent") -> str:
    arguments = ", ".join(f"{name} {safe_line(text)!r}" for name, text in intent.arguments.items())
    about = f" about {intent.work_item}" if intent.work_item else ""
    return f"{intent.kind.value}{about} ({intent.form.value})" + (
        f": {arguments}" if arguments else ""
    )


def _decision(decision: "DecisionRecord") -> Step:
    # lazy: it holds every sentence, and loads longer than `--help` may.
    from chargehand.decisions.reason_catalogue import reason_text, withheld_text

    readers = decision.audience.visibility
    how = f"by {decision.decided_by.value}, confidence {decision.confidence:.2f}"
    details = [f"{reason_text(decision.reason)} ({decision.reason.value}, {how})"]
    if decision.response:
        whom = f"{readers.kind.value} {readers.value}".strip()
        details.append(f"for {decision.audience.scope}, {whom}")
    details += [ERASED] if decision.is_erased else []
    details += [f"source: {one.label}  {one.url}" for one in decision.sources]
    details += [f"withheld: {withheld_text(entry)}" for entry in decision.withheld]
    return Step(
        decision.decided_at,
        "decision",
        f"{decision.id}  {decision.verdict.value}",
        tuple(details),
    )


def _proposal(action: "ActionRecord") -> Step:
    simulated = action.state is ActionState.SIMULATED and action.finished_at == action.created_at
    what = f"{action.kind.value} on {action.target}, mode {action.mode.value}"
    told = f"{action.id}  {what}" + (", simulated: nothing is sent" if simulated else "")
    return Step(
        action.created_at, "action", told, (ERASED if action.is_erased else action.preview,)
    )


def _approval(approval: "ApprovalRecord") -> Iterator[Step]:
    name = f"{approval.short_id}  ({approval.id})"
    yield Step(approval.opened_at, "approval", f"{name}  opened")
    if approval.decided_at is not None:
        how = f"{approval.state.value} by {approval.decided_by} via {approval.decided_via}"
        said = ERASED if approval.is_erased else approval.reason
        reason = (f"because: {said}",) if said else ()
        yield Step(approval.decided_at, "approval", f"{approval.short_id}  {how}", reason)


def _effect(effect: "EffectRecord") -> Iterator[Step]:
    tries = "1 attempt" if effect.attempts == 1 else f"{effect.attempts} attempts"
    yield Step(effect.intended_at, "sending", f"{effect.id}  {tries}")
    if effect.settled_at is not None:
        where = effect.url if effect.state is EffectState.DONE else "nothing is known to be there"
        yield Step(effect.settled_at, "effect", f"{effect.state.value}  {where}")


def _waiting(action: "ActionRecord") -> Iterator[Step]:
    """An action that the vendor's limit holds up goes on by itself."""
    until = action.next_attempt_at
    if until is None or action.state not in _LEAVING or action.problem not in _LIMITS:
        return
    vendor = action.kind.value.partition(".")[0].capitalize()
    yield Step(until, "waiting", f"{action.id}  waits for {vendor}'s limit until", until=until)


def _settled(action: "ActionRecord", *, has_effect: bool) -> Iterator[Step]:
    if action.finished_at is None or action.finished_at == action.created_at:
        return
    if has_effect and action.state in _SETTLED_BY_EFFECT:
        return
    why = f": {action.problem}" if action.problem else ""
    yield Step(action.finished_at, "action", f"{action.id}  {action.state.value}{why}")
