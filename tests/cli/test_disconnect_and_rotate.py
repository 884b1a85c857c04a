"""Connections of every kind are made, given new secrets, and taken out to the last line."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargehand.bootstrap.discord_commands import slash_commands
from chargehand.connectors.discord.commands_sync import changes_to
from chargehand.testing.clock import FakeClock
from chargehand.testing.discord import FakeDiscord
from chargehand.testing.discord import seed_demo as seed_discord
from chargehand.testing.discord import serving as serving_discord
from chargehand.testing.discord.state import APPLICATION_ID, GUILD_ID
from chargehand.testing.jira import FakeJira
from chargehand.testing.jira import seed_demo as seed_jira
from chargehand.testing.jira import serving as serving_jira
from chargehand.testing.jira.seeds import BOT_EMAIL
from chargehand.testing.jira.seeds import BOT_TOKEN as JIRA_TOKEN
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack import seed_demo as seed_slack
from chargehand.testing.slack import serving as serving_slack
from chargehand.testing.slack.workspace_ids import BOT_TOKEN
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.house import START

pytestmark = pytest.mark.anyio


@pytest.fixture
def person(config: Path, monkeypatch: pytest.MonkeyPatch) -> Connecting:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    return Connecting(config, FakeClock(START))


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    seed_slack(fake)
    async with serving_slack(fake):
        yield fake


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    fake = FakeDiscord()
    seed_discord(fake)
    # Discord takes five new commands in twenty seconds, so most stand there already.
    for change in changes_to(slash_commands(), [])[2:]:
        command_id = fake.state.new_id()
        fake.state.commands[command_id] = {**change.body, "id": command_id}
    async with serving_discord(fake):
        yield fake


@pytest.fixture
async def jira() -> AsyncIterator[FakeJira]:
    fake = FakeJira()
    seed_jira(fake)
    async with serving_jira(fake):
        yield fake


async def connect_slack(person: Connecting, slack: FakeSlack, *flags: str) -> None:
    await person.done(
        *("connect", "slack", "--api-url", slack.url, "--bot-token", BOT_TOKEN),
        *("--channel", "C0PAY0001=PAY", *flags),
    )


@pytest.mark.parametrize("keep", ["env", "stored"])
async def test_what_connect_made_is_taken_out_and_nothing_else(
    person: Connecting, slack: FakeSlack, keep: str
) -> None:
    await connect_slack(person, slack, "--intake", "poll", "--keep", keep)
    made = person.files()

    asked = await person.run("disconnect", "slack")
    ended = await person.done("disconnect", "slack", "--yes")

    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert "its table in" in asked.out
    assert made != person.before
    assert person.files() == person.before
    assert BOT_TOKEN not in asked.out + ended.out
    assert "person:connection:removed" in await person.audited()
    assert (await person.done("secrets", "list", "--json")).json == []
    await connect_slack(person, slack, "--intake", "poll", "--keep", keep)
    assert person.files() == made


async def test_tracker_that_channels_need_stays(person: Connecting, slack: FakeSlack) -> None:
    await connect_slack(person, slack, "--intake", "poll")
    made = person.files()

    ended = await person.run("disconnect", "jira", "--yes")

    assert ended.code == 2
    assert "no tracker serves PAY" in ended.err
    assert person.files() == made


async def test_unknown_connection_is_answered_with_those_there_are(person: Connecting) -> None:
    for command in ("disconnect", "rotate"):
        ended = await person.run(command, "nobody")

        assert ended.code == 2
        assert "jira" in ended.err
    assert person.files() == person.before


async def test_discord_is_read_by_its_token_and_its_commands_come_and_go(
    person: Connecting, discord: FakeDiscord
) -> None:
    person.publish()
    channel = discord.channel("payments").id
    flags = ("--api-url", discord.api_url, "--bot-token", discord.state.bot_token)

    wrong = await person.run("connect", "discord", *flags[:2], "--bot-token", "wrong-token")
    elsewhere = await person.run("connect", "discord", *flags, "--server", "1" * 18)
    nowhere = await person.run("connect", "discord", *flags, "--channel", f"{'9' * 18}=PAY")
    untouched = person.files()
    ended = await person.done("connect", "discord", *flags, "--channel", f"{channel}=PAY,HELP")

    assert (wrong.code, elsewhere.code, nowhere.code) == (2, 2, 1)
    assert "refused the sign-in" in wrong.err
    assert f"it is on {GUILD_ID}" in elsewhere.err
    assert untouched == person.before
    configured = person.connected("discord")
    assert (configured.application_id, configured.guild_id) == (APPLICATION_ID, GUILD_ID)
    assert configured.public_key == discord.state.key.public_key
    assert "todo  interactions endpoint" in ended.out
    assert "https://bot.example/x/webhooks/discord/discord" in ended.out
    assert len(discord.state.commands) == len(slash_commands())

    gone = await person.done("disconnect", "discord", "--yes")

    assert f"Took {len(slash_commands())} command(s) away" in gone.out
    assert discord.state.commands == {}
    assert person.files() == person.before


async def test_discord_that_takes_no_token_any_more_is_taken_out_all_the_same(
    person: Connecting, discord: FakeDiscord
) -> None:
    person.publish()
    flags = ("--api-url", discord.api_url, "--bot-token", discord.state.bot_token)
    await person.done("connect", "discord", *flags, "--no-register")
    discord.state.bot_token = "another-token-now"

    gone = await person.done("disconnect", "discord", "--yes")

    assert "could not be taken away" in gone.out
    assert person.files() == person.before


async def test_second_jira_is_connected_beside_the_first(
    person: Connecting, jira: FakeJira
) -> None:
    person.publish()
    sign_in = ("--site", jira.site_url, "--email", BOT_EMAIL, "--projects", "PAY")

    missing = await person.run("connect", "jira", "jira-eu")
    wrong = await person.run("connect", "jira", "jira-eu", *sign_in, "--token", "wrong-token")
    untouched = person.files()
    ended = await person.done("connect", "jira", "jira-eu", *sign_in, "--token", JIRA_TOKEN)

    assert (missing.code, wrong.code) == (2, 2)
    assert "--site, --token (or ATLASSIAN_API_TOKEN), --projects" in missing.err
    assert untouched == person.before
    configured = person.connected("jira-eu")
    (signing,) = configured.webhook_secrets
    assert (configured.site, configured.intake) == (jira.site_url, "both")
    assert f"Secret  {signing.get_secret_value()}" in ended.out
    assert "https://bot.example/x/webhooks/jira/jira-eu" in ended.out


@pytest.mark.parametrize("keep", ["env", "stored", "file", "toml", "reference"])
async def test_new_token_is_tried_before_it_takes_the_place_of_the_old_one(
    person: Connecting, slack: FakeSlack, keep: str
) -> None:
    how = ("--intake", "poll", "--keep", "stored" if keep == "stored" else "env")
    await connect_slack(person, slack, *how)
    _move_token(person, keep)
    made = person.files()

    refused = await person.run("rotate", "slack", "--new", "xoxb-not-yet")
    silent = await person.run("rotate", "slack")
    still = person.connected("slack").bot_token.get_secret_value()
    untouched = person.files()
    slack.desk.bot_token = "xoxb-the-new-one"
    ended = await person.done("rotate", "slack", "--new", "xoxb-the-new-one")

    assert (refused.code, silent.code) == (1, 2)
    assert "FAIL  sign-in" in refused.out
    assert "--new (or CHARGEHAND_NEW_SECRET)" in silent.err
    assert (still, untouched) == (BOT_TOKEN, made)
    assert person.connected("slack").bot_token.get_secret_value() == "xoxb-the-new-one"
    assert "xoxb-the-new-one" not in ended.out
    assert (await person.audited())[0] == "person:connection:rotated"


def _move_token(person: Connecting, keep: str) -> None:
    """Let the token stand where somebody may have put it by hand."""
    if keep in ("env", "stored"):
        return
    lines = person.names.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("CHARGEHAND_SLACK")]
    value = {"file": "file:token", "toml": BOT_TOKEN, "reference": "env:MINE"}[keep]
    (person.config.parent / "token").write_text(BOT_TOKEN + "\n", encoding="utf-8")
    kept += [f"MINE={BOT_TOKEN}"] if keep == "reference" else []
    person.names.write_text("\n".join(kept) + "\n", encoding="utf-8")
    person.write(f'bot_token = "{value}"  # by hand\n')


@pytest.mark.parametrize("keep", ["env", "stored"])
async def test_signing_secrets_overlap_until_the_old_one_is_dropped(
    person: Connecting, slack: FakeSlack, keep: str
) -> None:
    person.publish()
    way = ("--intake", "webhook", "--signing-secret", "the-first-secret", "--keep", keep)
    await connect_slack(person, slack, *way)

    def active() -> list[str]:
        return [one.get_secret_value() for one in person.connected("slack").webhook_secrets]

    rotate = ("rotate", "slack", "--secret", "webhook_secrets")
    too_early = await person.run("rotate", "slack", "--drop-old")
    await person.done(*rotate, "--new", "the-second-secret")
    both = active()
    third = await person.run(*rotate, "--new", "the-third-secret")
    await person.done("rotate", "slack", "--drop-old")

    assert (too_early.code, third.code) == (2, 2)
    assert "--drop-old" in third.err
    assert both == ["the-second-secret", "the-first-secret"]
    assert active() == ["the-second-secret"]
    changes = (await person.done("audit", "show", "--json")).json["items"]
    bodies = [json.loads(one["body"]) for one in changes if one["tag"].endswith("rotated")]
    assert [one["change"] for one in bodies] == ["dropped", "added"]


async def test_day_a_new_secret_ends_takes_the_place_of_the_old_day(
    person: Connecting, jira: FakeJira
) -> None:
    site = re.sub("site = .*", f'site = "{jira.site_url}"', person.config.read_text("utf-8"))
    person.config.write_text(site, encoding="utf-8")
    person.write('\n[secrets.expires_on]\n"connections.jira.api_token" = 2026-12-01  # soon\n')

    past = await person.run("rotate", "jira", "--new", JIRA_TOKEN, "--expires-on", "2020-01-01")
    await person.done("rotate", "jira", "--new", JIRA_TOKEN, "--expires-on", "2027-11-01")

    days = person.settings.secrets.expires_on
    assert past.code == 2
    assert {name: str(day) for name, day in days.items()} == {
        "connections.jira.api_token": "2027-11-01"
    }


async def test_secret_of_the_environment_is_not_ours_to_write(
    person: Connecting, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect_slack(person, slack, "--intake", "poll")
    made = person.files()
    monkeypatch.setenv("CHARGEHAND_SLACK_BOT_TOKEN", BOT_TOKEN)

    ended = await person.run("rotate", "slack", "--new", BOT_TOKEN)

    assert ended.code == 2
    assert "CHARGEHAND_SLACK_BOT_TOKEN of the environment" in ended.err
    assert person.files() == made
