"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from chargehand.connectors.slack.params import read_update_base
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import DoneAction, NoWayBack

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_GONE: Final = NoWayBack("the message is gone for good")
_SEEN_ONCE: Final = NoWayBack("only one person sees it, and it goes by itself")
_WORDS_UNKNOWN: Final = NoWayBack("it is not known what the message said before")
_MESSAGE_UNKNOWN: Final = NoWayBack("it is not known which message it was")
_FORM: Final = NoWayBack("a form is closed by whoever it opened for")


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(action: ProposedAction) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    if (
        action.kind is ActionKind.SLACK_UPDATE_MESSAGE
        and not read_update_base(action.base).markdown
    ):
        return _never(_WORDS_UNKNOWN)
    return _LINES[action.kind]


def _undo(
    done: DoneAction, kind: ActionKind, target: str, *, params: JSONObject, base: JSONObject
) -> ProposedAction:
    return replace(done.proposal, kind=kind, target=target, params=params, base=base, preview="")


def _delete(done: DoneAction) -> ProposedAction | NoWayBack:
    external_id, parts = done.result.get("external_id"), done.result.get("parts")
    if not isinstance(external_id, str) or "/" not in external_id:
        return _MESSAGE_UNKNOWN
    further = parts if isinstance(parts, Sequence) and not isinstance(parts, str) else ()
    return _undo(
        done,
        ActionKind.SLACK_DELETE_MESSAGE,
        external_id,
        params={"parts": list(further)},
        base={"action_id": done.action_id},
    )


def _set_back(done: DoneAction) -> ProposedAction | NoWayBack:
    before = read_update_base(done.proposal.base)
    if not before.markdown:
        return _WORDS_UNKNOWN
    return _undo(
        done,
        ActionKind.SLACK_UPDATE_MESSAGE,
        done.proposal.target,
        params=_words(done.proposal.base),
        base={"action_id": done.action_id, **_words(done.proposal.params)},
    )


def _words(fields: JSONObject) -> JSONObject:
    return {"markdown": fields["markdown"], "controls": fields.get("controls") or []}


def _react(kind: ActionKind) -> Callable[[DoneAction], ProposedAction]:
    def inverse(done: DoneAction) -> ProposedAction:
        target, params = done.proposal.target, done.proposal.params
        return _undo(done, kind, target, params=params, base={})

    return inverse


def _never(way: NoWayBack) -> str:
    return f"can not be undone: {way.reason}"


_INVERSES: Final[Mapping[ActionKind, Callable[[DoneAction], ProposedAction | NoWayBack]]] = {
    ActionKind.SLACK_POST_MESSAGE: _delete,
    ActionKind.SLACK_SEND_DIRECT_MESSAGE: _delete,
    ActionKind.SLACK_UPDATE_MESSAGE: _set_back,
    ActionKind.SLACK_DELETE_MESSAGE: lambda _: _GONE,
    ActionKind.SLACK_POST_EPHEMERAL: lambda _: _SEEN_ONCE,
    ActionKind.SLACK_ADD_REACTION: _react(ActionKind.SLACK_REMOVE_REACTION),
    ActionKind.SLACK_REMOVE_REACTION: _react(ActionKind.SLACK_ADD_REACTION),
    ActionKind.SLACK_OPEN_MODAL: lambda _: _FORM,
}
_DELETES: Final = "undo: deletes this message, unless somebody answers in its thread first"
_LINES: Final[Mapping[ActionKind, str]] = {
    ActionKind.SLACK_POST_MESSAGE: _DELETES,
    ActionKind.SLACK_SEND_DIRECT_MESSAGE: _DELETES,
    ActionKind.SLACK_UPDATE_MESSAGE: "undo: sets the words of now again, unless they change first",
    ActionKind.SLACK_DELETE_MESSAGE: _never(_GONE),
    ActionKind.SLACK_POST_EPHEMERAL: _never(_SEEN_ONCE),
    ActionKind.SLACK_ADD_REACTION: "undo: removes this reaction",
    ActionKind.SLACK_REMOVE_REACTION: "undo: adds this reaction again",
    ActionKind.SLACK_OPEN_MODAL: _never(_FORM),
}
