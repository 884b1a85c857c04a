"""`connect confluence`: what works is written down whole, and what does not leaves no trace."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from chargehand.testing.confluence import FakeConfluence, seed_demo
from chargehand.testing.confluence.fake import BOT_ACCOUNT, BOT_EMAIL, BOT_TOKEN
from chargehand.testing.confluence_data_center import FakeConfluenceDataCenter
from chargehand.testing.confluence_data_center import seed_demo as seed_data_center
from chargehand.testing.confluence_data_center.fake import BOT_KEY
from chargehand.testing.jira.failures import Failure
from chargehand.testing.jira.server import serving
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.cli.terminal import Ended
from tests.house import START

pytestmark = pytest.mark.anyio
SIGN_IN = ("--email", BOT_EMAIL, "--token", BOT_TOKEN)


@pytest.fixture
async def wiki() -> AsyncIterator[FakeConfluence]:
    fake = FakeConfluence()
    seed_demo(fake)
    async with serving(fake):
        yield fake


class WithConfluence(Connecting):
    """A person who connects the Confluence."""

    site = ""

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "confluence", "--site", self.site, *flags)


@pytest.fixture
def person(wiki: FakeConfluence, config: Path, monkeypatch: pytest.MonkeyPatch) -> WithConfluence:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    person = WithConfluence(config, FakeClock(START))
    person.site = wiki.site_url
    return person


async def test_what_works_is_written_down_and_can_be_taken_out_again(
    person: WithConfluence,
) -> None:
    ended = await person.connect(*SIGN_IN, "--space", "ENG=pay,HELP")

    assert ended.code == 0, ended
    assert "The bot is Chargehand" in ended.out
    assert "ok    space ENG: the bot sees it" in ended.out
    found = person.connected("confluence")
    assert (found.account_id, found.spaces) == (BOT_ACCOUNT, {"ENG": ("PAY", "HELP")})
    assert found.api_token.get_secret_value() == BOT_TOKEN
    assert (found.intake, found.polled_every) == ("poll", timedelta(seconds=60))
    assert BOT_TOKEN not in ended.out + ended.err
    doctor = await person.run("doctor")
    assert "changed pages and comments can be looked for" in doctor.out
    await person.done("disconnect", "confluence", "--yes")
    assert all(one.id != "confluence" for one in person.settings.connections)


async def test_webhooks_get_a_secret_and_say_where_to_post(person: WithConfluence) -> None:
    person.publish()

    ended = await person.connect(*SIGN_IN, "--intake", "both")

    found = person.connected("confluence")
    assert ended.code == 0, ended
    assert "https://bot.example/x/webhooks/confluence/confluence" in ended.out
    assert found.webhook_secrets[0].get_secret_value() in ended.out
    assert found.polled_every == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--email", BOT_EMAIL, "--token", "wrong-token"), "refused the sign-in"),
        ((*SIGN_IN, "--space", "NONE=PAY"), "NONE is not among the spaces the bot sees"),
        ((*SIGN_IN, "--space", "ENG=NONE"), "no tracker serves NONE"),
        ((*SIGN_IN, "--intake", "both"), "server.public_url"),
        (("--token", BOT_TOKEN), "--email"),
        ((*SIGN_IN, "--service-account"), "not for a service account"),
    ],
    ids=["token", "space", "project", "address", "flag", "service"],
)
async def test_what_does_not_work_leaves_no_trace(
    person: WithConfluence, flags: tuple[str, ...], said: str
) -> None:
    ended = await person.connect(*flags)

    assert ended.code != 0
    assert said in " ".join(ended.err.split())
    assert person.files() == person.before


async def test_a_check_that_fails_saves_nothing(
    person: WithConfluence, wiki: FakeConfluence
) -> None:
    wiki.failures.add(Failure(path=".*/content/search", status=403, times=9))

    ended = await person.connect(*SIGN_IN, "--space", "ENG=PAY")

    assert ended.code == 1
    assert "nothing was saved" in ended.err
    assert person.files() == person.before


async def test_payloads_are_read_from_files(person: WithConfluence, tmp_path: Path) -> None:
    payload = tmp_path / "comment.json"
    payload.write_text(json.dumps({"comment": {"id": 7, "spaceKey": "ENG"}}), encoding="utf-8")

    told = await person.done(
        "events", "parse", "--connector", "confluence", "--type", "comment_removed", str(payload)
    )

    assert "confluence:message:ENG:7:deleted" in told.out


async def test_a_data_center_is_connected_by_a_personal_access_token(
    person: WithConfluence,
) -> None:
    fake = FakeConfluenceDataCenter()
    seed_data_center(fake)
    person.publish()
    async with serving(fake) as address:
        person.site = f"{address.rstrip('/')}/confluence"
        sign_in = ("--data-center", "--token", BOT_TOKEN)

        refused = await person.connect(*sign_in, "--email", BOT_EMAIL)
        ended = await person.connect(*sign_in, "--space", "ENG=PAY", "--intake", "both")
        doctor = await person.run("doctor")

    assert "personal access token alone" in " ".join(refused.err.split())
    assert ended.code == 0, ended
    found = person.connected("confluence")
    assert (found.deployment, found.site, found.email) == ("data_center", person.site, None)
    assert (found.account_id, found.spaces) == (BOT_KEY, {"ENG": ("PAY",)})
    assert "under General configuration > Webhooks" in ended.out
    assert found.webhook_secrets[0].get_secret_value() in ended.out
    assert "changed pages and comments can be looked for" in doctor.out
