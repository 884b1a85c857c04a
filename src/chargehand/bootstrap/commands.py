"""What commands are run with, from the settings."""

from chargehand.bootstrap.configured import pipeline_rules, served_projects, working_hours
from chargehand.bootstrap.receiving import previewers
from chargehand.config.discord_settings import DiscordConnection
from chargehand.config.settings import Settings
from chargehand.config.slack_settings import SlackConnection
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.pipeline.caller import Chat, CommandDeps
from chargehand.pipeline.member_desk import KeptMembers


def command_deps(settings: Settings) -> CommandDeps:
    """What every door runs commands with."""
    return CommandDeps(
        served=served_projects(settings),
        previewers=previewers(settings),
        rules=pipeline_rules(settings),
        hours=working_hours(settings),
        members=KeptMembers(),
        chats=_chats(settings),
        connectors=frozenset(one.connector for one in settings.connections),
    )


def _chats(settings: Settings) -> dict[ConnectionId, Chat]:
    """The chats in which people can be told something alone."""
    return {
        ConnectionId(one.id): Chat(
            one.connector,
            frozenset(ProjectKey(key) for keys in one.channels.values() for key in keys),
        )
        for one in settings.connections
        if isinstance(one, SlackConnection | DiscordConnection)
    }
