"""A stop by another process, by a file, or where the service starts: it holds, whatever dies."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.service import Service, installed_service, running_fake, wait_until

pytestmark = pytest.mark.process
# The promise for every process, from the moment the command is done.
WITHIN_S = 2.0


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with (
        running_fake(tmp_path / "jira.json") as site,
        installed_service(tmp_path / "service", site) as service,
    ):
        yield service


def chargehand(service: Service, *arguments: str) -> str:
    """Run a command in a process of its own."""
    config = str(service.folder / "chargehand.toml")
    command = [sys.executable, "-m", "chargehand", "-c", config, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def told(service: Service) -> str:
    """What the front says of stops; it stays ready all the while."""
    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/ready", timeout=5) as answer:
        assert answer.status == 200
        return str(json.load(answer)["checks"]["stops"]["found"])


def kill_everybody(service: Service) -> None:
    for role in ("worker", "front", "supervisor"):
        service.kill(role)
    wait_until(lambda: not service.everyone(), "everybody is gone")


def is_kept_waiting(service: Service, asks: int, problem: str) -> bool:
    found = service.stores.database.read(lambda tx: tx.asks.page(limit=50).items)
    return [one.problem for one in found].count(problem) == asks


def test_stop_and_flags_hold_in_every_process_and_through_every_death(service: Service) -> None:
    site = service.site
    service.set_mode("auto")
    service.start(CHARGEHAND_STOP="connector:jira")
    service.wait_until_ready()
    assert told(service) == "STOPPED: connector jira (by the settings)"

    assert "STOPPED: project PAY" in chargehand(service, "stop", "--project", "PAY")
    kill_everybody(service)
    service.start()
    service.wait_until_ready()
    assert told(service) == "STOPPED: project PAY"
    site.comment("PAY-7", "Mei Tanaka", "what's blocking this?")
    wait_until(lambda: is_kept_waiting(service, 1, "stopped"), "it waits", on_failure=service.log)

    chargehand(service, "flags", "set", "agents", "off")
    chargehand(service, "resume", "--project", "PAY")
    wait_until(lambda: told(service) == "nothing is stopped", "the front knows", s=WITHIN_S)
    wait_until(
        lambda: is_kept_waiting(service, 1, "flag_off"), "it waits on", on_failure=service.log
    )
    (service.settings.storage.data_dir / "STOP").touch()
    wait_until(
        lambda: told(service) == "STOPPED: everything (by file)", "the file is seen", s=WITHIN_S
    )
    chargehand(service, "flags", "clear", "agents")
    wait_until(
        lambda: is_kept_waiting(service, 1, "stopped"), "the file holds it", on_failure=service.log
    )
    assert site.replies() == []
    (service.settings.storage.data_dir / "STOP").unlink()
    wait_until(lambda: len(site.replies()) == 1, "it is answered", on_failure=service.log)
