"""A million events: every list, timeline, search and count over HTTP; `make bench-large` runs this.

Fills a SQLite and a PostgreSQL database with a history, starts the front on each and asks it, one
thing after the other and then four at once. Then a pruning of a third of everything runs while
webhooks arrive.
Prints a table, and as the last line the same as JSON; the exit code is 1 when a bar was missed.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asking import Asked, ask_all
from large_pruning import measure_pruning
from large_questions import questions
from large_service import LargeService, installed
from measuring import Row, as_json, below, describe_machine, table

_BAR_MS = 50.0
_EVENTS = 1_000_000
_REQUESTS = 300
_AT_ONCE = 4
_DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one run goes by; `keep` is a folder that outlives it, if any."""

    events: int
    requests: int
    databases: tuple[str, ...]
    keep: Path | None
    prunes: bool


def main() -> int:
    """Measure what was asked for; 1 when a bar is missed."""
    chosen = _choose()
    rows: list[Row] = []
    with _folder(chosen.keep) as folder:
        machine = describe_machine(folder)
        print(f"bench-large: {machine}, {chosen.events:,} events in {folder}", flush=True)
        for database in chosen.databases:
            with installed(folder / database, database, chosen.events) as service:
                found = _measure(service, chosen)
            print(table(found), flush=True)
            rows += found
    print(f"\n{machine}\n\n{table(rows)}\n\n{as_json(machine, rows)}")
    return 0 if all(row.is_held for row in rows) else 1


def _measure(service: LargeService, chosen: Chosen) -> list[Row]:
    rows = []
    with service.running():
        for question in questions(service):
            one, several = (
                ask_all(service, question.paths, count=chosen.requests, connections=connections)
                for connections in (1, _AT_ONCE)
            )
            rows.append(_row(service.database, question.what, one, several))
            print(f"bench-large: {rows[-1].what}: {rows[-1].measured}", flush=True)
        if chosen.prunes:
            rows += measure_pruning(service)
    return rows


def _row(database: str, what: str, one: Asked, several: Asked) -> Row:
    extra = (
        f" (p50 {one.p50_ms:.1f} ms, {one.items:.0f} items; of {_AT_ONCE} callers at once p50 "
        f"{several.p50_ms:.1f} ms, p99 {several.p99_ms:.1f} ms)"
    )
    return below(f"{database}: {what}, p99", one.p99_ms, _BAR_MS, unit="ms", extra=extra)


def _choose() -> Chosen:
    parser = argparse.ArgumentParser(prog="large", description=__doc__)
    parser.add_argument("--events", type=int, default=_EVENTS, help="how long the history is")
    parser.add_argument("--requests", type=int, default=_REQUESTS, help="how many for each row")
    parser.add_argument("--only", choices=_DATABASES, help="one database")
    parser.add_argument(
        "--keep", type=Path, help="fill this folder, or use what a run before left there"
    )
    parser.add_argument("--no-pruning", action="store_true", help="leave the pruning out")
    given = parser.parse_args()
    return Chosen(
        events=given.events,
        requests=given.requests,
        databases=(given.only,) if given.only else _DATABASES,
        keep=given.keep,
        prunes=not given.no_pruning,
    )


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="chargehand-large-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
