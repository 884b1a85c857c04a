"""Finds builds that ended, by asking for the commits on which one may still end.

Bitbucket has no list of all that builds reported, and a build changes no pull request. So the
newest commits of open pull requests that changed, and of the main branch, are looked at for a
while, a few a round: nothing is asked where nothing was pushed or said lately.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from chargehand.connectors.bitbucket.dialect import Builds, News, PollingDialect
from chargehand.connectors.bitbucket.seen import SeenRepository
from chargehand.kit.clock import EPOCH
from chargehand.plugins.errors import PermissionMissing, RequestRefused, TargetMissing

# Each costs a request a round.
MOST_LOOKED_AT: Final = 5
MOST_WATCHED: Final = 50
_NEW_MS: Final = 2 * 3_600_000
# A build that never ends is not waited for longer.
_LONGEST_MS: Final = 24 * 3_600_000
# What was reported before a commit was found, such as before its pull request was opened.
_BEFORE_MS: Final = 24 * 3_600_000

# By commit: since when it is watched, and until when its builds are known, in ms since 1970.
Marks: TypeAlias = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Watched:
    """The commits of one repository that are looked at.

    Units: milliseconds since 1970; before `origin_ms`, the first connection, nothing is told.
    """

    origin_ms: int
    marks: Mapping[str, list[int]] = field(default_factory=dict)

    def with_commits(self, commits: Iterable[str], now_ms: int) -> "Watched":
        """The same with commits on which a build may begin now."""
        marks = dict(self.marks)
        known_ms = max(self.origin_ms, now_ms - _BEFORE_MS)
        for commit in filter(None, commits):
            marks[commit] = [now_ms, marks.get(commit, [0, known_ms])[1]]
        newest = sorted(marks.items(), key=lambda one: one[1][0], reverse=True)
        return replace(self, marks=dict(newest[:MOST_WATCHED]))

    def due(self) -> list[str]:
        """Those to look at in this round: longest not looked at first."""
        return sorted(self.marks, key=lambda one: self.marks[one][1])[:MOST_LOOKED_AT]

    def after(self, looked: Mapping[str, Builds | None], now_ms: int) -> "Watched":
        """The same after a round: without those on which nothing more is expected to end."""
        marks: Marks = {}
        for commit, (since_ms, known_ms) in self.marks.items():
            if commit not in looked:
                marks[commit] = [since_ms, known_ms]
                continue
            builds = looked[commit]
            wait_ms = _LONGEST_MS if builds is not None and builds.is_running else _NEW_MS
            if builds is not None and now_ms - since_ms < wait_ms:
                marks[commit] = [since_ms, now_ms]
        return replace(self, marks=marks)


async def look(
    polling: PollingDialect, repository: SeenRepository, watched: Watched, overlap_ms: int
) -> Mapping[str, Builds | None]:
    """What was reported of the commits that are due; None for one that is gone.

    Raises: the errors of plugins/errors.py.
    """

    async def ask(commit: str) -> Builds | None:
        since_ms = max(watched.marks[commit][1] - overlap_ms, watched.origin_ms)
        try:
            return await polling.builds(repository, commit, _moment(since_ms))
        except (TargetMissing, PermissionMissing, RequestRefused):
            # Pushed over, in a fork, or nothing the token may read.
            return None

    due = watched.due()
    return dict(zip(due, await asyncio.gather(*map(ask, due)), strict=True))


def news_in(looked: Mapping[str, Builds | None]) -> list[News]:
    """Everything that was found, oldest first."""
    found = (one for builds in looked.values() if builds is not None for one in builds.news)
    return sorted(found, key=lambda one: one.at)


def _moment(at_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=at_ms)
