"""Where in a chat an answer goes: one table, and never a broadcast.

asked                        public answer              private answer
in a thread                  that thread                shown to the asker alone, there
in a channel                 a thread under the ask     shown to the asker alone
in a direct conversation     the conversation           the conversation
by a slash command, button   as the vendor answers it   as the vendor answers it
by a shortcut on a message   shown to the asker alone   the same
by a shortcut on nothing     a direct message           the same
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chargehand.domain.action import ActionKind
from chargehand.domain.event import Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject


class Privacy(StrEnum):
    """Who may read an answer of those who could read the ask."""

    AS_ASKED = "as_asked"
    ASKER_ONLY = "asker_only"


@dataclass(frozen=True, slots=True)
class Placement:
    """One message that is still to be worded.

    Shape: `kind` and `target` are the action's; `params` go beside its words.
    """

    kind: ActionKind
    target: str
    params: JSONObject


# How a chat is told something in a channel, and how one person alone.
POSTS: Final[Mapping[str, ActionKind]] = {
    "slack": ActionKind.SLACK_POST_MESSAGE,
    "discord": ActionKind.DISCORD_POST_MESSAGE,
}
TELLS_ALONE: Final[Mapping[str, ActionKind]] = {
    "slack": ActionKind.SLACK_SEND_DIRECT_MESSAGE,
    "discord": ActionKind.DISCORD_SEND_DIRECT_MESSAGE,
}


def place_answer(
    place: Place, *, connector: str, asker: AccountId | None, privacy: Privacy
) -> Placement:
    """Where an answer goes that was asked for at a place."""
    if connector == "discord":
        return _on_discord(place, asker=asker, privacy=privacy)
    return _on_slack(place, asker=asker, privacy=privacy)


def _on_slack(place: Place, *, asker: AccountId | None, privacy: Privacy) -> Placement:
    is_alone = place.kind is PlaceKind.DIRECT
    if is_alone and asker is not None and place.channel_id == asker:
        # Slack did not say which talk it is; opening it is a request of its own.
        return Placement(ActionKind.SLACK_SEND_DIRECT_MESSAGE, asker, {})
    # Nothing was posted that a thread could hang on, or nobody saw what was pressed: the answer is
    # the asker's own.
    is_unposted = place.message_id is None and place.thread_id is None
    is_unseen = is_unposted or place.reply_token is not None
    if not is_alone and asker is not None and (privacy is Privacy.ASKER_ONLY or is_unseen):
        return Placement(
            ActionKind.SLACK_POST_EPHEMERAL,
            place.channel_id,
            {"user": asker, "thread_id": place.thread_id},
        )
    thread = place.thread_id or (None if is_alone else place.message_id)
    return Placement(ActionKind.SLACK_POST_MESSAGE, place.channel_id, {"thread_id": thread})


def _on_discord(place: Place, *, asker: AccountId | None, privacy: Privacy) -> Placement:
    if place.reply_token is not None and place.message_id is not None:
        # The reply to a pressed button would take the place of the message it hangs on.
        return Placement(
            ActionKind.DISCORD_FOLLOW_UP,
            place.channel_id,
            {"reply_token": place.reply_token, "is_private": True, "thread_id": place.thread_id},
        )
    if place.reply_token is not None:
        return Placement(
            ActionKind.DISCORD_EDIT_REPLY,
            place.channel_id,
            {"reply_token": place.reply_token, "thread_id": place.thread_id},
        )
    is_alone = place.kind is PlaceKind.DIRECT
    if privacy is Privacy.ASKER_ONLY and not is_alone and asker is not None:
        return Placement(ActionKind.DISCORD_SEND_DIRECT_MESSAGE, asker, {})
    # A reply stands below its message; Discord's threads are channels of their own.
    return Placement(
        ActionKind.DISCORD_POST_MESSAGE,
        place.channel_id,
        {"reply_to": place.message_id, "thread_id": place.thread_id},
    )
