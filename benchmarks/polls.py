"""How long a poll of much that changed takes, and what the worker holds meanwhile.

The service was connected, stopped, and is started again: the first poll finds what happened in
between, page by page as the vendors give it: work items with a comment each, and pull requests of
GitHub and of Bitbucket with a comment and a verdict each, half of them either's.
`python benchmarks/polls.py --items 200 --pulls 50` polls fewer.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fakes import Fake, running
from measuring import Plan, Row, below, table
from procfs import cpu_s, family_of, memory_of, role_of
from service import PEOPLE, PROJECT, Service, installed_service

from chargehand.bootstrap.stores import Stores
from chargehand.testing.bitbucket.fake import REPOSITORY

ITEMS: Final = 2_000
PULLS: Final = 500
_TIME_BAR_S: Final = 60.0
_MEMORY_BAR_MB: Final = 150.0
_LONGEST_S: Final = 300.0
_LOOK_S: Final = 0.25
# Opened, commented, approved: each is told once.
_OF_A_PULL: Final = 3
_SETTINGS: Final = """
[[connections]]
connector = "github"
token = "{github[token]}"
login = "{github[login]}"
api_url = "{github[api_url]}"
intake = "poll"
repositories = {{ "acme/payments" = ["{project}"] }}
[[connections]]
connector = "bitbucket"
email = "{bitbucket[email]}"
api_token = "{bitbucket[api_token]}"
api_url = "{bitbucket[api_url]}"
intake = "poll"
repositories = {{ "{repository}" = ["{project}"] }}
"""


def measure(plan: Plan) -> list[Row]:
    """Poll as much as changes in a busy organization in a day."""
    return measure_changes(plan.folder / "polls", items=ITEMS, pulls=PULLS)


def measure_changes(folder: Path, *, items: int, pulls: int) -> list[Row]:
    """Seconds from the start of the service until the last is stored, and the most it held."""
    with ExitStack() as stack:
        fakes = {name: stack.enter_context(running(name)) for name in ("github", "bitbucket")}
        ready = {name: fake.ready for name, fake in fakes.items()}
        more = _SETTINGS.format(**ready, repository=REPOSITORY, project=PROJECT)
        service = stack.enter_context(installed_service(folder, more=more))
        with service.running(), service.stores() as stores:
            _await_cursors(service, stores)
        service.site.send("/webhooks/targets", [], method="PUT")
        _change_items(service, items)
        _change_github(fakes["github"], pulls - pulls // 2)
        _change_bitbucket(fakes["bitbucket"], pulls // 2)
        print(f"polls: {items:,} work items and {pulls:,} pull requests changed", flush=True)
        wanted = {
            "site": items,
            "github": _OF_A_PULL * (pulls - pulls // 2),
            "bitbucket": _OF_A_PULL * (pulls // 2),
        }
        started_s, since = time.monotonic(), datetime.now(UTC)
        with service.running() as pid, service.stores() as stores:
            most_mb = _watch(service, stores, pid, since, wanted)
            took_s = time.monotonic() - started_s
            worker_s = cpu_s(_worker_of(pid))
    what = f"poll of {items:,} changed work items and {pulls:,} pull requests"
    extra = f" ({worker_s:.1f} s of a core in the worker)"
    return [
        below(f"{what}, start to stored", took_s, _TIME_BAR_S, unit="s", extra=extra),
        below(f"{what}, worker", most_mb, _MEMORY_BAR_MB, unit="MB", extra=" PSS at most"),
    ]


def _await_cursors(service: Service, stores: Stores) -> None:
    """Return when every vendor was polled once, from when on something is new."""
    end_s = time.monotonic() + _LONGEST_S
    while True:
        known = stores.database.read(lambda tx: tx.connections.all())
        if all(one.cursor is not None for one in known):
            return
        if time.monotonic() > end_s:
            raise SystemExit(f"not every vendor was polled\n{service.log()}")
        time.sleep(_LOOK_S)


def _change_items(service: Service, count: int) -> None:
    for number in range(count):
        person = PEOPLE[number % len(PEOPLE)]
        item = service.site.add_item(f"Refund number {number}", person)
        body = {"author": person, "body": f"Nothing new about number {number}."}
        service.site.send(f"/issues/{item}/comments", body)


def _change_github(host: Fake, count: int) -> None:
    for number in range(count):
        at, author = {"repository": "acme/payments"}, "Mei-Tanaka"
        title = f"PAY-{number} Round to cents"
        pull = {**at, "author": author, "title": title, "branch": f"PAY-{number}-{number}"}
        made = host.order("pulls", pull)["number"]
        body = f"Nothing new about number {number}."
        host.order("comments", {**at, "number": made, "author": author, "body": body})
        review = {**at, "number": made, "author": "tom-berg", "state": "APPROVED"}
        host.order("reviews", review)


def _change_bitbucket(host: Fake, count: int) -> None:
    for number in range(count):
        at, author = {"repository": REPOSITORY}, "mei"
        title = f"PAY-{number} Round to cents"
        pull = {**at, "author": author, "title": title, "source": f"PAY-{number}-{number}"}
        made = host.order("pull_requests", pull)["number"]
        text = f"Nothing new about number {number}."
        host.order("comments", {**at, "number": made, "author": author, "text": text})
        host.order("approvals", {**at, "number": made, "author": "tom"})


def _watch(
    service: Service, stores: Stores, pid: int, since: datetime, wanted: dict[str, int]
) -> float:
    """Look at the worker until everything was found; the most it held, in MB.

    Raises: SystemExit when it takes five minutes.
    """
    end_s, most_mb = time.monotonic() + _LONGEST_S, 0.0
    while True:
        found: Counter[str] = Counter()
        for one in stores.database.read(lambda tx: tx.traffic.counted(since)):
            found[one.connection_id] += one.events
        if all(found[name] >= count for name, count in wanted.items()):
            return most_mb
        if time.monotonic() > end_s:
            raise SystemExit(f"only {dict(found)} of {wanted} were found\n{service.log()}")
        most_mb = max(most_mb, memory_of(_worker_of(pid)).pss_mb)
        time.sleep(_LOOK_S)


def _worker_of(pid: int) -> int:
    return next(one for one in family_of(pid) if role_of(one) == "worker")


def main() -> int:
    """Measure once; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="polls.py", description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS, help="changed work items")
    parser.add_argument("--pulls", type=int, default=PULLS, help="changed pull requests")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as folder:
        found = measure_changes(Path(folder) / "polls", items=chosen.items, pulls=chosen.pulls)
    print(table(found))
    return 0 if all(row.is_held for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
