"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chargehand.connectors.bitbucket.params import read_reviewers_base, read_reviewers_params
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import DoneAction, NoWayBack
from chargehand.plugins.update_fields import put_back

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_GONE: Final = NoWayBack("the comment is gone for good")
_COMMENT_UNKNOWN: Final = NoWayBack("it is not known which comment it was")
_RUN_UNKNOWN: Final = NoWayBack("it is not known which run it was")
_JUDGED_ANEW: Final = NoWayBack("an approval is given anew, by whoever looks at the change again")
_STOPPED: Final = NoWayBack("a run that was stopped does not go on; run it again")


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(action: ProposedAction) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    return _LINES[action.kind]


def _undo(
    done: DoneAction, kind: ActionKind, params: JSONObject, base: JSONObject
) -> ProposedAction:
    return replace(done.proposal, kind=kind, params=params, base=base, preview="")


def _delete(done: DoneAction) -> ProposedAction | NoWayBack:
    comment_id, digest = done.result.get("external_id"), done.result.get("text_digest")
    if not isinstance(comment_id, str) or not comment_id or not isinstance(digest, str):
        # A person said that it happened, and nobody noted which comment it is.
        return _COMMENT_UNKNOWN
    base: JSONObject = {"action_id": done.action_id, "text_digest": digest}
    return _undo(done, ActionKind.BITBUCKET_DELETE_COMMENT, {"comment_id": comment_id}, base)


def _put_back(done: DoneAction) -> ProposedAction:
    return _undo(done, ActionKind.BITBUCKET_UPDATE_COMMENT, *put_back(done))


def _reviewers_back(kind: ActionKind, *, was_adding: bool) -> "_Inverse":
    def inverse(done: DoneAction) -> ProposedAction | NoWayBack:
        params = read_reviewers_params(done.proposal.params)
        before = read_reviewers_base(done.proposal.base).reviewers
        changed = [one for one in params.account_ids if (one in before) is not was_adding]
        if not changed:
            return NOTHING_CHANGED
        gone = set() if was_adding else set(changed)
        after = [one for one in before if one not in gone]
        after += changed if was_adding else []
        names: JSONObject = {one: params.names[one] for one in changed if one in params.names}
        told: JSONObject = {"account_ids": [*changed], "names": names}
        return _undo(done, kind, told, {"reviewers": [*after]})

    return inverse


def _stop(done: DoneAction) -> ProposedAction | NoWayBack:
    uuid, number = done.result.get("external_id"), done.result.get("number")
    if not isinstance(uuid, str) or not uuid:
        return _RUN_UNKNOWN
    params: JSONObject = {
        "pipeline_uuid": uuid,
        "number": number if isinstance(number, int) else None,
    }
    return _undo(done, ActionKind.BITBUCKET_STOP_PIPELINE, params, {})


def _unapprove(done: DoneAction) -> ProposedAction:
    return _undo(done, ActionKind.BITBUCKET_UNAPPROVE, done.proposal.params, {})


def _never(way: NoWayBack) -> str:
    return f"can not be undone: {way.reason}"


_Inverse = Callable[[DoneAction], ProposedAction | NoWayBack]
_INVERSES: Final[Mapping[ActionKind, _Inverse]] = {
    ActionKind.BITBUCKET_ADD_COMMENT: _delete,
    ActionKind.BITBUCKET_UPDATE_COMMENT: _put_back,
    ActionKind.BITBUCKET_DELETE_COMMENT: lambda _: _GONE,
    ActionKind.BITBUCKET_ADD_REVIEWERS: _reviewers_back(
        ActionKind.BITBUCKET_REMOVE_REVIEWERS, was_adding=True
    ),
    ActionKind.BITBUCKET_REMOVE_REVIEWERS: _reviewers_back(
        ActionKind.BITBUCKET_ADD_REVIEWERS, was_adding=False
    ),
    ActionKind.BITBUCKET_APPROVE: _unapprove,
    ActionKind.BITBUCKET_UNAPPROVE: lambda _: _JUDGED_ANEW,
    ActionKind.BITBUCKET_RUN_PIPELINE: _stop,
    ActionKind.BITBUCKET_STOP_PIPELINE: lambda _: _STOPPED,
}
_LINES: Final[Mapping[ActionKind, str]] = {
    ActionKind.BITBUCKET_ADD_COMMENT: (
        "undo: deletes this comment, unless it is edited or answered first"
    ),
    ActionKind.BITBUCKET_UPDATE_COMMENT: (
        "undo: puts the words of before back, unless it is edited or answered first"
    ),
    ActionKind.BITBUCKET_DELETE_COMMENT: _never(_GONE),
    ActionKind.BITBUCKET_ADD_REVIEWERS: "undo: removes those of the reviewers who are new",
    ActionKind.BITBUCKET_REMOVE_REVIEWERS: "undo: asks those who were reviewers again",
    ActionKind.BITBUCKET_APPROVE: "undo: takes the approval back",
    ActionKind.BITBUCKET_UNAPPROVE: _never(_JUDGED_ANEW),
    ActionKind.BITBUCKET_RUN_PIPELINE: "undo: stops this run, if it is not over by then",
    ActionKind.BITBUCKET_STOP_PIPELINE: _never(_STOPPED),
}
