"""Checks of the machine that the service runs on: its processes, and room on its disk."""

from typing import TYPE_CHECKING, Final

from chargehand.cli.alive import look_at_clock, look_at_front, look_at_worker

if TYPE_CHECKING:
    from chargehand.config.settings import Settings
    from chargehand.plugins.connector import Check

_LEAST_FREE_BYTES: Final = 512 * 1024 * 1024
# SQLite needs some pages to write anything at all.
_FULL_BYTES: Final = 4 * 1024 * 1024


def service_check(settings: "Settings") -> "Check":
    """Whether `serve` runs here; before it is started for the first time nothing is wrong."""
    # lazy: what the checks need takes longer than `--help` may.
    from chargehand.plugins.connector import Check, CheckState

    seen = {"front": look_at_front(settings), "worker": look_at_worker(settings)}
    clock = look_at_clock(settings)
    # Nobody needs one, so only one that is there is told of.
    beside = {"clock": clock} if clock.is_up else {}
    found = "; ".join(f"{name}: {one.found}" for name, one in {**seen, **beside}.items())
    if all(one.is_up for one in seen.values()):
        return Check("service", CheckState.PASSED, found)
    mend = "Nothing is received, decided or sent by what does not run: `chargehand serve`."
    return Check("service", CheckState.WARNED, found, mend)


def disk_check(free_bytes: int) -> "Check":
    """Whether there is room for what comes."""
    # lazy: as above.
    from chargehand.plugins.connector import Check, CheckState

    found = f"{free_bytes // 2**20} MiB free"
    if free_bytes < _FULL_BYTES:
        mend = "Make room: deliveries are refused, nothing is decided, and nothing is sent."
        return Check("disk", CheckState.FAILED, found, mend)
    if free_bytes < _LEAST_FREE_BYTES:
        mend = "Make room before it is full: deliveries are refused then."
        return Check("disk", CheckState.WARNED, found, mend)
    return Check("disk", CheckState.PASSED, found)
