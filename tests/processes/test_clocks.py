"""Clocks beside a worker on one PostgreSQL: killed, frozen, stopped; every duty done by one."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from chargehand.domain.process import ProcessRecord, ProcessRole, ProcessState
from chargehand.pipeline.sharing import HOUSEKEEPING, REMIND, TAKE_OVER, WATCH
from chargehand.pipeline.taking_over import FROZEN_AFTER_S
from chargehand.storage.locks import key_of
from tests.postgres import PostgresServer
from tests.processes.service import (
    FakeSite,
    Service,
    installed_service,
    running_fake,
    wait_until,
)
from tests.processes.test_several_workers import standing_still

pytestmark = pytest.mark.process
_POLL = "poll:jira"
_DUTIES = (HOUSEKEEPING, WATCH, REMIND, _POLL)
_WITHIN_S = 15.0
_SQLITE_REFUSAL = "A clock of its own needs PostgreSQL"


@dataclass
class Team:
    """A service, and two clocks on other machines, as far as anything can tell."""

    site: FakeSite
    service: Service
    clocks: tuple[Service, Service]
    numbers: "count[int]"

    def ask(self, asks: int) -> None:
        """People ask, and nobody posts it: somebody has to poll."""
        for _ in range(asks):
            body = {"project": "PAY", "summary": f"Item {next(self.numbers)}"}
            item = self.site.post("/__fake__/issues", body)["key"]
            self.site.comment(item, "Mei Tanaka", "status")

    def processes(self) -> list[ProcessRecord]:
        return list(self.service.stores.database.read(lambda tx: tx.processes.all()))

    def find(self, service: Service) -> ProcessRecord | None:
        """What a service's worker or clock told of itself; None while it told nothing."""
        pid = service.pid_of("clock" if service.role == "clock" else "worker")
        return next((one for one in self.processes() if one.pid == pid), None)

    def of(self, service: Service) -> ProcessRecord:
        """What a service's worker or clock told of itself."""
        found = self.find(service)
        assert found is not None, self.log()
        return found

    def state_of(self, process: ProcessRecord) -> ProcessState:
        """What is known of a process by now."""
        return {one.id: one.state for one in self.processes()}[process.id]

    def holder_of(self, duty: str) -> ProcessRecord | None:
        """Who has a duty: whoever's lease is held on the same connection."""
        query = text(
            "SELECT pid, (classid::bigint << 32) | objid::bigint FROM pg_locks "
            "WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with self.service.stores.database.engine.connect() as connection:
            held = {(pid, key) for pid, key in connection.execute(query)}
        backends = {pid for pid, key in held if key == key_of(f"duty:{duty}")}
        for one in self.processes():
            if any((pid, key_of(f"worker:{one.id}")) in held for pid in backends):
                return one
        return None

    def has_all(self, service: Service) -> bool:
        """Whether a service has every duty that comes again within seconds."""
        mine = self.find(service)
        holders = [self.holder_of(duty) for duty in _DUTIES]
        return mine is not None and all(one and one.id == mine.id for one in holders)

    def wait_until_has_all(self, service: Service, *, s: float = _WITHIN_S) -> None:
        wait_until(
            lambda: self.has_all(service),
            f"the duties are with {service.folder.name}",
            on_failure=self.log,
            s=s,
        )

    def wait_until_answered(self, asks: int) -> None:
        wait_until(lambda: len(self.site.replies()) >= asks, "all is answered", on_failure=self.log)

    def answered(self) -> Counter[str]:
        """How often each answer was posted; the fake counts every request."""
        return Counter(
            mark["value"]["action_id"]
            for body in self.site.replies()
            for mark in json.loads(body)["properties"]
        )

    def notices(self) -> set[str]:
        page = self.service.stores.database.read(lambda tx: tx.notices.page(limit=50))
        return {one.code for one in page.items}

    def log(self) -> str:
        return "\n".join(one.log() for one in (self.service, *self.clocks))


@pytest.fixture
def team(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Team]:
    url = postgres_server.create().set(drivername="postgresql")
    environ = {"DATABASE_URL": url.render_as_string(hide_password=False)}
    with ExitStack() as running:
        site = running.enter_context(running_fake(tmp_path / "jira.json"))
        service, *clocks = (
            running.enter_context(
                installed_service(
                    tmp_path / name,
                    site,
                    environ=environ,
                    intake='intake = "poll"\npoll_interval = "PT1S"',
                    role=role,
                )
            )
            for name, role in (("service", "all"), ("first", "clock"), ("second", "clock"))
        )
        site.put("/__fake__/webhooks/targets", [])
        service.set_mode("auto")
        yield Team(site, service, (clocks[0], clocks[1]), count())


def start(team: Team, *services: Service) -> None:
    """Start some, one after the other; each gets the duties before the next is started."""
    for one in services:
        one.start()
        team.wait_until_has_all(one, s=60.0)


@pytest.mark.postgres
def test_clock_has_the_duties_and_its_death_costs_nothing(team: Team) -> None:
    """From the worker to a clock, from a killed clock to the other, and back to the worker."""
    first, second = team.clocks
    start(team, team.service, first)
    second.start()
    wait_until(lambda: second.log_lines("clock.started") == 1, "the other is there")
    of_first, take_over = team.of(first), team.holder_of(TAKE_OVER)
    supervisor = first.pid_of("supervisor")
    assert supervisor is not None

    team.ask(10)
    # Its supervisor would start it again, and that one knows at once that the other is dead.
    with standing_still(supervisor):
        first.kill("clock")
        team.ask(10)
        team.wait_until_has_all(second)
        team.wait_until_answered(20)
        wait_until(lambda: "clock_taken_over" in team.notices(), "the operator is told")
        gone = team.state_of(of_first)
        first.end()
    second.stop()
    team.ask(5)
    team.wait_until_has_all(team.service)
    team.wait_until_answered(25)

    assert gone is ProcessState.TAKEN_OVER
    assert take_over is not None
    assert take_over.role is ProcessRole.WORKER
    assert set(team.answered().values()) == {1}
    assert len(team.answered()) == 25
    assert {one.log_lines("action.executed") for one in team.clocks} == {0}


@pytest.mark.postgres
def test_frozen_clock_is_taken_over_and_starts_anew_when_it_wakes(team: Team) -> None:
    first, _ = team.clocks
    start(team, team.service, first)
    frozen = team.of(first)

    with standing_still(frozen.pid):
        team.wait_until_has_all(team.service, s=FROZEN_AFTER_S + _WITHIN_S)
        state = team.state_of(frozen)
    wait_until(lambda: not Path(f"/proc/{frozen.pid}").exists(), "it ends", on_failure=team.log)
    team.wait_until_has_all(first, s=60.0)

    assert state is ProcessState.TAKEN_OVER
    assert team.of(first).id != frozen.id


@pytest.mark.postgres
def test_clock_that_is_stopped_hands_its_duties_back_at_once(team: Team) -> None:
    first, _ = team.clocks
    start(team, team.service, first)
    stopped = team.of(first)

    code = first.stop()
    team.wait_until_has_all(team.service)

    assert code == 0
    assert team.state_of(stopped) is ProcessState.ENDED


def test_clock_on_sqlite_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    config = tmp_path / "chargehand.toml"
    config.write_text(f'[storage]\ndata_dir = "{tmp_path / "data"}"\n')

    refused = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(config), "serve", "--role", "clock"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
    )

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"chargehand: {_SQLITE_REFUSAL}")
    assert len(refused.stderr.splitlines()) == 1
    assert "chargehand serve" in refused.stderr
    assert not list(tmp_path.glob("data/*.db"))
