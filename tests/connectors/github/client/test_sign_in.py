"""Both sign-ins work: a token, and an App whose tokens lapse, are taken back, or end with it."""

from datetime import timedelta

import pytest

from chargehand.connectors.github.config import GitHubConfig
from chargehand.connectors.github.errors import GitHubConfigWrong, GitHubSignInRefused
from chargehand.domain.action import ActionKind, Done, RetryAfter
from chargehand.domain.code import PullRequestRef
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.ids import ConnectionId
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import CheckState
from chargehand.testing.github import people
from tests.connectors.github.client.world import PULL, World, approved, client_of

pytestmark = pytest.mark.anyio
REF = PullRequestRef("acme/payments", 2)
COMMENT = approved(ActionKind.GITHUB_ADD_COMMENT, PULL, {"markdown": "Hi"})


def tokens_made(world: World) -> int:
    return sum(one["path"].endswith("/access_tokens") for one in world.fake.desk.calls())


async def test_a_token_acts_as_its_account(world: World) -> None:
    bot = await world.client.identify_bot()
    await world.client.perform(COMMENT)

    assert bot.account_id == "chargehand-bot"
    assert world.pull_issue.comments[0].author == "chargehand-bot"
    assert tokens_made(world) == 0


async def test_an_app_acts_as_itself_and_renews_its_token_in_time(app_world: World) -> None:
    bot = await app_world.client.identify_bot()
    await app_world.client.perform(COMMENT)
    await app_world.client.read_pull_request(REF, now=app_world.clock.now())
    made_first = tokens_made(app_world)
    app_world.clock.advance(timedelta(minutes=56).total_seconds())
    await app_world.client.perform(approved(COMMENT.kind, PULL, {"markdown": "Later"}))

    assert (bot.account_id, bot.user_name) == ("chargehand[bot]", "chargehand")
    assert [one.author for one in app_world.pull_issue.comments] == ["chargehand[bot]"] * 2
    # One for the first hour, and one before it is over.
    assert (made_first, tokens_made(app_world)) == (1, 2)


async def test_a_token_that_was_taken_back_is_replaced(app_world: World) -> None:
    await app_world.client.read_pull_request(REF, now=app_world.clock.now())
    app_world.site.state.installation_tokens.clear()

    known = await app_world.client.read_pull_request(REF, now=app_world.clock.now())

    assert isinstance(known, Fact)
    assert tokens_made(app_world) == 2


@pytest.mark.parametrize(
    ("is_suspended", "words"), [(True, "suspended"), (False, "not installed there any more")]
)
async def test_an_app_that_is_taken_away_in_the_middle_says_so(
    app_world: World, words: str, *, is_suspended: bool
) -> None:
    await app_world.client.read_pull_request(REF, now=app_world.clock.now())
    people.remove_installation(app_world.site, is_suspended=is_suspended)

    unknown = await app_world.client.read_pull_request(REF, now=app_world.clock.now())
    result = await app_world.client.perform(COMMENT)
    checks = await app_world.client.check()

    assert isinstance(unknown, Unknown)
    assert unknown.reason is UnknownReason.SIGN_IN_REFUSED
    assert words in unknown.detail
    assert isinstance(result, RetryAfter)
    assert result.is_sign_in_refused
    assert CheckState.FAILED in {one.state for one in checks}
    assert app_world.pull_issue.comments == []


async def test_a_wrong_key_names_its_setting(world: World) -> None:
    pem = "-----BEGIN RSA PRIVATE KEY-----\nbm8=\n-----END RSA PRIVATE KEY-----"
    client = client_of(world, as_app=True, key=pem)

    with pytest.raises(GitHubConfigWrong, match="private_key"):
        await client.identify_bot()
    with pytest.raises(GitHubConfigWrong, match="token"):
        GitHubConfig(ConnectionId("github"), token=MaskedText("two\nlines"))
    with pytest.raises(GitHubConfigWrong, match="exactly one"):
        GitHubConfig(ConnectionId("github"))


async def test_a_revoked_token_is_a_refused_sign_in(world: World) -> None:
    world.site.state.personal_tokens.clear()

    with pytest.raises(GitHubSignInRefused):
        await world.client.identify_bot()
    result = await world.client.perform(COMMENT)

    assert not isinstance(result, Done)
    assert isinstance(result, RetryAfter)
    assert result.is_sign_in_refused
