"""What starting, stopping and refusing to start look like from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.bootstrap.processes import WORKER_NICENESS
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FakeSite]:
    with running_fake(tmp_path / "jira.json") as site:
        yield site


@pytest.fixture
def service(tmp_path: Path, site: FakeSite) -> Iterator[Service]:
    with installed_service(tmp_path / "service", site) as service:
        yield service


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `serve` where it should refuse to."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "chargehand",
            "-c",
            str(folder / "chargehand.toml"),
            *options,
            "serve",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def niceness(service: Service, role: str) -> int:
    pid = service.pid_of(role)
    assert pid is not None
    return os.getpriority(os.PRIO_PROCESS, pid)


def worker_niceness(service: Service) -> int:
    """What the worker beside a front has; the kernel knows no more than 19."""
    return min(niceness(service, "supervisor") + WORKER_NICENESS, 19)


def test_stop_is_graceful_and_leaves_nobody(service: Service) -> None:
    service.start()
    service.wait_until_ready()
    assert niceness(service, "front") == niceness(service, "supervisor")
    assert niceness(service, "worker") == worker_niceness(service)

    assert service.stop() == 0
    assert service.everyone() == []
    assert "worker.stopped" in service.log()


def test_log_file_has_every_line_of_every_role(service: Service) -> None:
    path = service.folder / "chargehand.toml"
    path.write_text('[log]\nfile = "log/service.log"\n' + path.read_text())
    service.start()
    service.wait_until_ready()

    service.stop()

    lines = (service.folder / "log" / "service.log").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert {line["event"]: line["role"] for line in told} == {
        "front.listening": "front",
        "worker.started": "worker",
        "connection.identified": "worker",
        "worker.stopped": "worker",
    }
    assert service.log() == ""


def test_log_file_that_can_not_be_written_is_refused(service: Service) -> None:
    path = service.folder / "chargehand.toml"
    (service.folder / "log").write_text("in the way")
    path.write_text('[log]\nfile = "log/service.log"\n' + path.read_text())

    refused = serve(service.folder)

    assert refused.returncode == 2
    assert "log.file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_second_service_on_one_folder_is_refused(service: Service, tmp_path: Path) -> None:
    service.start()
    service.wait_until_ready()
    text = (service.folder / "chargehand.toml").read_text()
    other = service.folder / "other.toml"
    other.write_text(text.replace(f"port = {service.port}", "port = 0"))

    refused = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(other), "serve"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 2
    assert "Another worker" in refused.stderr
    service.wait_until_ready()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(("[server]", "[server]\nprot = 3"), "Did you mean port", id="unknown-key"),
        pytest.param(
            ('webhook_secrets = ["', 'poll_interval = "soon"\nwebhook_secrets = ["'),
            "poll_interval",
            id="wrong-value",
        ),
    ],
)
def test_wrong_configuration_is_refused_with_its_field(
    service: Service, change: tuple[str, str], words: str
) -> None:
    path = service.folder / "chargehand.toml"
    path.write_text(path.read_text().replace(*change))

    refused = serve(service.folder)

    assert refused.returncode == 2
    # The children, who wait for the databases meanwhile, leave without a word.
    assert refused.stderr.count(words) == 1
    assert "Traceback" not in refused.stderr


def test_taken_port_is_told_in_a_sentence(service: Service) -> None:
    service.start()
    service.wait_until_ready()
    other = service.folder.parent / "other"
    other.mkdir()
    (other / "chargehand.toml").write_text((service.folder / "chargehand.toml").read_text())

    refused = serve(other)

    assert refused.returncode == 2
    assert f"127.0.0.1:{service.port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_clock_of_a_fake_is_refused_beside_a_real_site(service: Service) -> None:
    path = service.folder / "chargehand.toml"
    path.write_text(path.read_text().replace(service.site.url, "https://acme.atlassian.net"))

    refused = subprocess.run(
        [
            sys.executable,
            "-m",
            "chargehand",
            "-c",
            str(path),
            "--clock-from",
            service.site.url,
            "serve",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 2
    assert "acme.atlassian.net" in refused.stderr


def health(service: Service, *options: str) -> subprocess.CompletedProcess[str]:
    path = str(service.folder / "chargehand.toml")
    return subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", path, "health", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_health_follows_the_service(service: Service) -> None:
    service.start()
    service.wait_until_ready()
    wait_until(lambda: health(service).returncode == 0, "it is healthy", on_failure=service.log)

    service.stop()
    ended = health(service, "--role", "web")

    assert ended.returncode == 1
    assert ended.stdout.startswith("front: ")
    assert len(ended.stdout.splitlines()) == 1


@pytest.mark.parametrize("role", ["front", "worker"])
def test_dead_child_is_started_again(service: Service, role: str) -> None:
    service.start()
    service.wait_until_ready()
    before = service.pid_of(role)
    assert before is not None

    os.kill(before, signal.SIGKILL)

    wait_until(
        lambda: service.pid_of(role) not in (None, before),
        "it was started again",
        on_failure=service.log,
    )
    service.wait_until_ready()
    wait_until(
        lambda: niceness(service, "worker") == worker_niceness(service),
        "the worker lets the front go first",
    )
    assert niceness(service, "front") == niceness(service, "supervisor")


def test_role_that_keeps_dying_ends_the_service(service: Service) -> None:
    service.start()
    service.wait_until_ready()
    process = service.process
    assert process is not None

    def kill_worker_again() -> bool:
        worker = service.pid_of("worker") if process.poll() is None else None
        if worker is not None:
            os.kill(worker, signal.SIGKILL)
        return process.poll() is not None

    wait_until(kill_worker_again, "the supervisor gave up", on_failure=service.log)
    assert process.returncode == 1
    assert "giving up: worker died" in service.log()
    wait_until(lambda: not service.everyone(), "nobody is left")
