"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.discord.actions import FAILURES
from chargehand.connectors.discord.answers import (
    ApplicationAnswer,
    ChannelAnswer,
    GatewayAnswer,
    GuildAnswer,
)
from chargehand.connectors.discord.commands_sync import changes_to, registered
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of
from chargehand.domain.command import ChatCommand
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.connector import BotIdentity, Check, CheckState
from chargehand.plugins.errors import CredentialsRefused, PermissionMissing, TargetMissing

_SIGN_IN, _APPLICATION, _KEY = "sign-in", "application", "public key"
_GATEWAY = "gateway"
_ENDPOINT, _SERVER, _COMMANDS, _CLOCK = "interactions endpoint", "server", "commands", "clock"
_CLOCK_WARN_S, _CLOCK_FAIL_S = 30.0, 300.0
_PORTAL: Final = "discord.com/developers/applications"
_NETWORK: Final = "Check the network of this machine, its proxy, and api_url."
_MENDS: Final[Mapping[type[ChargehandError], str]] = {
    CredentialsRefused: f"Make a new bot token at {_PORTAL} and put it into DISCORD_BOT_TOKEN.",
    PermissionMissing: "Let the bot's role view the channel, send messages and read the history.",
    TargetMissing: "Check the id; with Discord's developer mode on, right-click copies ids.",
}


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection; `identify` asks Discord anew who the bot is."""

    config: DiscordConfig
    transport: DiscordTransport
    commands: Sequence[ChatCommand]
    identify: Callable[[], Awaitable[BotIdentity]]

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; never raises what Discord causes."""
        try:
            bot = await self.identify()
        except FAILURES as error:
            return (_failed(_SIGN_IN, error), *self._skipped("the sign-in does not work"))
        sign_in = Check(_SIGN_IN, CheckState.PASSED, f"signed in as {bot.name} ({bot.account_id})")
        channels = await asyncio.gather(*(self._channel(one) for one in self.config.channels))
        return (
            sign_in,
            *await self._application(),
            await self._server(),
            *channels,
            await self._commands(),
            self._clock(),
        )

    async def _application(self) -> tuple[Check, ...]:
        path = path_of("applications", "@me")
        call = Call("GET", path, "show the application", "the application", route=f"GET {path}")
        try:
            found = await self.transport.read(call, ApplicationAnswer)
        except FAILURES as error:
            return (_failed(_APPLICATION, error),)
        if found.id != self.config.application_id:
            said = f"the token belongs to application {found.id}, not {self.config.application_id}"
            mend = "Put the id of the token's own application into application_id."
            return (Check(_APPLICATION, CheckState.FAILED, said, mend),)
        named = Check(_APPLICATION, CheckState.PASSED, f"{found.name} ({found.id})")
        if self.config.uses_gateway:
            return named, await self._gateway(found)
        return named, self._public_key(found), _endpoint(found)

    async def _gateway(self, found: ApplicationAnswer) -> Check:
        """Whether interactions come by the gateway, and whether another session may begin."""
        if found.interactions_endpoint_url:
            return Check(
                _GATEWAY,
                CheckState.FAILED,
                f"Discord posts to {found.interactions_endpoint_url}, so the gateway tells nothing",
                f"Clear the Interactions Endpoint URL at {_PORTAL}, General Information, or set "
                'intake = "webhook".',
            )
        path = path_of("gateway", "bot")
        call = Call("GET", path, "name its gateway", "the gateway", route=f"GET {path}")
        try:
            limit = (await self.transport.read(call, GatewayAnswer)).session_start_limit
        except FAILURES as error:
            return _failed(_GATEWAY, error)
        left = f"{limit.remaining} of {limit.total} sessions may still begin"
        told = f"interactions come by it; {left}"
        if limit.remaining > 0:
            return Check(_GATEWAY, CheckState.PASSED, told)
        mend = f"Discord lets others begin in {limit.reset_after / 1000:.0f} s; chargehand waits."
        return Check(_GATEWAY, CheckState.WARNED, told, mend)

    def _public_key(self, found: ApplicationAnswer) -> Check:
        if found.verify_key == self.config.public_key:
            return Check(_KEY, CheckState.PASSED, "the configured key is the application's")
        return Check(
            _KEY,
            CheckState.FAILED,
            "the configured key is another one, so every interaction would be refused",
            f"Put the public key shown at {_PORTAL} into DISCORD_PUBLIC_KEY.",
        )

    async def _server(self) -> Check:
        guild_id = self.config.guild_id
        path = path_of("guilds", guild_id)
        call = Call("GET", path, "show the server", f"server {guild_id}", route=f"GET {path}")
        try:
            guild = await self.transport.read(call, GuildAnswer)
        except FAILURES as error:
            mend = "Invite the bot to the server, or correct guild_id."
            return Check(_SERVER, CheckState.FAILED, str(error), mend)
        return Check(_SERVER, CheckState.PASSED, f"{guild.name} ({guild.id})")

    async def _channel(self, channel_id: str) -> Check:
        name, path = f"channel {channel_id}", path_of("channels", channel_id)
        call = Call("GET", path, "show the channel", name, route=f"GET {path}")
        try:
            channel = await self.transport.read(call, ChannelAnswer)
        except FAILURES as error:
            return _failed(name, error)
        if channel.guild_id != self.config.guild_id:
            return Check(
                name,
                CheckState.FAILED,
                "it belongs to another server, so nothing is told there",
                "Bind channels of the connection's own server.",
            )
        projects = ", ".join(sorted(self.config.channels[channel_id]))
        return Check(name, CheckState.PASSED, f"#{channel.name or channel.id} serves {projects}")

    async def _commands(self) -> Check:
        try:
            found = await registered(self.transport, self.config)
        except FAILURES as error:
            return _failed(_COMMANDS, error)
        changes = changes_to(self.commands, found)
        if not changes:
            return Check(_COMMANDS, CheckState.PASSED, f"all {len(self.commands)} are registered")
        told = ", ".join(f"{change.kind.value} /{change.name}" for change in changes)
        return Check(
            _COMMANDS,
            CheckState.WARNED,
            f"what Discord has registered differs: {told}",
            "Run `chargehand discord register`.",
        )

    def _clock(self) -> Check:
        offset_s = self.transport.clock_offset_s
        if offset_s is None:
            return Check(_CLOCK, CheckState.SKIPPED, "not tried: Discord's answers carried no time")
        side = "behind" if offset_s > 0 else "ahead of"
        found = f"this machine is {abs(offset_s):.0f} s {side} Discord"
        if abs(offset_s) <= _CLOCK_WARN_S:
            return Check(_CLOCK, CheckState.PASSED, found)
        state = CheckState.FAILED if abs(offset_s) > _CLOCK_FAIL_S else CheckState.WARNED
        return Check(_CLOCK, state, found, "Let this machine keep its time by NTP.")

    def _skipped(self, reason: str) -> tuple[Check, ...]:
        channels = (f"channel {one}" for one in self.config.channels)
        names = (_APPLICATION, _SERVER, *channels, _COMMANDS)
        return tuple(Check(name, CheckState.SKIPPED, f"not tried: {reason}") for name in names)


def _endpoint(found: ApplicationAnswer) -> Check:
    if found.interactions_endpoint_url:
        told = f"Discord posts to {found.interactions_endpoint_url}"
        return Check(_ENDPOINT, CheckState.PASSED, told)
    return Check(
        _ENDPOINT,
        CheckState.FAILED,
        "none is set, so commands and buttons reach nobody",
        f"Set it at {_PORTAL}, General Information, to <public_url>/webhooks/discord.",
    )


def _failed(name: str, error: ChargehandError) -> Check:
    return Check(name, CheckState.FAILED, str(error), _MENDS.get(type(error), _NETWORK))
