"""The exact text people judge before a Confluence action is allowed.

Whatever will be sent is in it, and hidden characters are named. What Confluence would refuse for
its form is refused here, before anyone is asked.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chargehand.connectors.confluence.params import (
    read_comment_base,
    read_comment_params,
    read_create_params,
    read_delete_comment_base,
    read_delete_comment_params,
    read_delete_page_base,
    read_delete_page_params,
    read_no_base,
    read_page_id,
    read_space,
    read_update_base,
    read_update_params,
)
from chargehand.connectors.confluence.render import render_comment, render_page
from chargehand.connectors.confluence.storage_text import read_storage
from chargehand.connectors.confluence.undo import inverse_of, undo_line
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.text import plain_text
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack


class ConfluencePreviewer:
    """Renders every Confluence action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, TextTooLong, all Rejected.
        """
        return _PREVIEWS[action.kind](action)

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


def _preview_comment(action: ProposedAction) -> str:
    params, page_id = read_comment_params(action.params), read_page_id(action.target)
    read_comment_base(action.base)
    render_comment(params)
    answered = f", in answer to comment {params.in_reply_to}" if params.in_reply_to else ""
    heading = f"Comment on page {page_id}{answered}, visible to everyone who can see the page"
    called = "nobody by mention"
    if params.mention is not None:
        called = f"{show_line(params.mention.name)} (account {params.mention.account_id})"
    # The line on undoing stands above the words, where no word can pass for it.
    return f"{heading}\nnotifies: {called}\n{undo_line(action)}\n\n{show_text(params.markdown)}"


def _preview_comment_deletion(action: ProposedAction) -> str:
    params, page_id = read_delete_comment_params(action.params), read_page_id(action.target)
    base = read_delete_comment_base(action.base)
    return (
        f"Delete comment {params.comment_id} from page {page_id}\n"
        f"made by: {show_line(base.action_id)}\n{undo_line(action)}"
    )


def _preview_creation(action: ProposedAction) -> str:
    params, space = read_create_params(action.params), read_space(action.target)
    read_no_base(action.base)
    render_page(params.markdown)
    below = f"page {params.parent_id}" if params.parent_id else "the space's home page"
    return (
        f"Create a page in space {show_line(space)}, below {below}, visible to everyone who can "
        f'see the space\ntitle: "{show_line(params.title)}"\n{undo_line(action)}\n\n'
        f"{show_text(params.markdown)}"
    )


def _preview_update(action: ProposedAction) -> str:
    params, base = read_update_params(action.params), read_update_base(action.base)
    page_id = read_page_id(action.target)
    what = f'what stands below "{show_line(params.heading)}"' if params.heading else "all words"
    heading = f"Replace {what} on page {page_id}, read at version {base.version}"
    if params.storage is None:
        render_page(params.markdown)
        words = show_text(params.markdown)
    else:
        words = show_text(plain_text(read_storage(params.storage).lines)) or "(no words)"
    return f"{heading}\n{undo_line(action)}\n\n{words}"


def _preview_deletion(action: ProposedAction) -> str:
    title = show_line(read_delete_page_params(action.params).title)
    base, page_id = read_delete_page_base(action.base), read_page_id(action.target)
    return (
        f'Move page {page_id}, "{title}", to the trash, as long as it is at version '
        f"{base.version}\n"
        f"made by: {show_line(base.action_id)}\n{undo_line(action)}"
    )


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.CONFLUENCE_ADD_COMMENT: _preview_comment,
    ActionKind.CONFLUENCE_DELETE_COMMENT: _preview_comment_deletion,
    ActionKind.CONFLUENCE_CREATE_PAGE: _preview_creation,
    ActionKind.CONFLUENCE_UPDATE_PAGE: _preview_update,
    ActionKind.CONFLUENCE_DELETE_PAGE: _preview_deletion,
}
