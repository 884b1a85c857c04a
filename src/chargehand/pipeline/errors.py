"""Errors of the pipeline.

Rejected
├── NotFound          no such thing in this organization
├── NotLate           an ask that does not wait in the late list
├── NotHeld           nothing was restored, or it is resumed already
├── NotStopped        nothing was stopped there
├── NotUndoable       an action without a way back
├── AlreadyUndone     an action that was undone, or is about to be
├── KeyEnded          an API key that nobody made, or that is worth nothing any more
├── SessionEnded      a session that is over, or was never begun
├── PermissionMissing a deed that the caller may not do there
├── ProjectUnknown    a project no connection serves
├── GlassBroken       somebody is past the policy already
├── GlassWhole        nobody is
└── ArgumentInvalid   a cursor, limit or filter that can not be used
Retryable
└── NotLookedUp       a vendor could not be asked what happened before a restore
Fault
└── IllegalMove       an action was about to take a step the table of moves does not know

The refusals of the stages below that a use case passes on are named here too, so that an entry
point needs to know this room only.
"""

from chargehand.approvals.errors import (
    AlreadyDecided,
    AlreadyVoted,
    ApprovalExpired,
    ApprovalVoided,
    EditNotPossible,
    MayNotDecide,
)
from chargehand.budgets.errors import AmountInvalid, BudgetKept
from chargehand.domain.errors import Fault, Rejected, Retryable
from chargehand.policy.errors import PolicyChangedMeanwhile

__all__ = [
    "AlreadyDecided",
    "AlreadyVoted",
    "AmountInvalid",
    "ApprovalExpired",
    "ApprovalVoided",
    "ArgumentInvalid",
    "BudgetKept",
    "EditNotPossible",
    "IllegalMove",
    "KeyEnded",
    "MayNotDecide",
    "NotFound",
    "NotHeld",
    "NotLate",
    "NotLookedUp",
    "PermissionMissing",
    "PolicyChangedMeanwhile",
    "ProjectUnknown",
    "SessionEnded",
]


class NotFound(Rejected):
    """No such thing here."""

    code = "not_found"
    template = "There is no {kind} {id}."


class NotLate(Rejected):
    """An ask that does not wait for a person."""

    code = "ask_not_waiting"
    template = "The ask {id} is {state}; only asks that are late or stuck can be answered by hand."


class NotStopped(Rejected):
    """Nothing was stopped there, so there is nothing to resume."""

    code = "not_stopped"
    template = "There is no stop of {scope}. Stopped now: {stopped}."


class ProjectUnknown(Rejected):
    """A project no connection serves."""

    code = "project_unknown"
    template = "No connection serves the project {project}; served: {served}."


class ArgumentInvalid(Rejected):
    """A cursor, limit or filter that can not be used."""

    code = "argument_invalid"
    template = "{field} is {found!r}; allowed: {allowed}."


class KeyNameInvalid(Rejected):
    """A name that tells nobody what the key is for."""

    code = "key_name_invalid"
    template = "The name of a key must have {allowed}."


class KeyNameTaken(Rejected):
    """A live key has that name."""

    code = "key_name_taken"
    template = "A live API key is called {name} already; choose another name, or revoke that one."


class KeyEnded(Rejected):
    """A key nobody made here, or one that was revoked, expired, or lost its member."""

    code = "key_unknown"
    template = "This API key is {reason}."


class SessionEnded(Rejected):
    """A session that is over, was ended, or was never begun here."""

    code = "session_ended"
    template = "Your session {reason}. Sign in again."


class PermissionMissing(Rejected):
    """A deed that the caller may not do there."""

    code = "permission_not_held"
    template = (
        "This takes the permission {permission} in {where}, which you do not hold; /v1/me lists "
        "those you do."
    )


class NotUnknown(Rejected):
    """An action whose end is known."""

    code = "action_not_unknown"
    template = "The action {id} is {state}; only actions that are unknown can be settled by hand."


class NotOnPullRequests(Rejected):
    """A change was made up for an action that is done to no pull request."""

    code = "policy_question_without_diff"
    template = (
        "No change of a pull request is looked at for {kind}, so lines and paths can not decide "
        "about it; they can about: {allowed}."
    )


class NotHeld(Rejected):
    """There is no restore to resume from."""

    code = "not_held"
    template = "This database is not held: nothing was restored that is not resumed already."


class NotLookedUp(Retryable):
    """A vendor could not be asked what happened, so nothing may be sent."""

    code = "not_looked_up"
    template = (
        "The hold stays, because {connection_id} could not be asked what happened: {detail} Run "
        "the command again when `chargehand doctor` says that it works."
    )


class NotUndoable(Rejected):
    """An action that has no way back, or was not done."""

    code = "action_not_undoable"
    template = "The action {id} can not be undone: {reason}."


class AlreadyUndone(Rejected):
    """An action that was undone, or is about to be."""

    code = "action_already_undone"
    template = "The action {id} is undone by {undo_id} already, which is {state}."


class IllegalMove(Fault):
    """A step the table of moves does not know."""

    code = "illegal_move"
    template = "The action {id} is {state} and can not become {next}."


class GlassBroken(Rejected):
    """The glass is broken already."""

    code = "glass_broken_already"
    template = "{by} is past the policy already, until {until}."


class GlassWhole(Rejected):
    """There is nothing to end."""

    code = "glass_not_broken"
    template = "Nobody is past the policy now, so there is nothing to end."
