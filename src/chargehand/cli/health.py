"""`health`: whether the running service can do its work, for those who ask every few seconds."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chargehand.cli.alive import front_address
from chargehand.cli.context import Invocation
from chargehand.cli.output import echo_json, safe_line
from chargehand.domain.errors import ChargehandError
from chargehand.domain.json import JSONObject

if TYPE_CHECKING:
    # pydantic takes longer to load than `--help` may.
    from chargehand.config.settings import Settings

_TIMEOUT_S = 5.0
_LARGEST_ANSWER_BYTES = 65_536


class HealthRole(StrEnum):
    """Which processes are asked about."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    is_ok: bool
    found: str


def health(
    context: typer.Context,
    *,
    role: Annotated[
        HealthRole, typer.Option(help="Ask about everything, or the one role that runs here.")
    ] = HealthRole.ALL,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the front answers; taken from the settings."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=60, metavar="SECONDS", help="Longest wait for the front.")
    ] = _TIMEOUT_S,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether the running service can do its work; exit 0 if it can, 1 with one line a reason.

    Made for health checks of Docker, systemd and load balancers: nothing is changed. Clocks are
    asked about by name only, since workers do without them.

    Example: chargehand health --role web --timeout 3
    """
    invocation: Invocation = context.obj
    try:
        checks = list(_look(invocation, role, url, timeout_s=timeout))
    except ChargehandError as error:
        # Whoever asks by exit code knows two of them.
        checks = [_Found("configuration", is_ok=False, found=str(error))]
    is_healthy = all(check.is_ok for check in checks)
    if as_json:
        shown: JSONObject = {one.name: {"ok": one.is_ok, "found": one.found} for one in checks}
        echo_json({"healthy": is_healthy, "checks": shown})
    else:
        _echo(checks)
    if not is_healthy:
        sys.exit(1)


def _echo(checks: list[_Found]) -> None:
    reasons = [check for check in checks if not check.is_ok]
    for check in reasons:
        typer.echo(f"{check.name}: {safe_line(check.found)}")
    if not reasons:
        typer.echo("healthy: " + ", ".join(check.name for check in checks))
    for check in checks:
        if check.found.startswith("STOPPED"):
            typer.echo(f"{safe_line(check.found)}; see `chargehand status`")


def _look(
    invocation: Invocation, role: HealthRole, url: str | None, *, timeout_s: float
) -> Iterator[_Found]:
    settings = invocation.load_settings()
    if role in (HealthRole.ALL, HealthRole.WEB):
        yield from _ask_front(settings, url, timeout_s=timeout_s)
    if role in (HealthRole.ALL, HealthRole.WORKER):
        yield _look_at(invocation, HealthRole.WORKER)
    if role is HealthRole.CLOCK:
        yield _look_at(invocation, HealthRole.CLOCK)


def _ask_front(settings: "Settings", url: str | None, *, timeout_s: float) -> Iterator[_Found]:
    if url is None and settings.server.port == 0:
        found = "its port is chosen at each start (server.port is 0); name it with --url"
        yield _Found("front", is_ok=False, found=found)
        return
    address = (url or front_address(settings)).rstrip("/")
    if not address.startswith(("http://", "https://")):
        yield _Found("front", is_ok=False, found=f"--url must start with http://: {address}")
        return
    try:
        told = _ready(address, timeout_s)
    except (OSError, ValueError) as error:
        yield _Found("front", is_ok=False, found=f"{address}/ready can not be read: {error}")
        return
    checks = told.get("checks")
    if not isinstance(checks, dict) or told.get("status") not in ("ready", "not_ready"):
        found = f"something else than chargehand answers at {address}"
        yield _Found("front", is_ok=False, found=found)
        return
    yield _Found("front", is_ok=True, found=f"answers at {address}")
    for name, check in checks.items():
        yield _Found(f"front {name}", is_ok=check["ok"] is True, found=str(check["found"]))


def _ready(address: str, timeout_s: float) -> dict[str, Any]:
    """What the front says of itself.

    Raises: OSError when it does not answer as a server would, ValueError when it is no JSON.
    """
    # lazy: the HTTP client of the standard library takes longer than `--help` may.
    import urllib.error
    import urllib.request
    from http.client import HTTPException

    # A proxy of the environment leads out of this machine, and the front is on it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/ready", timeout=timeout_s) as answer:
            body = answer.read(_LARGEST_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 503:  # noqa: PLR2004 - what a front that is not ready says.
                raise
            body = error.read(_LARGEST_ANSWER_BYTES)
    except HTTPException as error:
        raise OSError(type(error).__name__) from error
    told = json.loads(body)
    return told if isinstance(told, dict) else {}


def _look_at(invocation: Invocation, role: HealthRole) -> _Found:
    """The workers or the clocks: they have no port, and note in the database that they live."""
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.processes import list_processes
    from chargehand.pipeline.snapshot import is_worker_alive
    from chargehand.pipeline.watching import WORKER_BEAT

    try:
        with invocation.open_stores() as (settings, stores):
            now = invocation.clock(settings).now()
            beat = stores.database.read(lambda tx: tx.observations.find(WORKER_BEAT))
            sharing = stores.database.read(lambda tx: list_processes(tx, now=now))
    except ChargehandError as error:
        return _Found(role.value, is_ok=False, found=str(error))
    known = [one for one in sharing if one.role.value == role.value]
    if known:
        up = [f"{one.host} process {one.pid}" for one in known if one.is_up]
        found = f"{len(up)} of them: {', '.join(up)}" if up else "none was heard of for a minute"
        return _Found(role.value, is_ok=bool(up), found=found)
    if role is HealthRole.CLOCK or beat is None:
        return _Found(role.value, is_ok=False, found=f"no {role.value} was heard of yet")
    ago_s = (now - beat.observed_at).total_seconds()
    found = f"process {beat.value} was heard of {ago_s:.0f} s ago"
    return _Found("worker", is_ok=is_worker_alive(beat, now), found=found)
