"""How soon Slack and Discord are acknowledged and answered, beside a worker that is busy."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from chat_payloads import (
    DEFERRED_REPLY,
    DEFERRED_UPDATE,
    discord_line,
    discord_presses,
    slack_line,
    slack_presses,
)
from chat_service import MENTION, Chats, moment_of_stamp, ms_between, running_chats, wait_for
from fixed_rate import Pace, Paced, run_paced
from measuring import Plan, Row, below, percentile
from prepared import write_requests

from chargehand.testing.discord.people import COMMAND
from chargehand.testing.discord.state import APPLICATION_ID
from chargehand.testing.jira.received import ReceivedRequest
from chargehand.testing.slack import people
from chargehand.testing.slack.sending import Target
from chargehand.testing.slack.workspace_ids import SIGNING_SECRET

_SAMPLES: Final = 80
_WARM_UP: Final = 5
_REPLY_P99_BAR_MS: Final = 1000.0
_ACK_P99_BAR_MS: Final = 300.0
_PACE: Final = Pace(per_s=500, seconds=10)
_COMMANDS: Final = 100
# Slack takes about three messages a second of a bot; a question that has to wait for its turn
# would measure Slack.
_PAUSE_S: Final = (0.3, 0.5)
_MENTION_EVERY_S: Final = 0.4
_MOST_MENTIONS: Final = 100
# The interactions before them are all looked at first, by a worker that goes behind the front.
_ALL_ANSWERED_WITHIN_S: Final = 400.0
_CHANNELS: Final = 8
_PEOPLE: Final = 20


def measure(plan: Plan) -> list[Row]:
    """Ask in both chats, one question after the other; then send interactions by the thousand."""
    return asyncio.run(_measure(plan.folder / "chats"))


async def _measure(folder: Path) -> list[Row]:
    chance = random.Random(5)
    rows = []
    async with running_chats(folder, channels=_CHANNELS, people=_PEOPLE) as chats:
        keys = iter(await chats.add_items(2 * (_SAMPLES + _WARM_UP), "Refund number"))
        _listen(chats, is_listening=True)
        by_slack = [
            await _paused(_ask_in_slack(chats, number, next(keys)), chance)
            for number in range(_SAMPLES + _WARM_UP)
        ]
        rows += _reply_rows("Slack mention to reply posted", by_slack)
        async with httpx.AsyncClient(trust_env=False) as client:
            by_discord = [
                await _paused(_ask_in_discord(chats, client, next(keys)), chance)
                for _ in range(_SAMPLES + _WARM_UP)
            ]
        rows += _reply_rows("Discord command to reply edited", by_discord)
        rows.append(await _acknowledge_slack(chats, folder / "slack-requests"))
        rows.append(await _acknowledge_discord(chats, folder / "discord-requests"))
    return rows


async def _paused(asking: Awaitable[float], chance: random.Random) -> float:
    took_ms = await asking
    # Spread over whatever the worker does at fixed times.
    await asyncio.sleep(chance.uniform(*_PAUSE_S))
    return took_ms


async def _ask_in_slack(chats: Chats, number: int, key: str) -> float:
    channel, person = chats.channels[number % _CHANNELS], chats.people[number % _PEOPLE]
    text = f"{MENTION} status {key}"
    said = people.say(chats.slack.workspace, channel, user=person.id, text=text)
    reply = await wait_for(lambda: _slack_reply(chats, said.ts))
    return ms_between(moment_of_stamp(said.ts), reply.at)


async def _ask_in_discord(chats: Chats, client: httpx.AsyncClient, key: str) -> float:
    discord = chats.discord
    made = discord.command(f"status {key}", author="Mei Tanaka", channel="payments")
    headers, body = discord.signed(made)
    left_at = discord.fake_clock.now()
    promise = await client.post(chats.discord_hook, headers=headers, content=body)
    discord.take_answer(made, promise.status_code, promise.json())
    path = f"/api/v10/webhooks/{APPLICATION_ID}/{made.token}/messages/@original"
    reply = await wait_for(lambda: _request(discord.requests, "PATCH", path))
    return ms_between(left_at, reply.at)


def _reply_rows(what: str, took_ms: list[float]) -> list[Row]:
    kept = took_ms[_WARM_UP:]
    extra = f" (p50 {percentile(kept, 0.5):.4g} ms, {len(kept)} questions)"
    return [
        below(f"{what}, p99", percentile(kept, 0.99), _REPLY_P99_BAR_MS, unit="ms", extra=extra)
    ]


async def _acknowledge_slack(chats: Chats, path: Path) -> Row:
    keys = await chats.add_items(_COMMANDS, "Charge number")
    _listen(chats, is_listening=False)
    count = _PACE.per_s * _PACE.seconds
    presses = slack_presses(chats.slack, chats.channels[0], count, keys=keys)
    write_requests(path, [slack_line(one) for one in presses])
    return await _acknowledge(chats, "Slack", path, expected={""})


async def _acknowledge_discord(chats: Chats, path: Path) -> Row:
    keys = await chats.add_items(_COMMANDS, "Payout number")
    discord, lines = chats.discord, []
    count = _PACE.per_s * _PACE.seconds
    for made in discord_presses(discord, "payments", count, keys=keys):
        lines.append(discord_line(discord, made))
        if made.type == COMMAND:  # Its answer goes to the sender, not to the fake.
            discord.take_answer(made, 200, {"type": 5})
    write_requests(path, lines)
    return await _acknowledge(chats, "Discord", path, expected={DEFERRED_REPLY, DEFERRED_UPDATE})


async def _acknowledge(chats: Chats, chat: str, path: Path, *, expected: set[str]) -> Row:
    keys = await chats.add_items(_MOST_MENTIONS, f"Dispute beside {chat} number")
    async with _asking(chats, keys) as mentions:
        paced = await asyncio.to_thread(run_paced, chats.service.port, "prepared", path, _PACE)
        answered = mentions.count_answered()
    await wait_for(mentions.last_reply, within_s=_ALL_ANSWERED_WITHIN_S)
    if set(paced.bodies) != expected:
        raise SystemExit(f"{chat} was answered {paced.bodies}")
    return _ack_row(chat, paced, f"{answered} of {len(mentions.asked)} mentions")


def _ack_row(chat: str, paced: Paced, mentions: str) -> Row:
    extra = (
        f" (p50 {paced.p50_ms:.1f} ms, most {paced.max_ms:.0f} ms; requests left up to "
        f"{paced.late_p99_ms:.1f} ms late, p99; {mentions} were answered meanwhile, the others "
        f"after it, and {_COMMANDS} commands)"
    )
    what = f"{chat} interactions at {_PACE.per_s} a second, worker busy, acknowledged, p99"
    return below(what, paced.p99_ms, _ACK_P99_BAR_MS, unit="ms", extra=extra)


@dataclass(slots=True)
class _Mentions:
    """The stamps of the messages that asked."""

    chats: Chats
    asked: list[str] = field(default_factory=list)

    def count_answered(self) -> int:
        return sum(_slack_reply(self.chats, stamp) is not None for stamp in self.asked)

    def last_reply(self) -> ReceivedRequest | None:
        """A reply, once every question has one."""
        replies = [_slack_reply(self.chats, stamp) for stamp in self.asked]
        return replies[-1] if None not in replies else None


@asynccontextmanager
async def _asking(chats: Chats, keys: list[str]) -> AsyncIterator[_Mentions]:
    """People who mention the bot a few times a second, until the end of the block."""
    mentions = _Mentions(chats)
    _listen(chats, is_listening=True)

    async def ask() -> None:
        for number, key in enumerate(keys):
            channel, person = chats.channels[number % _CHANNELS], chats.people[number % _PEOPLE]
            text = f"{MENTION} status {key}"
            said = people.say(chats.slack.workspace, channel, user=person.id, text=text)
            mentions.asked.append(said.ts)
            await asyncio.sleep(_MENTION_EVERY_S)

    task = asyncio.create_task(ask())
    try:
        yield mentions
    finally:
        task.cancel()


def _listen(chats: Chats, *, is_listening: bool) -> None:
    """Have Slack post what happens, or only keep it."""
    target = Target(chats.slack_hook, SIGNING_SECRET)
    chats.slack.sender.targets = (target,) if is_listening else ()


def _slack_reply(chats: Chats, stamp: str) -> ReceivedRequest | None:
    """The request that posted into the thread of a message."""
    wanted = f'"thread_ts": "{stamp}"'
    posts = (e for e in chats.slack.desk.log.entries if e.path == "/api/chat.postMessage")
    return next((one for one in posts if wanted in one.body), None)


def _request(requests: Iterable[ReceivedRequest], method: str, path: str) -> ReceivedRequest | None:
    return next((e for e in requests if e.method == method and e.path == path), None)
