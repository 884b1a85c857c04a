"""Every release's database upgrades and finishes the work that was open in it, each thing once."""

import json
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chargehand.bootstrap.backups import list_backups, verify_backup
from chargehand.bootstrap.stores import open_stores
from chargehand.domain.action import ActionState
from chargehand.domain.records import ApprovalState
from chargehand.pipeline.approving import approve
from chargehand.storage.backup.manifest import BackupOrigin
from chargehand.storage.errors import SchemaMissing
from chargehand.storage.schema import known_revisions
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until

pytestmark = pytest.mark.process
RELEASES = sorted(Path(__file__).parent.glob("*.tar.xz"))
ITEMS = ("PAY-1", "PAY-3", "PAY-7", "PAY-18")


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def release(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    with tarfile.open(request.param) as tar:
        tar.extractall(tmp_path, filter="data")
    told: dict[str, Any] = json.loads((tmp_path / "release.json").read_text())
    return told


@pytest.fixture
def site(release: dict[str, Any], tmp_path: Path) -> Iterator[FakeSite]:
    with running_fake(tmp_path / "jira.json") as site:
        site.post("/__fake__/clock", {"now": release["moment"]})
        site.post("/__fake__/clock", {"advance_s": 120})
        yield site


@pytest.fixture
def service(tmp_path: Path, site: FakeSite) -> Iterator[Service]:
    (tmp_path / "service").mkdir()
    (tmp_path / "data").rename(tmp_path / "service" / "data")
    with installed_service(tmp_path / "service", site, is_migrated=False) as service:
        yield service


def test_open_work_of_a_release_is_finished_after_the_upgrade(
    release: dict[str, Any], site: FakeSite, service: Service
) -> None:
    if release["schema"] != known_revisions("main")[0]:
        with pytest.raises(SchemaMissing):
            open_stores(service.settings)

    service.start(CHARGEHAND_CLOCK_FROM=site.url)
    wait_until(service.answers_ready, "the service is up", on_failure=service.log)
    service.stores = open_stores(service.settings)
    wait_until(lambda: counts(service)["asks_open"] == 0, "all is judged", on_failure=service.log)
    allow_everything(service, site)
    wait_until(lambda: is_at_rest(service), "all is done", on_failure=service.log)

    assert_migrated_after_a_backup(release, service)
    assert_everything_happened_once(service, site)


def test_newest_release_is_kept() -> None:
    """A release that changes the schema adds its database; see make_release.py."""
    assert RELEASES


def assert_migrated_after_a_backup(release: dict[str, Any], service: Service) -> None:
    found = [one.manifest for one in list_backups(service.settings)]
    of_migration = [one for one in found if one and one.origin is BackupOrigin.MIGRATION]
    has_moved = release["schema"] != known_revisions("main")[0]
    assert [one.main_schema for one in of_migration] == [release["schema"]] * has_moved
    for one in list_backups(service.settings):
        assert verify_backup(one.path).is_intact


def assert_everything_happened_once(service: Service, site: FakeSite) -> None:
    actions = service.stores.database.read(lambda tx: tx.actions.page(limit=200).items)
    assert {one.state for one in actions} == {ActionState.EXECUTED}
    posted = [json.loads(body) for body in site.replies()]
    marks = Counter(mark["value"]["action_id"] for one in posted for mark in one["properties"])
    comments = {one.id for one in actions if one.kind.value == "jira.add_comment"}
    assert marks == Counter(comments)
    assert sorted(one.target for one in actions if one.id in comments) == sorted(ITEMS)
    config = str(service.folder / "chargehand.toml")
    command = [sys.executable, "-m", "chargehand", "-c", config, "audit", "verify"]
    audit = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "chain verified" in audit.stdout


def allow_everything(service: Service, site: FakeSite) -> None:
    now = datetime.fromisoformat(site.get("/__fake__/clock")["now"])
    found = service.stores.database.read(lambda tx: tx.approvals.page(limit=200).items)
    for approval in found:
        if approval.state is ApprovalState.OPEN:
            service.stores.database.write(
                lambda tx, id_=approval.id: approve(tx, id_, by="cli:lead", via="cli", now=now)
            )


def counts(service: Service) -> dict[str, int]:
    asks = service.stores.database.read(lambda tx: tx.asks.page(limit=200).items)
    work = service.stores.database.read(lambda tx: tx.stats.open_work())
    # The last of them was kept by the release and not looked at.
    return {**work, "asks_open": work["asks_open"] + (len(asks) < 5)}


def is_at_rest(service: Service) -> bool:
    work = counts(service)
    return work["asks_open"] + work["actions_under_way"] + work["approvals_open"] == 0
