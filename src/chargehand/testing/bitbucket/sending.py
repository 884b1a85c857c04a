"""Posts webhooks, signed, in order, and again as Bitbucket does where nobody answered well."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from chargehand.kit.signing import hmac_sha256_hex
from chargehand.testing.bitbucket.host import Told, Voice
from chargehand.testing.bitbucket.records import Webhook

RETRY_DELAYS_S: Final = (0.5, 2.0)
_TIMEOUT_S: Final = 10.0


@dataclass(slots=True)
class Sending:
    """One message to one webhook; `attempts` holds the status of each, or what went wrong."""

    id: str
    url: str
    secret: str
    name: str
    body: bytes
    hook: str = ""
    state: str = "pending"
    attempts: list[int | str] = field(default_factory=list)


class HookSender:
    """The sending side of the fake; without an event loop messages wait for `settle`."""

    def __init__(
        self,
        voice: Voice,
        *,
        id_header: str,
        transport: httpx.AsyncBaseTransport | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.sendings: list[Sending] = []
        self.further: list[Webhook] = []
        self._voice = voice
        self._id_header = id_header
        self._transport = transport
        self._delays = tuple(retry_delays_s)
        self._sleep = sleep
        self._waiting: list[Sending] = []
        self._task: asyncio.Task[None] | None = None
        self._client: httpx.AsyncClient | None = None

    def tell(self, told: Told) -> None:
        """Begin to post what happened to every webhook that wants it."""
        worded = self._voice.word(told)
        if worded is None:
            return
        name, payload = worded
        body = json.dumps(payload, default=str).encode()
        for hook in (*told.repository.webhooks, *self.further):
            if hook.is_active and (not hook.events or name in hook.events):
                self.post(hook, name, body)

    def post(self, hook: Webhook, name: str, body: bytes) -> Sending:
        """Post one message."""
        number = len(self.sendings) + 1
        sending = Sending(
            f"00000000-0000-4000-8000-{number:012d}", hook.url, hook.secret, name, body, hook.id
        )
        self.sendings.append(sending)
        self._waiting.append(sending)
        self._start()
        return sending

    def resend(self, identifier: str, times: int) -> int:
        """Post a message again under its old id; how many leave."""
        found = [one for one in self.sendings if one.id == identifier]
        self._waiting += found * times
        self._start()
        return len(found) * times

    async def settle(self) -> None:
        """Return when every message is delivered or given up."""
        self._start()
        while self._task is not None and not self._task.done():
            await self._task

    async def close(self) -> None:
        """Stop; what is under way is dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def headers_of(self, sending: Sending) -> dict[str, str]:
        """What proves and names a message."""
        signature = hmac_sha256_hex(sending.secret.encode(), sending.body)
        proof = {"X-Hub-Signature": f"sha256={signature}"} if sending.secret else {}
        return {
            "Content-Type": "application/json",
            "X-Event-Key": sending.name,
            "X-Hook-UUID": sending.hook.strip("{}"),
            "X-Attempt-Number": str(len(sending.attempts) + 1),
            self._id_header: sending.id,
            **proof,
        }

    def _start(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._waiting and (self._task is None or self._task.done()):
            self._task = loop.create_task(self._send_all())

    async def _send_all(self) -> None:
        while self._waiting:
            sending = self._waiting.pop(0)
            for retry in range(len(self._delays) + 1):
                if await self._attempt(sending):
                    sending.state = "delivered"
                    break
                if retry < len(self._delays):
                    await self._sleep(self._delays[retry])
            else:
                sending.state = "given_up"

    async def _attempt(self, sending: Sending) -> bool:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT_S)
        headers: dict[str, Any] = self.headers_of(sending)
        try:
            answer = await self._client.post(sending.url, content=sending.body, headers=headers)
        except httpx.HTTPError as error:
            sending.attempts.append(type(error).__name__)
            return False
        sending.attempts.append(answer.status_code)
        return answer.is_success
