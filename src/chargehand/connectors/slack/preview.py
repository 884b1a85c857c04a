"""The exact text people judge before a Slack action is allowed.

Whatever will be sent is in it, and hidden characters are named, so that approving the preview is
approving the action. What Slack would refuse for its form is refused here, before anyone is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chargehand.connectors.slack.params import (
    read_channel,
    read_delete_base,
    read_delete_params,
    read_direct_params,
    read_ephemeral_params,
    read_message_base,
    read_message_params,
    read_message_target,
    read_modal_params,
    read_no_base,
    read_reaction_params,
    read_update_base,
    read_update_params,
    read_user,
)
from chargehand.connectors.slack.render import render_parts, render_sections
from chargehand.connectors.slack.undo import inverse_of, undo_line
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.control import Control
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack


class SlackPreviewer:
    """Renders every Slack action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete.

        Raises: ParamInvalid, ParamUnknown, MessageTooLong, all Rejected.
        """
        return _PREVIEWS[action.kind](action)

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


def _preview_message(action: ProposedAction) -> str:
    params = read_message_params(action.params)
    read_message_base(action.base)
    channel = read_channel(action.target)
    mention = params.mention
    account = mention.account_id if mention else None
    parts = len(render_parts(params.markdown, mention=account))
    where = f"in the thread of {params.thread_id}" if params.thread_id else "in the channel"
    named = "nobody by mention"
    if mention is not None:
        named = f"{show_line(mention.name)} (account {mention.account_id})"
    several = f"\nsent as {parts} messages" if parts > 1 else ""
    heading = f"Message to {channel}, {where}\nnotifies: {named}{several}"
    return _with_words(action, heading, params.markdown, params.controls)


def _preview_direct(action: ProposedAction) -> str:
    params = read_direct_params(action.params)
    read_message_base(action.base)
    parts = len(render_parts(params.markdown))
    several = f"\nsent as {parts} messages" if parts > 1 else ""
    heading = f"Direct message to {read_user(action.target)}, read by nobody else{several}"
    return _with_words(action, heading, params.markdown, params.controls)


def _preview_ephemeral(action: ProposedAction) -> str:
    params = read_ephemeral_params(action.params)
    read_message_base(action.base)
    render_sections(params.markdown)
    where = f", in the thread of {params.thread_id}" if params.thread_id else ""
    heading = f"Message in {read_channel(action.target)}{where}, seen by {params.user} alone"
    return _with_words(action, heading, params.markdown, params.controls)


def _preview_update(action: ProposedAction) -> str:
    params, base = read_update_params(action.params), read_update_base(action.base)
    channel, stamp = read_message_target(action.target)
    render_sections(params.markdown)
    heading = f"Change message {stamp} in {channel}"
    shown = _with_words(action, heading, params.markdown, params.controls)
    if not base.markdown:
        return shown
    return "\n\n".join([shown, "It says now:", show_text(base.markdown), *_shown(base.controls)])


def _preview_deletion(action: ProposedAction) -> str:
    params, base = read_delete_params(action.params), read_delete_base(action.base)
    channel, stamp = read_message_target(action.target)
    ids = ", ".join((stamp, *params.parts))
    return (
        f"Delete message {ids} in {channel}\nmade by: {show_line(base.action_id)}\n"
        f"{undo_line(action)}"
    )


def _preview_reaction(action: ProposedAction) -> str:
    params = read_reaction_params(action.params)
    read_no_base(action.base)
    channel, stamp = read_message_target(action.target)
    is_adding = action.kind is ActionKind.SLACK_ADD_REACTION
    verb, joint = ("Add", "to") if is_adding else ("Remove", "from")
    return (
        f"{verb} the reaction :{params.name}: {joint} message {stamp} in {channel}\n"
        f"{undo_line(action)}"
    )


def _preview_modal(action: ProposedAction) -> str:
    params = read_modal_params(action.params)
    read_no_base(action.base)
    fields = [
        f'field {one.name}: "{show_line(one.label)}"'
        + (f", up to {one.longest:,} characters" if one.longest else "")
        + (f"\n{show_text(one.value)}" if one.value else "")
        for one in params.fields
    ]
    where = f" in {params.channel}" if params.channel else ""
    heading = (
        f'Open the form "{show_line(params.title)}" for {read_user(action.target)}{where}\n'
        f"submitting says: {show_line(params.command)}\n{undo_line(action)}"
    )
    # Where it can not open any more, the person is shown a sentence instead.
    late = ["If it is too late for that, shows them:", show_text(params.otherwise)]
    return "\n\n".join([heading, *fields, *(late if params.otherwise else [])])


def _with_words(
    action: ProposedAction, heading: str, markdown: str, controls: Sequence[Control]
) -> str:
    # The line on undoing stands above the words, where no word can pass for it.
    return "\n\n".join([f"{heading}\n{undo_line(action)}", show_text(markdown), *_shown(controls)])


def _shown(controls: Sequence[Control]) -> list[str]:
    if not controls:
        return []
    lines = [f'button "{show_line(one.label)}" says: {show_line(one.command)}' for one in controls]
    return ["\n".join(lines)]


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.SLACK_POST_MESSAGE: _preview_message,
    ActionKind.SLACK_SEND_DIRECT_MESSAGE: _preview_direct,
    ActionKind.SLACK_POST_EPHEMERAL: _preview_ephemeral,
    ActionKind.SLACK_UPDATE_MESSAGE: _preview_update,
    ActionKind.SLACK_DELETE_MESSAGE: _preview_deletion,
    ActionKind.SLACK_ADD_REACTION: _preview_reaction,
    ActionKind.SLACK_REMOVE_REACTION: _preview_reaction,
    ActionKind.SLACK_OPEN_MODAL: _preview_modal,
}
