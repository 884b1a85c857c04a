"""`init` with a public address says what to enter in Jira, and every event that is gone by."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Terminal
from tests.docs.pages import DOCS
from tests.house import START
from tests.processes.service import FakeSite, running_fake

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FakeSite]:
    with running_fake(tmp_path / "fake.json") as site:
        yield site


def test_webhook_is_told_to_send_comments_and_changes_of_issues(
    site: FakeSite, tmp_path: Path
) -> None:
    ended = Terminal(tmp_path / "chargehand.toml", FakeClock(START)).done(
        *("init", "--no-wait", "--site", site.url, "--email", site.email, "--token", site.token),
        *("--projects", "PAY,HELP", "--time-zone", "Europe/Madrid", "--hours", "9-17"),
        *("--public-url", "https://bot.example.com"),
    )

    events = "Issue: created, updated; Comment: created, updated, deleted"
    page = (DOCS / "howto" / "connect-jira.md").read_text(encoding="utf-8")
    assert re.search(rf"^  Events  {events}$", ended.out, re.MULTILINE)
    assert "  URL     https://bot.example.com/webhooks/jira/jira\n" in ended.out
    assert f"| Events | {events} |" in page
