"""Whether the processes of `chargehand serve` run: asks the front, looks at the others' locks."""

import fcntl
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # pydantic takes longer to load than `--help` may.
    from chargehand.config.settings import Settings

_TIMEOUT_S = 2.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named, not listened on.


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether a process runs, and what was found in a few words."""

    is_up: bool
    found: str


def front_address(settings: "Settings") -> str:
    """Where the front of these settings answers on this machine."""
    host = _EVERYWHERE.get(settings.server.host, settings.server.host)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{settings.server.port}"


def look_at_front(settings: "Settings") -> Liveness:
    """Ask the front how it is, with little patience."""
    if settings.server.port == 0:
        return Liveness(is_up=False, found="its port is chosen at each start (server.port is 0)")
    address = front_address(settings)
    try:
        # The address is made from our own settings and is http.
        with urllib.request.urlopen(f"{address}/health", timeout=_TIMEOUT_S) as answer:  # noqa: S310
            told = json.load(answer)
        version = told["version"]
    except urllib.error.HTTPError as error:
        return Liveness(is_up=False, found=f"{address} answers with HTTP {error.code}")
    except (OSError, HTTPException):
        return Liveness(is_up=False, found=f"nothing answers at {address}")
    except (ValueError, KeyError, TypeError):
        return Liveness(is_up=False, found=f"something else than chargehand answers at {address}")
    return Liveness(is_up=True, found=f"answers at {address}, version {version}")


def look_at_worker(settings: "Settings") -> Liveness:
    """See whether a worker on this machine holds its lock on the data folder."""
    return _look_at_lock(settings, "worker")


def look_at_clock(settings: "Settings") -> Liveness:
    """See whether a clock on this machine holds its lock on the data folder."""
    return _look_at_lock(settings, "clock")


def _look_at_lock(settings: "Settings", role: str) -> Liveness:
    path = settings.storage.data_dir / f"{role}.lock"
    holder = _holder(path)
    if holder is None or not _exists(holder) or not _is_locked(path):
        return Liveness(is_up=False, found=f"no {role} runs on this machine with this data folder")
    return Liveness(is_up=True, found=f"runs as process {holder}")


def _holder(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isascii() and text.isdigit() else None


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_locked(path: Path) -> bool:
    # Asked only when the process named in the file exists: for this moment a worker that is just
    # starting would be refused its lock.
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
