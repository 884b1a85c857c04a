"""How long until the service is ready, and until the command line has said what it can do."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import Plan, Row, below
from procfs import shipped_environment
from service import installed_service

_READY_BAR_S = 4.0
_HELP_BAR_S = 0.4
_STARTS = 3
_HELPS = 7


def measure(plan: Plan) -> list[Row]:
    """The medians of some starts on a fresh folder, of restarts, and of `--help`."""
    ready: dict[str, list[float]] = {"fresh": [], "again": []}
    works: dict[str, list[float]] = {"fresh": [], "again": []}
    for number in range(_STARTS):
        with installed_service(plan.folder / f"start-{number}") as service:
            for which in ("fresh", "again"):
                started = time.perf_counter()
                service.start()
                service.wait_until_front_ready()
                ready[which].append(time.perf_counter() - started)
                service.wait_until_ready()
                works[which].append(time.perf_counter() - started)
                service.stop()
    again_s, first_s, later_s = map(
        statistics.median, (ready["again"], works["fresh"], works["again"])
    )
    extra = f" (on existing data {again_s:.2f} s; until the worker works too {first_s:.2f} s,"
    extra += f" on existing data {later_s:.2f} s)"
    took_s = statistics.median(ready["fresh"])
    return [
        below("start to ready, first start", took_s, _READY_BAR_S, unit="s", extra=extra),
        below("`chargehand --help`", _help_s(), _HELP_BAR_S, unit="s"),
    ]


def _help_s() -> float:
    command = [str(Path(sys.executable).with_name("chargehand")), "--help"]
    took = []
    for _ in range(_HELPS):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=shipped_environment())
        took.append(time.perf_counter() - started)
    return statistics.median(took)
