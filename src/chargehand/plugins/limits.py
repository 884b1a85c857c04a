"""How often a vendor lets itself be asked: its limits, and what this process knows of them.

A limit belongs to a bucket of one connection, such as the messages to one channel. Who sends an
approved action takes a turn in each of its buckets before it leaves; the pipeline keeps the turns
of all workers together. What a vendor refuses for a while is a stop, and stops everybody.
Source: docs/decisions/0020-vendors-limits-are-shared.md
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias

from chargehand.kit.clock import Clock, SystemClock, to_micros
from chargehand.kit.windows import earliest, give_back, still_counting, take
from chargehand.plugins.connector import SentAction

SECOND: Final = 1_000_000
# A turn further ahead is not kept: who would have to wait longer asks again then.
HORIZON: Final = timedelta(minutes=1)
_HORIZON: Final = 60 * SECOND
# A turn taken up later than this may come too close to the next, and is looked for anew.
_GRACE: Final = SECOND // 2
_LONGEST_STOP_S: Final = 3_600.0
# What is over this soon is not worth telling the others.
_SHORT_STOP_S: Final = 1.0
_MOST_BUCKETS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Limit:
    """What one request counts against.

    Shape: `most` requests in any window of `window_s`, None where the vendor names no number and
    only its stops count; `takes` says how often the request counts.
    Units: `window_s` is seconds. What leaves a moment late comes closer to the next, so it is a
    second more than what the vendor counts by.
    """

    bucket: str
    most: int | None = None
    window_s: float = 0.0
    takes: int = 1

    @property
    def window(self) -> int:
        """The window in microseconds."""
        return round(self.window_s * SECOND)


LimitsOf: TypeAlias = Callable[[SentAction], tuple[Limit, ...]]
"""What an action counts against; pure, and quick, since it is asked for every action."""


def scaled(limits_of: LimitsOf, factor: float) -> LimitsOf:
    """The same limits, used by a part, or by a multiple of them."""

    def of(action: SentAction) -> tuple[Limit, ...]:
        return tuple(_scaled(one, factor) for one in limits_of(action))

    return limits_of if factor == 1 else of


def no_limits(action: SentAction) -> tuple[Limit, ...]:
    """What an action of a vendor without limits counts against."""
    _ = action
    return ()


@dataclass(frozen=True, slots=True)
class Turn:
    """When an action may leave; `is_kept` is false where it has to ask again then.

    Units: `at` is microseconds since 1970.
    """

    at: int
    is_kept: bool = True


class LimitBoard:
    """The turns and stops of one connection, as this process knows them.

    Shape: `factor` says how much of its limits the bot may use.
    Units: moments are microseconds since 1970 by the clock that is shared with the other workers.
    """

    def __init__(self, clock: Clock | None = None, *, factor: float = 1.0) -> None:
        self._clock = clock or SystemClock()
        self._factor = factor
        self._stops: dict[str, int] = {}
        self._untold: dict[str, int] = {}
        self._turns: dict[str, list[int]] = {}
        self._unsaved: dict[str, list[int]] = {}
        self._reads: dict[str, list[int]] = {}
        # Reads are not counted together: each process keeps to its part of what all may do.
        self.callers = 1

    # Stops

    def stop(self, bucket: str, *, after_s: float) -> None:
        """Note that the vendor takes nothing of a bucket for some seconds."""
        after_s = min(after_s, _LONGEST_STOP_S)
        until = self._now() + round(after_s * SECOND)
        if until <= self._stops.get(bucket, 0):
            return
        self._stops[bucket] = until
        if after_s >= _SHORT_STOP_S:
            self._untold[bucket] = until

    def stopped_s(self, *buckets: str) -> float:
        """Seconds until the vendor takes something of every one of some buckets again; or 0."""
        if not self._stops:
            return 0.0
        now = self._now()
        return max(0, self._stopped_until(buckets, now) - now) / SECOND

    def hear_stops(self, stops: Mapping[str, int]) -> None:
        """Learn what the other workers were told; the later of two ends counts."""
        longest = self._now() + round(_LONGEST_STOP_S * SECOND)
        for bucket, until in stops.items():
            if self._stops.get(bucket, 0) < until <= longest:
                self._stops[bucket] = until

    def untold_stops(self) -> dict[str, int]:
        """The ends of those stops that the others were not told of; they count as told now."""
        untold, self._untold = self._untold, {}
        return untold

    @property
    def has_untold(self) -> bool:
        """Whether there is a stop the others were not told of."""
        return bool(self._untold)

    # Turns of actions

    def turn(self, limits: Sequence[Limit], *, now: int, kept: int | None = None) -> Turn:
        """Take the first turn there is for an action; one that is not now is kept for it.

        Shape: `kept` is the turn it was given before, if it was.
        """
        start = max(now, self._stopped_until([one.bucket for one in limits], now))
        capped = [(one, one.most) for one in limits if one.most is not None]
        is_in_time = kept is not None and self._takes_up(limits, kept) and now - kept <= _GRACE
        if kept is not None and is_in_time and start == now:
            self._note(limits, kept, now=now)
            return Turn(now)
        at = self._first(capped, start)
        if at > now + _HORIZON:
            return Turn(now + _HORIZON, is_kept=False)
        self._note(limits, at, now=now)
        return Turn(at)

    def is_near(self, bucket: str, most: int) -> bool:
        """Whether a bucket is half full, so that the others should know of its turns."""
        return 2 * len(self._turns.get(bucket, ())) >= most

    def hear_turns(self, bucket: str, turns: Sequence[int], *, now: int) -> None:
        """Learn the turns all workers wrote down; those of ours that were not are added."""
        # Further ahead than a turn is kept means that the clock was put back.
        known = [one for one in turns if one <= now + 2 * _HORIZON]
        merged = sorted([*known, *self._unsaved.get(bucket, ())])
        if merged or bucket in self._turns:
            self._turns[bucket] = merged

    def turns_to_save(self, bucket: str) -> list[int]:
        """The turns of a bucket; they count as written down now."""
        self._unsaved.pop(bucket, None)
        return self._turns.get(bucket, [])

    # Reads, which nothing keeps together but that the processes know how many they are

    def read_wait_s(self, limit: Limit) -> float:
        """Seconds until another request may leave; 0 counts it as leaving now."""
        stopped_s = self.stopped_s(limit.bucket)
        if stopped_s > 0 or limit.most is None:
            return stopped_s
        now, most = self._now(), max(1, int(limit.most * self._factor) // self.callers)
        made = still_counting(self._reads.get(limit.bucket, ()), now, window=limit.window)
        at = earliest(made, now, most=most, window=limit.window)
        if at <= now:
            take(made, now)
        self._reads[limit.bucket] = made
        return (at - now) / SECOND

    def tidy(self) -> None:
        """Forget what is over, where it has become much."""
        now = self._now()
        self._stops = {one: until for one, until in self._stops.items() if until > now}
        if len(self._turns) > _MOST_BUCKETS:
            latest = now - 2 * _HORIZON
            self._turns = {b: t for b, t in self._turns.items() if t and t[-1] > latest}
            self._unsaved = {b: t for b, t in self._unsaved.items() if b in self._turns}

    def _takes_up(self, limits: Sequence[Limit], kept: int) -> bool:
        """Whether the turn was still noted in every bucket; it is noted in none afterwards."""
        found = [
            give_back(self._turns.get(one.bucket, []), kept, times=_times(one))
            for one in limits
            if one.most is not None
        ]
        return all(found)

    def _first(self, capped: Sequence[tuple[Limit, int]], at: int) -> int:
        """The first moment at which every bucket has room."""
        while True:
            before = at
            for one, most in capped:
                turns = still_counting(self._turns.get(one.bucket, ()), at, window=one.window)
                at = earliest(turns, at, most=most, window=one.window, times=one.takes)
            if at == before:
                return at

    def _note(self, limits: Sequence[Limit], at: int, *, now: int) -> None:
        for one in limits:
            if one.most is not None:
                for noted in (self._turns, self._unsaved):
                    turns = still_counting(noted.get(one.bucket, ()), now, window=one.window)
                    take(turns, at, times=_times(one))
                    noted[one.bucket] = turns

    def _stopped_until(self, buckets: Collection[str], now: int) -> int:
        return max((self._stops.get(bucket, now) for bucket in buckets), default=now)

    def _now(self) -> int:
        return to_micros(self._clock.now())


def _scaled(limit: Limit, factor: float) -> Limit:
    if limit.most is None:
        return limit
    return replace(limit, most=max(1, int(limit.most * factor)))


def _times(limit: Limit) -> int:
    return limit.takes if limit.most is None else min(limit.takes, limit.most)
