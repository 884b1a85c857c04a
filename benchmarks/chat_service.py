"""The service beside a fake Jira, a fake Slack and a fake Discord, over real sockets.

The chats live in the process of the benchmark, so that what people write and what arrives are read
from one clock and nothing has to be asked for; the service and Jira are processes of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from service import PROJECT, Service, installed_service

from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.domain.action import Mode
from chargehand.kit.clock import EPOCH
from chargehand.testing.discord import FakeDiscord
from chargehand.testing.discord import seed_demo as seed_discord
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from chargehand.testing.jira.received import ReceivedRequest
from chargehand.testing.jira.server import serving as serving_discord
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack import seed_demo as seed_slack
from chargehand.testing.slack.fake import serving as serving_slack
from chargehand.testing.slack.records import Person
from chargehand.testing.slack.workspace_ids import BOT, BOT_TOKEN, SIGNING_SECRET, TEAM

MENTION: Final = f"<@{BOT}>"
TEXT: Final = 3
_SETTINGS: Final = """
[[connections]]
connector = "slack"
bot_token = "{slack_token}"
team_id = "{team}"
webhook_secrets = ["{signing_secret}"]
api_url = "{slack_url}"
{more}
[connections.channels]
{slack_channels}
[[connections]]
connector = "discord"
bot_token = "{discord_token}"
application_id = "{application}"
public_key = "{public_key}"
guild_id = "{guild}"
api_url = "{discord_url}"
[connections.channels]
{discord_channels}
"""


@dataclass(frozen=True, slots=True)
class Chats:
    """A service that runs, and the two chats it serves.

    Shape: `channels` are the Slack channels that serve the project, by id; `people` are those who
    are in all of them.
    """

    service: Service
    slack: FakeSlack
    discord: FakeDiscord
    channels: tuple[str, ...]
    people: tuple[Person, ...]

    @property
    def slack_hook(self) -> str:
        """Where Slack posts to."""
        return f"http://127.0.0.1:{self.service.port}/webhooks/slack"

    @property
    def discord_hook(self) -> str:
        """Where Discord posts to."""
        return f"http://127.0.0.1:{self.service.port}/webhooks/discord"

    async def add_items(self, count: int, name: str) -> list[str]:
        """New work items, nobody's; their keys."""
        add = self.service.site.send

        def work() -> list[str]:
            items = ({"project": PROJECT, "summary": f"{name} {n}"} for n in range(count))
            return [str(add("/issues", item)["key"]) for item in items]

        return await asyncio.to_thread(work)


@asynccontextmanager
async def running_chats(
    folder: Path, *, channels: int, people: int, slack_settings: str = ""
) -> AsyncIterator[Chats]:
    """Start everything; ready, and with everything the bot does sent at once."""
    slack, discord = FakeSlack(), FakeDiscord()
    seed_discord(discord)
    _register_commands(discord)
    names, persons = furnish(slack, channels, people)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving_slack(slack))
        await stack.enter_async_context(serving_discord(discord))
        settings = _settings(slack, discord, names, slack_settings)
        service = stack.enter_context(installed_service(folder, more=settings))
        service.set_mode(Mode.AUTO)
        service.start()
        # The chats answer in this thread while the service asks them who the bot is.
        stack.push_async_callback(asyncio.to_thread, service.stop)
        await asyncio.to_thread(service.wait_until_ready)
        yield Chats(service, slack, discord, names, persons)


async def wait_for(
    request: Callable[[], ReceivedRequest | None], *, within_s: float = 60.0
) -> ReceivedRequest:
    """The first request that `request` finds; it is called every few milliseconds.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(within_s):
        while (found := request()) is None:  # noqa: ASYNC110 - another process brings it about.
            await asyncio.sleep(0.005)
    return found


def ms_between(begun_at: datetime, ended_at: datetime) -> float:
    """Milliseconds from one moment to another."""
    return (ended_at - begun_at).total_seconds() * 1000


def moment_of_stamp(stamp: str) -> datetime:
    """The moment a message of Slack is named after."""
    seconds, _, micros = stamp.partition(".")
    return datetime.fromtimestamp(int(seconds), EPOCH.tzinfo).replace(microsecond=int(micros))


def furnish(slack: FakeSlack, channels: int, people: int) -> tuple[tuple[str, ...], Any]:
    """People and channels in all of which they are; the ids of the channels, and the people."""
    seed_slack(slack)
    place = slack.workspace
    persons = tuple(place.add_person(f"Person {number}") for number in range(people))
    place.add_person("Deploys", is_bot=True)
    everybody = ("chargehand", "Deploys", *(one.id for one in persons))
    made = [place.add_channel(f"team-{number}", members=everybody) for number in range(channels)]
    return tuple(one.id for one in made), persons


def _register_commands(discord: FakeDiscord) -> None:
    """As `chargehand discord register` does, which takes as long as Discord's limits make it."""
    for one in slash_commands():
        options = [{"name": o.name, "type": TEXT, "description": "x"} for o in one.options]
        stored: Mapping[str, Any] = {
            "id": discord.state.new_id(),
            "type": 1,
            "name": one.name,
            "description": one.description,
            "options": options,
        }
        discord.state.commands[stored["id"]] = dict(stored)


def _settings(slack: FakeSlack, discord: FakeDiscord, channels: tuple[str, ...], more: str) -> str:
    payments = discord.channel("payments").id
    return _SETTINGS.format(
        slack_token=BOT_TOKEN,
        team=TEAM,
        signing_secret=SIGNING_SECRET,
        slack_url=slack.url,
        more=more,
        slack_channels="\n".join(f'"{one}" = ["{PROJECT}"]' for one in channels),
        discord_token=discord.state.bot_token,
        application=APPLICATION_ID,
        public_key=discord.state.key.public_key,
        guild=GUILD_ID,
        discord_url=discord.api_url,
        discord_channels=f'"{payments}" = ["{PROJECT}"]',
    )
