"""What Slack's kinds of actions carry."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.slack import params
from chargehand.domain.action import ActionKind
from tools.reference.kinds import Kind

_MARKDOWN: Final = "The words, as Markdown; up to 30,000 characters."
_CONTROLS: Final = (
    "Buttons: `label` of up to 75 characters, `command` of up to 100, which pressing says, and "
    "`style` `plain`, `primary` or `danger`."
)
_THREAD: Final = "The first message of the thread it goes to, `null` for the channel."
_QUESTION: Final = "The message it answers, if any; once it is deleted, nothing is sent."
SLACK_KINDS: Final[Mapping[ActionKind, Kind]] = {
    ActionKind.SLACK_POST_MESSAGE: Kind(
        "Writes to the channel `target`, in as many messages of up to 3,000 characters as the "
        "words take, never to a thread and its channel at once.",
        params.MessageParams,
        params.MessageBase,
    ),
    ActionKind.SLACK_UPDATE_MESSAGE: Kind(
        "Gives the message `target`, which is `<channel>/<message id>`, other words and buttons; "
        "it stays one message.",
        params.UpdateParams,
        params.UpdateBase,
    ),
    ActionKind.SLACK_DELETE_MESSAGE: Kind(
        "Deletes the message `target`, which is `<channel>/<message id>`, of chargehand's own; not "
        "once somebody answered in its thread.",
        params.DeleteParams,
        params.DeleteBase,
    ),
    ActionKind.SLACK_POST_EPHEMERAL: Kind(
        "Writes to the channel `target` what one person sees, until they reload; whether it "
        "arrived nobody else can tell.",
        params.EphemeralParams,
        params.MessageBase,
    ),
    ActionKind.SLACK_SEND_DIRECT_MESSAGE: Kind(
        "Writes to the person `target`.", params.DirectParams, params.MessageBase
    ),
    ActionKind.SLACK_ADD_REACTION: Kind(
        "Adds the bot's reaction to the message `target`, which is `<channel>/<message id>`.",
        params.ReactionParams,
        params.NoBase,
    ),
    ActionKind.SLACK_REMOVE_REACTION: Kind(
        "Takes the bot's reaction from the message `target`, which is `<channel>/<message id>`.",
        params.ReactionParams,
        params.NoBase,
    ),
    ActionKind.SLACK_OPEN_MODAL: Kind(
        "Opens a form for the person `target`, who pressed something less than three seconds ago.",
        params.ModalParams,
        params.NoBase,
    ),
}
SLACK_MEANINGS: Final[Mapping[tuple[type[object], str], str]] = {
    (params.MessageParams, "markdown"): _MARKDOWN,
    (params.MessageParams, "thread_id"): _THREAD,
    (params.MessageParams, "controls"): _CONTROLS,
    (params.MessageParams, "mention"): "`account_id` and `name` of the one person notified, or "
    "`null`.",
    (params.MessageBase, "message_id"): _QUESTION,
    (params.EphemeralParams, "user"): "Who sees it.",
    (params.EphemeralParams, "markdown"): _MARKDOWN,
    (params.EphemeralParams, "thread_id"): _THREAD,
    (params.EphemeralParams, "controls"): _CONTROLS,
    (params.DirectParams, "markdown"): _MARKDOWN,
    (params.DirectParams, "controls"): _CONTROLS,
    (params.UpdateParams, "markdown"): _MARKDOWN,
    (params.UpdateParams, "controls"): _CONTROLS,
    (params.UpdateBase, "action_id"): "The action that wrote it last; `null` for whichever.",
    (params.UpdateBase, "markdown"): "The words before, which undoing sets again; empty when "
    "nobody knows them.",
    (params.UpdateBase, "controls"): "The buttons before.",
    (params.DeleteParams, "parts"): "The further messages of one that was sent in several.",
    (params.DeleteBase, "action_id"): "The action whose mark it must carry.",
    (params.ReactionParams, "name"): "Its name, without colons.",
    (params.ModalParams, "trigger_id"): "Slack's permission to open it; no preview shows it.",
    (params.ModalParams, "title"): "Up to 24 characters.",
    (params.ModalParams, "command"): "What submitting says.",
    (params.ModalParams, "fields"): "1 to 20 fields: `name`, `label`, `value`, `is_long`, "
    "`is_optional`, `longest`.",
    (params.ModalParams, "channel"): "Where it was pressed, if anywhere.",
    (params.ModalParams, "message_id"): "The message it was pressed under, if any.",
    (params.ModalParams, "thread_id"): "The thread of that message, if any.",
    (params.ModalParams, "otherwise"): "What the person is shown when it is too late for the "
    "form; Markdown.",
}
