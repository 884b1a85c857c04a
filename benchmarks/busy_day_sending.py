"""Sends what vendors tell as they do: signed, some of it twice, out of order, tried again."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx

from chargehand.testing.slack.sending import (
    ANSWER_WITHIN_S,
    RETRY_DELAYS_S,
    Sending,
    signed_headers,
)
from chargehand.testing.slack.workspace_ids import SIGNING_SECRET

_AT_A_TIME: Final = 16
_DUPLICATED: Final = 0.05
# Nothing arrives further from its place than this many others, a repetition twice as far.
_WINDOW: Final = 40
Moments = Mapping[int, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class Message:
    """What a vendor tells.

    Shape: `headers` is asked anew for each attempt, whose number it gets, since some vendors sign
    the moment; after the n-th attempt that failed `delays_s[n]` seconds pass, and there is none
    where that list ends.
    """

    id: str
    url: str
    body: bytes
    headers: Callable[[int], Mapping[str, str]]
    delays_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """One post; `retry` is the number of a repetition, 0 the first time."""

    message: Message
    retry: int = 0


@dataclass(slots=True)
class Sent:
    """What came of it.

    Shape: `acknowledged` holds the ids of what was answered with success at least once.
    Units: `took_s` are seconds from a request to its good answer.
    """

    acknowledged: set[str] = field(default_factory=set)
    took_s: list[float] = field(default_factory=list)
    posts: int = 0
    failures: int = 0


def slack_message(sending: Sending, url: str) -> Message:
    """What Slack tells, signed when it leaves and tried as often as Slack does."""
    body, content_type = sending.body, sending.content_type

    def headers(retry: int) -> Mapping[str, str]:
        proved = signed_headers(SIGNING_SECRET, body, sent_at_s=int(time.time()))
        again = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        return {**proved, "Content-Type": content_type, **(again if retry else {})}

    return Message(sending.id, url, body, headers, RETRY_DELAYS_S)


def disordered(messages: Sequence[Message], chance: random.Random) -> list[Post]:
    """Everything once, five in a hundred twice, and nothing quite in its place."""
    placed = [
        (number + chance.uniform(0, _WINDOW), number, Post(one))
        for number, one in enumerate(messages)
    ]
    for number in chance.sample(range(len(messages)), round(_DUPLICATED * len(messages))):
        place = number + chance.uniform(0, 2 * _WINDOW)
        placed.append((place, number, Post(messages[number], retry=1)))
    return [post for _, _, post in sorted(placed, key=lambda one: one[:2])]


async def send_all(posts: Sequence[Post], moments: Moments, sent: Sent) -> None:
    """Send everything, a few at a time; before post number n, `moments[n]` happens."""
    left = iter(enumerate(posts))

    async def send_some(client: httpx.AsyncClient) -> None:
        for number, post in left:
            if number in moments:
                await moments[number]()
            await _send(client, post, sent)

    limits = httpx.Limits(max_connections=_AT_A_TIME)
    async with (
        httpx.AsyncClient(timeout=ANSWER_WITHIN_S, limits=limits, trust_env=False) as client,
        asyncio.TaskGroup() as senders,
    ):
        for _ in range(_AT_A_TIME):
            senders.create_task(send_some(client))


async def _send(client: httpx.AsyncClient, post: Post, sent: Sent) -> None:
    """Try as often as its vendor does; each attempt is signed anew."""
    message = post.message
    for attempt in range(len(message.delays_s) + 1):
        if attempt:
            await asyncio.sleep(message.delays_s[attempt - 1])
        if await _attempt(client, message, retry=post.retry + attempt, sent=sent):
            sent.acknowledged.add(message.id)
            return


async def _attempt(client: httpx.AsyncClient, message: Message, *, retry: int, sent: Sent) -> bool:
    sent.posts += 1
    started = time.perf_counter()
    headers = dict(message.headers(retry))
    try:
        response = await client.post(message.url, content=message.body, headers=headers)
    except httpx.TransportError:
        sent.failures += 1
        return False
    if not response.is_success:
        sent.failures += 1
        return False
    sent.took_s.append(time.perf_counter() - started)
    return True
