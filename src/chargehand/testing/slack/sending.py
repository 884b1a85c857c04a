"""Sends events, commands and interactions: signed posts that are retried, or a socket."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from starlette.websockets import WebSocket

from chargehand.kit.clock import EPOCH, Clock
from chargehand.kit.signing import hmac_sha256_hex

# Slack waits three seconds for an answer, and tries again almost at once, after a minute, and
# after five minutes; the fake does not wait as long.
ANSWER_WITHIN_S: Final = 3.0
RETRY_DELAYS_S: Final = (0.2, 1.0, 5.0)
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the app is told of what happens, and the secret that signs it."""

    url: str
    signing_secret: str


@dataclass(slots=True)
class Sending:
    """One message on its way.

    Shape: `kind` is Socket Mode's word for it; `state` is pending, delivered or given_up;
    `attempts` holds the status of each, or what went wrong; `answer` is the last answer's body.
    """

    id: str
    kind: str
    payload: Mapping[str, Any]
    state: str = "pending"
    attempts: list[int | str] = field(default_factory=list)
    answer: str = ""

    @property
    def body(self) -> bytes:
        """What a post carries."""
        if self.kind == "slash_commands":
            return urlencode(self.payload).encode()
        if self.kind == "interactive":
            return urlencode({"payload": json.dumps(self.payload)}).encode()
        return json.dumps(self.payload).encode()

    @property
    def content_type(self) -> str:
        """How it is encoded."""
        return "application/json" if self.kind == "events_api" else _FORM


def signed_headers(secret: str, body: bytes, *, sent_at_s: int) -> dict[str, str]:
    """The two headers that prove a post."""
    base = f"v0:{sent_at_s}:".encode() + body
    return {
        "X-Slack-Request-Timestamp": str(sent_at_s),
        "X-Slack-Signature": f"v0={hmac_sha256_hex(secret.encode(), base)}",
    }


class EventSender:
    """The sending side of the fake; what a socket does not acknowledge goes to the next one."""

    def __init__(
        self,
        *,
        clock: Clock,
        targets: Sequence[Target] = (),
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.targets = tuple(targets)
        self.sendings: list[Sending] = []
        self.sockets: list[WebSocket] = []
        self.is_socket_mode = False
        self._clock = clock
        self._delays = tuple(retry_delays_s)
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._unacknowledged: dict[str, Sending] = {}

    def send_event(self, payload: Mapping[str, Any]) -> Sending:
        """Send an event in its envelope."""
        return self.send("events_api", payload)

    def send(self, kind: str, payload: Mapping[str, Any]) -> Sending:
        """Send one message by the socket, or to every target."""
        sending = Sending(f"env-{len(self.sendings) + 1}", kind, payload)
        self.sendings.append(sending)
        if self.is_socket_mode:
            self._unacknowledged[sending.id] = sending
            for socket in self.sockets[-1:]:
                self._spawn(self._say(socket, sending))
        else:
            for target in self.targets:
                self._spawn(self._post(target, sending))
        return sending

    def send_again(self, sending: Sending, times: int) -> None:
        """Post a message again, as Slack does when it saw no answer."""
        for number in range(times):
            for target in self.targets:
                self._spawn(self._attempt(target, sending, retry=number + 1))

    async def settle(self) -> None:
        """Return when everything is delivered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def serve_socket(self, socket: WebSocket) -> None:
        """Speak Socket Mode on a connection until it ends."""
        await socket.accept()
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.sockets) + 1,
                "connection_info": {"app_id": "A0CHARGE"},
                "debug_info": {"host": "fake", "approximate_connection_time": 18060},
            }
        )
        self.sockets.append(socket)
        try:
            for sending in list(self._unacknowledged.values()):
                await self._say(socket, sending)
            while (message := await socket.receive())["type"] != "websocket.disconnect":
                self._acknowledge(str(message.get("text") or message.get("bytes", b"").decode()))
        finally:
            self.sockets.remove(socket)

    async def disconnect(self, reason: str) -> None:
        """End every socket, as Slack does from time to time."""
        for socket in list(self.sockets):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})

    async def close(self) -> None:
        """Stop sending; what is under way is dropped."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, socket: WebSocket, sending: Sending) -> None:
        sending.attempts.append("socket")
        await socket.send_json(
            {
                "envelope_id": sending.id,
                "payload": dict(sending.payload),
                "type": sending.kind,
                "accepts_response_payload": sending.kind != "events_api",
                "retry_attempt": len(sending.attempts) - 1,
                "retry_reason": "" if len(sending.attempts) == 1 else "timeout",
            }
        )

    def _acknowledge(self, text: str) -> None:
        said = json.loads(text)
        sending = self._unacknowledged.pop(str(said.get("envelope_id")), None)
        if sending is not None:
            sending.state = "delivered"
            sending.answer = json.dumps(said["payload"]) if "payload" in said else ""

    async def _post(self, target: Target, sending: Sending) -> None:
        # Interactions and commands are never retried: a person sees that it failed.
        delays = self._delays if sending.kind == "events_api" else ()
        for retry in range(len(delays) + 1):
            if await self._attempt(target, sending, retry=retry):
                sending.state = "delivered"
                return
            if retry < len(delays):
                await self._sleep(delays[retry])
        sending.state = "given_up"

    async def _attempt(self, target: Target, sending: Sending, *, retry: int) -> bool:
        sent_at_s = int((self._clock.now() - EPOCH).total_seconds())
        body = sending.body
        headers = signed_headers(target.signing_secret, body, sent_at_s=sent_at_s)
        headers["Content-Type"] = sending.content_type
        if retry:
            headers["X-Slack-Retry-Num"] = str(retry)
            headers["X-Slack-Retry-Reason"] = "http_error"
        try:
            response = await self._client_here().post(target.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            sending.attempts.append(type(error).__name__)
            return False
        sending.attempts.append(response.status_code)
        sending.answer = response.text
        return response.is_success

    def _client_here(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN_S)
        return self._client
