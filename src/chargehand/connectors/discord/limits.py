"""Discord's limits: fifty requests a second for a bot, and so many to each route.

Which other routes have which limit only Discord's answers tell; `buckets.py` reads them.
Source: discord.com/developers/docs/topics/rate-limits (read 2026-11)
"""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.discord.splitting import LIMIT_CHARS
from chargehand.domain.action import ActionKind
from chargehand.plugins.connector import SentAction
from chargehand.plugins.limits import Limit

EVERYTHING: Final = "everything"
# Half of Discord's fifty a second: what one action reads before it writes counts as well, and what
# leaves a moment late shares its second with what comes after.
_TOGETHER: Final = (25, 1.0)
# Five messages in five seconds, which is what Discord's answers have told for years.
_TO_CHANNEL: Final = (5, 6.0)
_ROUTES: Final[Mapping[ActionKind, str]] = {
    ActionKind.DISCORD_EDIT_MESSAGE: "PATCH /channels/{channel}/messages/:id",
    ActionKind.DISCORD_DELETE_MESSAGE: "DELETE /channels/{channel}/messages/:id",
    ActionKind.DISCORD_ADD_REACTION: "PUT /channels/{channel}/messages/:id/reactions",
    ActionKind.DISCORD_REMOVE_REACTION: "PUT /channels/{channel}/messages/:id/reactions",
}
_ANSWERS: Final = frozenset({ActionKind.DISCORD_EDIT_REPLY, ActionKind.DISCORD_FOLLOW_UP})


def limits_of(action: SentAction) -> tuple[Limit, ...]:
    """What an action counts against: everything, and the route it takes."""
    takes = _parts(action)
    if action.kind in _ANSWERS:
        # What is sent with the token of an interaction counts for that one alone.
        return (Limit(EVERYTHING),)
    together = Limit(EVERYTHING, *_TOGETHER, takes)
    channel = action.target.partition("/")[0]
    if action.kind in _ROUTES:
        return together, Limit(_ROUTES[action.kind].format(channel=channel))
    return together, Limit(f"POST /channels/{channel}/messages", *_TO_CHANNEL, takes)


def _parts(action: SentAction) -> int:
    """How many messages a text needs, about: rendering it only to count would cost more."""
    text = action.params.get("markdown")
    return 1 + len(text) // LIMIT_CHARS if isinstance(text, str) else 1
