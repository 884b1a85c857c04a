"""The desk that looks forms up for the front; none where no chat takes a form as an answer."""

from typing import TYPE_CHECKING

from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.settings import Settings
from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.clock import Clock
from chargehand.plugins.connector import FindForm
from chargehand.storage.database import Database

if TYPE_CHECKING:
    from chargehand.pipeline.form_opening import FormingChat


def open_form_desk(settings: Settings, database: Database, clock: Clock) -> FindForm | None:
    """What finds the form a delivery opens."""
    chats = {
        ConnectionId(one.id): _discord_chat(one)
        for one in settings.connections
        if isinstance(one, DiscordConnection)
    }
    if not chats:
        return None
    # lazy: reading what somebody typed into a form is a large part of what the worker loads.
    from chargehand.pipeline.form_opening import FormDesk

    return FormDesk(database, chats, clock).find


def _discord_chat(configured: DiscordConnection) -> "FormingChat":
    # lazy: loaded only where such a connection is configured.
    from chargehand.bootstrap.discord import bound_channels
    from chargehand.connectors.discord.parse import DiscordParser
    from chargehand.pipeline.form_opening import FormingChat

    return FormingChat(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        parser=DiscordParser(configured.guild_id),
        answers=ActionKind.DISCORD_FOLLOW_UP,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        channels=bound_channels(configured),
    )
