"""Where an answer goes that was not asked for on a work item: one table, and never a broadcast.

asked                        public answer              private answer
in a thread                  that thread                shown to the asker alone, there
in a channel                 a thread under the ask     shown to the asker alone
in a direct conversation     the conversation           the conversation
by a slash command, button   as the vendor answers it   as the vendor answers it
by a shortcut on a message   shown to the asker alone   the same
by a shortcut on nothing     a direct message           the same
beside a line of a diff      that conversation          the same, since nobody is alone there
on a pull request or page    below it                   the same
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
COMMENTS_ON: Final[Mapping[str, ActionKind]] = {
    "bitbucket": ActionKind.BITBUCKET_ADD_COMMENT,
    "confluence": ActionKind.CONFLUENCE_ADD_COMMENT,
    "github": ActionKind.GITHUB_ADD_COMMENT,
}
# Where only conversations beside a diff have threads; elsewhere every comment can be answered.
_WITHOUT_THREADS: Final = frozenset({"github"})


def place_answer(
    place: Place, *, connector: str, asker: AccountId | None, privacy: Privacy
) -> Placement:
    """Where an answer goes that was asked for at a place."""
    if place.is_discussion:
        return _in_discussion(place, connector)
    if connector == "discord":
        return _on_discord(place, asker=asker, privacy=privacy)
    return _on_slack(place, asker=asker, privacy=privacy)


def _in_discussion(place: Place, connector: str) -> Placement:
    what, _, number = (place.thread_id or "").partition("/")
    target = number if what == "page" else f"{place.channel_id}#{number}"
    above = None if connector in _WITHOUT_THREADS else place.message_id
    return Placement(COMMENTS_ON[connector], target, {"in_reply_to": place.root_id or above})


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
