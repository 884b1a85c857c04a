"""How many webhooks a second are stored durably, beside two baselines, in one run.

Needs `wrk`. Each way is loaded for a few seconds in turn, several times over, so that a machine
that is busy for a while slows all of them alike; the medians count. Prints a table and, as the
last line, the same as JSON.
"""

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payloads import write_signed_bodies
from wrk import Load, Outcome, require_wrk, run_wrk

HERE = Path(__file__).parent
WAYS = ("per_request", "bare_asgi", "production")
BARS = {"per_request": 8.0, "bare_asgi": 0.5}
P99_BAR_MS = 60.0
BODIES = 20_000
_START_S = 20.0
_STOP_S = 15.0


def fdatasync_p50_ms(folder: Path, *, rounds: int = 300) -> float:
    """What one durable write of 4 KiB costs on this machine, now."""
    block = os.urandom(4096)
    took = []
    descriptor = os.open(folder / "fdatasync", os.O_CREAT | os.O_WRONLY)
    try:
        for _ in range(rounds):
            os.write(descriptor, block)
            started = time.perf_counter()
            os.fdatasync(descriptor)
            took.append((time.perf_counter() - started) * 1000)
    finally:
        os.close(descriptor)
    return statistics.median(took)


def measure(way: str, folder: Path, *, secret: str, load: Load) -> tuple[Outcome, float]:
    """Serve one way on a fresh file and load it; the CPU seconds the server took come second."""
    with _serving(way, folder, secret) as (port, pid):
        before_s = _cpu_s(pid)
        outcome = run_wrk(port, folder / "bodies", load)
        return outcome, _cpu_s(pid) - before_s


@contextmanager
def _serving(way: str, folder: Path, secret: str) -> Iterator[tuple[int, int]]:
    port = _free_port()
    database = folder / f"{way}-{secrets.token_hex(4)}.db"
    command = [
        *(sys.executable, str(HERE / "serve_intake.py"), way, "--port", str(port)),
        *("--database", str(database), "--secret", secret),
    ]
    process = subprocess.Popen(command)
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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


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


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def summarise(runs: list[tuple[Outcome, float]]) -> dict[str, float]:
    """The medians of several runs of one way."""
    outcomes = [outcome for outcome, _ in runs]
    return {
        "per_s": statistics.median(one.per_s for one in outcomes),
        "p50_ms": statistics.median(one.p50_ms for one in outcomes),
        "p99_ms": statistics.median(one.p99_ms for one in outcomes),
        "p999_ms": statistics.median(one.p999_ms for one in outcomes),
        "cpu_us": statistics.median(1e6 * cpu_s / one.requests for one, cpu_s in runs),
    }


def judge(results: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Each bar with what was reached; a margin below 1 misses it."""
    production = results["production"]
    bars = {}
    for way, bar in BARS.items():
        reached = production["per_s"] / results[way]["per_s"]
        bars[f"times {way}"] = {"reached": reached, "bar": bar, "margin": reached / bar}
    p99_ms = production["p99_ms"]
    bars["p99 ms"] = {"reached": p99_ms, "bar": P99_BAR_MS, "margin": P99_BAR_MS / p99_ms}
    return bars


def show(report: dict[str, object], results: dict[str, dict[str, float]]) -> bool:
    """Print the table and the JSON; whether every bar was met."""
    print(f"fdatasync p50 {report['fdatasync_p50_ms']:.3f} ms, {report['cores']} cores")
    print(f"{'':12} {'per s':>8} {'p50 ms':>8} {'p99 ms':>8} {'p99.9':>8} {'CPU us':>8}")
    for way, one in results.items():
        figures = " ".join(f"{value:8.1f}" for value in list(one.values())[1:])
        print(f"{way:12} {one['per_s']:8.0f} {figures}")
    bars = judge(results) if set(WAYS) <= set(results) else {}
    for name, bar in bars.items():
        verdict = "met" if bar["margin"] >= 1 else "MISSED"
        print(f"{name:20} {bar['reached']:8.2f}  bar {bar['bar']:g}: {verdict}")
    print(json.dumps({**report, "results": results, "bars": bars}))
    return all(bar["margin"] >= 1 for bar in bars.values())


def main() -> int:
    """Run every way in turn; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--per-s", type=int, default=0, help="about this rate instead of the most")
    parser.add_argument("--only", choices=WAYS, nargs="*", default=WAYS)
    chosen = parser.parse_args()
    require_wrk()
    load = Load(chosen.seconds, chosen.connections, chosen.per_s)
    runs: dict[str, list[tuple[Outcome, float]]] = {way: [] for way in chosen.only}
    with tempfile.TemporaryDirectory(prefix="chargehand-bench-") as name:
        folder, secret = Path(name), secrets.token_hex(16)
        write_signed_bodies(folder / "bodies", secret, count=BODIES)
        report: dict[str, object] = {
            "fdatasync_p50_ms": fdatasync_p50_ms(folder),
            "cores": os.cpu_count(),
        }
        for _ in range(chosen.rounds):
            for way in chosen.only:
                runs[way].append(measure(way, folder, secret=secret, load=load))
    are_met = show(report, {way: summarise(done) for way, done in runs.items()})
    return 0 if are_met else 1


if __name__ == "__main__":
    sys.exit(main())
