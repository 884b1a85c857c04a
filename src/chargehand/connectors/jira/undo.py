"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chargehand.connectors.jira.change_params import (
    NEVER_EMPTY,
    read_fields_base,
    read_fields_params,
    read_link_params,
)
from chargehand.connectors.jira.params import (
    read_assign_base,
    read_assign_params,
    read_labels_base,
    read_labels_params,
    read_transition_base,
    read_transition_params,
)
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.kit.visible import show_line
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.update_fields import words_after

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_CUSTOMER_TOLD: Final = NoWayBack("the customer was told of the reply at once")
_NOT_DELETED: Final = NoWayBack("chargehand deletes no work items; do it in Jira")
_WAS_EMPTY: Final = NoWayBack("a field that must not be emptied again was empty before")
_GONE: Final = NoWayBack("the comment is gone for good")
_ASK_AGAIN: Final = NoWayBack("it undoes another action; ask for that change again")


_WORDS: Final = ("markdown", "more", "more_title", "mention")


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(action: ProposedAction) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    return _LINES[action.kind](action)


def _undo(
    done: DoneAction, kind: ActionKind, params: JSONObject, base: JSONObject
) -> ProposedAction:
    return replace(done.proposal, kind=kind, params=params, base=base, preview="")


def _delete(done: DoneAction) -> ProposedAction | NoWayBack:
    comment_id = done.result.get("external_id")
    if not isinstance(comment_id, str) or not comment_id:
        # A person said that it happened, and nobody noted which comment it is.
        return NoWayBack("it is not known which comment it was")
    return _undo(
        done,
        ActionKind.JIRA_DELETE_COMMENT,
        {"comment_id": comment_id},
        {"action_id": done.action_id},
    )


def _put_back(done: DoneAction) -> ProposedAction:
    params, base = done.proposal.params, done.proposal.base
    before = base["before"]
    back = {**before, "visibility": params.get("visibility")} if isinstance(before, dict) else {}
    return _undo(
        done,
        ActionKind.JIRA_UPDATE_COMMENT,
        {**back, "comment_id": params.get("comment_id")},
        {
            "action_id": words_after(done),
            "before": {name: params.get(name) for name in _WORDS},
            "asks": base.get("asks", []),
            "words_of": base["action_id"],
        },
    )


def _move_back(done: DoneAction) -> ProposedAction:
    params = read_transition_params(done.proposal.params)
    base = read_transition_base(done.proposal.base)
    back: JSONObject = {"transition_id": None, "transition_name": "", "to_status": base.status}
    return _undo(done, ActionKind.JIRA_TRANSITION_ISSUE, back, {"status": params.to_status})


def _assign_back(done: DoneAction) -> ProposedAction:
    params = read_assign_params(done.proposal.params)
    base = read_assign_base(done.proposal.base)
    name = "" if base.assignee is None else base.name or base.assignee
    return _undo(
        done,
        ActionKind.JIRA_ASSIGN_ISSUE,
        {"account_id": base.assignee, "name": name},
        {"assignee": params.account_id, "name": params.name},
    )


def _remove_labels(done: DoneAction) -> ProposedAction | NoWayBack:
    before = read_labels_base(done.proposal.base).labels
    labels = read_labels_params(done.proposal.params).labels
    added = [label for label in labels if label not in before]
    if not added:
        return NOTHING_CHANGED
    return _undo(
        done, ActionKind.JIRA_REMOVE_LABELS, {"labels": added}, {"labels": [*before, *added]}
    )


def _unlink(done: DoneAction) -> ProposedAction:
    relation = read_link_params(done.proposal.params).relation
    before = done.proposal.base.get("relations")
    relations = sorted({relation, *(before if isinstance(before, list | tuple) else ())})
    return _undo(
        done, ActionKind.JIRA_UNLINK_ISSUES, done.proposal.params, {"relations": list(relations)}
    )


def _set_back(done: DoneAction) -> ProposedAction | NoWayBack:
    params = read_fields_params(done.proposal.params)
    before = read_fields_base(done.proposal.base, params).fields
    if any(before.get(name, "") is None for name in NEVER_EMPTY):
        return _WAS_EMPTY
    return _undo(
        done,
        ActionKind.JIRA_UPDATE_FIELDS,
        {"fields": done.proposal.base["fields"]},
        {"fields": done.proposal.params["fields"]},
    )


_INVERSES: Final[Mapping[ActionKind, Callable[[DoneAction], ProposedAction | NoWayBack]]] = {
    ActionKind.JIRA_ADD_COMMENT: _delete,
    ActionKind.JIRA_ADD_INTERNAL_COMMENT: _delete,
    ActionKind.JIRA_REPLY_TO_CUSTOMER: lambda _: _CUSTOMER_TOLD,
    ActionKind.JIRA_TRANSITION_ISSUE: _move_back,
    ActionKind.JIRA_ASSIGN_ISSUE: _assign_back,
    ActionKind.JIRA_ADD_LABELS: _remove_labels,
    ActionKind.JIRA_LINK_ISSUES: _unlink,
    ActionKind.JIRA_UPDATE_FIELDS: _set_back,
    ActionKind.JIRA_CREATE_ISSUE: lambda _: _NOT_DELETED,
    ActionKind.JIRA_UPDATE_COMMENT: _put_back,
    ActionKind.JIRA_DELETE_COMMENT: lambda _: _GONE,
    ActionKind.JIRA_REMOVE_LABELS: lambda _: _ASK_AGAIN,
    ActionKind.JIRA_UNLINK_ISSUES: lambda _: _ASK_AGAIN,
}


def _moved_back(action: ProposedAction) -> str:
    status = show_line(read_transition_base(action.base).status)
    return f'undo: moves it back to "{status}", if the workflow has one way there then'


def _assigned_back(action: ProposedAction) -> str:
    base = read_assign_base(action.base)
    before = "nobody" if base.assignee is None else show_line(base.name or base.assignee)
    return f"undo: assigns it to {before} again, unless somebody assigns it first"


def _always(text: str) -> Callable[[ProposedAction], str]:
    return lambda _: text


def _never(way: NoWayBack) -> Callable[[ProposedAction], str]:
    return _always(f"can not be undone: {way.reason}")


_DELETES: Final = _always("undo: deletes this comment, unless it is edited or answered first")
_LINES: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.JIRA_ADD_COMMENT: _DELETES,
    ActionKind.JIRA_ADD_INTERNAL_COMMENT: _DELETES,
    ActionKind.JIRA_REPLY_TO_CUSTOMER: _always("can not be undone: the customer is told at once"),
    ActionKind.JIRA_TRANSITION_ISSUE: _moved_back,
    ActionKind.JIRA_ASSIGN_ISSUE: _assigned_back,
    ActionKind.JIRA_ADD_LABELS: _always("undo: removes those of the labels that are new"),
    ActionKind.JIRA_LINK_ISSUES: _always(
        "undo: removes this link, unless somebody changes the links between the two first"
    ),
    ActionKind.JIRA_UPDATE_FIELDS: _always(
        "undo: sets the values of now again, unless somebody changes them first"
    ),
    ActionKind.JIRA_CREATE_ISSUE: _never(_NOT_DELETED),
    ActionKind.JIRA_UPDATE_COMMENT: _always(
        "undo: puts the words of before back, unless it is edited or answered first"
    ),
    ActionKind.JIRA_DELETE_COMMENT: _never(_GONE),
    ActionKind.JIRA_REMOVE_LABELS: _never(_ASK_AGAIN),
    ActionKind.JIRA_UNLINK_ISSUES: _never(_ASK_AGAIN),
}
