"""How long a poll of many changed work items takes, and what the worker holds meanwhile.

The service was connected, stopped, and is started again: the first poll finds what happened in
between, page by page as the vendor gives it. `python benchmarks/polls.py --items 200` polls fewer.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measuring import Plan, Row, below, table
from procfs import family_of, memory_of, role_of
from service import PEOPLE, Service, installed_service

from chargehand.bootstrap.stores import Stores

ITEMS = 2_000
_TIME_BAR_S = 60.0
_MEMORY_BAR_MB = 150.0
_LONGEST_S = 300.0
_LOOK_S = 0.25


def measure(plan: Plan) -> list[Row]:
    """Poll as many changed work items as a busy site has in a day."""
    return measure_items(plan.folder / "polls", ITEMS)


def measure_items(folder: Path, items: int) -> list[Row]:
    """Seconds from the start of the service until the last is stored, and the most it held."""
    with installed_service(folder) as service:
        with service.running():
            pass
        service.site.send("/webhooks/targets", [], method="PUT")
        for number in range(items):
            person = PEOPLE[number % len(PEOPLE)]
            item = service.site.add_item(f"Refund number {number}", person)
            body = {"author": person, "body": f"Nothing new about number {number}."}
            service.site.send(f"/issues/{item}/comments", body)
        started_s = time.monotonic()
        with service.running() as pid, service.stores() as stores:
            most_mb = _watch(service, stores, pid, items)
            took_s = time.monotonic() - started_s
    what = f"poll of {items:,} changed work items"
    return [
        below(f"{what}, start to stored", took_s, _TIME_BAR_S, unit="s"),
        below(f"{what}, worker", most_mb, _MEMORY_BAR_MB, unit="MB", extra=" PSS at most"),
    ]


def _watch(service: Service, stores: Stores, pid: int, items: int) -> float:
    """Look at the worker until everything was found; the most it held, in MB."""
    since, end_s = datetime.now(UTC) - timedelta(hours=1), time.monotonic() + _LONGEST_S
    most_mb, found = 0.0, 0
    while found < items:
        if time.monotonic() > end_s:
            raise SystemExit(f"only {found} of {items} were found\n{service.log()}")
        worker = next(one for one in family_of(pid) if role_of(one) == "worker")
        most_mb = max(most_mb, memory_of(worker).pss_mb)
        counts = stores.database.read(lambda tx: tx.stats.since(since)).counts
        found = sum(counts["deliveries"].values())
        time.sleep(_LOOK_S)
    return most_mb


def main() -> int:
    """Measure once; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        rows = measure_items(Path(folder) / "polls", chosen.items)
    print(table(rows))
    return 0 if all(row.is_held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
