"""Sends webhooks at a fixed rate, whatever the answers do; a process of its own.

Either signed Jira bodies under ids that hardly repeat, or requests that were prepared whole.

`wrk` waits for an answer before it sends the next request of a connection, so a server that
stands still is asked less often just then. Here request number n is due n / rate seconds after
the start, and its time runs from that moment, waiting for a free connection included.

Its limits: the clock of its event loop ticks in milliseconds, so a request may leave about a
millisecond late, and on a busy machine later; how late is measured and counts against the server.
A request costs it some 50 us of a core, so several thousand a second are the most it can do.
Prints one line of JSON.
"""

import argparse
import asyncio
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

import uvloop
from measuring import percentile
from prepared import whole_request

_TICK_S = 0.001
_MOST_BODIES = 10
_LAST_ANSWERS_S = 20.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = (
    "POST /webhooks/jira/site HTTP/1.1\r\nHost: bench\r\n"
    "User-Agent: Atlassian HttpClient\r\nAccept: */*\r\n"
    "Content-Type: application/json; charset=UTF-8\r\n"
    "X-Atlassian-Webhook-Flow: Primary\r\nX-Hub-Signature: sha256={signature}\r\n"
    "Content-Length: {length}\r\nX-Atlassian-Webhook-Identifier: "
)


class Requests(Protocol):
    """What is sent."""

    def bytes_of(self, number: int) -> bytes:
        """A whole request."""
        ...


class JiraRequests:
    """Signed bodies; five in a hundred repeat an earlier delivery id."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._run = secrets.token_hex(4)
        self._parts = []
        for line in lines:
            signature, _, body = line.rstrip("\n").partition(" ")
            head = _HEAD.format(signature=signature, length=len(body))
            self._parts.append((head.encode(), b"\r\n\r\n" + body.encode()))

    def bytes_of(self, number: int) -> bytes:
        """A whole request."""
        shown = number - 10 if number % 20 == 0 else number
        head, rest = self._parts[shown % len(self._parts)]
        return head + f"{self._run}-{shown}".encode() + rest


class PreparedRequests:
    """Requests that were prepared whole, each sent once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._whole = [whole_request(line.rstrip("\n")) for line in lines]

    def __len__(self) -> int:
        return len(self._whole)

    def bytes_of(self, number: int) -> bytes:
        """A whole request."""
        return self._whole[number]


class Load:
    """What is due, what is under way, and how long it took."""

    def __init__(self, requests: Requests, *, rate: float, seconds: float) -> None:
        self._requests = requests
        self._rate = rate
        self._count = int(rate * seconds)
        self._due: deque[tuple[int, float]] = deque()
        # They take turns: a server closes a connection that rests, after five seconds for ours,
        # and where answers are quick one or two would do all the work and the others rest.
        self.free: deque[Connection] = deque()
        self.taken_s: list[float] = []
        self.late_s: list[float] = []
        self.refused = 0
        # What was answered, as far as there are only a few different things.
        self.bodies: set[str] = set()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Send everything and wait for the last answer."""
        started = time.perf_counter()
        number = 0
        while number < self._count:
            now = time.perf_counter()
            while number < self._count and started + number / self._rate <= now:
                due = started + number / self._rate
                self.late_s.append(now - due)
                self._due.append((number, due))
                number += 1
            self.send_due()
            await asyncio.sleep(_TICK_S)
        try:
            async with asyncio.timeout(_LAST_ANSWERS_S):
                await self._ended.wait()
        except TimeoutError:
            answered = len(self.taken_s) + self.refused
            text = f"{self._count - answered} answers are missing, {len(self._due)} still unsent"
            raise SystemExit(text) from None

    def send_due(self) -> None:
        """Give what is due to the connections that are free."""
        while self._due and self.free:
            number, due = self._due.popleft()
            self.free.popleft().send(self._requests.bytes_of(number), due)

    def answered(self, status: int, due: float, body: bytes) -> None:
        """Note one answer."""
        if len(self.bodies) < _MOST_BODIES:
            self.bodies.add(body.decode())
        if status in (200, 202):
            self.taken_s.append(time.perf_counter() - due)
        else:
            self.refused += 1
        if len(self.taken_s) + self.refused == self._count:
            self._ended.set()


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._due = 0.0
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._load.free.append(self)

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at a moment."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head_end = self._read.find(b"\r\n\r\n")
        length = _LENGTH.search(self._read, 0, max(0, head_end))
        if head_end < 0 or length is None or len(self._read) < head_end + 4 + int(length[1]):
            return
        body = self._read[head_end + 4 : head_end + 4 + int(length[1])]
        self._load.answered(int(self._read[9:12]), self._due, body)
        self._read = b""
        self._load.free.append(self)
        self._load.send_due()

    def connection_lost(self, exc: Exception | None) -> None:
        raise SystemExit(f"the server closed a connection: {exc}")


async def load_server(port: int, load: Load, *, connections: int) -> dict[str, object]:
    """Run the whole load; what came of it."""
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await load.run()
    return {
        "answered": len(load.taken_s),
        "refused": load.refused,
        "p50_ms": 1000 * percentile(load.taken_s, 0.5),
        "p99_ms": 1000 * percentile(load.taken_s, 0.99),
        "max_ms": 1000 * max(load.taken_s),
        "late_p99_ms": 1000 * percentile(load.late_s, 0.99),
        "bodies": sorted(load.bodies),
    }


def main() -> None:
    """Load a server that runs already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--bodies", type=Path, help="a line each: signature, space, body, for Jira")
    what.add_argument("--prepared", type=Path, help="a line each, see prepared.py")
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    chosen = parser.parse_args()
    with (chosen.bodies or chosen.prepared).open(encoding="utf-8") as file:
        lines = file.readlines()
    if chosen.prepared is not None and len(lines) < int(chosen.rate * chosen.seconds):
        parser.error(f"--prepared: there are {len(lines)} requests, too few")
    kind = PreparedRequests if chosen.prepared is not None else JiraRequests
    requests: Requests = kind(lines)
    load = Load(requests, rate=chosen.rate, seconds=chosen.seconds)
    found = uvloop.run(load_server(chosen.port, load, connections=chosen.connections))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
