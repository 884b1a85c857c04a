"""Errors of the pipeline.

Rejected
├── NotFound          no such thing in this organization
├── NotLate           an ask that does not wait in the late list
└── ProjectUnknown    a project no connection serves
Fault
└── IllegalMove       an action was about to take a step the table of moves does not know
"""

from chargehand.domain.errors import Fault, Rejected


class NotFound(Rejected):
    """No such thing here."""

    code = "not_found"
    template = "There is no {kind} {id}."


class NotLate(Rejected):
    """An ask that does not wait for a person."""

    code = "ask_not_waiting"
    template = "The ask {id} is {state}; only asks that are late or stuck can be answered by hand."


class ProjectUnknown(Rejected):
    """A project no connection serves."""

    code = "project_unknown"
    template = "No connection serves the project {project}; served: {served}."


class IllegalMove(Fault):
    """A step the table of moves does not know."""

    code = "illegal_move"
    template = "The action {id} is {state} and can not become {next}."
