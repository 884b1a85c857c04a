"""Errors of the approvals room.

Rejected
├── AlreadyDecided    somebody was faster; says who and when
├── ApprovalExpired   nobody decided in time; expiry closes
├── ApprovalVoided    the action changed, or its ask was withdrawn
└── EditNotPossible   this kind of action has nothing a person could word differently
"""

from chargehand.domain.errors import Rejected


class AlreadyDecided(Rejected):
    """Somebody was faster."""

    code = "already_decided"
    template = "{short_id} was already {state} by {decided_by} at {decided_at}."


class ApprovalExpired(Rejected):
    """Nobody decided in time."""

    code = "approval_expired"
    template = "{short_id} expired at {expires_at} and can no longer be decided."


class ApprovalVoided(Rejected):
    """The action behind it changed, or its ask was withdrawn."""

    code = "approval_voided"
    template = "{short_id} no longer stands: {why}."


class EditNotPossible(Rejected):
    """There is nothing to word differently."""

    code = "edit_not_possible"
    template = "A {kind} has no text to edit; reject it instead."
