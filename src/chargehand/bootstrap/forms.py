"""The desk that looks forms up for the front; none where no chat takes a form as an answer."""

from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.settings import Settings
from chargehand.domain.action import ActionKind
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.clock import Clock
from chargehand.pipeline.form_opening import FormDesk, FormingChat
from chargehand.plugins.connector import FindForm
from chargehand.storage.database import Database


def open_form_desk(settings: Settings, database: Database, clock: Clock) -> FindForm | None:
    """What finds the form a delivery opens."""
    chats = {
        ConnectionId(one.id): _discord_chat(one)
        for one in settings.connections
        if isinstance(one, DiscordConnection)
    }
    return FormDesk(database, chats, clock).find if chats else None


def _discord_chat(configured: DiscordConnection) -> FormingChat:
    # lazy: loaded only where such a connection is configured.
    from chargehand.bootstrap.discord import bound_channels
    from chargehand.connectors.discord.parse import DiscordParser

    return FormingChat(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        parser=DiscordParser(configured.guild_id),
        answers=ActionKind.DISCORD_FOLLOW_UP,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        channels=bound_channels(configured),
    )
