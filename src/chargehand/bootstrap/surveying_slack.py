"""Looks at a Slack workspace before it is configured: whose token is it, and where is the bot."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.connectors.slack.answers import AuthAnswer, ChannelListAnswer
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.transport import Call, SlackTransport
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.plugins.outcomes import VENDOR_FAILURES
from chargehand.plugins.vendor_http import VendorTransport
from chargehand.plugins.vendor_line import Surroundings

_NOT_KNOWN_YET: Final = "T00"
_MOST_PAGES: Final = 5


@dataclass(frozen=True, slots=True)
class WorkspaceSurvey:
    """What a token can see; `channels` are the names of those the bot is in, by id."""

    team_id: str
    team: str
    bot: str
    channels: dict[str, str]


async def survey_workspace(
    *,
    bot_token: str,
    api_url: str,
    timeout_s: float,
    ca_file: Path | None = None,
    transport: VendorTransport | None = None,
) -> WorkspaceSurvey:
    """Sign in and look around, changing nothing.

    Raises: SlackConfigWrong, and the errors of plugins/errors.py.
    """
    config = SlackConfig(
        connection_id=ConnectionId("slack"),
        bot_token=MaskedText(bot_token),
        team_id=_NOT_KNOWN_YET,
        api_url=api_url,
        request_timeout_s=timeout_s,
        ca_file=ca_file,
    )
    asking = SlackTransport(config, Surroundings(SystemClock(), transport))
    try:
        found = await asking.read(Call("auth.test", "tell who the bot is"), AuthAnswer)
        return WorkspaceSurvey(found.team_id, found.team, found.user, await _channels(asking))
    finally:
        await asking.aclose()


async def _channels(asking: SlackTransport) -> dict[str, str]:
    """The channels the bot is in, as far as the token may list them; `doctor` names a scope."""
    found: dict[str, str] = {}
    cursor = ""
    try:
        for _ in range(_MOST_PAGES):
            call = Call(
                "conversations.list",
                "list channels",
                {
                    "types": "public_channel,private_channel",
                    "exclude_archived": True,
                    "limit": 200,
                    "cursor": cursor,
                },
            )
            page = await asking.read(call, ChannelListAnswer)
            found.update({one.id: one.name for one in page.channels if one.is_member})
            cursor = page.next_cursor
            if not cursor:
                break
    except VENDOR_FAILURES:
        return found
    return found
