"""A busy day of a whole team, replayed: every question answered once, none lost, none twice.

Jira, Slack, GitHub, Bitbucket and Confluence tell of it, by webhooks that come twice, out of order
or not at all, and by polling, which finds the same; the worker and the front are killed once each.
The fakes are the judges: what the bot wrote is counted there, and they recognise no repetition.
Prints what happened, and as the last line the same as JSON; the exit code is 1 when a question was
lost or answered twice.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from busy_day import answers_in, await_rest, killing
from busy_day_sending import Message, Sent, disordered, send_all, slack_message
from busy_day_story import Story
from busy_team_rooms import BitbucketRoom, ConfluenceRoom, GitHubRoom, JiraRoom
from busy_team_story import RoomStory
from measuring import Plan, Row, below, percentile
from service import PEOPLE, PROJECT, wait_until
from team_service import Team, running_team

EVENTS: Final = 10_000
ASKS_IN_A_HUNDRED: Final = 3.0
SEED: Final = 20261127
POLL_EVERY: Final = "PT20S"
_SHARES: Final = {"jira": 0.25, "slack": 0.3, "github": 0.2, "bitbucket": 0.15, "confluence": 0.1}
_HOURS: Final = 10
_PEOPLE: Final = 40
_MESSAGES_A_CHANNEL: Final = 500
_FEWEST_CHANNELS: Final = 4
# Webhooks that never arrive, of those vendors that are polled too.
_GONE: Final = 0.02
_QUIET_S: Final = 1.0
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, as it is judged; `place` is room, conversation and work item."""

    place: Place
    is_taken_back: bool
    is_promised: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen; `wrong` holds a line for each fault.

    Shape: `untold` are questions no event of which was ever acknowledged, so that nobody promised
    anything; `taken_back` were deleted, before or after they were answered; `answered` is by room;
    `polled_first` are events that polling told of before any webhook did.
    """

    happenings: int
    messages: int
    posts: int
    failures: int
    duplicates: int
    gone: int
    polled: int
    polled_first: int
    asks: int
    answered: dict[str, int]
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


class Day:
    """Acts a team's day hour by hour, and sends what its vendors tell of it."""

    def __init__(self, team: Team, chance: random.Random) -> None:
        self._team, self._chance = team, chance
        rooms = (
            JiraRoom(team.jira, PEOPLE, chance),
            GitHubRoom(team.github, chance),
            BitbucketRoom(team.bitbucket, chance),
            ConfluenceRoom(team.confluence, chance, team.relay.take),
        )
        self.rooms = {one.name: RoomStory(one, chance) for one in rooms}
        self.chat = Story(team.slack, chance, channels=team.channels, persons=team.people)
        self.sent = Sent()
        self.messages = self.duplicates = self.gone = 0
        self._relayed = self._said = 0

    async def live(self, happenings: int, keys: Sequence[str]) -> None:
        """Everything of the day, and everything that is told of it."""
        asked = {room: keys[number :: len(_SHARES)] for number, room in enumerate(_SHARES)}
        for hour in range(_HOURS):
            for room, share in _SHARES.items():
                count = max(2, round(happenings * share / _HOURS))
                of_hour = asked[room][hour::_HOURS]
                count = max(count, len(of_hour))
                if room == "slack":
                    self.chat.act(count, of_hour, keys)
                else:
                    await asyncio.to_thread(self.rooms[room].act, count, of_hour, keys)
            await self._send(hour)
        # What fakes were still posting.
        await asyncio.sleep(_QUIET_S)
        await self._send(_HOURS)
        print(f"busy_team: {self.sent.posts:,} posts sent", file=sys.stderr, flush=True)

    async def _send(self, hour: int) -> None:
        posts = disordered(self._told(), self._chance)
        kills: dict[int, Callable[[], Awaitable[None]]] = {}
        for role, at in (("worker", _HOURS // 3), ("front", 2 * _HOURS // 3)):
            if hour == at:
                kills[self._chance.randrange(len(posts))] = killing(self._team.service, role)
        self.duplicates += sum(one.retry > 0 for one in posts)
        await send_all(posts, kills, self.sent)
        left = f"busy_team: hour {hour + 1} of {_HOURS + 1}, {len(posts)} posts"
        print(left, file=sys.stderr, flush=True)

    def _told(self) -> list[Message]:
        """What is new, each vendor's in its order, all of them mixed."""
        team = self._team
        relayed, self._relayed = team.relay.kept[self._relayed :], len(team.relay.kept)
        said = team.slack.sender.sendings[self._said :]
        self._said += len(said)
        kept = [one for one in relayed if self._chance.random() >= _GONE]
        self.gone += len(relayed) - len(kept)
        told = [slack_message(one, team.slack_hook) for one in said]
        self.messages += len(relayed) + len(told)
        return _mixed(kept, told, self._chance)

    @property
    def polled(self) -> set[str]:
        """The connections that are polled besides."""
        return {"site" if name == "jira" else name for name in self.rooms}

    def questions(self) -> list[Question]:
        """Everything that was asked."""
        acknowledged = self.sent.acknowledged
        found = [
            Question(
                ("slack", f"{one.channel}/{one.thread}", one.key),
                one.is_taken_back,
                any(told.id in acknowledged for told in one.told_by),
            )
            for one in self.chat.asks
        ]
        # Polling promises what no webhook told of.
        for name, story in self.rooms.items():
            found += [
                Question((name, one.where, one.key), one.is_taken_back, is_promised=True)
                for one in story.asks
            ]
        return found

    def answers(self) -> Counter[Place]:
        """What the bot wrote, wherever it did."""
        found: Counter[Place] = Counter()
        for (channel, thread, key), number in answers_in(self._team.slack).items():
            found["slack", f"{channel}/{thread}", key] += number
        for name, story in self.rooms.items():
            for (where, key), number in story.room.answers().items():
                found[name, where, key] += number
        return found


def _mixed(
    one: Sequence[Message], other: Sequence[Message], chance: random.Random
) -> list[Message]:
    """Both, each in its order."""
    picks = [True] * len(one) + [False] * len(other)
    chance.shuffle(picks)
    first, second = iter(one), iter(other)
    return [next(first) if is_first else next(second) for is_first in picks]


async def replay(
    folder: Path, *, happenings: int, asks: int, seed: int, poll_every: str, more: str = ""
) -> Result:
    """Act a day out, send it, kill two processes meanwhile, and count the answers."""
    chance, began_at = random.Random(seed), datetime.now(UTC)
    channels = max(_FEWEST_CHANNELS, round(happenings * _SHARES["slack"]) // _MESSAGES_A_CHANNEL)
    async with running_team(
        folder, channels=channels, people=_PEOPLE, poll_every=poll_every, more=more
    ) as team:
        keys = await asyncio.to_thread(_add_items, team, asks)
        day = Day(team, chance)
        begun = time.monotonic()
        await day.live(happenings, keys)
        sent_in_s = time.monotonic() - begun
        promised = {one.place for one in day.questions() if one.is_promised}
        promised -= {one.place for one in day.questions() if one.is_taken_back}
        await await_rest(team.service, lambda: promised <= day.answers().keys())
        # Polling looks back a little, so what is answered is found again.
        await asyncio.to_thread(_await_polls, team, day.polled)
        await await_rest(team.service, lambda: True)
        rest_in_s = time.monotonic() - begun - sent_in_s
        polled, polled_first = await asyncio.to_thread(_polled, team, began_at)
        answers = await asyncio.to_thread(day.answers)
    wrong = _faults(day.questions(), answers)
    kept = [one for one in day.questions() if not one.is_taken_back]
    return Result(
        happenings=happenings,
        messages=day.messages,
        posts=day.sent.posts,
        failures=day.sent.failures,
        duplicates=day.duplicates,
        gone=day.gone,
        polled=polled,
        polled_first=polled_first,
        asks=len(day.questions()),
        answered=dict(Counter(one.place[0] for one in kept if answers[one.place])),
        untold=sum(not one.is_promised for one in kept),
        taken_back=len(day.questions()) - len(kept),
        lost=len(wrong["lost"]),
        twice=len(wrong["twice"]),
        unasked=len(wrong["nobody asked"]),
        ack_p50_ms=1000 * percentile(day.sent.took_s, 0.5),
        ack_p99_ms=1000 * percentile(day.sent.took_s, 0.99),
        sent_in_s=sent_in_s,
        rest_in_s=rest_in_s,
        wrong=tuple(f"{what}: {' '.join(one)}" for what, places in wrong.items() for one in places),
    )


def _add_items(team: Team, count: int) -> list[str]:
    made = (
        team.jira.order("issues", {"project": PROJECT, "summary": f"Refund number {n}"})
        for n in range(count)
    )
    return [str(one["key"]) for one in made]


def _await_polls(team: Team, polled: Collection[str]) -> None:
    """Return when each polled vendor was asked twice more, from the first page to the last.

    Raises: SystemExit when that does not happen within three minutes.
    """
    with team.service.stores() as stores:
        for _ in range(2):
            since = datetime.now(UTC)

            def is_asked(since: datetime = since) -> bool:
                found = stores.database.read(lambda tx: tx.connections.all())
                asked = {one.id for one in found if one.polled_at and one.polled_at > since}
                return asked >= set(polled)

            wait_until(is_asked, "every vendor was polled", on_failure=team.service.log)


def _polled(team: Team, began_at: datetime) -> tuple[int, int]:
    """Deliveries that polling brought, and how many of them told of something first."""
    with team.service.stores() as stores:
        counted = stores.database.read(lambda tx: tx.traffic.counted(began_at))
    by_poll = [one for one in counted if one.source == "poll"]
    return sum(one.deliveries for one in by_poll), sum(one.events for one in by_poll)


def _faults(questions: Sequence[Question], answers: Counter[Place]) -> dict[str, list[Place]]:
    asked = {one.place for one in questions}
    return {
        "lost": [
            one.place
            for one in questions
            if one.is_promised and not one.is_taken_back and not answers[one.place]
        ],
        "twice": [one.place for one in questions if answers[one.place] > 1],
        "nobody asked": [one for one in answers if one not in asked],
    }


def measure(plan: Plan) -> list[Row]:
    """Replay the whole day, with what ships."""
    asks = round(EVENTS * ASKS_IN_A_HUNDRED / 100)
    folder = plan.folder / "busy-team"
    result = asyncio.run(
        replay(folder, happenings=EVENTS, asks=asks, seed=SEED, poll_every=POLL_EVERY)
    )
    for line in result.wrong:
        print(f"busy_team: {line}", file=sys.stderr)
    return [row_of(result)]


def row_of(result: Result) -> Row:
    """The row of the table."""
    by_room = ", ".join(f"{name} {number}" for name, number in sorted(result.answered.items()))
    extra = (
        f" ({sum(result.answered.values())} of {result.asks} questions answered once: {by_room}; "
        f"{result.taken_back} taken back, {result.untold} never acknowledged; {result.lost} lost, "
        f"{result.twice} twice, {result.unasked} unasked; {result.messages:,} events in "
        f"{result.posts:,} posts, {result.duplicates} of them repetitions, {result.failures} "
        f"failed, {result.gone} webhooks never sent; polling brought {result.polled:,}, "
        f"{result.polled_first:,} of them first; sent in {result.sent_in_s:.0f} s, at rest "
        f"{result.rest_in_s:.0f} s later; acknowledged p50 {result.ack_p50_ms:.0f} ms, p99 "
        f"{result.ack_p99_ms:.0f} ms)"
    )
    what = (
        f"a team's busy day of {result.happenings:,} happenings over five connectors, two kill -9: "
        "questions lost or repeated"
    )
    return below(what, float(len(result.wrong)), 1, unit="questions", extra=extra)


def main() -> int:
    """Replay a day of any size; 1 when something went wrong in it."""
    parser = argparse.ArgumentParser(prog="busy_team.py", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="how much happens")
    parser.add_argument("--asks", type=int, help="questions among it; three in a hundred")
    parser.add_argument("--seed", type=int, default=SEED, help="another one is another day")
    parser.add_argument(
        "--poll-every", default=POLL_EVERY, metavar=POLL_EVERY, help="time between two polls"
    )
    parser.add_argument(
        "--request-timeout",
        default=None,
        metavar="PT20S",
        help="longest wait for a vendor; who was killed while sending is waited for as long",
    )
    chosen = parser.parse_args()
    asks = chosen.asks or max(1, round(chosen.events * ASKS_IN_A_HUNDRED / 100))
    more = f'request_timeout = "{chosen.request_timeout}"' if chosen.request_timeout else ""
    with tempfile.TemporaryDirectory(prefix="chargehand-busy-team-") as folder:
        result = asyncio.run(
            replay(
                Path(folder) / "day",
                happenings=chosen.events,
                asks=asks,
                seed=chosen.seed,
                poll_every=chosen.poll_every,
                more=more,
            )
        )
    print("\n".join(result.wrong) or row_of(result).measured)
    print(json.dumps(asdict(result)))
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
