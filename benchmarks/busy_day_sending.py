"""Sends what Slack tells as Slack does: signed, some of it twice, out of order, tried again."""

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
class Post:
    """One post; `retry` is the number Slack gives a repetition, 0 the first time."""

    sending: Sending
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


def disordered(sendings: Sequence[Sending], chance: random.Random) -> list[Post]:
    """Everything once, five in a hundred twice, and nothing quite in its place."""
    placed = [
        (number + chance.uniform(0, _WINDOW), number, Post(one))
        for number, one in enumerate(sendings)
    ]
    for number in chance.sample(range(len(sendings)), round(_DUPLICATED * len(sendings))):
        place = number + chance.uniform(0, 2 * _WINDOW)
        placed.append((place, number, Post(sendings[number], retry=1)))
    return [post for _, _, post in sorted(placed, key=lambda one: one[:2])]


async def send_all(posts: Sequence[Post], url: str, moments: Moments) -> Sent:
    """Send everything, a few at a time; before post number n, `moments[n]` happens."""
    sent, left = Sent(), iter(enumerate(posts))

    async def send_some(client: httpx.AsyncClient) -> None:
        for number, post in left:
            if number in moments:
                await moments[number]()
            await _send(client, url, post, sent)

    limits = httpx.Limits(max_connections=_AT_A_TIME)
    async with (
        httpx.AsyncClient(timeout=ANSWER_WITHIN_S, limits=limits, trust_env=False) as client,
        asyncio.TaskGroup() as senders,
    ):
        for _ in range(_AT_A_TIME):
            senders.create_task(send_some(client))
    return sent


async def _send(client: httpx.AsyncClient, url: str, post: Post, sent: Sent) -> None:
    """Try as often as Slack does; each attempt is signed anew."""
    for attempt in range(len(RETRY_DELAYS_S) + 1):
        if attempt:
            await asyncio.sleep(RETRY_DELAYS_S[attempt - 1])
        if await _attempt(client, url, post, retry=post.retry + attempt, sent=sent):
            sent.acknowledged.add(post.sending.id)
            return


async def _attempt(
    client: httpx.AsyncClient, url: str, post: Post, *, retry: int, sent: Sent
) -> bool:
    body = post.sending.body
    headers = signed_headers(SIGNING_SECRET, body, sent_at_s=int(time.time()))
    headers["Content-Type"] = post.sending.content_type
    if retry:
        headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
    sent.posts += 1
    started = time.perf_counter()
    try:
        response = await client.post(url, content=body, headers=headers)
    except httpx.TransportError:
        sent.failures += 1
        return False
    if not response.is_success:
        sent.failures += 1
        return False
    sent.took_s.append(time.perf_counter() - started)
    return True
