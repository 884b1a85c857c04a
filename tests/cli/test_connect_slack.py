"""`connect slack`: what works is written down whole, and what does not leaves no trace."""

import contextlib
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

from chargehand.config.saving import alone_in
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira.failures import Failure
from chargehand.testing.slack import FakeSlack, seed_demo, serving
from chargehand.testing.slack.workspace_ids import APP_TOKEN, BOT_TOKEN, TEAM
from tests.cli.connecting import VENDORS_NAMES, Connecting
from tests.cli.terminal import Ended
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


class WithSlack(Connecting):
    """A person who connects the workspace."""

    api_url = ""

    async def connect(self, *flags: str) -> Ended:
        return await self.run("connect", "slack", "--api-url", self.api_url, *flags)


@pytest.fixture
def person(slack: FakeSlack, config: Path, monkeypatch: pytest.MonkeyPatch) -> WithSlack:
    for name in VENDORS_NAMES:
        monkeypatch.delenv(name, raising=False)
    person = WithSlack(config, FakeClock(START))
    person.api_url = slack.url
    return person


async def test_what_works_is_written_down_beside_what_was_there(person: WithSlack) -> None:
    ended = await person.connect(*POLLED, *TOKEN, "--channel", "C0PAY0001=pay,HELP")

    after, shown = person.files(), ended.out + ended.err
    assert ended.code == 0, ended
    slack = person.connected("slack")
    assert (slack.bot_token.get_secret_value(), slack.team_id) == (BOT_TOKEN, TEAM)
    assert slack.channels == {"C0PAY0001": ("PAY", "HELP")}
    assert after["chargehand.toml"].startswith(person.before["chargehand.toml"])
    assert after[".env"].startswith(person.before[".env"])
    assert BOT_TOKEN.encode() not in after["chargehand.toml"]
    assert BOT_TOKEN not in shown
    assert "ok    scopes: all 16 are there" in ended.out
    assert re.search(r"^Check it: .* doctor$", ended.out, re.MULTILINE)
    assert (await person.audited())[0] == "person:connection:added"


async def test_new_secrets_are_for_their_owner_alone(person: WithSlack) -> None:
    person.names.unlink()

    await person.connect(*POLLED, *TOKEN)

    assert stat.S_IMODE(person.names.stat().st_mode) == 0o600


async def test_secrets_may_be_kept_sealed_in_the_database(person: WithSlack) -> None:
    ended = await person.connect(*POLLED, *TOKEN, "--keep", "stored")

    assert ended.code == 0, ended
    assert person.files()[".env"] == person.before[".env"]
    assert 'bot_token = "stored:slack-bot-token"' in person.config.read_text(encoding="utf-8")
    assert person.connected("slack").bot_token.get_secret_value() == BOT_TOKEN


async def test_manifest_is_the_one_for_the_way_it_listens(person: WithSlack) -> None:
    person.publish()

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
        pytest.param(("--intake", "pigeon"), 2, "allowed: webhook, both", id="no-intake"),
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
    person: WithSlack, flags: tuple[str, ...], code: int, told: str
) -> None:
    ended = await person.connect(*flags)

    assert ended.code == code, ended
    assert told in ended.out + ended.err
    assert person.files() == person.before


async def test_missing_scope_is_named_with_what_it_is_for(
    person: WithSlack, slack: FakeSlack
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
    person: WithSlack, slack: FakeSlack, failure: Failure
) -> None:
    slack.desk.failures.add(failure)

    ended = await person.connect(*POLLED, *TOKEN, "--request-timeout", "1")

    assert ended.code == 2
    assert "Slack" in ended.err
    assert person.files() == person.before


@pytest.mark.parametrize("name", [".env", "chargehand.toml"])
async def test_file_that_can_not_be_written_leaves_the_other_as_it_was(
    person: WithSlack, name: str
) -> None:
    # Nobody, not even root, can write a file where a folder stands.
    (person.config.parent / f"{name}.new").mkdir()

    ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 2
    assert "can not be written" in ended.err
    assert person.files() == person.before


async def test_environment_that_goes_before_the_files_is_not_overlooked(
    person: WithSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARGEHAND_SLACK_BOT_TOKEN", "xoxb-another-one")

    ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 2
    assert "CHARGEHAND_SLACK_BOT_TOKEN" in ended.err
    assert person.files() == person.before


async def test_workspace_is_connected_once(person: WithSlack) -> None:
    await person.connect(*POLLED, *TOKEN)
    before = person.files()

    again = await person.connect("another", *POLLED, *TOKEN)

    assert (again.code, person.files()) == (2, before)
    assert "is connected already, as slack" in again.err


async def test_second_workspace_leaves_the_first_one_its_secret(
    person: WithSlack, slack: FakeSlack
) -> None:
    person.write('\n[[connections]]\nconnector = "slack"\nteam_id = "T0FIRST"\nintake = "poll"\n')
    with person.names.open("a", encoding="utf-8") as file:
        file.write("export SLACK_BOT_TOKEN=xoxb-of-the-first  # ours\n")

    ended = await person.connect("second", *POLLED, *TOKEN)

    _, first, second = person.settings.connections
    assert ended.code == 0, ended
    assert first.bot_token.get_secret_value() == "xoxb-of-the-first"
    assert second.bot_token.get_secret_value() == BOT_TOKEN


def talk(person: WithSlack, *answers: tuple[bytes, bytes], then_ctrl_c: bool) -> tuple[int, bytes]:
    """Answer each question on a terminal of one's own: exit code and screen."""
    here, there = pty.openpty()
    command = [sys.executable, "-m", "chargehand", "-c", str(person.config), "connect", "slack"]
    with subprocess.Popen(
        [*command, "--api-url", person.api_url], stdin=there, stdout=there, stderr=there
    ) as process:
        os.close(there)
        shown, seen = b"", 0
        for question, typed in answers:
            while question not in shown[seen:]:
                shown += os.read(here, 65536)
            seen = len(shown)
            os.write(here, typed)
        if then_ctrl_c:
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # Linux says so when the other side is gone.
            while part := os.read(here, 65536):
                shown += part
        code = process.wait(30)
    os.close(here)
    return code, shown


async def test_person_on_a_terminal_is_asked_again_after_a_wrong_token(person: WithSlack) -> None:
    token = BOT_TOKEN.encode()
    code, shown = await anyio.to_thread.run_sync(
        lambda: talk(
            person,
            (b"[socket]: ", b"poll\n"),
            (b"Bot token (not shown): ", b"xoxb-not-this-one\n"),
            (b"Bot token (not shown): ", token + b"\n"),
            (b"[none]: ", b"C0PAY0001=PAY\n"),
            then_ctrl_c=False,
        )
    )

    assert code == 0, shown
    assert b"socket_mode_enabled" in shown
    assert b"invalid_auth" in shown
    assert b"C0PAY0001  #pay" in shown
    assert token not in shown
    assert person.connected("slack").channels == {"C0PAY0001": ("PAY",)}


async def test_person_who_ends_it_half_way_has_changed_nothing(person: WithSlack) -> None:
    code, _ = await anyio.to_thread.run_sync(
        lambda: talk(person, (b"[socket]: ", b"poll\n"), (b"(not shown): ", b""), then_ctrl_c=True)
    )

    assert code != 0
    assert person.files() == person.before


async def test_two_who_change_the_files_at_once_do_not_meet(person: WithSlack) -> None:
    with alone_in(person.config.parent):
        ended = await person.connect(*POLLED, *TOKEN)

    assert ended.code == 2
    assert "try again in a moment" in ended.err
    assert person.files() == person.before
