"""What the kernel knows about processes, and an environment that is not the operator's own."""

import os
import random
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Settings of whoever runs the benchmark must not reach what is measured.
_FOREIGN = ("CHARGEHAND_", "ATLASSIAN_", "JIRA_", "BUSINESS_", "COMPANY_")
_FOREIGN_NAMES = ("PORT", "DATABASE_URL", "LOG_LEVEL", "PYTHONDONTWRITEBYTECODE")
# Below those the kernel gives to whoever asks for any.
_PORTS = range(20_000, 32_000)
_CPU_CLOCK = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """What some processes hold; PSS counts a shared page once among those that share it."""

    pss_mb: float
    rss_mb: float


def shipped_environment() -> Mapping[str, str]:
    """The environment without settings, and with compiled modules as an installation has them."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _FOREIGN_NAMES
    }


def free_port() -> int:
    """A port of this machine that nobody listens on, and that the kernel gives to nobody else.

    Raises: SystemExit when all that were tried are taken.
    """
    for port in random.sample(_PORTS, 50):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise SystemExit("no port is free")


def family_of(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family_of(int(child))
    return found


def cpu_s(pid: int) -> float:
    """The processor time a process has taken, its ended threads included, to the nanosecond.

    A process that takes 1 % of a core takes one tick of `/proc` a second, and rarely the one that
    the kernel happens to look at. Source: clock_getcpuclockid(3), which names a process's clock so.

    Raises: OSError when there is no such process.
    """
    return time.clock_gettime((~pid << 3) | _CPU_CLOCK)


def memory_of(pid: int) -> Memory:
    """The memory of one process."""
    kept = {"Pss": 0.0, "Rss": 0.0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in kept:
            kept[name] = int(value.split()[0]) / 1024
    return Memory(kept["Pss"], kept["Rss"])


def role_of(pid: int) -> str:
    """Which part of the service a process is."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return next((role for role in ("front", "worker") if role in words), "supervisor")
