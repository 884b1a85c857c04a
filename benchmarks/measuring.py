"""What every benchmark shares: the plan, the rows of the table, and what the machine is like."""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run goes by.

    Shape: `folder` is empty and goes away afterwards.
    Units: `settle_s` is how long after the start the idle service is looked at.
    """

    folder: Path
    settle_s: float
    fdatasync_p50_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Shape: `margin` is how many times better than the bar the figure is, so that 1 just holds it.
    """

    what: str
    bar: str
    measured: str
    margin: float

    @property
    def is_held(self) -> bool:
        """Whether the bar was held."""
        return self.margin >= 1


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures depend on besides the program."""

    cores: int
    memory_gb: float
    python: str
    fdatasync_p50_ms: float
    load_per_core: float

    def __str__(self) -> str:
        return (
            f"{self.cores} cores, {self.memory_gb:.0f} GB, Python {self.python}, fdatasync p50 "
            f"{self.fdatasync_p50_ms:.3f} ms, load before the run {self.load_per_core:.2f} a core"
        )


def below(what: str, measured: float, bar: float, *, unit: str, extra: str = "") -> Row:
    """A row whose figure has to stay below its bar."""
    margin = bar / measured if measured else float("inf")
    return Row(what, f"< {bar:g} {unit}", f"{measured:.4g} {unit}{extra}", margin)


def at_least(what: str, measured: float, bar: float, *, unit: str, extra: str = "") -> Row:
    """A row whose figure has to reach its bar."""
    return Row(what, f">= {bar:.4g} {unit}", f"{measured:.4g} {unit}{extra}", measured / bar)


def describe_machine(folder: Path) -> Machine:
    """This machine, now."""
    cores = os.cpu_count() or 1
    return Machine(
        cores=cores,
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        python=platform.python_version(),
        fdatasync_p50_ms=fdatasync_p50_ms(folder),
        load_per_core=os.getloadavg()[0] / cores,
    )


def fdatasync_p50_ms(folder: Path, *, rounds: int = 300) -> float:
    """What one durable write of 4 KiB costs on this machine, now."""
    block = os.urandom(_BLOCK)
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


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed.

    Shape: `share` is between 0 and 1.
    """
    ordered = sorted(values)
    place = -(-len(ordered) * share // 1)
    return ordered[max(0, int(place) - 1)]


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| what | bar | measured | ratio | held |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.what} | {row.bar} | {row.measured} | {row.margin:.2f} | "
        f"{'yes' if row.is_held else 'NO'} |"
        for row in rows
    ]
    return "\n".join(lines)


def as_json(machine: Machine, rows: Sequence[Row]) -> str:
    """The same as one line of JSON."""
    found = [{**asdict(row), "is_held": row.is_held} for row in rows]
    return json.dumps({"machine": asdict(machine), "rows": found})
