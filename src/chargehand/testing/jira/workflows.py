"""The two workflows projects of the fake are born with, and the fixed names of the site."""

from typing import Final

from chargehand.testing.jira.records import ProjectKind, Status, Workflow, WorkflowMove

TO_DO: Final = Status("10000", "To Do", "new")
IN_PROGRESS: Final = Status("3", "In Progress", "indeterminate")
IN_REVIEW: Final = Status("10001", "In Review", "indeterminate")
DONE: Final = Status("10002", "Done", "done")
CLOSED: Final = Status("10003", "Closed", "done")

SOFTWARE: Final = Workflow(
    statuses=(TO_DO, IN_PROGRESS, IN_REVIEW, DONE, CLOSED),
    moves=(
        WorkflowMove("11", "To Do", TO_DO.id, (IN_PROGRESS.id, IN_REVIEW.id, DONE.id, CLOSED.id)),
        WorkflowMove("21", "Start work", IN_PROGRESS.id, (TO_DO.id,)),
        WorkflowMove("22", "Request changes", IN_PROGRESS.id, (IN_REVIEW.id,)),
        WorkflowMove("31", "Send to review", IN_REVIEW.id, (IN_PROGRESS.id,)),
        WorkflowMove("41", "Done", DONE.id, (IN_PROGRESS.id, IN_REVIEW.id), resolution="Done"),
        WorkflowMove(
            "51",
            "Close without doing",
            CLOSED.id,
            (TO_DO.id, IN_PROGRESS.id, IN_REVIEW.id),
            required_fields=("resolution",),
        ),
    ),
)

WAITING_FOR_SUPPORT: Final = Status("10010", "Waiting for support", "indeterminate")
WAITING_FOR_CUSTOMER: Final = Status("10011", "Waiting for customer", "indeterminate")
RESOLVED: Final = Status("10012", "Resolved", "done")

SERVICE: Final = Workflow(
    statuses=(WAITING_FOR_SUPPORT, WAITING_FOR_CUSTOMER, RESOLVED),
    moves=(
        WorkflowMove(
            "711", "Respond to customer", WAITING_FOR_CUSTOMER.id, (WAITING_FOR_SUPPORT.id,)
        ),
        WorkflowMove(
            "721",
            "Back to support",
            WAITING_FOR_SUPPORT.id,
            (WAITING_FOR_CUSTOMER.id, RESOLVED.id),
        ),
        WorkflowMove(
            "731",
            "Resolve",
            RESOLVED.id,
            (WAITING_FOR_SUPPORT.id, WAITING_FOR_CUSTOMER.id),
            required_fields=("resolution",),
        ),
    ),
)

RESOLUTIONS: Final = {"Done": "10000", "Won't Do": "10001", "Duplicate": "10002"}
PRIORITIES: Final = {"Highest": "1", "High": "2", "Medium": "3", "Low": "4", "Lowest": "5"}
ISSUE_TYPES: Final = {
    "Epic": ("10000", 1),
    "Story": ("10001", 0),
    "Task": ("10002", 0),
    "Bug": ("10003", 0),
    "Sub-task": ("10004", -1),
    "Service request": ("10005", 0),
}
CATEGORIES: Final = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
LINK_KINDS: Final = {
    "Blocks": ("10000", "is blocked by", "blocks"),
    "Relates": ("10001", "relates to", "relates to"),
    "Duplicate": ("10002", "is duplicated by", "duplicates"),
}
ROLES: Final = {
    "Administrators": "10002",
    "Developers": "10003",
    "Service Desk Team": "10004",
    "Viewers": "10005",
}


def workflow_for(kind: ProjectKind) -> Workflow:
    """The workflow a new project of this kind gets."""
    return SOFTWARE if kind == "software" else SERVICE
