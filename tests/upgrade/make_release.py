"""Makes the kept database of a release: a service that was killed with every kind of work open.

Run it once, in a checkout of the release that is about to be published:

    .venv/bin/python -m tests.upgrade.make_release tests/upgrade/0.2.0.tar.xz

`0.1.0-dbos-3.3.0.tar.xz` was made the same way with an older library of the engine in PYTHONPATH.
What is in a file is never changed again; `test_upgrade.py` upgrades each and finishes its work.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from chargehand import __version__
from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.config.settings import Settings
from chargehand.domain.action import Mode
from chargehand.domain.ids import ProjectKey
from chargehand.domain.records import ApprovalState
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.approving import approve
from chargehand.pipeline.modes import set_mode
from tests.processes.service import FakeSite, Service, installed_service, running_fake, wait_until

MOMENT = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
SLOW_S = 120


def main(target: Path) -> None:
    """Let a service work, kill it half way, and pack what it leaves behind."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        state = folder / "jira.json"
        with (
            running_fake(state) as site,
            installed_service(folder / "service", site) as service,
        ):
            site.post("/__fake__/clock", {"now": MOMENT.isoformat()})
            os.environ["CHARGEHAND_CLOCK_FROM"] = site.url
            _work_until_killed(service, site)
            told = _describe(service.stores)
        data = folder / "service" / "data"
        _fold(data)
        (folder / "release.json").write_text(json.dumps(told, indent=2))
        with tarfile.open(target, "w:xz") as tar:
            tar.add(folder / "release.json", "release.json")
            tar.add(state, "jira.json")
            for name in ("main.db", "inbox.db", "audit.checkpoint"):
                tar.add(data / name, f"data/{name}")


def _work_until_killed(service: Service, site: FakeSite) -> None:
    service.start()
    service.wait_until_ready()
    _ask_for_approval(service, site)
    site.comment("PAY-7", "Mei Tanaka", "status")
    site.comment("PAY-3", "Mei Tanaka", "status")
    site.comment("PAY-12", "Mei Tanaka", "label urgent")
    wait_until(lambda: len(_open(service.stores)) == 3, "three wait", on_failure=service.log)
    # The answer to this one is being made when the kill comes: a task of the engine is open.
    slow = {"method": "GET", "path": "/rest/api/3/issue/PAY-1", "times": 1, "delay_s": SLOW_S}
    site.post("/__fake__/failures", slow)
    site.comment("PAY-1", "Mei Tanaka", "status")
    wait_until(lambda: _asks(service.stores) == 4, "the fourth is read", on_failure=service.log)
    wait_until(lambda: _pending(service) == 1, "its task is open", on_failure=service.log)
    for pid in service.everyone():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not service.everyone(), "everything is dead")
    [allowed] = [one for one in _open(service.stores) if _target(service.stores, one) == "PAY-3"]
    now = _now(site)
    service.stores.database.write(
        lambda tx: approve(tx, allowed.id, by="cli:lead", via="cli", now=now)
    )
    _receive_only(service, site)


def _ask_for_approval(service: Service, site: FakeSite) -> None:
    served = frozenset({ProjectKey("PAY")})
    now = _now(site)
    service.stores.database.write(
        lambda tx: set_mode(
            tx, Mode.APPROVE, project=None, kind=None, served=served, by="cli:lead", now=now
        )
    )


def _now(site: FakeSite) -> datetime:
    return datetime.fromisoformat(site.get("/__fake__/clock")["now"])


def _receive_only(service: Service, site: FakeSite) -> None:
    """A delivery that is kept and that no worker has looked at."""
    config = str(service.folder / "chargehand.toml")
    command = [sys.executable, "-m", "chargehand", "-c", config, "serve", "--role", "web"]
    with subprocess.Popen(command, start_new_session=True) as front:
        before = service.stores.queue.counts().interactive
        sent: list[str] = []
        with contextlib.suppress(OSError):
            sent = site.comment("PAY-18", "Mei Tanaka", "status")["webhooks"]
        wait_until(
            lambda: service.stores.queue.counts().interactive > before,
            f"the delivery is kept: {sent}",
        )
        front.terminate()


def _open(stores: Stores):
    found = stores.database.read(lambda tx: tx.approvals.page(limit=200).items)
    return [one for one in found if one.state is ApprovalState.OPEN]


def _target(stores: Stores, approval) -> str:
    action = stores.database.read(lambda tx: tx.actions.find(approval.action_id))
    assert action is not None
    return action.target


def _asks(stores: Stores) -> int:
    return len(stores.database.read(lambda tx: tx.asks.page(limit=200).items))


def _pending(service: Service) -> int:
    with service.stores.database.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM workflow_status WHERE status = 'PENDING'"
        )
        return int(found.scalar_one())


def _describe(stores: Stores) -> dict[str, object]:
    with stores.database.engine.connect() as connection:
        schema = connection.exec_driver_sql("SELECT version_num FROM chargehand_main_version")
        engine = connection.exec_driver_sql("SELECT version FROM dbos_migrations")
        return {
            "version": __version__,
            "schema": schema.scalar_one(),
            "engine_schema": engine.scalar_one(),
            "moment": MOMENT.isoformat(),
            "made_at": SystemClock().now().isoformat(),
            "audit_records": stores.database.read(lambda tx: tx.audit.head().seq),
        }


def _fold(data: Path) -> None:
    """Have SQLite fold its write-ahead logs into the files."""
    open_stores(Settings(storage={"data_dir": data})).close()
    assert not (data / "main.db-wal").exists()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
