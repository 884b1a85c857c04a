"""Posts what happened to a repository's webhooks, signed; GitHub itself never tries again."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec

from chargehand.kit.signing import hmac_sha256_hex

# GitHub waits ten seconds for an answer.
ANSWER_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where everything is told of, and the secret that signs it."""

    url: str
    secret: str


@dataclass(slots=True)
class Sending:
    """One event on its way; `attempts` holds the status of each, or what went wrong."""

    id: str
    event: str
    url: str
    secret: str
    payload: Mapping[str, Any]
    attempts: list[int | str] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """What the post carries."""
        return msgspec.json.encode(self.payload)


class EventSender:
    """The sending side of the fake."""

    def __init__(self, targets: Sequence[Target] = ()) -> None:
        self.targets = tuple(targets)
        self.sendings: list[Sending] = []
        self.is_silent = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    def send(self, event: str, payload: Mapping[str, Any], targets: Sequence[Target]) -> None:
        """Post an event to the given targets and to those of the fake.

        Shape: while `is_silent` nothing is sent, which is how a delivery is lost.
        """
        if self.is_silent:
            return
        for target in dict.fromkeys((*self.targets, *targets)):
            sending = Sending(str(uuid.uuid4()), event, target.url, target.secret, payload)
            self.sendings.append(sending)
            self._spawn(sending)

    def send_again(self, sending: Sending, times: int = 1) -> None:
        """Post an event again under its own id, as a person may ask GitHub to."""
        for _ in range(times):
            self._spawn(sending)

    async def settle(self) -> None:
        """Return when everything was posted."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop sending; what is under way is dropped."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _spawn(self, sending: Sending) -> None:
        task = asyncio.get_running_loop().create_task(self._post(sending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, sending: Sending) -> None:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN_S)
        body = sending.body
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/fake",
            "X-GitHub-Delivery": sending.id,
            "X-GitHub-Event": sending.event,
            "X-Hub-Signature-256": f"sha256={hmac_sha256_hex(sending.secret.encode(), body)}",
        }
        try:
            answer = await self._client.post(sending.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            sending.attempts.append(type(error).__name__)
            return
        sending.attempts.append(answer.status_code)
