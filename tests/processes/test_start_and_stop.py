"""What starting, stopping and refusing to start look like from outside."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.bootstrap.processes import WORKER_NICENESS
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until
from tests.unit.inbox.deliveries import NOW, new

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSite]:
    with running_fake(tmp_path_factory.mktemp("site") / "jira.json") as site:
        yield site


@pytest.fixture
def service(tmp_path: Path, site: FakeSite) -> Iterator[Service]:
    with installed_service(tmp_path / "service", site) as service:
        yield service


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory, site: FakeSite) -> Iterator[Service]:
    """A service that runs; whoever looks at it leaves it running."""
    with installed_service(tmp_path_factory.mktemp("started") / "service", site) as service:
        service.start()
        service.wait_until_ready()
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


def test_stop_is_graceful_and_leaves_nobody_and_every_line_in_the_log_file(
    service: Service,
) -> None:
    path = service.folder / "chargehand.toml"
    path.write_text('[log]\nfile = "log/service.log"\n' + path.read_text())
    service.start()
    service.wait_until_ready()
    wait_until(lambda: health(service).returncode == 0, "it is healthy", on_failure=service.log)

    assert service.stop() == 0
    ended = health(service, "--role", "web")

    assert service.everyone() == []
    lines = (service.folder / "log" / "service.log").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert {line["event"]: line["role"] for line in told} == {
        "front.listening": "front",
        "worker.started": "worker",
        "connection.identified": "worker",
        "worker.stopped": "worker",
    }
    assert service.log() == ""
    assert ended.returncode == 1
    assert ended.stdout.startswith("front: ")
    assert len(ended.stdout.splitlines()) == 1


def test_first_page_tells_of_deliveries_that_were_given_up(service: Service) -> None:
    [stored] = service.stores.open_inbox()([new("a")])
    service.stores.queue.mark_dead(stored.delivery_id, "IndexError", now=NOW)
    service.start()
    service.wait_until_ready()

    with urllib.request.urlopen(f"http://127.0.0.1:{service.port}/", timeout=5) as answer:
        steps = json.load(answer)["next_steps"]

    assert steps[-1] == (
        "Deliveries were given up, 1 of them: see `chargehand deliveries given-up`."
    )


def test_log_file_that_can_not_be_written_is_refused(service: Service) -> None:
    path = service.folder / "chargehand.toml"
    (service.folder / "log").write_text("in the way")
    path.write_text('[log]\nfile = "log/service.log"\n' + path.read_text())

    refused = serve(service.folder)

    assert refused.returncode == 2
    assert "log.file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_second_service_on_one_folder_is_refused(started: Service) -> None:
    text = (started.folder / "chargehand.toml").read_text()
    other = started.folder / "other.toml"
    other.write_text(text.replace(f"port = {started.port}", "port = 0"))

    refused = subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", str(other), "serve"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert refused.returncode == 2
    assert "Another worker" in refused.stderr
    started.wait_until_ready()


def test_wrong_configuration_is_refused_with_its_fields(service: Service) -> None:
    path = service.folder / "chargehand.toml"
    text = path.read_text().replace("[server]", "[server]\nprot = 3")
    path.write_text(text.replace("webhook_secrets", 'poll_interval = "soon"\nwebhook_secrets'))

    refused = serve(service.folder)

    assert refused.returncode == 2
    # The children, who wait for the databases meanwhile, leave without a word.
    assert refused.stderr.count("Did you mean port") == 1
    assert refused.stderr.count("poll_interval") == 1
    assert "Traceback" not in refused.stderr


def test_taken_port_is_told_in_a_sentence(started: Service) -> None:
    other = started.folder.parent / "other"
    other.mkdir()
    (other / "chargehand.toml").write_text((started.folder / "chargehand.toml").read_text())

    refused = serve(other)

    assert refused.returncode == 2
    assert f"127.0.0.1:{started.port}" in refused.stderr
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


@pytest.mark.parametrize("role", ["front", "worker"])
def test_dead_child_is_started_again(started: Service, role: str) -> None:
    assert niceness(started, "front") == niceness(started, "supervisor")
    assert niceness(started, "worker") == worker_niceness(started)
    before = started.pid_of(role)
    assert before is not None

    os.kill(before, signal.SIGKILL)

    wait_until(
        lambda: started.pid_of(role) not in (None, before),
        "it was started again",
        on_failure=started.log,
    )
    started.wait_until_ready()
    wait_until(
        lambda: niceness(started, "worker") == worker_niceness(started),
        "the worker lets the front go first",
    )
    assert niceness(started, "front") == niceness(started, "supervisor")


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
