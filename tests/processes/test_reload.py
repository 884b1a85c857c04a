"""SIGHUP: a new configuration takes effect, a wrong one changes nothing, and nothing is lost."""

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.cli.demo_folder import choose_port
from chargehand.testing.vault import FakeVault, running_vault
from tests.processes.service import (
    SECRET,
    Service,
    installed_service,
    running_fake,
    wait_until,
)

pytestmark = pytest.mark.process
NEW_SECRET = "another-signing-secret-of-the-tests"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with (
        running_fake(tmp_path / "jira.json") as site,
        installed_service(tmp_path / "service", site) as service,
    ):
        service.start()
        service.wait_until_ready()
        yield service


def reload(service: Service, old: str, new: str) -> None:
    path = service.folder / "chargehand.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert service.process is not None
    os.kill(service.process.pid, signal.SIGHUP)


def pids(service: Service) -> tuple[int | None, int | None]:
    return service.pid_of("front"), service.pid_of("worker")


def body(number: int) -> bytes:
    return json.dumps({"webhookEvent": "jira:worklog_updated", "number": number}).encode()


def test_new_configuration_takes_effect_and_nothing_acknowledged_is_lost(service: Service) -> None:
    before = pids(service)
    acknowledged: list[str] = []
    refused: list[int] = []
    is_over = threading.Event()

    def send() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            answered = service.post_delivery(f"reload-{number}", body(number))
            if answered in (200, 202):
                acknowledged.append(f"reload-{number}")
            else:
                refused.append(answered)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        wait_until(lambda: len(acknowledged) > 20, "deliveries come in", on_failure=service.log)
        reload(service, f'["{SECRET}"]', f'["{NEW_SECRET}", "{SECRET}"]')
        wait_until(
            lambda: None not in (now := pids(service)) and not set(now) & set(before),
            "both processes are others",
            on_failure=service.log,
        )
        service.wait_until_ready()
        so_far = len(acknowledged)
        wait_until(lambda: len(acknowledged) > so_far + 20, "they come in again")
    finally:
        is_over.set()
        sender.join()

    def dispatched() -> int:
        with service.stores.database.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT delivery_key FROM deliveries WHERE delivery_key LIKE 'reload-%'"
            )
            return len({row[0] for row in rows} & set(acknowledged))

    wait_until(
        lambda: dispatched() == len(acknowledged), "all were dispatched", on_failure=service.log
    )
    # Whoever calls while the front is replaced waits, and is answered by the next one.
    assert refused == []
    assert service.process is not None
    assert service.process.poll() is None
    assert service.log().count("reloading") == 1
    assert "deaths within a minute" not in service.log()


def test_wrong_configuration_is_refused_in_one_line_and_a_new_address_is_taken(
    service: Service,
) -> None:
    before = pids(service)

    reload(service, "[server]", "[server]\nprot = 3\n")
    wait_until(lambda: "reload refused" in service.log(), "it is refused", on_failure=service.log)

    (line,) = [line for line in service.log().splitlines() if "reload refused" in line]
    assert "Did you mean port" in line
    assert line.count("chargehand:") == 1
    assert "Did you mean port" not in service.log().replace(line, "")
    assert pids(service) == before
    assert service.post_delivery("after", body(1)) == 202

    old, service.port = service.port, choose_port(None)
    reload(service, f"prot = 3\n\nport = {old}", f'host = "127.0.0.1"\nport = {service.port}')
    service.wait_until_ready()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old))
    assert service.post_delivery("elsewhere", body(2)) == 202


def test_secrets_are_read_anew_at_a_reload_and_waited_for_when_their_place_is_away(
    service: Service,
) -> None:
    vault = FakeVault(secrets={"secret/jira": {"hook": SECRET}})
    with running_vault(vault) as address:
        path = service.folder / "chargehand.toml"
        signed_in = f'[vault]\naddress = "{address}"\ntoken = "{vault.token}"\n'
        path.write_text(signed_in + path.read_text())
        before = pids(service)
        reload(service, f'["{SECRET}"]', '["vault:secret/jira#hook"]')
        wait_until(
            lambda: None not in (now := pids(service)) and not set(now) & set(before),
            "both processes are others",
            on_failure=service.log,
        )
        service.wait_until_ready()
        assert service.post_delivery("by-vault", body(1)) == 202

        vault.failing = 503
        service.kill("front")
        wait_until(
            lambda: "front can not go on yet" in service.log(),
            "the supervisor waits",
            on_failure=service.log,
        )
        vault.failing = None
        service.wait_until_ready()

    assert service.post_delivery("after", body(2)) == 202
    assert SECRET not in service.log()
