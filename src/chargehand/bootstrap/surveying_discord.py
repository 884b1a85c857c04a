"""Looks at a Discord application before it is configured: which one, and on which servers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.connectors.discord.answers import ApplicationAnswer, GuildAnswer
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.plugins.vendor_http import VendorTransport
from chargehand.plugins.vendor_line import Surroundings

_NOT_KNOWN_YET: Final = "0" * 18


@dataclass(frozen=True, slots=True)
class ApplicationSurvey:
    """What a token can see; `servers` are the names of those the bot is on, by id."""

    application_id: str
    name: str
    public_key: str
    servers: dict[str, str]


async def survey_application(
    *,
    bot_token: str,
    api_url: str,
    timeout_s: float,
    ca_file: Path | None = None,
    transport: VendorTransport | None = None,
) -> ApplicationSurvey:
    """Sign in and look around, changing nothing.

    Raises: DiscordConfigWrong, and the errors of plugins/errors.py.
    """
    config = DiscordConfig(
        connection_id=ConnectionId("discord"),
        bot_token=MaskedText(bot_token),
        application_id=_NOT_KNOWN_YET,
        public_key="0" * 64,
        guild_id=_NOT_KNOWN_YET,
        request_timeout_s=timeout_s,
        api_url=api_url,
        ca_file=ca_file,
    )
    asking = DiscordTransport(config, Surroundings(SystemClock(), transport))
    try:
        path = path_of("applications", "@me")
        call = Call("GET", path, "show the application", "the application", route=f"GET {path}")
        found = await asking.read(call, ApplicationAnswer)
        path = path_of("users", "@me", "guilds")
        call = Call("GET", path, "list the bot's servers", "the servers", route=f"GET {path}")
        servers = await asking.read(call, list[GuildAnswer])
    finally:
        await asking.aclose()
    return ApplicationSurvey(
        found.id, found.name, found.verify_key, {one.id: one.name for one in servers}
    )
