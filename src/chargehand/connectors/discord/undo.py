"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chargehand.connectors.discord.params import read_follow_up_params, read_text_base
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import DoneAction, NoWayBack

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_GONE: Final = NoWayBack("the message is gone for good")
_PRIVATE: Final = NoWayBack("only the asker sees the message, who can dismiss it")
_UNKNOWN_BEFORE: Final = NoWayBack("nobody noted what the message said before")
_UNKNOWN_PLACE: Final = NoWayBack("it is not known which message it was")


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(action: ProposedAction) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    return _LINES[action.kind](action)


def _undo(
    done: DoneAction, kind: ActionKind, target: str, params: JSONObject, base: JSONObject
) -> ProposedAction:
    proposal = replace(done.proposal, kind=kind, target=target, preview="")
    return replace(proposal, params=params, base=base)


def _delete(done: DoneAction) -> ProposedAction | NoWayBack:
    target, more = done.result.get("external_id"), done.result.get("more", ())
    if not isinstance(target, str) or not target:
        # A person said that it happened, and nobody noted which message it is.
        return _UNKNOWN_PLACE
    if "/" not in target:
        # What was posted to the target itself is known by its own id alone.
        target = f"{done.proposal.target}/{target}"
    params: JSONObject = {"more": more} if more else {}
    return _undo(done, ActionKind.DISCORD_DELETE_MESSAGE, target, params, {})


def _delete_reply(done: DoneAction) -> ProposedAction | NoWayBack:
    return _PRIVATE if done.result.get("is_private") is True else _delete(done)


def _old_text(done: DoneAction) -> ProposedAction | NoWayBack:
    before, now = done.proposal.base, done.proposal.params
    if read_text_base(before).markdown is None:
        return _UNKNOWN_BEFORE
    kind, target = ActionKind.DISCORD_EDIT_MESSAGE, done.proposal.target
    more: JSONObject = {"more": now["more"]} if now.get("more") else {}
    text = {name: value for name, value in now.items() if name != "more"}
    return _undo(done, kind, target, {**before, **more}, text)


def _remove(done: DoneAction) -> ProposedAction:
    proposal = done.proposal
    kind = ActionKind.DISCORD_REMOVE_REACTION
    return _undo(done, kind, proposal.target, proposal.params, {})


def _add(done: DoneAction) -> ProposedAction:
    proposal = done.proposal
    return _undo(done, ActionKind.DISCORD_ADD_REACTION, proposal.target, proposal.params, {})


_INVERSES: Final[Mapping[ActionKind, Callable[[DoneAction], ProposedAction | NoWayBack]]] = {
    ActionKind.DISCORD_POST_MESSAGE: _delete,
    ActionKind.DISCORD_SEND_DIRECT_MESSAGE: _delete,
    ActionKind.DISCORD_EDIT_MESSAGE: _old_text,
    ActionKind.DISCORD_DELETE_MESSAGE: lambda _: _GONE,
    ActionKind.DISCORD_EDIT_REPLY: _delete_reply,
    ActionKind.DISCORD_FOLLOW_UP: _delete_reply,
    ActionKind.DISCORD_ADD_REACTION: _remove,
    ActionKind.DISCORD_REMOVE_REACTION: _add,
}


def _always(text: str) -> Callable[[ProposedAction], str]:
    return lambda _: text


def _never(way: NoWayBack) -> str:
    return f"can not be undone: {way.reason}"


def _follow_up_line(action: ProposedAction) -> str:
    is_private = read_follow_up_params(action.params).is_private
    return _never(_PRIVATE) if is_private else "undo: deletes this message"


def _edit_line(action: ProposedAction) -> str:
    if read_text_base(action.base).markdown is None:
        return _never(_UNKNOWN_BEFORE)
    return "undo: puts the text of now back, unless the message is changed first"


_DELETES: Final = _always("undo: deletes this message; who was notified stays notified")
_LINES: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.DISCORD_POST_MESSAGE: _DELETES,
    ActionKind.DISCORD_SEND_DIRECT_MESSAGE: _DELETES,
    ActionKind.DISCORD_EDIT_MESSAGE: _edit_line,
    ActionKind.DISCORD_DELETE_MESSAGE: _always(_never(_GONE)),
    ActionKind.DISCORD_EDIT_REPLY: _always(
        "undo: deletes this message, unless the asker alone sees it"
    ),
    ActionKind.DISCORD_FOLLOW_UP: _follow_up_line,
    ActionKind.DISCORD_ADD_REACTION: _always("undo: removes this reaction"),
    ActionKind.DISCORD_REMOVE_REACTION: _always("undo: adds this reaction again"),
}
