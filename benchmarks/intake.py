"""How many webhooks a second are stored durably, beside two baselines, in one run.

Each way is loaded for a few seconds in turn, several times over, so that a machine that is busy
for a while slows all of them alike; the medians count.
"""

import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import Plan, Row, at_least, below
from payloads import write_signed_bodies
from procfs import cpu_s, free_port, shipped_environment
from wrk import SCRIPT, Load, Outcome, require_wrk, run_wrk

HERE = Path(__file__).parent
WAYS = ("per_request", "bare_asgi", "production")
BARS = {"per_request": 8.0, "bare_asgi": 0.5}
P99_BAR_MS = 60.0
BODIES = 20_000
ROUNDS = 3
SECONDS = 3
_START_S = 20.0
_STOP_S = 15.0


@dataclass(frozen=True, slots=True)
class Senders:
    """Whose requests are received: what proves them, and what wrk sends of them."""

    connector: str
    secret: str
    requests: Path
    script: Path = SCRIPT


Runs = list[tuple[Outcome, float]]


def measure_ways(senders: Senders) -> dict[str, Runs]:
    """Run every way in turn, several times over, each time on a fresh file."""
    runs: dict[str, Runs] = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way in WAYS:
            runs[way].append(_measure_way(way, senders))
    return runs


def _measure_way(way: str, senders: Senders) -> tuple[Outcome, float]:
    """Load one way; the CPU seconds the server took come second."""
    with _serving(way, senders) as (port, pid):
        before_s = cpu_s(pid)
        outcome = run_wrk(port, senders.requests, Load(SECONDS), script=senders.script)
        return outcome, cpu_s(pid) - before_s


@contextmanager
def _serving(way: str, senders: Senders) -> Iterator[tuple[int, int]]:
    port = free_port()
    database = senders.requests.with_name(f"{way}-{secrets.token_hex(4)}.db")
    command = [
        *(sys.executable, str(HERE / "serve_intake.py"), way, "--port", str(port)),
        *("--connector", senders.connector, "--secret", senders.secret),
        *("--database", str(database)),
    ]
    process = subprocess.Popen(command, env=shipped_environment())
    try:
        _await_port(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"no server on port {port} after {_START_S} s")


def summarise(runs: Runs) -> dict[str, float]:
    """The medians of several runs of one way."""
    outcomes = [outcome for outcome, _ in runs]
    return {
        "per_s": statistics.median(one.per_s for one in outcomes),
        "p50_ms": statistics.median(one.p50_ms for one in outcomes),
        "p99_ms": statistics.median(one.p99_ms for one in outcomes),
        "p999_ms": statistics.median(one.p999_ms for one in outcomes),
        "cpu_us": statistics.median(1e6 * cpu_s / one.requests for one, cpu_s in runs),
    }


def judge(results: dict[str, dict[str, float]]) -> list[Row]:
    """The bars, and what was reached."""
    production = results["production"]
    per_s = production["per_s"]
    rows = []
    for way, bar in BARS.items():
        other = results[way]["per_s"]
        extra = f" ({per_s:.0f} /s beside {other:.0f} /s)"
        what = f"webhooks stored and acknowledged, beside {way}"
        rows.append(at_least(what, per_s / other, bar, unit="times", extra=extra))
    extra = f" (p50 {production['p50_ms']:.1f} ms, p99.9 {production['p999_ms']:.1f} ms)"
    what = "the same, p99 at the most it takes"
    rows.append(below(what, production["p99_ms"], P99_BAR_MS, unit="ms", extra=extra))
    return rows


def measure(plan: Plan) -> list[Row]:
    """Measure how Jira's webhooks are received."""
    require_wrk()
    folder, secret = plan.folder / "intake", secrets.token_hex(16)
    folder.mkdir()
    write_signed_bodies(folder / "bodies", secret, count=BODIES)
    runs = measure_ways(Senders("jira", secret, folder / "bodies"))
    return judge({way: summarise(done) for way, done in runs.items()})
