"""The exact text people judge before a Discord action is allowed.

Whatever will be sent is in it, but for the token an interaction is answered by, and hidden
characters are named, so that approving the preview is approving the action. What Discord would
refuse for its form is refused here, before anyone is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chargehand.connectors.discord.params import (
    MentionParam,
    read_channel,
    read_delete_params,
    read_edit_params,
    read_follow_up_params,
    read_message_target,
    read_no_base,
    read_post_params,
    read_question_base,
    read_reaction_params,
    read_reply_params,
    read_text_base,
    read_text_params,
)
from chargehand.connectors.discord.render import render_parts
from chargehand.connectors.discord.undo import inverse_of, undo_line
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.control import Control
from chargehand.kit.visible import show_line, show_text
from chargehand.plugins.connector import DoneAction, NoWayBack


class DiscordPreviewer:
    """Renders every Discord action kind as text; keeps `plugins.connector.ActionPreviewer`."""

    def preview(self, action: ProposedAction) -> str:
        """The action in words, complete but for the token of an interaction.

        Raises: ParamInvalid, ParamUnknown, MessageTooLong, all Rejected.
        """
        return _PREVIEWS[action.kind](action)

    def inverse(self, done: DoneAction) -> ProposedAction | NoWayBack:
        """The action that undoes another, without a preview, or why there is none."""
        return inverse_of(done)


def _preview_post(action: ProposedAction) -> str:
    params, base = read_post_params(action.params), read_question_base(action.base)
    place = f"channel {read_channel(action.target)}"
    if params.thread_id is not None:
        place = f"thread {params.thread_id} of {place}"
    heading = [f"Message to {place}", f"notifies: {_notified(params.mention)}"]
    if params.reply_to is not None:
        heading.append(f"shown as a reply to message {params.reply_to}")
    if base.message_id is not None:
        heading.append(f"sent only while message {base.message_id} is there")
    return _text(action, heading, params.markdown, params.controls, mention=params.mention)


def _preview_direct(action: ProposedAction) -> str:
    params = read_text_params(action.params)
    read_no_base(action.base)
    heading = [f"Direct message to account {read_channel(action.target)}"]
    return _text(action, heading, params.markdown, params.controls)


def _preview_edit(action: ProposedAction) -> str:
    params, base = read_edit_params(action.params), read_text_base(action.base)
    heading = [f"New text of message {read_message_target(action.target)}{_with_more(params.more)}"]
    shown = _text(action, heading, params.markdown, params.controls, most=1 + len(params.more))
    if base.markdown is None:
        return shown
    render_parts(base.markdown)
    before = [*_buttons(base.controls), show_text(base.markdown)]
    return "\n\n".join([shown, "Instead of:", "\n".join(before)])


def _preview_delete(action: ProposedAction) -> str:
    params, target = read_delete_params(action.params), read_message_target(action.target)
    read_no_base(action.base)
    more = _with_more(params.more)
    return f"Delete the bot's own message {target}{more}\n{undo_line(action)}"


def _with_more(more: Sequence[str]) -> str:
    return f", with those that continue it: {', '.join(more)}" if more else ""


def _preview_reply(action: ProposedAction) -> str:
    params = read_reply_params(action.params)
    heading = [
        f"Reply to a command or button in {_place(action, params.thread_id)}",
        "visible to whom the reply was promised",
    ]
    return _text(action, heading, params.markdown, params.controls)


def _preview_follow_up(action: ProposedAction) -> str:
    params = read_follow_up_params(action.params)
    readers = "the asker alone" if params.is_private else "everyone who can see the channel"
    heading = [
        f"Further message to a command or button in {_place(action, params.thread_id)}",
        f"visible to {readers}",
    ]
    return _text(action, heading, params.markdown, params.controls)


def _place(action: ProposedAction, thread_id: str | None) -> str:
    read_no_base(action.base)
    channel = f"channel {read_channel(action.target)}"
    return channel if thread_id is None else f"thread {thread_id} of {channel}"


def _preview_reaction(action: ProposedAction) -> str:
    emoji = show_line(read_reaction_params(action.params).emoji)
    read_no_base(action.base)
    target = read_message_target(action.target)
    is_adding = action.kind is ActionKind.DISCORD_ADD_REACTION
    heading = (
        f"React to message {target} with {emoji}"
        if is_adding
        else (f"Take the bot's reaction {emoji} back from message {target}")
    )
    return f"{heading}\n{undo_line(action)}"


def _text(
    action: ProposedAction,
    heading: Sequence[str],
    markdown: str,
    controls: Sequence[Control],
    *,
    mention: MentionParam | None = None,
    most: int | None = None,
) -> str:
    parts = render_parts(markdown, mention) if most is None else render_parts(markdown, most=most)
    several = [f"in {len(parts)} messages"] if len(parts) > 1 else []
    # The lines on buttons and undoing stand above the words, where no word can pass for them.
    above = [*heading, *several, *_buttons(controls), undo_line(action)]
    return "\n".join(above) + "\n\n" + show_text(markdown)


def _buttons(controls: Sequence[Control]) -> list[str]:
    return [
        f'button "{show_line(control.label)}": {show_line(control.command)}'
        + (f" ({control.style.value})" if control.style.value != "plain" else "")
        for control in controls
    ]


def _notified(mention: MentionParam | None) -> str:
    if mention is None:
        return "nobody by mention"
    return f"{show_line(mention.name)} (account {mention.account_id})"


_PREVIEWS: Final[Mapping[ActionKind, Callable[[ProposedAction], str]]] = {
    ActionKind.DISCORD_POST_MESSAGE: _preview_post,
    ActionKind.DISCORD_SEND_DIRECT_MESSAGE: _preview_direct,
    ActionKind.DISCORD_EDIT_MESSAGE: _preview_edit,
    ActionKind.DISCORD_DELETE_MESSAGE: _preview_delete,
    ActionKind.DISCORD_EDIT_REPLY: _preview_reply,
    ActionKind.DISCORD_FOLLOW_UP: _preview_follow_up,
    ActionKind.DISCORD_ADD_REACTION: _preview_reaction,
    ActionKind.DISCORD_REMOVE_REACTION: _preview_reaction,
}
