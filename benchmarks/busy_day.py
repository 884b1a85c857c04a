"""A busy day of a workspace, replayed: every question answered once, none lost, none twice.

Events come twice and out of order, the worker and the front are killed once each in the middle,
and Slack's own messages are the judge: the fake counts every post and recognises no repetition.
Prints what happened, and as the last line the same as JSON; the exit code is 1 when a question was
lost or answered twice.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from busy_day_sending import Post, Sent, disordered, send_all, slack_message
from busy_day_story import Asked, Story
from chat_service import Chats, running_chats
from measuring import Plan, Row, below, percentile
from service import Service

from chargehand.bootstrap.stores import Stores, open_stores
from chargehand.testing.slack import FakeSlack
from chargehand.testing.slack.workspace_ids import BOT

MESSAGES: Final = 10_000
ASKS_IN_A_HUNDRED: Final = 3.0
SEED: Final = 20261127
_PEOPLE: Final = 40
_MESSAGES_A_CHANNEL: Final = 500
_FEWEST_CHANNELS: Final = 6
_REST_WITHIN_S: Final = 900.0
_LOOK_EVERY_S: Final = 0.2
_KEY: Final = re.compile(r"\bPAY-\d+\b")
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen; `wrong` holds a line for each fault.

    Shape: `untold` are questions no event of which was ever acknowledged, so that nobody promised
    anything; `taken_back` were deleted, before or after they were answered.
    """

    messages: int
    events: int
    posts: int
    failures: int
    duplicates: int
    asks: int
    answered: int
    untold: int
    taken_back: int
    lost: int
    twice: int
    unasked: int
    ack_p50_ms: float
    ack_p99_ms: float
    sent_in_s: float
    rest_in_s: float
    wrong: tuple[str, ...]


async def replay(
    folder: Path, *, messages: int, asks: int, seed: int, slack_settings: str = ""
) -> Result:
    """Act a day out, send it, kill two processes meanwhile, and count the answers."""
    chance = random.Random(seed)
    channels = max(_FEWEST_CHANNELS, messages // _MESSAGES_A_CHANNEL)
    async with running_chats(
        folder, channels=channels, people=_PEOPLE, slack_settings=slack_settings
    ) as chats:
        keys = await chats.add_items(asks, "Refund number")
        story = Story(chats.slack, chance, channels=chats.channels, persons=chats.people)
        story.act(messages, keys)
        told = tuple(chats.slack.sender.sendings)
        posts = disordered([slack_message(one, chats.slack_hook) for one in told], chance)
        begun, sent = time.monotonic(), Sent()
        await send_all(posts, _kills(chats.service, posts, chance), sent)
        sent_in_s = time.monotonic() - begun
        await _await_rest(chats, story.asks, sent)
        rest_in_s = time.monotonic() - begun - sent_in_s
        answers = answers_in(chats.slack)
    judged = _judge(story.asks, sent, answers)
    return Result(
        messages=messages,
        events=len(told),
        posts=sent.posts,
        failures=sent.failures,
        duplicates=len(posts) - len(told),
        ack_p50_ms=1000 * percentile(sent.took_s, 0.5),
        ack_p99_ms=1000 * percentile(sent.took_s, 0.99),
        sent_in_s=sent_in_s,
        rest_in_s=rest_in_s,
        **judged,
    )


def _kills(
    service: Service, posts: Sequence[Post], chance: random.Random
) -> dict[int, Callable[[], Awaitable[None]]]:
    """The worker is killed in the middle third, the front somewhere in the last."""

    third = len(posts) // 3
    return {
        chance.randrange(third, 2 * third): killing(service, "worker"),
        chance.randrange(2 * third, len(posts)): killing(service, "front"),
    }


def killing(service: Service, role: str) -> Callable[[], Awaitable[None]]:
    """What kills the worker or the front, and says so."""
    return lambda: asyncio.to_thread(_kill, service, role)


def _kill(service: Service, role: str) -> None:
    pid = service.kill(role)
    print(f"busy_day: killed the {role}, process {pid}", file=sys.stderr, flush=True)


async def _await_rest(chats: Chats, asks: Sequence[Asked], sent: Sent) -> None:
    """Return when every promised question is answered and nothing is under way any more."""
    promised = {_place_of(one) for one in asks if _is_promised(one, sent)}
    await await_rest(chats.service, lambda: promised <= answers_in(chats.slack).keys())


async def await_rest(service: Service, is_answered: Callable[[], bool]) -> None:
    """Return when nothing is under way and everything is answered, or after a quarter of an hour.

    What never comes is counted afterwards.
    Raises: SystemExit when the service ended by itself.
    """
    stores = await asyncio.to_thread(open_stores, service.settings)
    try:
        end_s = time.monotonic() + _REST_WITHIN_S
        while time.monotonic() < end_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            service.require_running()
            is_idle = await asyncio.to_thread(_is_idle, stores)
            if is_idle and await asyncio.to_thread(is_answered):
                return
    finally:
        await asyncio.to_thread(stores.close)


def _is_idle(stores: Stores) -> bool:
    waiting = stores.database.read(lambda tx: tx.stats.open_work())
    stored = stores.queue.counts()
    left = stored.interactive + stored.bulk + waiting["asks_open"] + waiting["actions_under_way"]
    return left == 0


def answers_in(slack: FakeSlack) -> Counter[Place]:
    """What the bot posted, by where it stands and the work item it is about."""
    found: Counter[Place] = Counter()
    for channel in slack.workspace.channels.values():
        for message in channel.messages:
            if message.raw.get("user") == BOT:
                named = _KEY.search(str(message.raw["text"]))
                found[channel.id, message.thread_ts, named[0] if named else ""] += 1
    return found


def _judge(asks: Sequence[Asked], sent: Sent, answers: Counter[Place]) -> dict[str, object]:
    wrong: list[str] = []
    kept = [one for one in asks if not one.is_taken_back]
    promised = [one for one in kept if _is_promised(one, sent)]
    lost = [one for one in promised if not answers[_place_of(one)]]
    twice = [one for one in asks if answers[_place_of(one)] > 1]
    asked = {_place_of(one) for one in asks}
    unasked = [place for place in answers if place not in asked]
    wrong += [f"lost: {one.key} in {one.channel} {one.thread}" for one in lost]
    wrong += [f"twice: {one.key} in {one.channel} {one.thread}" for one in twice]
    wrong += [f"nobody asked: {' '.join(place)}" for place in unasked]
    return {
        "asks": len(asks),
        "answered": sum(answers[_place_of(one)] > 0 for one in kept),
        "untold": len(kept) - len(promised),
        "taken_back": len(asks) - len(kept),
        "lost": len(lost),
        "twice": len(twice),
        "unasked": len(unasked),
        "wrong": tuple(wrong),
    }


def _place_of(asked: Asked) -> Place:
    return asked.channel, asked.thread, asked.key


def _is_promised(asked: Asked, sent: Sent) -> bool:
    is_told = any(one.id in sent.acknowledged for one in asked.told_by)
    return is_told and not asked.is_taken_back


def measure(plan: Plan) -> list[Row]:
    """Replay the whole day, with what ships."""
    asks = round(MESSAGES * ASKS_IN_A_HUNDRED / 100)
    result = asyncio.run(replay(plan.folder / "busy-day", messages=MESSAGES, asks=asks, seed=SEED))
    for line in result.wrong:
        print(f"busy_day: {line}", file=sys.stderr)
    return [row_of(result)]


def row_of(result: Result) -> Row:
    """The row of the table."""
    extra = (
        f" ({result.answered} of {result.asks} questions answered once, {result.taken_back} taken "
        f"back, {result.untold} never acknowledged; {result.lost} lost, {result.twice} twice, "
        f"{result.unasked} unasked; {result.events:,} events in {result.posts:,} posts, "
        f"{result.duplicates} of them repetitions, {result.failures} failed; sent in "
        f"{result.sent_in_s:.0f} s, at rest {result.rest_in_s:.0f} s later; acknowledged p50 "
        f"{result.ack_p50_ms:.0f} ms, p99 {result.ack_p99_ms:.0f} ms)"
    )
    what = f"a busy day of {result.messages:,} messages, two kill -9: questions lost or repeated"
    return below(what, float(len(result.wrong)), 1, unit="questions", extra=extra)


def main() -> int:
    """Replay a day of any size; 1 when something went wrong in it."""
    parser = argparse.ArgumentParser(prog="busy_day.py", description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="how much happens")
    parser.add_argument("--asks", type=int, help="questions among it; three in a hundred")
    parser.add_argument("--seed", type=int, default=SEED, help="another one is another day")
    parser.add_argument(
        "--request-timeout",
        default=None,
        metavar="PT20S",
        help="longest wait for Slack; who was killed while sending is waited for as long",
    )
    chosen = parser.parse_args()
    asks = chosen.asks or max(1, round(chosen.messages * ASKS_IN_A_HUNDRED / 100))
    slack = f'request_timeout = "{chosen.request_timeout}"' if chosen.request_timeout else ""
    with tempfile.TemporaryDirectory(prefix="chargehand-busy-day-") as folder:
        result = asyncio.run(
            replay(
                Path(folder) / "day",
                messages=chosen.messages,
                asks=asks,
                seed=chosen.seed,
                slack_settings=slack,
            )
        )
    print("\n".join(result.wrong) or row_of(result).measured)
    print(json.dumps(asdict(result)))
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
