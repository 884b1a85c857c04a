"""`connect github`: what works is written down whole, and what does not leaves no trace."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.github import FakeGitHub, seed_demo, serving
from chargehand.testing.github.state import APP_ID, BOT_TOKEN, INSTALLATION_ID
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.cli.terminal import Ended
from tests.house import START

pytestmark = pytest.mark.anyio
TOKEN = ("--token", BOT_TOKEN)
PAYMENTS = ("--repository", "acme/payments=pay,HELP")
POLLED = ("--intake", "poll")
HOOK = "https://bot.example/x/webhooks/github/github"


@pytest.fixture
async def github() -> AsyncIterator[FakeGitHub]:
    fake = FakeGitHub()
    seed_demo(fake)
    async with serving(fake):
        yield fake


class WithGitHub(Connecting):
    """A person who connects GitHub."""

    api_url = ""

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "github", "--api-url", self.api_url, *flags)


@pytest.fixture
def person(github: FakeGitHub, config: Path, monkeypatch: pytest.MonkeyPatch) -> WithGitHub:
    for name in (*VENDORS_NAMES, "CHARGEHAND_NEW_GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    person = WithGitHub(config, FakeClock(START))
    person.api_url = github.url
    return person


async def test_a_token_that_works_is_written_down_beside_what_was_there(
    person: WithGitHub, github: FakeGitHub
) -> None:
    ended = await person.connect(*POLLED, *TOKEN, *PAYMENTS)

    after = person.files()
    assert ended.code == 0, ended
    found = person.connected("github")
    assert (found.token.get_secret_value(), found.login) == (BOT_TOKEN, "chargehand-bot")
    assert found.repositories == {"acme/payments": ("PAY", "HELP")}
    assert found.polled_every.total_seconds() == 60
    assert after["chargehand.toml"].startswith(person.before["chargehand.toml"])
    assert BOT_TOKEN.encode() not in after["chargehand.toml"]
    assert BOT_TOKEN not in ended.out + ended.err
    assert "The bot is chargehand-bot" in ended.out
    assert (await person.audited())[0] == "person:connection:added"
    assert github.writes() == []


async def test_webhooks_are_registered_and_go_with_the_connection(
    person: WithGitHub, github: FakeGitHub
) -> None:
    person.publish()
    payments = github.site.repository("acme/payments")

    ended = await person.connect("--intake", "both", *TOKEN, *PAYMENTS)
    (hook,) = payments.hooks
    signing = person.connected("github").webhook_secrets[0].get_secret_value()
    told = await person.run("disconnect", "github", "--yes")

    assert ended.code == 0, ended
    assert f"GitHub posts acme/payments to {HOOK}." in ended.out
    assert (hook.url, hook.secret, "issue_comment" in hook.events) == (HOOK, signing, True)
    assert signing not in ended.out
    assert told.code == 0, told
    assert "Took the webhook of acme/payments away at GitHub." in told.out
    assert payments.hooks == []


async def test_a_new_signing_secret_goes_into_the_webhooks(
    person: WithGitHub, github: FakeGitHub
) -> None:
    person.publish()
    await person.connect("--intake", "both", *TOKEN, *PAYMENTS)
    first = person.connected("github").webhook_secrets[0].get_secret_value()

    ended = await person.run("rotate", "github", "--secret", "webhook_secrets")
    wrong = await person.run("rotate", "github", "--secret", "token", "--new", "ghp_not_a_token")

    (hook,) = github.site.repository("acme/payments").hooks
    both = [one.get_secret_value() for one in person.connected("github").webhook_secrets]
    assert ended.code == 0, ended
    # Both are accepted while the webhook still signs with the first.
    assert (hook.secret, len(both)) == (first, 2)
    dropped = await person.run("rotate", "github", "--drop-old")
    assert dropped.code == 0, dropped
    (kept,) = person.connected("github").webhook_secrets
    assert hook.secret == kept.get_secret_value() != first
    assert wrong.code == 1, wrong
    assert person.connected("github").token.get_secret_value() == BOT_TOKEN


async def test_who_may_not_register_webhooks_is_told_what_an_administrator_does(
    person: WithGitHub, github: FakeGitHub
) -> None:
    person.publish()
    github.site.repository("acme/payments").permissions["chargehand-bot"] = "write"

    ended = await person.connect("--intake", "webhook", *TOKEN, *PAYMENTS)

    signing = person.connected("github").webhook_secrets[0].get_secret_value()
    assert ended.code == 0, ended
    assert "No webhook could be registered in acme/payments" in ended.out
    assert HOOK in ended.out
    assert signing in ended.out


async def test_an_app_signs_for_itself(
    person: WithGitHub, github: FakeGitHub, tmp_path: Path
) -> None:
    key = tmp_path / "app.pem"
    key.write_text(github.private_key, encoding="ascii")
    app = ("--app-id", str(APP_ID), "--installation-id", str(INSTALLATION_ID))

    ended = await person.connect(*POLLED, *app, "--private-key-file", str(key), *PAYMENTS)

    assert ended.code == 0, ended
    found = person.connected("github")
    assert (found.login, found.token) == ("chargehand[bot]", None)
    assert "PRIVATE KEY" not in ended.out + (person.config.read_text(encoding="utf-8"))
    again = await person.run("doctor")
    assert "signed in as Chargehand (chargehand[bot])" in again.out


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        pytest.param(POLLED, 2, "--token", id="no-terminal"),
        pytest.param((*POLLED, "--token", "ghp_wrong"), 2, "refused the sign-in", id="token"),
        pytest.param((*POLLED, "--app-id", "1"), 2, "--installation-id", id="half-an-app"),
        pytest.param(("--intake", "webhook", *TOKEN), 2, "server.public_url", id="no-address"),
        pytest.param((*POLLED, *TOKEN, "--repository", "acme"), 2, "is not like", id="binding"),
        pytest.param(
            (*POLLED, *TOKEN, "--repository", "acme/payments=NOPE"), 2, "served: HELP, PAY", id="no"
        ),
        pytest.param(
            (*POLLED, *TOKEN, "--repository", "acme/nothing=PAY"), 1, "hides it", id="hidden"
        ),
    ],
)
async def test_what_can_not_work_is_refused_and_leaves_the_files_as_they_were(
    person: WithGitHub, flags: tuple[str, ...], code: int, told: str
) -> None:
    ended = await person.connect(*flags)

    assert (ended.code, told in ended.out + ended.err) == (code, True), ended
    assert person.files() == person.before
