"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.update_fields import put_back

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_GONE: Final = NoWayBack("the comment is gone for good")
_ISSUE_STAYS: Final = NoWayBack("GitHub keeps an issue; close it there")
_VERDICT_GONE: Final = NoWayBack("only who gave the verdict can give it again")
_RUN_UNKNOWN: Final = NoWayBack("it is not known which run it was")
_COMMENT_UNKNOWN: Final = NoWayBack("it is not known which comment it was")
_REVIEW_UNKNOWN: Final = NoWayBack("it is not known which review it was")
_BACK: Final = "Taken back by chargehand."


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(kind: ActionKind) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    return _LINES[kind]


def _undo(
    done: DoneAction, kind: ActionKind, *, params: JSONObject, base: JSONObject
) -> ProposedAction:
    return replace(done.proposal, kind=kind, params=params, base=base, preview="")


def _delete(done: DoneAction) -> ProposedAction | NoWayBack:
    comment_id = done.result.get("external_id")
    if not isinstance(comment_id, str) or "-" not in comment_id:
        return _COMMENT_UNKNOWN
    kind = ActionKind.GITHUB_DELETE_COMMENT
    base: JSONObject = {"action_id": done.action_id}
    return _undo(done, kind, params={"comment_id": comment_id}, base=base)


def _put_back(done: DoneAction) -> ProposedAction:
    params, base = put_back(done)
    return _undo(done, ActionKind.GITHUB_UPDATE_COMMENT, params=params, base=base)


def _other_way(kind: ActionKind, field: str) -> Callable[[DoneAction], ProposedAction]:
    def inverse(done: DoneAction) -> ProposedAction:
        # Only what the action really changed: the rest was so before.
        changed = done.result.get("changed") or done.proposal.params[field]
        return _undo(done, kind, params={field: changed}, base={})

    return inverse


def _dismiss(done: DoneAction) -> ProposedAction | NoWayBack:
    review_id = str(done.result.get("external_id") or "")
    if not review_id.isdecimal():
        return _REVIEW_UNKNOWN
    params: JSONObject = {"review_id": int(review_id), "message": _BACK}
    return _undo(done, ActionKind.GITHUB_DISMISS_APPROVAL, params=params, base={})


def _of_run(kind: ActionKind) -> Callable[[DoneAction], ProposedAction | NoWayBack]:
    def inverse(done: DoneAction) -> ProposedAction | NoWayBack:
        run_id = str(done.result.get("external_id") or "")
        if not run_id.isdecimal():
            return _RUN_UNKNOWN
        return _undo(done, kind, params={"run_id": int(run_id)}, base={})

    return inverse


def _never(way: NoWayBack) -> str:
    return f"can not be undone: {way.reason}"


_K: Final = ActionKind
_INVERSES: Final[Mapping[ActionKind, Callable[[DoneAction], ProposedAction | NoWayBack]]] = {
    _K.GITHUB_ADD_COMMENT: _delete,
    _K.GITHUB_UPDATE_COMMENT: _put_back,
    _K.GITHUB_DELETE_COMMENT: lambda _: _GONE,
    _K.GITHUB_CREATE_ISSUE: lambda _: _ISSUE_STAYS,
    _K.GITHUB_ADD_LABELS: _other_way(_K.GITHUB_REMOVE_LABELS, "labels"),
    _K.GITHUB_REMOVE_LABELS: _other_way(_K.GITHUB_ADD_LABELS, "labels"),
    _K.GITHUB_ASSIGN: _other_way(_K.GITHUB_UNASSIGN, "assignees"),
    _K.GITHUB_UNASSIGN: _other_way(_K.GITHUB_ASSIGN, "assignees"),
    _K.GITHUB_REQUEST_REVIEWERS: _other_way(_K.GITHUB_REMOVE_REVIEWERS, "reviewers"),
    _K.GITHUB_REMOVE_REVIEWERS: _other_way(_K.GITHUB_REQUEST_REVIEWERS, "reviewers"),
    _K.GITHUB_APPROVE: _dismiss,
    _K.GITHUB_DISMISS_APPROVAL: lambda _: _VERDICT_GONE,
    _K.GITHUB_DISPATCH_WORKFLOW: _of_run(_K.GITHUB_CANCEL_WORKFLOW),
    _K.GITHUB_RERUN_WORKFLOW: _of_run(_K.GITHUB_CANCEL_WORKFLOW),
    _K.GITHUB_CANCEL_WORKFLOW: _of_run(_K.GITHUB_RERUN_WORKFLOW),
}
_LINES: Final[Mapping[ActionKind, str]] = {
    _K.GITHUB_ADD_COMMENT: "undo: deletes this comment",
    _K.GITHUB_UPDATE_COMMENT: (
        "undo: puts the words of before back, unless it is edited or answered first"
    ),
    _K.GITHUB_DELETE_COMMENT: _never(_GONE),
    _K.GITHUB_CREATE_ISSUE: _never(_ISSUE_STAYS),
    _K.GITHUB_ADD_LABELS: "undo: removes those labels that were not there",
    _K.GITHUB_REMOVE_LABELS: "undo: adds those labels again that were there",
    _K.GITHUB_ASSIGN: "undo: takes off those who were not assigned",
    _K.GITHUB_UNASSIGN: "undo: assigns those again who were",
    _K.GITHUB_REQUEST_REVIEWERS: "undo: asks those no longer who were not asked before",
    _K.GITHUB_REMOVE_REVIEWERS: "undo: asks those again who were asked",
    _K.GITHUB_APPROVE: "undo: dismisses this approval, which everybody sees",
    _K.GITHUB_DISMISS_APPROVAL: _never(_VERDICT_GONE),
    _K.GITHUB_DISPATCH_WORKFLOW: "undo: cancels the run while it is under way; what it did stays",
    _K.GITHUB_RERUN_WORKFLOW: "undo: cancels the run while it is under way; what it did stays",
    _K.GITHUB_CANCEL_WORKFLOW: "undo: runs it again from the beginning",
}
