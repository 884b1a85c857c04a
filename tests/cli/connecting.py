"""A person who connects things, and the files they do it in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio

from chargehand.bootstrap.reading_settings import read_settings
from chargehand.config.settings import Settings
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import Ended, Terminal

VENDORS_NAMES = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "DISCORD_BOT_TOKEN",
    "ATLASSIAN_API_TOKEN",
    "BITBUCKET_API_TOKEN",
    "BITBUCKET_REPO_TOKEN",
    "CONFLUENCE_API_TOKEN",
    "CHARGEHAND_NEW_SECRET",
)


class Connecting:
    """A person with a configuration; `before` is what its files said at first."""

    def __init__(self, config: Path, clock: FakeClock) -> None:
        self.config = config
        self.names = config.parent / ".env"
        self.clock = clock
        self._terminal = Terminal(config, clock)
        self.names.write_text("# of somebody\nOTHER='it is mine'\n", encoding="utf-8")
        self.before = self.files()

    async def run(self, *arguments: str) -> Ended:
        return await anyio.to_thread.run_sync(lambda: self._terminal.run(*arguments))

    async def done(self, *arguments: str) -> Ended:
        ended = await self.run(*arguments)
        assert ended.code == 0, ended
        return ended

    async def audited(self) -> list[str]:
        """The tags of the audit, newest first."""
        found = (await self.done("audit", "show", "--json")).json
        return [one["tag"] for one in found["items"]]

    def files(self) -> Mapping[str, bytes]:
        """Every file beside the configuration."""
        return {
            one.name: one.read_bytes()
            for one in self.config.parent.iterdir()
            if one.is_file() and not one.name.startswith("secrets.key")
        }

    @property
    def settings(self) -> Settings:
        """What the service would start with."""
        return read_settings(self.config, {})

    def connected(self, name: str) -> Any:
        """One connection as the service would have it."""
        return next(one for one in self.settings.connections if one.id == name)

    def write(self, text: str) -> None:
        """Add to the configuration by hand."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(text)

    def publish(self) -> None:
        """Give the service an address vendors reach."""
        text = self.config.read_text(encoding="utf-8")
        address = '[server]\npublic_url = "https://bot.example/x"'
        self.config.write_text(text.replace("[server]", address), encoding="utf-8")
        self.before = self.files()
