"""What GitHub's kinds of actions carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.github import params
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind

_MARKDOWN: Final = "The words, as Markdown; up to 30,000 characters, and 65,536 as GitHub's."


@dataclass(frozen=True, slots=True)
class CommentBase:
    """What a comment answers."""

    comment_id: str | None


@dataclass(frozen=True, slots=True)
class DeleteParams:
    """The comment that goes."""

    comment_id: str


@dataclass(frozen=True, slots=True)
class DeleteBase:
    """Who wrote it."""

    action_id: str


@dataclass(frozen=True, slots=True)
class LabelsParams:
    """Labels."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssigneesParams:
    """People."""

    assignees: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewersParams:
    """People."""

    reviewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunParams:
    """A run of a workflow."""

    run_id: int


@dataclass(frozen=True, slots=True)
class RunBase:
    """The attempt there was."""

    attempt: int | None


@dataclass(frozen=True, slots=True)
class NoBase:
    """Nothing."""


_K: Final = ActionKind
_ON: Final = "the issue or pull request `target`, which is `owner/name#12`"
_LABELS: Final = "Names of the labels, at most twenty."
_LOGINS: Final = "Logins of people, at most twenty."
GITHUB_KINDS: Final[Mapping[ActionKind, Kind]] = {
    _K.GITHUB_ADD_COMMENT: Kind(
        f"Comments on {_ON}: below it, in a conversation beside a line, or in a new one.",
        params.CommentParams,
        CommentBase,
    ),
    _K.GITHUB_DELETE_COMMENT: Kind(
        f"Deletes a comment of chargehand's own from {_ON}.", DeleteParams, DeleteBase
    ),
    _K.GITHUB_CREATE_ISSUE: Kind(
        "Opens an issue in the repository `target`.", params.IssueParams, NoBase
    ),
    _K.GITHUB_ADD_LABELS: Kind(f"Adds labels to {_ON}.", LabelsParams, NoBase),
    _K.GITHUB_REMOVE_LABELS: Kind(f"Removes labels from {_ON}.", LabelsParams, NoBase),
    _K.GITHUB_ASSIGN: Kind(
        f"Assigns people to {_ON}; who can not be assigned there is told before anything is sent.",
        AssigneesParams,
        NoBase,
    ),
    _K.GITHUB_UNASSIGN: Kind(f"Takes people off {_ON}.", AssigneesParams, NoBase),
    _K.GITHUB_REQUEST_REVIEWERS: Kind(
        "Asks people to review the pull request `target`.", ReviewersParams, NoBase
    ),
    _K.GITHUB_REMOVE_REVIEWERS: Kind(
        "Asks people no longer to review the pull request `target`.", ReviewersParams, NoBase
    ),
    _K.GITHUB_APPROVE: Kind(
        "Approves the pull request `target` at one commit; never by a rule that does not name this "
        "kind.",
        params.ApproveParams,
        NoBase,
    ),
    _K.GITHUB_DISMISS_APPROVAL: Kind(
        "Takes the verdict of a review of the pull request `target` back; never by a rule "
        "that does not name this kind.",
        params.DismissParams,
        NoBase,
    ),
    _K.GITHUB_DISPATCH_WORKFLOW: Kind(
        "Starts a workflow of the repository `target`. Its run is the one GitHub names, or the one "
        "that shows the action's id; else it stays unknown which run it is.",
        params.DispatchParams,
        NoBase,
    ),
    _K.GITHUB_RERUN_WORKFLOW: Kind(
        "Runs an ended run of a workflow of the repository `target` again.", RunParams, RunBase
    ),
    _K.GITHUB_CANCEL_WORKFLOW: Kind(
        "Cancels a run of a workflow of the repository `target`.", RunParams, NoBase
    ),
}
GITHUB_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (params.CommentParams, "markdown"): _MARKDOWN,
    (
        params.CommentParams,
        "in_reply_to",
    ): "The first comment of a conversation beside a line, such as `review-17`, or `null`.",
    (params.CommentParams, "path"): "The file a new conversation stands beside, or `null`; with "
    "`line` and `commit`.",
    (params.CommentParams, "line"): "The line in it.",
    (params.CommentParams, "commit"): "The whole id of the commit the line is counted in.",
    (CommentBase, "comment_id"): "The comment it answers, such as `issue-991`; once it is deleted, "
    "nothing is sent. `null` for none.",
    (DeleteParams, "comment_id"): "The comment, such as `issue-991` or `review-17`.",
    (DeleteBase, "action_id"): "The action whose mark it must carry.",
    (params.IssueParams, "title"): "The title; up to 256 characters.",
    (params.IssueParams, "markdown"): "The description, as Markdown; empty for none.",
    (params.IssueParams, "labels"): _LABELS,
    (params.IssueParams, "assignees"): _LOGINS,
    (LabelsParams, "labels"): _LABELS,
    (AssigneesParams, "assignees"): _LOGINS,
    (ReviewersParams, "reviewers"): _LOGINS,
    (
        params.ApproveParams,
        "commit",
    ): "The whole id of the commit that is approved; once there is a newer one, nothing is sent.",
    (params.ApproveParams, "markdown"): "Words that go with it, as Markdown; empty for none.",
    (params.DismissParams, "review_id"): "GitHub's number of the review.",
    (params.DismissParams, "message"): "Why, for everybody to read; up to 1,000 characters.",
    (
        params.DispatchParams,
        "workflow",
    ): "Name of the workflow's file, such as `deploy.yml`, or its number.",
    (params.DispatchParams, "ref"): "The branch or tag it runs on.",
    (params.DispatchParams, "inputs"): "Its inputs, as texts.",
    (params.DispatchParams, "correlation_input"): "The input that takes the action's id, of a "
    "workflow whose `run-name` shows it; `null` for none.",
    (RunParams, "run_id"): "GitHub's number of the run.",
    (RunBase, "attempt"): "The attempt there was; `null` for not looked at.",
}
