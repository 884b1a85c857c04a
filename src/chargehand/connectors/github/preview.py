"""The exact text people judge before a GitHub action is allowed.

Whatever will be sent is in it, and hidden characters are named, so that approving the preview is
approving the action. What GitHub would refuse for its form is refused here, before anyone is asked.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chargehand.connectors.github.params import (
    UPDATE_FIELDS,
    read_action_base,
    read_approve_params,
    read_comment_base,
    read_comment_params,
    read_deletion,
    read_dismiss_params,
    read_dispatch_params,
    read_issue_params,
    read_label_params,
    read_no_base,
    read_people_params,
    read_pull_base,
    read_repository,
    read_run_base,
    read_run_params,
    read_thread,
)
from chargehand.connectors.github.render import render_body
from chargehand.connectors.github.undo import inverse_of, undo_line
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.diff_fields import with_diff_lines
from chargehand.plugins.update_fields import MOST_MARKS

# As long as the longest id, so that what fits here fits with the real one.
_ANY_ACTION: Final = "a" * 64


class GitHubPreviewer:
    """Renders every GitHub action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, TextTooLong, all Rejected.
        """
        text = with_diff_lines(_PREVIEWS[action.kind](action), action.base)
        return f"{text}\n{undo_line(action.kind)}"

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


def _comment(action: ProposedAction) -> str:
    params, ref = read_comment_params(action.params), read_thread(action.target)
    read_comment_base(action.base)
    render_body(params.markdown, action_id=_ANY_ACTION)
    where = f"Comment on {ref}"
    if params.in_reply_to is not None:
        where = f"Answer in the conversation of review-{params.in_reply_to} on {ref}"
    elif params.path is not None:
        where = (
            f"Comment on {ref} beside line {params.line} of {show_line(params.path)} "
            f"at {params.commit}"
        )
    return f"{where}\nnotifies: nobody by mention\n\n{show_text(params.markdown)}\n"


def _update(action: ProposedAction) -> str:
    params = UPDATE_FIELDS.read_params(action.params)
    base = UPDATE_FIELDS.read_base(action.base)
    longest = (_ANY_ACTION,) * MOST_MARKS
    render_body(params.markdown, action_id=_ANY_ACTION, before=longest)
    return (
        f"Update the comment {params.comment_id} of the bot on {read_thread(action.target)}\n"
        f"notifies: nobody by mention\n\n{show_text(params.markdown)}\n\n"
        f"Instead of:\n\n{show_text(base.before)}\n"
    )


def _deletion(action: ProposedAction) -> str:
    read_action_base(action.base)
    read_deletion(action.params)
    comment = action.params["comment_id"]
    return f"Delete the comment {comment} of the bot on {read_thread(action.target)}"


def _issue(action: ProposedAction) -> str:
    params = read_issue_params(action.params)
    read_no_base(action.base)
    render_body(params.markdown, action_id=_ANY_ACTION)
    labels = ", ".join(map(show_line, params.labels)) or "none"
    people = ", ".join(params.assignees) or "nobody"
    return (
        f"Open an issue in {read_repository(action.target)}: {show_line(params.title)}\n"
        f"labels: {labels}\nassigned to: {people}\n\n{show_text(params.markdown)}\n"
    )


def _labels(verb: str) -> Callable[[ProposedAction], str]:
    def preview(action: ProposedAction) -> str:
        read_no_base(action.base)
        names = ", ".join(map(show_line, read_label_params(action.params)))
        return f"{verb} on {read_thread(action.target)}: {names}"

    return preview


def _people(
    verb: str, field: str, read_base: Callable[[JSONObject], object] = read_no_base
) -> Callable[[ProposedAction], str]:
    def preview(action: ProposedAction) -> str:
        read_base(action.base)
        names = ", ".join(read_people_params(action.params, field))
        return f"{verb} {read_thread(action.target)}: {names}"

    return preview


def _approval(action: ProposedAction) -> str:
    params = read_approve_params(action.params)
    read_pull_base(action.base)
    render_body(params.markdown, action_id=_ANY_ACTION)
    words = f"\n\n{show_text(params.markdown)}\n" if params.markdown.strip() else ""
    return f"Approve {read_thread(action.target)} at commit {params.commit}{words}"


def _dismissal(action: ProposedAction) -> str:
    params = read_dismiss_params(action.params)
    read_pull_base(action.base)
    ref = read_thread(action.target)
    return (
        f"Dismiss the review {params.review_id} of {ref}, for everybody to see\n\n"
        f"{show_text(params.message)}\n"
    )


def _dispatch(action: ProposedAction) -> str:
    params = read_dispatch_params(action.params)
    read_no_base(action.base)
    lines = [f"  {name} = {show_line(value)}" for name, value in params.inputs.items()]
    if params.correlation_input is not None:
        lines.append(f"  {params.correlation_input} = the id of this action")
    inputs = "\n".join(["inputs:", *lines]) if lines else "inputs: none"
    return (
        f"Start the workflow {params.workflow} of {read_repository(action.target)} "
        f"on {show_line(params.ref)}\n{inputs}"
    )


def _rerun(action: ProposedAction) -> str:
    attempt = read_run_base(action.base)
    run = f"Run {read_run_params(action.params)} of {read_repository(action.target)} again"
    return run if attempt is None else f"{run}, after attempt {attempt}"


def _cancelling(action: ProposedAction) -> str:
    read_no_base(action.base)
    return f"Cancel run {read_run_params(action.params)} of {read_repository(action.target)}"


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.GITHUB_ADD_COMMENT: _comment,
    ActionKind.GITHUB_UPDATE_COMMENT: _update,
    ActionKind.GITHUB_DELETE_COMMENT: _deletion,
    ActionKind.GITHUB_CREATE_ISSUE: _issue,
    ActionKind.GITHUB_ADD_LABELS: _labels("Add labels"),
    ActionKind.GITHUB_REMOVE_LABELS: _labels("Remove labels"),
    ActionKind.GITHUB_ASSIGN: _people("Assign", "assignees"),
    ActionKind.GITHUB_UNASSIGN: _people("Unassign from", "assignees"),
    ActionKind.GITHUB_REQUEST_REVIEWERS: _people(
        "Ask for a review of", "reviewers", read_pull_base
    ),
    ActionKind.GITHUB_REMOVE_REVIEWERS: _people(
        "Ask no longer for a review of", "reviewers", read_pull_base
    ),
    ActionKind.GITHUB_APPROVE: _approval,
    ActionKind.GITHUB_DISMISS_APPROVAL: _dismissal,
    ActionKind.GITHUB_DISPATCH_WORKFLOW: _dispatch,
    ActionKind.GITHUB_RERUN_WORKFLOW: _rerun,
    ActionKind.GITHUB_CANCEL_WORKFLOW: _cancelling,
}
