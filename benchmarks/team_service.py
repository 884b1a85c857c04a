"""The service of a whole team: Jira, Slack, GitHub, Bitbucket and Confluence, each a fake.

Slack lives in the process of the benchmark, since its messages are signed when they leave; the
others are processes of their own, and what they post goes to a relay.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from chat_service import furnish
from fakes import Fake, Relay, relaying, running
from service import PROJECT, Service, installed_service

from chargehand.domain.action import Mode
from chargehand.testing.bitbucket.fake import REPOSITORY
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack.fake import serving as serving_slack
from chargehand.testing.slack.records import Person
from chargehand.testing.slack.workspace_ids import BOT_TOKEN, SIGNING_SECRET, TEAM

SECRET: Final = "fake-webhook-secret-of-the-code-hosts"
CONFLUENCE_SECRET: Final = "fake-webhook-secret-of-confluence"
_SETTINGS: Final = """
poll_interval = "{every}"
{more}
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
connector = "github"
token = "{github_token}"
login = "{github_login}"
api_url = "{github_url}"
intake = "both"
poll_interval = "{every}"
webhook_secrets = ["{secret}"]
repositories = {{ "acme/payments" = ["{project}"] }}
{more}
[[connections]]
connector = "bitbucket"
email = "{bitbucket_email}"
api_token = "{bitbucket_token}"
api_url = "{bitbucket_url}"
intake = "both"
poll_interval = "{every}"
webhook_secrets = ["{secret}"]
repositories = {{ "{bitbucket_repository}" = ["{project}"] }}
{more}
[[connections]]
connector = "confluence"
site = "{confluence_url}"
email = "{confluence_email}"
api_token = "{confluence_token}"
account_id = "{confluence_bot}"
intake = "both"
poll_interval = "{every}"
webhook_secrets = ["{confluence_secret}"]
spaces = {{ "ENG" = ["{project}"] }}
{more}
"""


@dataclass(frozen=True, slots=True)
class Team:
    """A service that runs, where its people work, and what was posted to it and waits.

    Shape: `channels` are the Slack channels that serve the project, by id; `people` are those who
    are in all of them.
    """

    service: Service
    jira: Fake
    github: Fake
    bitbucket: Fake
    confluence: Fake
    slack: FakeSlack
    relay: Relay
    channels: tuple[str, ...]
    people: tuple[Person, ...]

    @property
    def slack_hook(self) -> str:
        """Where Slack posts to."""
        return f"http://127.0.0.1:{self.service.port}/webhooks/slack"


@asynccontextmanager
async def running_team(
    folder: Path, *, channels: int, people: int, poll_every: str, more: str = ""
) -> AsyncIterator[Team]:
    """Start everything; ready, and with everything the bot does sent at once.

    Shape: `poll_every` is an ISO 8601 duration; `more` is written into each connection.
    """
    slack = FakeSlack()
    names, persons = furnish(slack, channels, people)
    async with AsyncExitStack() as stack:
        service_made = installed_service(folder)
        service = stack.enter_context(service_made)
        relay = await stack.enter_async_context(relaying(f"http://127.0.0.1:{service.port}"))
        await stack.enter_async_context(serving_slack(slack))
        hooks = ("--webhook-secret", SECRET, "--webhook-url")
        github = stack.enter_context(
            running("github", *hooks, f"{relay.url}/webhooks/github/github")
        )
        bitbucket = stack.enter_context(
            running("bitbucket", *hooks, f"{relay.url}/webhooks/bitbucket/bitbucket")
        )
        confluence = stack.enter_context(running("confluence"))
        target = {"url": f"{relay.url}/webhooks/jira/site", "secret": service.secret}
        service.site.send("/webhooks/targets", [target], method="PUT")
        jira = Fake(
            {"url": service.site.url, "account_id": service.site.bot},
            stack.enter_context(httpx.Client(base_url=service.site.url, trust_env=False)),
        )
        text = _SETTINGS.format(
            every=poll_every,
            more=more,
            project=PROJECT,
            secret=SECRET,
            slack_token=BOT_TOKEN,
            team=TEAM,
            signing_secret=SIGNING_SECRET,
            slack_url=slack.url,
            slack_channels="\n".join(f'"{one}" = ["{PROJECT}"]' for one in names),
            github_token=github.ready["token"],
            github_login=github.ready["login"],
            github_url=github.ready["api_url"],
            bitbucket_email=bitbucket.ready["email"],
            bitbucket_token=bitbucket.ready["api_token"],
            bitbucket_url=bitbucket.ready["api_url"],
            bitbucket_repository=REPOSITORY,
            confluence_url=confluence.url,
            confluence_email=confluence.ready["email"],
            confluence_token=confluence.ready["token"],
            confluence_bot=confluence.ready["account_id"],
            confluence_secret=CONFLUENCE_SECRET,
        )
        with service.config.open("a") as file:
            file.write(text)
        service.set_mode(Mode.AUTO)
        service.start()
        # Slack answers in this thread while the service asks it who the bot is.
        stack.push_async_callback(asyncio.to_thread, service.stop)
        await asyncio.to_thread(service.wait_until_ready)
        yield Team(service, jira, github, bitbucket, confluence, slack, relay, names, persons)
