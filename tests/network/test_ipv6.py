"""Everything works where there is only IPv6: listening, calling Jira, knowing who calls."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pydantic import ValidationError

from chargehand.bootstrap.jira import open_client
from chargehand.cli.alive import look_at_front
from chargehand.cli.demo_folder import choose_port
from chargehand.config.load import load_settings
from chargehand.config.settings import ServerSettings
from chargehand.kit.clock import SystemClock
from chargehand.plugins.connector import CheckState
from chargehand.plugins.vendor_line import Surroundings
from chargehand.testing.clock import FakeClock
from chargehand.testing.jira import FakeJira, seed_demo
from tests.cli.terminal import Terminal, write_config
from tests.house import START, house_settings
from tests.network.serving import serving
from tests.processes.service import wait_until


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as wire:
            wire.bind(("::1", 0))
    except OSError:
        return False
    return True


pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6, so it was not tried"),
]


async def test_jira_is_called_by_ipv6(tmp_path: Path) -> None:
    fake = FakeJira(clock=FakeClock(START))
    seed_demo(fake)
    async with serving(fake.app, host="::1") as site:
        (connection,) = house_settings(tmp_path, connection={"site": site}).trackers
        client = open_client(connection, Surroundings(SystemClock()))
        checks = await client.check()
        await client.aclose()
    await fake.aclose()

    assert connection.site == site
    assert checks[0].state is CheckState.PASSED, checks


@pytest.mark.process
def test_front_listens_by_ipv6_and_is_found_there(tmp_path: Path) -> None:
    port = choose_port(None)
    config = write_config(house_settings(tmp_path / "data"), tmp_path)
    text = config.read_text().replace("[server]", '[server]\nhost = "[::1]"')
    config.write_text(
        text.replace("port = 0", f"port = {port}").replace("port = 8000", f"port = {port}")
    )
    settings = load_settings(config, {})
    Terminal(config, SystemClock()).done("migrate")
    log = (tmp_path / "front.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "chargehand", "process", "front", "--config", str(config)],
        stderr=log,
        env=os.environ,
    )
    try:
        url = f"http://[::1]:{settings.server.port}"
        wait_until(
            lambda: look_at_front(settings).is_up,
            "the front answers",
            on_failure=(tmp_path / "front.log").read_text,
        )
        with urllib.request.urlopen(f"{url}/ready", timeout=30) as answer:
            ready = json.load(answer)
        unsigned = urllib.request.Request(f"{url}/webhooks/jira/jira", data=b"{}")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(unsigned, timeout=30)
    finally:
        process.terminate()
        process.wait(30)
        log.close()

    assert ready["status"] == "ready"


def test_address_is_taken_with_and_without_brackets_and_never_with_a_port() -> None:
    assert [ServerSettings(host=host).host for host in ("::1", "[::1]")] == ["::1", "::1"]
    for wrong in ("[::1]:8080", "127.0.0.1:8080"):
        with pytest.raises(ValidationError, match=r"server\.port"):
            ServerSettings(host=wrong)
