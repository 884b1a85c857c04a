"""Everything about one thing, from the delivery to the effect, whichever id one has at hand."""

from dataclasses import dataclass

from chargehand.domain.ids import EventId, ProjectKey
from chargehand.domain.records import (
    ActionRecord,
    ApprovalRecord,
    AuditRecord,
    DecisionRecord,
    DeliveryRecord,
    EffectRecord,
    EventRecord,
)
from chargehand.kit.ids import id_kind
from chargehand.pipeline.errors import NotFound
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading, Writing


@dataclass(frozen=True, slots=True)
class ActionTrace:
    """One action with the approval that counts, and its line in the effect ledger.

    Shape: `earlier_approvals` were voided by edits, oldest first.
    """

    action: ActionRecord
    earlier_approvals: tuple[ApprovalRecord, ...]
    approval: ApprovalRecord | None
    effect: EffectRecord | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one event through the house, in order.

    Shape: `deliveries` includes the duplicates that told of the same event.
    """

    deliveries: tuple[DeliveryRecord, ...]
    event: EventRecord
    ask: StoredAsk | None
    decisions: tuple[DecisionRecord, ...]
    actions: tuple[ActionTrace, ...]
    audit: tuple[AuditRecord, ...]

    @property
    def projects(self) -> frozenset[ProjectKey | None]:
        """The projects it leads through; None alone where it is about none."""
        found: set[ProjectKey | None] = {self.event.project}
        found |= {one.project for one in self.decisions}
        found |= {one.action.project for one in self.actions}
        found |= {self.ask.ask.project} if self.ask is not None else set()
        return frozenset(found - {None}) or frozenset({None})


def trace(tx: Reading | Writing, identifier: str) -> Trace:
    """The whole story of a delivery, event, ask, decision, action or approval.

    Raises: NotFound.
    """
    event_id = _event_of(tx, identifier)
    event = tx.events.find(event_id) if event_id is not None else None
    if event is None:
        kind = id_kind(identifier) or "delivery, event, ask, decision, action or approval"
        raise NotFound(kind=kind, id=identifier)
    ask = tx.asks.find_by_event(event.id)
    decisions = _decisions_of(tx, event.id, ask)
    actions = tuple(
        _action_trace(tx, action)
        for decision in decisions
        for action in tx.actions.of_decision(decision.id)
    )
    return Trace(
        deliveries=tx.events.deliveries_of(event.id),
        event=event,
        ask=ask,
        decisions=decisions,
        actions=actions,
        audit=_audit_of(tx, ask, decisions, actions),
    )


def _event_of(tx: Reading | Writing, identifier: str) -> str | None:
    kind = id_kind(identifier)
    if kind == "event":
        return identifier
    if kind == "delivery":
        delivery = tx.events.find_delivery(identifier)
        return (delivery.duplicate_of or delivery.event_id) if delivery else None
    if kind == "ask":
        ask = tx.asks.find(identifier)
        return ask.ask.event_id if ask else None
    if kind == "decision":
        decision = tx.decisions.find(identifier)
        return decision.event_id if decision else None
    approval = None if kind == "action" else tx.approvals.find(identifier)
    return _event_of_action(tx, approval.action_id if approval else identifier)


def _event_of_action(tx: Reading | Writing, action_id: str) -> str | None:
    action = tx.actions.find(action_id)
    decision = tx.decisions.find(action.decision_id) if action else None
    if decision is not None:
        return decision.event_id
    # What shows that an answer is worked on is there before the decision.
    ask = tx.asks.find(action.ask_id) if action and action.ask_id else None
    return ask.ask.event_id if ask else None


def _decisions_of(
    tx: Reading | Writing, event_id: EventId, ask: StoredAsk | None
) -> tuple[DecisionRecord, ...]:
    """An event's own decision, such as the one that its ask is late, and those of the ask."""
    found = {one.id: one for one in tx.decisions.of_event(event_id)}
    if ask is not None:
        found |= {one.id: one for one in tx.decisions.of_ask(ask.ask.id)}
    return tuple(sorted(found.values(), key=lambda one: one.decided_at))


def _action_trace(tx: Reading | Writing, action: ActionRecord) -> ActionTrace:
    effect = tx.effects.of_action(action.id)
    approvals = tx.approvals.of_action(action.id)
    return ActionTrace(
        action=action,
        earlier_approvals=approvals[:-1],
        approval=approvals[-1] if approvals else None,
        effect=effect.record if effect is not None else None,
    )


def _audit_of(
    tx: Reading | Writing,
    ask: StoredAsk | None,
    decisions: tuple[DecisionRecord, ...],
    actions: tuple[ActionTrace, ...],
) -> tuple[AuditRecord, ...]:
    subjects: list[str] = [decision.id for decision in decisions] + [
        one.action.id for one in actions
    ]
    for one in actions:
        subjects += [earlier.id for earlier in one.earlier_approvals]
        subjects += [one.approval.id] if one.approval is not None else []
    subjects += [ask.ask.id] if ask is not None else []
    return tx.audit.about_all(subjects)
