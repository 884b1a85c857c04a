"""`selftest`: a signed delivery through the running server ends in silence, or says what lacks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from chargehand.bootstrap.locks import FolderLock
from tests.cli.answering import Answering, listening
from tests.cli.terminal import NOBODYS_PORT, Ended, Terminal, write_config
from tests.house import House, house_settings
from tests.processes.service import Service, installed_service, running_fake, wait_until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with (
        running_fake(tmp_path / "fake.json") as site,
        installed_service(tmp_path / "service", site) as service,
    ):
        yield service


def selftest(service: Service, *arguments: str, **environment: str) -> Ended:
    config = service.folder / "chargehand.toml"
    ended = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(config), "selftest", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.process
def test_selftest_follows_its_delivery_to_a_silent_decision(service: Service) -> None:
    service.set_mode("auto")
    service.start()
    service.wait_until_ready()

    ended = selftest(service)

    stages = [line.split()[3] for line in ended.lines if line.startswith("ok")]
    decision = service.stores.database.read(lambda tx: tx.decisions.page().items)[0]
    assert ended.code == 0, (ended, service.log())
    assert stages == ["front", "signed", "accepted", "dispatched", "decided"]
    assert f"silent, other_project ({decision.id})" in ended.out
    assert service.stores.database.read(lambda tx: tx.actions.page().items) == ()
    assert service.site.replies() == []


@pytest.mark.process
def test_selftest_explains_a_secret_the_server_does_not_know(service: Service) -> None:
    service.start()
    service.wait_until_ready()

    ended = selftest(service, JIRA_WEBHOOK_SECRET="another-secret")

    assert ended.code == 1
    assert "accepted    HTTP 401" in ended.out
    assert "The server knows another secret" in ended.out


@pytest.mark.process
def test_selftest_without_a_worker_says_stored_and_not_taken_up(service: Service) -> None:
    service.start()
    service.wait_until_ready()
    service.stop()
    with front_alone(service):
        ended = selftest(service, "--timeout", "0.3")

    assert ended.code == 1
    assert "accepted    HTTP 202" in ended.out
    assert "stored safely, and not taken up within 0.3 s" in ended.out
    assert "No worker runs on this machine with this data folder. Start it" in ended.out


@contextmanager
def front_alone(service: Service) -> Iterator[None]:
    config = str(service.folder / "chargehand.toml")
    command = [sys.executable, "-m", "chargehand", "-c", config, "serve", "--role", "web"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "front" in selftest_stages(service), "the front answers")
        yield
    finally:
        process.terminate()
        process.wait(60)


def selftest_stages(service: Service) -> list[str]:
    ended = selftest(service, "--timeout", "0.1")
    return [line.split()[3] for line in ended.lines if line.startswith("ok")]


def test_selftest_without_a_server_says_how_to_start_it(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("selftest")

    assert ended.code == 1
    assert f"nothing answers at http://127.0.0.1:{NOBODYS_PORT}" in ended.out
    assert "Start it: chargehand serve" in ended.out


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "hint"),
    [
        pytest.param(404, "started with another configuration", id="404"),
        pytest.param(429, "wait a minute", id="429"),
        pytest.param(503, "The inbox takes nothing now", id="503"),
        pytest.param(500, "See the server's log.", id="500"),
    ],
)
async def test_selftest_explains_a_refusal(
    house: House, tmp_path: Path, status: int, hint: str
) -> None:
    with refusing(status) as port:
        settings = house_settings(house.settings.storage.data_dir, server={"port": port})
        ended = Terminal(write_config(settings, tmp_path), house.clock).run("selftest")

    assert ended.code == 1
    assert f"HTTP {status} not now" in ended.out
    assert hint in ended.out


@pytest.mark.anyio
async def test_selftest_of_a_polled_connection_checks_the_worker(
    house: House, tmp_path: Path
) -> None:
    settings = house_settings(house.settings.storage.data_dir, connection={"intake": "poll"})

    ended = Terminal(write_config(settings, tmp_path), house.clock).run("selftest")

    assert ended.code == 1
    assert "jira is polled and receives no webhooks" in ended.out
    assert "FAIL" in ended.out
    assert "Start it: chargehand serve" in ended.out


@pytest.mark.anyio
async def test_selftest_of_a_polled_connection_passes_while_the_worker_polls(
    house: House, tmp_path: Path
) -> None:
    folder = house.settings.storage.data_dir
    settings = house_settings(folder, connection={"intake": "poll"})
    terminal = Terminal(write_config(settings, tmp_path), house.clock)

    with held_by_a_worker(folder):
        never = terminal.run("selftest")
        await house.poll()
        polled = terminal.run("selftest")
        house.clock.advance(3600)
        silent = terminal.run("selftest")

    assert (never.code, polled.code, silent.code) == (1, 0, 1)
    assert "the worker has not reached Jira yet" in never.out
    assert "polled      last just now" in polled.out
    assert "polled      last 1 h ago" in silent.out


@pytest.mark.anyio
async def test_selftest_without_a_secret_says_where_to_put_one(
    house: House, tmp_path: Path
) -> None:
    folder = house.settings.storage.data_dir
    with refusing(500) as port:
        settings = house_settings(folder, server={"port": port}, connection={"webhook_secrets": []})
        ended = Terminal(write_config(settings, tmp_path), house.clock).run("selftest")

    assert ended.code == 1
    assert "Put JIRA_WEBHOOK_SECRET into .env" in ended.out


def test_selftest_names_the_connections_when_there_is_no_such(quiet_terminal: Terminal) -> None:
    ended = quiet_terminal.run("selftest", "--connection", "github")

    assert ended.code == 2
    assert "There is no connection github; configured: jira." in ended.err


@contextmanager
def held_by_a_worker(folder: Path) -> Iterator[None]:
    """The lock of a data folder, as a running worker holds it."""
    lock = FolderLock(folder / "worker.lock")
    lock.take()
    yield
    lock.release()


def refusing(status: int) -> AbstractContextManager[int]:
    """A front that is healthy and refuses every delivery; its port."""

    class Refuse(Answering, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, b'{"version": "test"}')

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.answer(status, b'{"detail": "not now"}')

    return listening(Refuse)
