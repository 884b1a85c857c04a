"""What the worker needs of a Discord connection; loaded only where one is configured."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chargehand.bootstrap.discord_commands import command_table, slash_commands
from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.discord_settings import DiscordConnection
from chargehand.connectors.discord.client import DiscordClient
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.limits import limits_of
from chargehand.connectors.discord.parse import DiscordParser
from chargehand.connectors.discord.preview import DiscordPreviewer
from chargehand.connectors.discord.transport import DiscordTransport
from chargehand.domain.command import ChatCommand
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import FindForm, Listener
from chargehand.plugins.limits import LimitBoard, scaled
from chargehand.plugins.vendor_line import Surroundings


def live_discord(
    configured: DiscordConnection,
    around: Surroundings,
    *,
    ca_file: Path | None = None,
    forms: FindForm | None = None,
) -> LiveConnection:
    """One server, with a client that is not connected yet."""
    limits = LimitBoard(around.clock, factor=configured.limit_factor)
    around = replace(around, limits=limits)
    client = open_client(configured, around, ca_file=ca_file)
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=DiscordParser(configured.guild_id),
        previewer=DiscordPreviewer(),
        client=client,
        accounts=client,
        threads=client,
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        channels=bound_channels(configured),
        approvals_channel=configured.approvals_channel,
        limits=limits,
        limits_of=scaled(limits_of, configured.limit_factor),
        listener=_listener_of(configured, around, ca_file=ca_file, forms=forms),
    )


def open_client(
    configured: DiscordConnection,
    around: Surroundings,
    *,
    ca_file: Path | None = None,
    commands: Sequence[ChatCommand] | None = None,
) -> DiscordClient:
    """A client of one server; `commands` are to be registered there, left out all there are."""
    config = _config(configured, ca_file=ca_file)
    wanted = slash_commands() if commands is None else commands
    return DiscordClient(config, around, commands=wanted)


def _config(configured: DiscordConnection, *, ca_file: Path | None = None) -> DiscordConfig:
    """The settings of one server as the connector takes them."""
    return DiscordConfig(
        connection_id=ConnectionId(configured.id),
        bot_token=MaskedText(configured.bot_token.get_secret_value()),
        application_id=configured.application_id,
        public_key=configured.public_key,
        guild_id=configured.guild_id,
        channels=bound_channels(configured),
        request_timeout_s=configured.request_timeout.total_seconds(),
        api_url=configured.api_url,
        ca_file=ca_file,
        uses_gateway=configured.intake == "gateway",
        hears_mentions=configured.mentions,
    )


def _listener_of(
    configured: DiscordConnection,
    around: Surroundings,
    *,
    ca_file: Path | None,
    forms: FindForm | None,
) -> Listener | None:
    if configured.intake != "gateway":
        return None
    # lazy: the library for sockets is loaded only where one is listened to.
    from chargehand.connectors.discord.listener import DiscordListener

    config = _config(configured, ca_file=ca_file)
    transport = DiscordTransport(config, around)
    return DiscordListener(config, transport, around.clock, commands=command_table(), forms=forms)


def bound_channels(configured: DiscordConnection) -> dict[str, frozenset[ProjectKey]]:
    """The projects each channel serves."""
    return {
        channel: frozenset(ProjectKey(key) for key in projects)
        for channel, projects in configured.channels.items()
    }
