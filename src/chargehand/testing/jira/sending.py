"""Sends webhook messages in the background, tries again as Jira does, and keeps the results."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from chargehand.domain.errors import Rejected
from chargehand.kit.clock import Clock
from chargehand.testing.jira.shapes import jira_time
from chargehand.testing.jira.webhooks import WebhookMessage, WebhookTarget, signed_headers

RETRY_DELAYS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_RETRIED: Final = frozenset({408, 409, 425, 429})
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
# The client's pool asks every idle connection at every request whether it still lives.
_AT_ONCE: Final = 4


class WebhookMissing(Rejected):
    """No message has this identifier."""

    code = "fake_jira_webhook_missing"
    template = "No webhook with the identifier {identifier} was sent since the fake started."


@dataclass(slots=True)
class Sending:
    """One message on its way to one target.

    Shape: `state` is pending, delivered, refused or given_up; `attempts` holds for each attempt
    its time and status, or what went wrong.
    """

    target: WebhookTarget
    message: WebhookMessage
    state: str = "pending"
    attempts: list[dict[str, str | int]] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        """The last answer's status; None when there was no answer."""
        last = self.attempts[-1].get("status") if self.attempts else None
        return last if isinstance(last, int) else None


class WebhookSender:
    """The sending side of the fake's webhooks.

    Without a running event loop messages stay pending until `settle` is awaited.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._transport = transport
        self._delays = tuple(retry_delays_s)
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[Sending] = []
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._client: httpx.AsyncClient | None = None
        self.sendings: list[Sending] = []

    def submit(self, target: WebhookTarget, message: WebhookMessage) -> Sending:
        """Begin to send a message."""
        sending = Sending(target, message)
        self.sendings.append(sending)
        self._waiting.append(sending)
        self._start_waiting()
        return sending

    def resend(self, identifier: str, times: int) -> int:
        """Send a message again, `times` times, under its old identifier; says how many leave.

        Raises: WebhookMissing when there is no such message.
        """
        found = [s for s in self.sendings if s.message.identifier == identifier]
        if not found:
            raise WebhookMissing(identifier=identifier)
        targets = {sending.target: sending.message for sending in found}
        for _ in range(times):
            for target, message in targets.items():
                self.submit(target, message)
        return times * len(targets)

    async def settle(self) -> None:
        """Send what waits and return when every message is delivered or given up."""
        self._start_waiting()
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop sending; what is under way is dropped, as a stopped Jira would."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _client_here(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self._transport,
                timeout=_TIMEOUT,
                limits=httpx.Limits(max_connections=_AT_ONCE),
            )
        return self._client

    def _start_waiting(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        while self._waiting:
            task = loop.create_task(self._deliver(self._waiting.pop(0)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, sending: Sending) -> None:
        for retry in range(len(self._delays) + 1):
            async with self._slots:
                if await self._attempt(sending, retry):
                    return
            if retry < len(self._delays):
                await self._sleep(self._delays[retry])
        sending.state = "given_up"

    async def _attempt(self, sending: Sending, retry: int) -> bool:
        """Whether the matter is settled, by acceptance or by a refusal that is final."""
        headers = dict(signed_headers(sending.message, sending.target.secret, retry=retry))
        at = jira_time(self._clock.now())
        try:
            response = await self._client_here().post(
                sending.target.url, content=sending.message.body, headers=headers
            )
        except httpx.HTTPError as error:
            sending.attempts.append({"at": at, "error": f"{type(error).__name__}: {error}"})
            return False
        sending.attempts.append({"at": at, "status": response.status_code})
        if response.status_code in _RETRIED or response.is_server_error:
            return False
        sending.state = "delivered" if response.is_success else "refused"
        return True
