"""The whole way with real processes: back up beside a running service, lose it, restore, resume."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargehand.bootstrap.stores import open_stores
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FakeSite]:
    with running_fake(tmp_path / "jira.json") as site:
        yield site


@pytest.fixture
def service(tmp_path: Path, site: FakeSite) -> Iterator[Service]:
    with installed_service(tmp_path / "service", site) as service:
        service.start()
        service.wait_until_ready()
        service.set_mode("auto")
        yield service


def chargehand(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    config = str(service.folder / "chargehand.toml")
    return subprocess.run(
        [sys.executable, "-m", "chargehand", "-c", config, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_backup_beside_the_service_restores_held_and_resumes(
    service: Service, site: FakeSite
) -> None:
    site.comment("PAY-7", "Mei Tanaka", "status")
    wait_until(lambda: len(site.replies()) == 1, "the first answer", on_failure=service.log)
    made = json.loads(chargehand(service, "backup", "--json").stdout)
    site.comment("PAY-3", "Mei Tanaka", "status")
    wait_until(lambda: len(site.replies()) == 2, "the second answer", on_failure=service.log)

    verified = chargehand(service, "backup", "verify", made["path"])
    beside_the_service = chargehand(service, "restore", made["path"])

    assert verified.returncode == 0
    assert "chain verified" in verified.stdout
    assert beside_the_service.returncode == 2
    assert "stop the other one first" in beside_the_service.stderr

    service.stores.close()
    service.stop()
    restored = chargehand(service, "restore", made["path"])

    assert restored.returncode == 0, restored.stderr
    assert "HELD" in restored.stdout
    assert "HELD" in chargehand(service, "status").stdout

    service.stores = open_stores(service.settings)
    service.start()
    service.wait_until_ready()
    site.comment("PAY-1", "Mei Tanaka", "status")
    wait_until(lambda: asks_of(service) == 2, "the new ask was judged", on_failure=service.log)

    assert len(site.replies()) == 2
    assert "--after-restore" in chargehand(service, "resume").stderr

    resumed = chargehand(service, "resume", "--after-restore")

    assert resumed.returncode == 0, resumed.stderr
    assert "The bot commented on PAY-3" in resumed.stdout
    wait_until(lambda: len(site.replies()) == 3, "the third answer", on_failure=service.log)
    audit = chargehand(service, "audit", "verify")
    assert "chain verified" in audit.stdout
    assert "restored from a backup" in audit.stdout


def asks_of(service: Service) -> int:
    return len(service.stores.database.read(lambda tx: tx.asks.page().items))
