"""What the route about the story of one thing answers."""

from pydantic import Field

from chargehand.web.api.audit_models import AuditRecord
from chargehand.web.api.models import (
    Action,
    Ask,
    Decision,
    Delivery,
    Effect,
    Event,
    Page,
    PlainApproval,
    Shown,
)


class ActionTrace(Shown):
    """One action with the approval that counts and its line in the effect ledger."""

    action: Action
    earlier_approvals: list[PlainApproval] = Field(description="Voided by edits, oldest first.")
    approval: PlainApproval | None
    effect: Effect | None


class TimelineEntry(Shown):
    """One event on a work item, with what was decided and done about it, oldest first."""

    event: Event
    decisions: list[Decision]
    actions: list[Action]


class TimelinePage(Page[TimelineEntry]):
    """What happened on a work item, newest first."""


class Trace(Shown):
    """The way of one event through the house, in order."""

    deliveries: list[Delivery] = Field(description="Every delivery that told of the event.")
    event: Event
    ask: Ask | None
    decisions: list[Decision]
    actions: list[ActionTrace]
    audit: list[AuditRecord]
