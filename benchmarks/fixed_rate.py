"""Webhooks at a fixed rate while the worker dispatches them and answers real mentions."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from measuring import Plan, Row, below
from payloads import write_signed_bodies
from service import PEOPLE, FakeSite, installed_service, wait_until
from wrk import Load, require_wrk, run_wrk

from chargehand.domain.action import Mode

PER_S = 2000
SECONDS = 10
CONNECTIONS = 32
_BODIES = 10_000
P99_BAR_MS = 100.0
_MENTION_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Paced:
    """What `paced.py` saw."""

    answered: int
    refused: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    late_p99_ms: float
    bodies: tuple[str, ...]


def measure(plan: Plan) -> list[Row]:
    """Load the service twice: at fixed moments, and by wrk at about the same rate."""
    require_wrk()
    with installed_service(plan.folder / "fixed-rate") as service:
        bodies = service.folder / "bodies"
        write_signed_bodies(bodies, service.secret, count=_BODIES)
        with service.running():
            service.set_mode(Mode.AUTO)
            with Mentions(service.site) as mentions:
                paced = run_paced(service.port, "bodies", bodies, Pace())
                load = Load(SECONDS, CONNECTIONS, PER_S)
                by_wrk = run_wrk(service.port, bodies, load)
            answered_under_load = len(service.site.posted_comments())
            wait_until(
                lambda: len(service.site.posted_comments()) == mentions.sent,
                "every mention was answered",
            )
    extra = (
        f" (p50 {paced.p50_ms:.1f} ms, most {paced.max_ms:.0f} ms; requests left up to "
        f"{paced.late_p99_ms:.1f} ms late, p99; wrk saw p99 {by_wrk.p99_ms:.1f} ms at "
        f"{by_wrk.per_s:.0f} /s; {answered_under_load} of {mentions.sent} mentions were answered "
        "meanwhile, the others right after)"
    )
    what = f"webhooks at {PER_S:,} a second, worker busy, p99"
    return [below(what, max(paced.p99_ms, by_wrk.p99_ms), P99_BAR_MS, unit="ms", extra=extra)]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, for how long, and over how many connections."""

    per_s: int = PER_S
    seconds: int = SECONDS
    connections: int = CONNECTIONS


def run_paced(port: int, what: str, requests: Path, pace: Pace) -> Paced:
    """Send requests at a fixed rate from another process; `what` is `bodies` or `prepared`.

    Raises: SystemExit when some were refused, since the figures would mean nothing.
    """
    command = [
        *(sys.executable, str(Path(__file__).with_name("paced.py"))),
        *("--port", str(port), f"--{what}", str(requests), "--rate", str(pace.per_s)),
        *("--seconds", str(pace.seconds), "--connections", str(pace.connections)),
    ]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    paced = Paced(**json.loads(told))
    if paced.refused:
        raise SystemExit(f"{paced.refused} requests were refused: {paced.bodies}")
    return paced


class Mentions:
    """People who ask the bot something, a few times a second, until the end of the block."""

    def __init__(self, site: FakeSite) -> None:
        self._site = site
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._ended.wait(_MENTION_EVERY_S):
            person = PEOPLE[self.sent % len(PEOPLE)]
            item = self._site.add_item(f"Chargeback number {self.sent}", person)
            self._site.mention(item, person, "what is blocking this?")
            self.sent += 1
