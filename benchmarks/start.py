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
    fresh, again = [], []
    for number in range(_STARTS):
        with installed_service(plan.folder / f"start-{number}") as service:
            for found in (fresh, again):
                started = time.perf_counter()
                service.start()
                service.wait_until_ready()
                found.append(time.perf_counter() - started)
                service.stop()
    took_s = statistics.median(fresh)
    extra = f" (on existing data {statistics.median(again):.2f} s)"
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
