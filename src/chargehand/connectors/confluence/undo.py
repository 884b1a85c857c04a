"""What undoes each kind of action, and what people are told of it before they allow it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from chargehand.connectors.confluence.params import (
    read_create_params,
    read_update_base,
    read_update_params,
)
from chargehand.connectors.confluence.render import render_page
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.json import JSONObject
from chargehand.plugins.connector import DoneAction, NoWayBack

NOTHING_CHANGED: Final = NoWayBack("it changed nothing, since all was as wanted before")
_GONE: Final = NoWayBack("the comment is gone for good")
_IN_TRASH: Final = NoWayBack("the page is in the trash of its space, where people restore it")
_WORDS_UNKNOWN: Final = NoWayBack("it is not kept what stood there before; see the page's history")
_UNKNOWN: Final = NoWayBack("it is not known which one it was")


def inverse_of(done: DoneAction) -> ProposedAction | NoWayBack:
    """The action that undoes another, without a preview, or why there is none."""
    if done.result.get("already") is True:
        return NOTHING_CHANGED
    return _INVERSES[done.proposal.kind](done)


def undo_line(action: ProposedAction) -> str:
    """One line for the preview: what undoing would do, or that nothing undoes it."""
    is_update = action.kind is ActionKind.CONFLUENCE_UPDATE_PAGE
    if is_update and read_update_base(action.base).storage is None:
        return _never(_WORDS_UNKNOWN)
    return _LINES[action.kind]


def _delete_comment(done: DoneAction) -> ProposedAction | NoWayBack:
    comment_id = done.result.get("external_id")
    if not isinstance(comment_id, str) or not comment_id:
        return _UNKNOWN
    params: JSONObject = {"comment_id": comment_id}
    return replace(
        done.proposal,
        kind=ActionKind.CONFLUENCE_DELETE_COMMENT,
        params=params,
        base={"action_id": done.action_id},
        preview="",
    )


def _delete_page(done: DoneAction) -> ProposedAction | NoWayBack:
    page_id = done.result.get("external_id")
    if not isinstance(page_id, str) or not page_id:
        return _UNKNOWN
    return replace(
        done.proposal,
        kind=ActionKind.CONFLUENCE_DELETE_PAGE,
        target=page_id,
        params={"title": read_create_params(done.proposal.params).title},
        base={"action_id": done.action_id, "version": 1},
        preview="",
    )


def _set_back(done: DoneAction) -> ProposedAction | NoWayBack:
    params, before = read_update_params(done.proposal.params), read_update_base(done.proposal.base)
    if before.storage is None:
        return _WORDS_UNKNOWN
    sent = render_page(params.markdown) if params.storage is None else params.storage
    version = done.result.get("version")
    is_number = isinstance(version, int) and not isinstance(version, bool)
    stored = done.result.get("digest")
    digest = stored if isinstance(stored, str) else sha256(sent.encode()).hexdigest()
    return replace(
        done.proposal,
        params={"heading": params.heading, "storage": before.storage},
        base={
            "version": version if is_number else before.version + 1,
            "digest": digest,
            "storage": sent,
        },
        preview="",
    )


def _never(way: NoWayBack) -> str:
    return f"can not be undone: {way.reason}"


_INVERSES: Final[Mapping[ActionKind, Callable[[DoneAction], ProposedAction | NoWayBack]]] = {
    ActionKind.CONFLUENCE_ADD_COMMENT: _delete_comment,
    ActionKind.CONFLUENCE_DELETE_COMMENT: lambda _: _GONE,
    ActionKind.CONFLUENCE_CREATE_PAGE: _delete_page,
    ActionKind.CONFLUENCE_UPDATE_PAGE: _set_back,
    ActionKind.CONFLUENCE_DELETE_PAGE: lambda _: _IN_TRASH,
}
_LINES: Final[Mapping[ActionKind, str]] = {
    ActionKind.CONFLUENCE_ADD_COMMENT: "undo: deletes this comment, unless it is answered first",
    ActionKind.CONFLUENCE_DELETE_COMMENT: _never(_GONE),
    ActionKind.CONFLUENCE_CREATE_PAGE: "undo: moves the page to the trash, unless it is changed "
    "first",
    ActionKind.CONFLUENCE_UPDATE_PAGE: "undo: puts the words of now back, unless somebody changes "
    "that part first",
    ActionKind.CONFLUENCE_DELETE_PAGE: _never(_IN_TRASH),
}
