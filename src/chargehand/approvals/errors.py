"""Errors of the approvals room.

Rejected
├── AlreadyDecided    somebody was faster; says who and when
├── ApprovalExpired   nobody decided in time; expiry closes
├── ApprovalVoided    the action changed, or its ask was withdrawn
├── AlreadyVoted      the same person said the same before, and it takes others
├── EditNotPossible   this kind of action has nothing a person could word differently
└── MayNotDecide      somebody without the right, or who asked for it themselves
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


class AlreadyVoted(Rejected):
    """The same person said the same before, and it takes others."""

    code = "already_voted"
    template = "You let {short_id} through before; it has {counted} of {quorum}, and takes others."


class MayNotDecide(Rejected):
    """Somebody without the right, or who asked for it themselves."""

    code = "may_not_decide"
    template = "You can not decide {short_id}: {why}. {instead}"


class EditNotPossible(Rejected):
    """There is nothing to word differently."""

    code = "edit_not_possible"
    template = "A {kind} has no text to edit; reject it instead."
