"""`notices test`: whether the channels work, before they are needed."""

from pathlib import Path

from tests.bootstrap.hook_server import hook_server
from tests.bootstrap.test_channels import SECRET
from tests.cli.terminal import Terminal


def with_webhook(config: Path, url: str) -> None:
    text = config.read_text(encoding="utf-8")
    more = f'\n[notices]\nwebhook_url = "{url}"\nwebhook_secret = "{SECRET}"\n'
    config.write_text(text.replace("\n[[connections]]", f"{more}\n[[connections]]"))


def test_channel_that_works_gets_one_notice(quiet_terminal: Terminal, config: Path) -> None:
    with hook_server() as server:
        with_webhook(config, server.url)
        ended = quiet_terminal.run("notices", "test")

    assert (ended.code, ended.lines) == (
        0,
        ["ok    webhook: it took the notice; look whether it arrived."],
    )
    assert len(server.posts) == 1


def test_channel_that_fails_is_exit_1_and_says_why(quiet_terminal: Terminal, config: Path) -> None:
    with hook_server() as server:
        server.status = 500
        with_webhook(config, server.url)
        ended = quiet_terminal.run("notices", "test")

    assert (ended.code, ended.lines) == (1, ["FAIL  webhook: it answered with HTTP 500"])


def test_no_channel_is_exit_2_and_says_what_to_set(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("notices", "test")

    assert ended.code == 2
    assert "notices.webhook_url" in ended.err
