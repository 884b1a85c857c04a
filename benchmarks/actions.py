"""How many approved actions a second are sent and recorded."""

import sqlite3
import time
from pathlib import Path

from measuring import Plan, Row, at_least
from service import PEOPLE, Service, installed_service, wait_until

from chargehand.domain.action import ActionState, Mode
from chargehand.domain.records import ApprovalState
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.approving import approve
from chargehand.storage.engines import open_engine, sqlite_url

_ACTIONS = 600
_COMMITS = 1000
_BAR_PER_S = 100.0
_FAST_DISK_MS = 0.5
_OPEN = ApprovalState.OPEN.value


def measure(plan: Plan) -> list[Row]:
    """Let people ask, approve every answer while the service is down, and start it again."""
    commit_rate = commits_per_s(plan.folder)
    with installed_service(plan.folder / "actions") as service:
        with service.running():
            service.set_mode(Mode.APPROVE)
            _ask(service)
        _approve_all(service)
        with service.running():
            wait_until(lambda: _done(service)[0] == _ACTIONS, "every action was sent")
        posted = len(service.site.posted_comments())
        if posted != _ACTIONS:
            raise SystemExit(f"{posted} comments were posted, {_ACTIONS} were approved")
        took_s = _done(service)[1]
    bar = _BAR_PER_S if plan.fdatasync_p50_ms < _FAST_DISK_MS else commit_rate / 4
    extra = f" (single-row commits here: {commit_rate:.0f} /s)"
    what = "approved actions executed"
    return [at_least(what, _ACTIONS / took_s, bar, unit="/s", extra=extra)]


def _ask(service: Service) -> None:
    for number in range(_ACTIONS):
        person = PEOPLE[number % len(PEOPLE)]
        item = service.site.add_item(f"Refund number {number}", person)
        service.site.mention(item, person, "who is working on this?")
    wait_until(lambda: _count(service, ActionState.WAITING) == _ACTIONS, "every ask was answered")


def _approve_all(service: Service) -> None:
    with service.stores() as stores:
        database, now = stores.database, SystemClock().now()
        while waiting := database.read(lambda tx: tx.approvals.page(state=_OPEN)).items:
            for approval in waiting:
                database.write(
                    lambda tx, wanted=approval.id: approve(
                        tx, wanted, by="cli:bench", via="cli", now=now
                    )
                )


def _count(service: Service, state: ActionState) -> int:
    return int(_ask_database(service, "SELECT count(*) FROM actions WHERE state = ?", state)[0])


def _done(service: Service) -> tuple[int, float]:
    """How many effects are settled, and the seconds from the first intent to the last of them."""
    found = _ask_database(
        service,
        "SELECT count(*), (max(settled_at) - min(intended_at)) / 1e6 FROM effects WHERE state = ?",
        "done",
    )
    return int(found[0]), float(found[1] or 0.0)


def _ask_database(service: Service, query: str, *values: str) -> tuple[float, ...]:
    connection = sqlite3.connect(service.folder / "data" / "main.db")
    try:
        found: tuple[float, ...] = connection.execute(query, values).fetchone()
    finally:
        connection.close()
    return found


def commits_per_s(folder: Path) -> float:
    """One row, one commit, one after the other, under the settings of our own databases."""
    engine = open_engine(sqlite_url(folder / "commits.db"))
    with engine.connect() as kept:
        kept.exec_driver_sql("CREATE TABLE filled (id INTEGER PRIMARY KEY, value TEXT)")
        kept.commit()
        driver = kept.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        started = time.perf_counter()
        for _ in range(_COMMITS):
            driver.execute("INSERT INTO filled (value) VALUES ('one row of a usual length')")
        took_s = time.perf_counter() - started
    engine.dispose()
    return _COMMITS / took_s
