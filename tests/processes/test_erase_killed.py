"""An erasure that is killed is finished by the next one, while others use the databases."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from chargehand.bootstrap.stores import migrate_stores
from chargehand.testing.clock import FakeClock
from tests.cli.terminal import write_config
from tests.house import START, Doubles, House, house_settings, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.process]
NAME = "Zoë Ångström"
COMMENTS = 120


def left(house: House, account_id: str) -> int:
    with house.stores.database.engine.connect() as connection:
        counting = text("SELECT count(*) FROM events WHERE actor_id = :who")
        return int(connection.execute(counting, {"who": account_id}).scalar_one())


def kill_half_way(command: list[str], house: House, account_id: str) -> None:
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while left(house, account_id) == COMMENTS and killed.poll() is None:
        pass
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_killed_erasure_is_finished_by_the_next(tmp_path: Path) -> None:
    settings = house_settings(tmp_path / "data")
    migrate_stores(settings, clock=FakeClock(START))
    config = write_config(settings, tmp_path)
    async with open_house(settings, Doubles()) as house:
        person = house.jira.add_person(NAME)
        house.jira.grant("PAY", NAME, permissions="member")
        for number in range(COMMENTS):
            await house.say(f"{number} " + "words " * 40, author=NAME)
        await house.settle()
        command = [sys.executable, "-m", "chargehand", "-c", str(config), "members", "erase"]
        command += [person.account_id, "--yes"]

        kill_half_way(command, house, person.account_id)
        half_done = left(house, person.account_id)
        # Others write meanwhile, and their work holds.
        await house.ask("@bot status", author="Mei Tanaka")
        ended = run(command)

        assert 0 < half_done < COMMENTS
        assert ended.returncode == 0, ended
        assert "no trace of the person" in ended.stdout
        names = {one.actor_id for one in house.events if (one.actor_id or "").startswith("erased:")}
        assert len(names) == 1
        assert house.verification.is_intact
        assert [state for _, state in house.states] == ["simulated"]
