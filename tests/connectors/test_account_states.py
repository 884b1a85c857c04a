"""Answers about an account that say nothing clear: an unknown state is never a deactivated one."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.config import BitbucketConfig, Deployment
from chargehand.connectors.confluence.client import ConfluenceClient
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.discord.client import DiscordClient
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.config import GitHubConfig
from chargehand.connectors.jira.client import JiraClient
from chargehand.connectors.jira.config import ApiToken, JiraConfig
from chargehand.connectors.jira.config import Deployment as JiraDeployment
from chargehand.connectors.slack.client import SlackClient
from chargehand.connectors.slack.config import SlackConfig
from chargehand.domain.errors import ChargehandError, Rejected, Retryable
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import AccountState
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from tests.house import START

pytestmark = pytest.mark.anyio
WHO = AccountId("5b10ana")
HERE, TOKEN = ConnectionId("here"), MaskedText("xoxb-a-token-of-the-tests")
SITE, PAY = "https://example.atlassian.net", ProjectKey("PAY")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def jira(around: Surroundings, **changes: Any) -> JiraClient:
    sign_in: dict[str, Any] = {"email": "bot@example.com", **changes}
    return JiraClient(JiraConfig(HERE, SITE, ApiToken("secret-token"), (PAY,), **sign_in), around)


def jira_data_center(around: Surroundings) -> JiraClient:
    return jira(
        around,
        email=None,
        deployment=JiraDeployment.DATA_CENTER,
        user_name="bot",
        bot_account_id=AccountId("JIRAUSER1"),
    )


def slack(around: Surroundings) -> SlackClient:
    return SlackClient(
        SlackConfig(HERE, TOKEN, team_id="T0ACME001", channels=("C0PAY0001",)), around
    )


def discord(around: Surroundings) -> DiscordClient:
    config = DiscordConfig(HERE, TOKEN, "8" * 18, "ab" * 32, "9" * 18, channels={})
    return DiscordClient(config, around)


def github(around: Surroundings) -> GitHubClient:
    return GitHubClient(GitHubConfig(HERE, token=TOKEN, repositories=("a/b",)), around)


def bitbucket(around: Surroundings) -> BitbucketClient:
    return BitbucketClient(
        BitbucketConfig(HERE, TOKEN, email="bot@example.com", repositories=("a/b",)), around
    )


def bitbucket_data_center(around: Surroundings) -> BitbucketClient:
    config = BitbucketConfig(
        HERE,
        TOKEN,
        deployment=Deployment.DATA_CENTER,
        api_url="https://git.example.com",
        repositories=("PAY/b",),
    )
    return BitbucketClient(config, around)


def confluence(around: Surroundings) -> ConfluenceClient:
    config = ConfluenceConfig(HERE, SITE, TOKEN, email="bot@example.com", spaces=("ENG",))
    return ConfluenceClient(config, around)


ALL: tuple[Callable[..., Any], ...] = (
    jira,
    jira_data_center,
    slack,
    discord,
    github,
    bitbucket,
    bitbucket_data_center,
    confluence,
)


async def asked(make: Callable[..., Any], status: int, answer: Any) -> AccountState:
    """What a client makes of one answer, whatever it asks for."""

    def answering(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, bytes):
            return httpx.Response(status, content=answer)
        return httpx.Response(status, json=answer)

    async def at_once(_: float) -> None:
        return

    around = Surroundings(FakeClock(START), httpx.MockTransport(answering), at_once)
    client = make(around)
    try:
        state: AccountState = await client.account_state(WHO)
        return state
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        pytest.param(jira, {"accountId": WHO, "active": None}, id="jira-silent"),
        pytest.param(jira, {"accountId": "unknown", "active": False}, id="jira-record-lost"),
        pytest.param(
            jira,
            {"accountId": WHO, "accountType": "unknown", "active": False},
            id="jira-record-out-of-reach",
        ),
        pytest.param(jira_data_center, {"key": "other", "active": False}, id="jira-other-key"),
        pytest.param(slack, {"ok": False, "error": "user_not_visible"}, id="slack-not-shown"),
        pytest.param(
            slack, {"ok": True, "user": {"id": "U2", "deleted": True}}, id="slack-other-account"
        ),
        pytest.param(github, {"login": "somebody-else"}, id="github-other-login"),
        pytest.param(
            bitbucket,
            {"type": "user", "account_id": WHO, "account_status": "paused"},
            id="bitbucket-new-status",
        ),
        pytest.param(
            bitbucket, {"type": "user", "account_id": "other"}, id="bitbucket-other-account"
        ),
        pytest.param(bitbucket_data_center, {"slug": WHO}, id="bitbucket-data-center-silent"),
        pytest.param(confluence, {"type": "unknown", "accountId": WHO}, id="confluence-unknown"),
    ],
)
async def test_what_says_nothing_clear_is_unclear(make: Callable[..., Any], answer: Any) -> None:
    assert await asked(make, 200, answer) is AccountState.UNCLEAR


@pytest.mark.parametrize(
    ("make", "status", "answer"),
    [
        pytest.param(github, 200, {"login": "5B10ana", "suspended_at": "2026-01-01"}, id="server"),
        pytest.param(discord, 404, {"code": 10013, "message": "Unknown User"}, id="discord-user"),
        pytest.param(
            bitbucket, 200, {"account_id": WHO, "account_status": "closed"}, id="bitbucket-closed"
        ),
    ],
)
async def test_every_clear_end_counts(make: Callable[..., Any], status: int, answer: Any) -> None:
    assert await asked(make, status, answer) is AccountState.GONE


async def test_a_server_that_discord_does_not_know_says_nothing_of_anybody() -> None:
    unknown = {"code": 10004, "message": "Unknown Guild"}

    assert await asked(discord, 404, unknown) is AccountState.UNCLEAR


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    ("status", "answer", "family"),
    [
        pytest.param(401, {}, Rejected, id="sign-in"),
        pytest.param(500, {}, Retryable, id="failing"),
        pytest.param(200, b"<html>Log in</html>", ChargehandError, id="login-page"),
    ],
)
async def test_a_vendor_that_is_away_or_refuses_is_no_answer(
    make: Callable[..., Any], status: int, answer: Any, family: type[ChargehandError]
) -> None:
    if make is slack and status == 401:
        status, answer = 200, {"ok": False, "error": "token_revoked"}

    with pytest.raises(family):
        await asked(make, status, answer)
