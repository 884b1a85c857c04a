"""Asks a server the same kind of thing many times, over one connection or several at once."""

import http.client
import itertools
import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from measuring import percentile

_TIMEOUT_S = 60.0
_OK = 200


class Server(Protocol):
    """Where to ask, and with which key."""

    port: int
    key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it; `items` is how many a page had on average."""

    p50_ms: float
    p99_ms: float
    items: float


@dataclass(slots=True)
class _Tally:
    left: "itertools.count[int]"
    took_ms: list[float] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def get(server: Server, path: str) -> Any:
    """One answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_S)
    try:
        return json.loads(_send(connection, server, path))
    finally:
        connection.close()


def ask_all(server: Server, paths: Sequence[str], *, count: int, connections: int) -> Asked:
    """Ask for the paths in turn, from the sent request to the whole answer.

    Raises: SystemExit when an answer was not a success, since the figures would mean nothing.
    """
    for path in paths:
        get(server, path)
    tally = _Tally(itertools.count())
    threads = [
        threading.Thread(target=_ask, args=(server, paths, count, tally))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if tally.failed:
        raise SystemExit(f"{paths[0]}: {tally.failed[0]}")
    return Asked(
        p50_ms=statistics.median(tally.took_ms),
        p99_ms=percentile(tally.took_ms, 0.99),
        items=statistics.mean(tally.items),
    )


def _ask(server: Server, paths: Sequence[str], count: int, tally: _Tally) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_S)
    try:
        while (number := next(tally.left)) < count:
            started = time.perf_counter()
            body = _send(connection, server, paths[number % len(paths)])
            tally.took_ms.append((time.perf_counter() - started) * 1000)
            tally.items.append(body.count(b'"id":'))
    except (OSError, http.client.HTTPException, RuntimeError) as error:
        tally.failed.append(str(error) or type(error).__name__)
    finally:
        connection.close()


def _send(connection: http.client.HTTPConnection, server: Server, path: str) -> bytes:
    connection.request("GET", path, headers={"authorization": f"Bearer {server.key}"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != _OK:
        raise RuntimeError(f"{answer.status} {body[:300]!r}")
    return body
