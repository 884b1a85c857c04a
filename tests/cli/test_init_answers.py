"""`init` answers what it can not use with what it can."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Terminal
from tests.house import START
from tests.processes.service import FakeSite, running_fake

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSite]:
    with running_fake(tmp_path_factory.mktemp("jira") / "fake.json") as site:
        yield site


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        pytest.param(
            ("--time-zone", "Europe/Madird"),
            "'Europe/Madird' is not in the list; perhaps: Europe/Madrid",
            id="near",
        ),
        pytest.param(
            ("--time-zone", "Mars/X"), "'Mars/X' is not in the list; for example ", id="far"
        ),
        pytest.param(
            ("--replies", "zzz"),
            "'zzz' is not in the list; allowed: simulate, approve, auto",
            id="short-list",
        ),
        pytest.param(
            ("--projects", ""), "name at least one of those the bot sees: HELP, PAY", id="none"
        ),
        pytest.param(
            ("--projects", "PAY,NOPE"),
            "NOPE is not among those the bot sees: HELP, PAY",
            id="unknown",
        ),
    ],
)
def test_answer_that_can_not_be_used_is_told_with_what_can(
    site: FakeSite, tmp_path: Path, flags: tuple[str, ...], told: str
) -> None:
    ended = Terminal(tmp_path / "chargehand.toml", FakeClock(START)).run(
        *("init", "--no-wait", "--site", site.url, "--email", site.email, "--token", site.token),
        *("--projects", "PAY,HELP", "--time-zone", "Europe/Madrid", "--hours", "9-17"),
        *flags,
    )

    assert ended.code == 2
    assert told in ended.err
    assert "Africa/Abidjan" not in ended.err
    assert not (tmp_path / "chargehand.toml").exists()
