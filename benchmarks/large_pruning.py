"""Webhooks while nothing else happens, and while a third of everything is pruned at full speed."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from large_service import LargeService
from measuring import Row, below
from payloads import write_signed_bodies

from chargehand.bootstrap.configured import pipeline_rules
from chargehand.config.load import load_settings
from chargehand.domain.retention import Kept
from chargehand.kit.clock import SystemClock
from chargehand.pipeline.pruning import Pruning

_PER_S = 300
_SECONDS = 15
_CONNECTIONS = 16
_BODIES = 4000
_BAR_MS = 60.0


def measure_pruning(service: LargeService) -> list[Row]:
    """The p99 of webhooks without and with a pruning run, and how fast the run was."""
    bodies = service.folder / "bodies"
    write_signed_bodies(bodies, service.secret, count=_BODIES)
    alone = _webhooks(service, bodies)
    ended = threading.Event()
    told: list[dict[str, float]] = []
    thread = threading.Thread(target=_load_until, args=(service, bodies, ended, told))
    thread.start()
    with service.stores() as stores:
        settings = load_settings(service.config, {})
        retention = pipeline_rules(settings).retention
        run = Pruning(stores.database, stores.queue, retention, SystemClock()).begin()
        started_s, longest_s = time.monotonic(), 0.0
        while True:
            step_s = time.monotonic()
            goes_on = run.step()
            longest_s = max(longest_s, time.monotonic() - step_s)
            if not goes_on:
                break
            time.sleep(run.rest_s)
        took_s = time.monotonic() - started_s
        run.finish(by="cli:bench")
    ended.set()
    thread.join()
    p99_ms = max(one["p99_ms"] for one in told)
    raw, texts = run.removed[Kept.RAW_DELIVERIES], run.removed[Kept.TEXTS]
    extra = (
        f" (p99 {alone['p99_ms']:.1f} ms without; {raw:,} raw deliveries and {texts:,} texts went "
        f"in {took_s:.0f} s, {(raw + texts) / took_s:,.0f} a second; longest step "
        f"{longest_s * 1000:.0f} ms)"
    )
    what = f"{service.database}: webhooks at {_PER_S} a second while pruning, p99"
    return [below(what, p99_ms, _BAR_MS, unit="ms", extra=extra)]


def _load_until(
    service: LargeService, bodies: Path, ended: threading.Event, told: list[dict[str, float]]
) -> None:
    """Rounds of webhooks, until the pruning is over; the first one always whole."""
    while not told or not ended.is_set():
        told.append(_webhooks(service, bodies))


def _webhooks(service: LargeService, bodies: Path) -> dict[str, float]:
    command = [
        *(sys.executable, str(Path(__file__).with_name("paced.py"))),
        *("--port", str(service.port), "--bodies", str(bodies), "--rate", str(_PER_S)),
        *("--seconds", str(_SECONDS), "--connections", str(_CONNECTIONS)),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    if found["refused"]:
        raise SystemExit(f"{found['refused']:.0f} webhooks were refused")
    return found
