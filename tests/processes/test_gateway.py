"""A service that Discord can not reach: interactions come by the gateway, also over a kill -9."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes.service import (
    FakeSite,
    Service,
    installed_service,
    running_chat,
    running_fake,
    wait_until,
)

pytestmark = pytest.mark.process
_DISCORD = """
[[connections]]
connector = "discord"
intake = "gateway"
mentions = true
bot_token = "{bot_token}"
application_id = "{application_id}"
public_key = "{public_key}"
guild_id = "{guild_id}"
api_url = "{api_url}"
request_timeout = "PT5S"

[connections.channels]
"{channels[payments]}" = ["PAY"]
"""


@dataclass
class Served:
    """A service, and the fake Discord beside it."""

    service: Service
    discord: FakeSite
    ready: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        """What the bot said in #payments."""
        state = self.discord.get("/__fake__/state")
        return [
            one["content"]
            for one in state["messages"]
            if one["author_id"] == self.ready["application_id"] and one["content"]
        ]

    def click(self, line: str) -> Any:
        body = {"author": "Mei Tanaka", "channel": "payments", "line": line}
        return self.discord.post("/__fake__/commands", body)

    @property
    def sessions(self) -> list[Any]:
        sessions: list[Any] = self.discord.get("/__fake__/gateway")["sessions"]
        return sessions

    def wait_until_listening(self, sessions: int) -> None:
        wait_until(
            lambda: len(self.sessions) >= sessions and self._connections() > 0,
            "the gateway is listened to",
            on_failure=self.service.log,
        )

    def _connections(self) -> int:
        return int(self.discord.get("/__fake__/gateway")["connections"])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with ExitStack() as running:
        site = running.enter_context(running_fake(tmp_path / "jira.json"))
        discord, ready = running.enter_context(running_chat("discord"))
        register(ready)
        service = running.enter_context(
            installed_service(tmp_path / "service", site, chats=_DISCORD.format(**ready))
        )
        service.start()
        service.wait_until_ready()
        service.set_mode("auto")
        made = Served(service, discord, ready)
        made.wait_until_listening(1)
        yield made


def register(ready: dict[str, Any]) -> None:
    """Register one command, as `chargehand discord register` does with all of them."""
    option = {"name": "text", "type": 3, "description": "a work item"}
    body = {"name": "status", "description": "How it stands", "options": [option]}
    path = f"/applications/{ready['application_id']}/guilds/{ready['guild_id']}/commands"
    request = urllib.request.Request(
        ready["api_url"] + path,
        data=json.dumps(body).encode(),
        headers={
            "authorization": f"Bot {ready['bot_token']}",
            "content-type": "application/json",
            "user-agent": "DiscordBot (https://chargehand.example, 1)",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201


def test_clicks_are_answered_once_over_kills_and_a_refused_token_is_told_once(
    served: Served,
) -> None:
    first = served.click("status PAY-7")
    served.service.kill("worker")
    wait_until(lambda: len(served.texts) == 1, "it is answered", on_failure=served.service.log)
    served.wait_until_listening(2)
    second = served.click("status PAY-12")
    wait_until(lambda: len(served.texts) == 2, "so is the next", on_failure=served.service.log)
    said = {
        "author": "Mei Tanaka",
        "channel": "payments",
        "content": f"<@{served.ready['application_id']}> status PAY-15",
    }
    served.discord.post("/__fake__/messages", said)
    wait_until(lambda: len(served.texts) == 3, "and a mention", on_failure=served.service.log)

    assert (first["state"], second["state"]) == ("answered", "answered")
    assert ["PAY-7" in served.texts[0], "PAY-12" in served.texts[1]] == [True, True]

    served.discord.post("/__fake__/gateway/drop", {"code": 4004})
    wait_until(lambda: len(notices(served)) == 1, "the operator is told")
    assert "DISCORD_BOT_TOKEN" in notices(served)[0]
    assert len(served.sessions) == 2


def notices(served: Served) -> list[str]:
    found = served.service.stores.database.read(lambda tx: tx.notices.page(limit=50)).items
    return [one.text for one in found if one.code == "connection_failing"]
