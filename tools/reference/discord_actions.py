"""What the kinds of actions at Discord carry."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.discord import params
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind

KINDS: Final[Mapping[ActionKind, Kind]] = {
    ActionKind.DISCORD_POST_MESSAGE: Kind(
        "Posts a message to a channel, or several when it is longer than Discord takes; the target "
        "is the channel's id.",
        params.MessageParams,
        params.QuestionBase,
    ),
    ActionKind.DISCORD_EDIT_MESSAGE: Kind(
        "Gives a message of the bot's, and those that continue it, another text and other "
        "buttons; the target is `<channel id>/<message id>`.",
        params.EditParams,
        params.TextBase,
    ),
    ActionKind.DISCORD_DELETE_MESSAGE: Kind(
        "Deletes a message of the bot's; the target is `<channel id>/<message id>`.",
        params.DeleteParams,
        params.NoBase,
    ),
    ActionKind.DISCORD_EDIT_REPLY: Kind(
        "Puts the answer where a slash command or a button was promised one; the target is the "
        "channel's id.",
        params.ReplyParams,
        params.NoBase,
    ),
    ActionKind.DISCORD_FOLLOW_UP: Kind(
        "Posts a further message in answer to a slash command or a button; the target is the "
        "channel's id.",
        params.FollowUpParams,
        params.NoBase,
    ),
    ActionKind.DISCORD_SEND_DIRECT_MESSAGE: Kind(
        "Writes to one person; the target is the account's id.",
        params.TextParams,
        params.NoBase,
    ),
    ActionKind.DISCORD_ADD_REACTION: Kind(
        "Reacts to a message as the bot; the target is `<channel id>/<message id>`.",
        params.ReactionParams,
        params.NoBase,
    ),
    ActionKind.DISCORD_REMOVE_REACTION: Kind(
        "Takes the bot's own reaction back; the target is `<channel id>/<message id>`.",
        params.ReactionParams,
        params.NoBase,
    ),
}
_WORDS: Final = "The words, as Markdown; up to 30,000 characters, in at most ten messages."
_BUTTONS: Final = (
    "Up to 25 buttons: `label`, `command` and `style` (`plain`, `primary` or `danger`)."
)
_THREAD: Final = "The thread of the channel it goes to, or `null`."
_TOKEN: Final = "The interaction's token, good for 15 minutes; no preview shows it."  # noqa: S105 - words.
MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (params.MessageParams, "markdown"): _WORDS,
    (params.MessageParams, "controls"): _BUTTONS,
    (params.MessageParams, "mention"): "`account_id` and `name` of the one person notified, or "
    "`null`.",
    (params.MessageParams, "thread_id"): _THREAD,
    (params.MessageParams, "reply_to"): "The message it is shown as a reply to, or `null`.",
    (params.QuestionBase, "message_id"): "The message it answers, or `null`; once that is deleted, "
    "the answer is not sent.",
    (params.EditParams, "markdown"): "The words, as Markdown, in at most as many messages as "
    "there are.",
    (params.EditParams, "controls"): _BUTTONS,
    (params.EditParams, "more"): "The messages that continue it, by id; those no longer needed are "
    "deleted.",
    (params.TextParams, "markdown"): _WORDS,
    (params.TextParams, "controls"): _BUTTONS,
    (params.TextBase, "markdown"): "What it said before, or `null` where nobody noted it; once it "
    "says something else, it is not edited.",
    (params.TextBase, "controls"): "The buttons it had.",
    (params.DeleteParams, "more"): "The messages that continue it, by id.",
    (params.ReplyParams, "markdown"): _WORDS,
    (params.ReplyParams, "reply_token"): _TOKEN,
    (params.ReplyParams, "controls"): _BUTTONS,
    (params.ReplyParams, "thread_id"): _THREAD,
    (params.FollowUpParams, "markdown"): _WORDS,
    (params.FollowUpParams, "reply_token"): _TOKEN,
    (params.FollowUpParams, "controls"): _BUTTONS,
    (params.FollowUpParams, "is_private"): "Whether the asker alone sees it.",
    (params.FollowUpParams, "thread_id"): _THREAD,
    (params.ReactionParams, "emoji"): "One emoji, or `name:id` of one that the server made.",
}
