"""`connect bitbucket`: tried for real, written down whole, with webhooks that arrive."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.testing.bitbucket import FakeBitbucket, seed_demo, serving
from chargehand.testing.bitbucket.fake import ACCESS_TOKEN, API_TOKEN, BOT_EMAIL
from chargehand.testing.bitbucket_data_center import FakeBitbucketDataCenter
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.failures import Failure
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.cli.terminal import Ended
from tests.house import START

pytestmark = pytest.mark.anyio
REPOSITORY = "acme/payments"
BY_ACCOUNT = ("--email", BOT_EMAIL, "--token", API_TOKEN)
BOUND = ("--repository", f"{REPOSITORY}=pay")
HOOK = "https://bot.example/x/webhooks/bitbucket/bitbucket"


@pytest.fixture
async def fake() -> AsyncIterator[FakeBitbucket]:
    fake = FakeBitbucket()
    seed_demo(fake)
    async with serving(fake):
        yield fake


class WithBitbucket(Connecting):
    """A person who connects repositories."""

    api_url = ""

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "bitbucket", "--api-url", self.api_url, *flags)


@pytest.fixture
def person(fake: FakeBitbucket, config: Path, monkeypatch: pytest.MonkeyPatch) -> WithBitbucket:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    person = WithBitbucket(config, FakeClock(START))
    person.api_url = fake.api_url
    return person


async def test_what_works_is_written_down_and_posts_signed(
    person: WithBitbucket, fake: FakeBitbucket
) -> None:
    person.publish()

    ended = await person.connect("--intake", "both", *BY_ACCOUNT, *BOUND)

    assert ended.code == 0, ended
    assert "signed in as Chargehand Bot" in ended.out
    assert f"{REPOSITORY}: made its webhook." in ended.out
    made = person.connected("bitbucket")
    (hook,) = fake.host.repository(REPOSITORY).webhooks
    assert made.repositories == {REPOSITORY: ("PAY",)}
    assert made.polled_every.total_seconds() == 300
    assert (hook.url, hook.secret) == (HOOK, made.webhook_secrets[0].get_secret_value())
    assert API_TOKEN not in ended.out + ended.err
    assert (await person.audited())[:2] == [
        "person:webhooks:registered",
        "person:connection:added",
    ]


async def test_a_token_that_may_make_no_webhooks_is_told_what_to_enter(
    person: WithBitbucket, fake: FakeBitbucket
) -> None:
    person.publish()
    fake.desk.failures.add(Failure(method="POST", path=".*/hooks", status=403))

    ended = await person.connect("--intake", "webhook", *BY_ACCOUNT, *BOUND)

    assert ended.code == 0
    assert f"URL     {HOOK}" in ended.out
    assert "pullrequest:comment_created" in ended.out
    assert person.connected("bitbucket").webhook_secrets


async def test_an_access_token_needs_no_account(person: WithBitbucket) -> None:
    named = ("--user-name", "chargehand")

    ended = await person.connect("--intake", "poll", "--token", ACCESS_TOKEN, *BOUND, *named)

    assert ended.code == 0, ended
    assert "does not tell the account of an access token" in ended.out
    assert person.connected("bitbucket").polled_every.total_seconds() == 60


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((*BOUND, "--token", "wrong-token"), "refused the sign-in"),
        ((*BY_ACCOUNT, "--repository", "acme/none=PAY"), "has no repository acme/none"),
        ((*BY_ACCOUNT, "--repository", f"{REPOSITORY}=NOPE"), "no tracker serves NOPE"),
        ((*BY_ACCOUNT, "--repository", "payments"), "is not like acme/payments=PAY,OPS"),
        ((*BY_ACCOUNT, "--repository", "pay ments=PAY"), "is not like acme/payments=PAY,OPS"),
        (BOUND, "--token (or BITBUCKET_API_TOKEN)"),
        ((*BY_ACCOUNT, *BOUND, "--intake", "both"), "server.public_url"),
    ],
    ids=["token", "repository", "project", "form", "blank", "missing", "address"],
)
async def test_what_does_not_work_leaves_no_trace(
    person: WithBitbucket, fake: FakeBitbucket, flags: tuple[str, ...], words: str
) -> None:
    intake = () if "--intake" in flags else ("--intake", "poll")

    ended = await person.connect(*intake, *flags)

    assert ended.code != 0
    assert words in ended.out + ended.err
    assert person.files() == person.before
    assert fake.writes() == []


async def test_the_webhook_goes_with_its_connection_and_follows_its_secret(
    person: WithBitbucket, fake: FakeBitbucket
) -> None:
    person.publish()
    await person.connect("--intake", "both", *BY_ACCOUNT, *BOUND)
    hooks = fake.host.repository(REPOSITORY).webhooks
    first = hooks[0].secret

    added = await person.done("rotate", "bitbucket", "--secret", "webhook_secrets")
    kept = hooks[0].secret
    await person.done("rotate", "bitbucket", "--webhooks")
    second = hooks[0].secret
    dropped = await person.done("rotate", "bitbucket", "--drop-old")
    gone = await person.done("disconnect", "bitbucket", "--yes")

    assert "chargehand rotate bitbucket --webhooks" in added.out
    assert (kept, second != first) == (first, True)
    assert "is ended" in dropped.out
    assert "took its webhook away" in gone.out
    assert hooks == []


async def test_a_data_center_is_connected_by_its_own_address(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    fake = FakeBitbucketDataCenter()
    seed_demo(fake, repository="PAY/payments")
    async with serving(fake):
        person = WithBitbucket(config, FakeClock(START))
        person.api_url = fake.api_url
        person.publish()
        bound = ("--repository", "PAY/payments=PAY")

        ended = await person.connect("--data-center", "--token", API_TOKEN, *bound)

    (hook,) = fake.host.repository("PAY/payments").webhooks
    assert ended.code == 0, ended
    assert "signed in as Chargehand Bot (chargehand)" in ended.out
    assert "pr:comment:added" in hook.events
    assert person.connected("bitbucket").deployment == "data_center"
