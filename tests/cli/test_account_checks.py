"""`members check-accounts`: what vendors say of accounts is shown, and stored when it is wanted."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from chargehand.bootstrap.stores import open_stores
from chargehand.domain.account import AccountRef
from chargehand.domain.ids import AccountId
from chargehand.pipeline.confirming import add_confirmed
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira, seed_demo
from chargehand.testing.jira.server import serving
from tests.cli.terminal import Ended, Terminal, write_config
from tests.house import CONNECTION, START, house_settings

pytestmark = pytest.mark.anyio
NAMES = ("Ana Ruiz", "Mei Tanaka", "Tom Berg")


class Desk:
    """A team with accounts in a Jira that is served, and an operator."""

    def __init__(self, jira: FakeJira, terminal: Terminal) -> None:
        self.jira = jira
        self._terminal = terminal

    def deactivate(self, *names: str, active: bool = False) -> None:
        for account, person in self.jira.state.people.items():
            if person.name in names:
                self.jira.state.people[account] = replace(person, active=active)

    async def run(self, *arguments: str) -> Ended:
        return await anyio.to_thread.run_sync(lambda: self._terminal.run(*arguments))

    async def check(self, *arguments: str) -> str:
        ended = await self.run("members", "check-accounts", *arguments)
        assert ended.code == 0, ended
        return ended.out

    async def states(self) -> dict[str, str]:
        found = (await self.run("members", "list", "--json")).json["items"]
        return {
            one["name"]: "deactivated"
            if not one["identities"][0]["is_active"]
            else one["identities"][0]["state"]
            for one in found
        }


@pytest.fixture
async def desk(data_dir: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeClock(START)
    jira = FakeJira(clock=clock)
    seed_demo(jira)
    async with serving(jira) as address:
        settings = house_settings(data_dir, connection={"site": address})
        stores = open_stores(settings)
        for name in NAMES:
            account = AccountId(next(k for k, p in jira.state.people.items() if p.name == name))
            ref = AccountRef(CONNECTION, account)

            def add(tx: Any, name: str = name, ref: AccountRef = ref) -> None:
                add_confirmed(tx, name, (), ref, by="cli:tester", now=START)

            stores.database.write(add)
        stores.close()
        yield Desk(jira, Terminal(write_config(settings, tmp_path), clock))


async def test_it_is_shown_first_and_stored_with_apply(desk: Desk) -> None:
    assert "Nothing has changed there." in await desk.check()

    desk.deactivate("Ana Ruiz")
    shown = await desk.check()
    assert "jira: 2 work, 1 do not, 0 unclear." in shown
    assert "Ana Ruiz" in shown
    assert "does not work any more" in shown
    assert "--apply stores it" in shown
    assert (await desk.states())["Ana Ruiz"] == "confirmed"

    assert "Stored" in await desk.check("jira", "--apply")
    assert await desk.states() == {
        "Ana Ruiz": "deactivated",
        "Mei Tanaka": "confirmed",
        "Tom Berg": "confirmed",
    }
    audited = (await desk.run("audit", "show", "--json")).json["items"]
    assert audited[0]["tag"] == "worker:identity:deactivated"

    desk.deactivate("Ana Ruiz", active=True)
    assert "works again" in await desk.check("--apply")
    assert (await desk.states())["Ana Ruiz"] == "matched"


async def test_most_at_once_are_stored_only_when_somebody_believes_it(desk: Desk) -> None:
    desk.deactivate(*NAMES)

    refused = await desk.check("--apply")
    assert "does it point at another site?" in refused
    assert "Stored" not in refused
    assert set((await desk.states()).values()) == {"confirmed"}
    doctor = await desk.run("doctor")
    assert "warn  jira: accounts: 3 of members, 0 deactivated; most were said" in doctor.out
    unnamed = await desk.run("members", "check-accounts", "--apply", "--many")
    assert (unnamed.code, "Name the connection" in unnamed.err) == (2, True)

    assert "Stored" in await desk.check("jira", "--apply", "--many")
    assert set((await desk.states()).values()) == {"deactivated"}
    doctor = await desk.run("doctor")
    assert "ok    jira: accounts: 3 of members, 3 deactivated; asked 2026" in doctor.out


async def test_a_vendor_that_refuses_is_told_of(desk: Desk) -> None:
    desk.jira.inject(path=".*/user", status=403, times=5)

    ended = await desk.run("members", "check-accounts", "jira", "--json")

    assert ended.code == 1
    assert ended.json["connections"] == []
    assert "tell whether an account works" in ended.json["problems"]["jira"]
    assert "jira was not asked" in ended.err
    missing = await desk.run("members", "check-accounts", "nowhere")
    assert (missing.code, "no connection nowhere" in missing.err) == (2, True)


WIKI = """
[[connections]]
connector = "confluence"
deployment = "data_center"
site = "https://wiki.example/confluence"
api_token = "a-token-of-the-tests"
spaces = { ENG = ["PAY"] }
"""


def test_where_nothing_can_be_asked_it_says_so(config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + WIKI, encoding="utf-8")
    terminal = Terminal(config, FakeClock(START))

    nobody = terminal.run("members", "check-accounts")
    untold = terminal.run("members", "check-accounts", "confluence")

    assert nobody.out == "No member has an account at a vendor that tells whether it works.\n"
    assert (untold.code, "does not tell whether accounts work" in untold.err) == (2, True)
