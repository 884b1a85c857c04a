"""Runs `wrk` against a webhook path and tells what came back."""

import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("intake.lua")
PREPARED_SCRIPT = Path(__file__).with_name("prepared.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """How hard to push; `per_s` 0 sends as fast as the answers come."""

    seconds: int
    connections: int = 32
    per_s: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of wrk saw; latencies run from the sent request to the whole answer."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    refused: int
    broken: int

    @property
    def per_s(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds


def require_wrk() -> None:
    """End with a sentence when wrk is not there."""
    if shutil.which("wrk") is None:
        message = "wrk is missing; install it with `apt-get install wrk` or tools/install_bench.sh"
        raise SystemExit(message)


def run_wrk(port: int, bodies: Path, load: Load, *, script: Path = SCRIPT) -> Outcome:
    """Load the server on a port; with Jira's script ids never repeat across runs.

    Raises: SystemExit when an answer was not a success, since the figures would mean nothing.
    """
    pause_ms = round(1000 * load.connections / load.per_s) if load.per_s else 0
    command = [
        *("wrk", "--threads", "1", "--connections", str(load.connections)),
        *("--duration", f"{load.seconds}s", "--timeout", "20s", "--latency"),
        *("--script", str(script)),
        *(f"http://127.0.0.1:{port}", "--", str(bodies), secrets.token_hex(4), str(pause_ms)),
    ]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    outcome = Outcome(**json.loads(text.rpartition("RESULT ")[2]))
    if outcome.refused or outcome.broken:
        raise SystemExit(f"{outcome.refused} answers refused, {outcome.broken} broken")
    return outcome
