"""`connect slack`: what works is written down whole, and what does not leaves no trace."""

import os
import pty
import re
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from chargehand.config.load import load_settings
from chargehand.config.slack_settings import SlackConnection
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.failures import Failure
from chargehand.testing.slack import FakeSlack, seed_demo, serving
from chargehand.testing.slack.workspace_ids import APP_TOKEN, BOT_TOKEN, TEAM
from tests.cli.terminal import Ended, Terminal
from tests.house import START

pytestmark = pytest.mark.anyio
TOKEN = ("--bot-token", BOT_TOKEN)
POLLED = ("--intake", "poll")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    seed_demo(fake)
    async with serving(fake):
        yield fake


@pytest.fixture
def folder(config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (config.parent / ".env").write_text("# of somebody\nOTHER='it is $mine'\n", encoding="utf-8")
    return config.parent


class Connecting:
    """A person who connects the workspace, and the files they do it in."""

    def __init__(self, slack: FakeSlack, folder: Path) -> None:
        self.config = folder / "chargehand.toml"
        self.names = folder / ".env"
        self.api_url = slack.url
        self._terminal = Terminal(self.config, FakeClock(START))
        self.before = self.files()

    async def run(self, *arguments: str) -> Ended:
        return await anyio.to_thread.run_sync(lambda: self._terminal.run(*arguments))

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "slack", "--api-url", self.api_url, *flags)

    def files(self) -> dict[str, bytes]:
        """Every file of the folder, but what the databases are."""
        return {one.name: one.read_bytes() for one in self.config.parent.iterdir() if one.is_file()}

    @property
    def connected(self) -> SlackConnection:
        found = load_settings(self.config, {}).connections[-1]
        assert isinstance(found, SlackConnection)
        return found


@pytest.fixture
def person(slack: FakeSlack, folder: Path) -> Connecting:
    return Connecting(slack, folder)


async def test_what_works_is_written_down_beside_what_was_there(person: Connecting) -> None:
    ended = await person.connect(*POLLED, *TOKEN, "--channel", "C0PAY0001=pay,HELP")

    after, shown = person.files(), ended.out + ended.err
    assert ended.code == 0, ended
    assert person.connected.bot_token.get_secret_value() == BOT_TOKEN
    assert (person.connected.id, person.connected.team_id) == ("slack", TEAM)
    assert person.connected.channels == {"C0PAY0001": ("PAY", "HELP")}
    assert after["chargehand.toml"].startswith(person.before["chargehand.toml"])
    assert after[".env"].startswith(person.before[".env"])
    assert BOT_TOKEN.encode() not in after["chargehand.toml"]
    assert BOT_TOKEN not in shown
    assert "ok    scopes: all 16 are there" in ended.out
    assert re.search(r"^Check it: .* doctor$", ended.out, re.MULTILINE)
    audit = (await person.run("audit", "show", "--json")).json
    assert audit["items"][0]["tag"] == "person:connection:added"


async def test_new_secrets_are_for_their_owner_alone(person: Connecting) -> None:
    person.names.unlink()

    await person.connect(*POLLED, *TOKEN)

    assert stat.S_IMODE(person.names.stat().st_mode) == 0o600


async def test_secrets_may_be_kept_sealed_in_the_database(person: Connecting) -> None:
    ended = await person.connect(*POLLED, *TOKEN, "--keep", "stored")

    assert ended.code == 0, ended
    assert person.files()[".env"] == person.before[".env"]
    assert 'bot_token = "stored:slack-bot-token"' in person.config.read_text(encoding="utf-8")
    assert "ok    slack: sign-in" in (await person.run("doctor")).out


async def test_manifest_is_the_one_for_the_way_it_listens(person: Connecting) -> None:
    with person.config.open("a", encoding="utf-8") as file:
        file.write("\n[notices]\n")
    text = person.config.read_text(encoding="utf-8")
    person.config.write_text(
        text.replace("[server]", '[server]\npublic_url = "https://bot.example/x"'),
        encoding="utf-8",
    )

    posted = (await person.connect("eu", "--manifest", "--intake", "both")).json
    on_socket = (await person.connect("--manifest", "--intake", "socket")).json

    url = "https://bot.example/x/webhooks/slack/eu"
    assert posted["settings"]["event_subscriptions"]["request_url"] == url
    assert on_socket["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        pytest.param((), 2, "--bot-token (or SLACK_BOT_TOKEN), --app-token", id="no-terminal"),
        pytest.param((*POLLED, "--bot-token", "xoxb-wrong"), 2, "invalid_auth", id="wrong-token"),
        pytest.param((*POLLED, "--bot-token", "xoxb wrong"), 2, "without blanks", id="blank"),
        pytest.param((*POLLED, "--bot-token", "nonsense"), 2, "begins with xoxb-", id="no-token"),
        pytest.param(("jira", *POLLED, *TOKEN), 2, "a connection jira already", id="taken"),
        pytest.param(("No Name", *POLLED, *TOKEN), 2, "lower-case letters", id="no-name"),
        pytest.param(("--intake", "pigeon"), 2, "perhaps", id="no-intake"),
        pytest.param(("--intake", "webhook", *TOKEN), 2, "server.public_url", id="no-address"),
        pytest.param((*POLLED, *TOKEN, "--keep", "here"), 2, "neither env nor stored", id="keep"),
        pytest.param(
            (*POLLED, *TOKEN, "--channel", "C0PAY0001=NOPE"), 2, "served: HELP, PAY", id="project"
        ),
        pytest.param((*POLLED, *TOKEN, "--channel", "C0PAY0001"), 2, "is not like", id="binding"),
        pytest.param(
            (*POLLED, *TOKEN, "--channel", "C0RANDOM1=PAY"), 1, "not in #random", id="not-in"
        ),
        pytest.param(
            (*POLLED, *TOKEN, "--approvals-channel", "C0X"), 2, "bound channels", id="approvals"
        ),
        pytest.param(
            ("--intake", "socket", *TOKEN, "--app-token", APP_TOKEN), 1, "Switch Socket", id="off"
        ),
    ],
)
async def test_what_can_not_work_is_refused_and_leaves_the_files_as_they_were(
    person: Connecting, flags: tuple[str, ...], code: int, told: str
) -> None:
    ended = await person.connect(*flags)

    assert ended.code == code, ended
    assert told in ended.out + ended.err
    assert person.files() == person.before


async def test_missing_scope_is_named_with_what_it_is_for(
    person: Connecting, slack: FakeSlack
) -> None:
    slack.desk.scopes.discard("reactions:write")

    ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 1
    assert "missing: reactions:write, to show by a reaction" in ended.out
    assert "nothing was saved" in ended.err
    assert person.files() == person.before


@pytest.mark.parametrize(
    "failure",
    [Failure(status=500, times=99), Failure(delay_s=9, times=99), Failure(cut="before", times=99)],
    ids=["fails", "hangs", "cuts"],
)
async def test_vendor_that_is_away_is_no_reason_to_save(
    person: Connecting, slack: FakeSlack, failure: Failure
) -> None:
    slack.desk.failures.add(failure)

    ended = await person.connect(*POLLED, *TOKEN, "--request-timeout", "1")

    assert ended.code == 2
    assert "Slack" in ended.err
    assert person.files() == person.before


@pytest.mark.parametrize("name", [".env", "chargehand.toml"])
async def test_file_that_can_not_be_written_leaves_the_other_as_it_was(
    person: Connecting, name: str
) -> None:
    # Nobody, not even root, can write a file where a folder stands.
    (person.config.parent / f"{name}.new").mkdir()

    ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 2
    assert "can not be written" in ended.err
    assert person.files() == person.before


async def test_environment_that_goes_before_the_files_is_not_overlooked(
    person: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARGEHAND_SLACK_BOT_TOKEN", "xoxb-another-one")

    ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 2
    assert "CHARGEHAND_SLACK_BOT_TOKEN" in ended.err
    assert person.files() == person.before


async def test_workspace_is_connected_once(person: Connecting) -> None:
    await person.connect(*POLLED, *TOKEN)
    before = person.files()

    again = await person.connect("another", *POLLED, *TOKEN)

    assert (again.code, person.files()) == (2, before)
    assert "is connected already, as slack" in again.err


async def test_second_workspace_leaves_the_first_one_its_secret(
    person: Connecting, slack: FakeSlack
) -> None:
    with person.config.open("a", encoding="utf-8") as file:
        file.write('\n[[connections]]\nconnector = "slack"\nteam_id = "T0FIRST"\nintake = "poll"\n')
    with person.names.open("a", encoding="utf-8") as file:
        file.write("export SLACK_BOT_TOKEN=xoxb-of-the-first  # ours\n")

    ended = await person.connect("second", *POLLED, *TOKEN)

    _, first, second = load_settings(person.config, {}).connections
    assert ended.code == 0, ended
    assert first.bot_token.get_secret_value() == "xoxb-of-the-first"
    assert second.bot_token.get_secret_value() == BOT_TOKEN


async def test_person_who_ends_it_half_way_has_changed_nothing(person: Connecting) -> None:
    """Ctrl-C while the token is asked for, on a terminal that shows none of it."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "chargehand", "-c", str(person.config), "connect", "slack"]
    shown, code = b"", 0

    def talk() -> None:
        nonlocal shown, code
        process = subprocess.Popen(command, stdin=there, stdout=there, stderr=there)
        os.close(there)
        for question, typed in ((b"[socket]: ", b"poll\n"), (b"(not shown): ", b"")):
            while question not in shown:
                shown += os.read(here, 65536)
            os.write(here, typed)
        process.send_signal(signal.SIGINT)
        code = process.wait(30)

    await anyio.to_thread.run_sync(talk)

    os.close(here)
    assert code != 0
    assert b"socket_mode_enabled" in shown
    assert person.files() == person.before
