"""Finds what happened by asking: what webhooks missed, or all there is without them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Dialect, Heads, News, SeenPush
from chargehand.connectors.bitbucket.errors import RepositoryMoved
from chargehand.connectors.bitbucket.poll_builds import Marks, Watched, look, news_in
from chargehand.connectors.bitbucket.seen import SeenRepository, millis_of
from chargehand.connectors.bitbucket.transport import BitbucketTransport
from chargehand.connectors.bitbucket.webhook import CONNECTOR, EVENT_HEADER
from chargehand.domain.delivery import (
    ONLY_POLLED,
    POLLED,
    DeliverySource,
    Lane,
    VerifiedDelivery,
)
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import (
    CursorUnreadable,
    PermissionMissing,
    RequestRefused,
    TargetMissing,
    VendorFailing,
)

# What was stored a moment ago may not be told yet; what was seen already is dropped by its key.
_OVERLAP_MS: Final = 120_000
_DELIVERIES_PER_PAGE: Final = 200
# Each costs two requests for its commits; what is beyond is told without them.
_MOST_COMPARED: Final = 30
# Half of what the transport lets through, so that answers never wait behind a long poll.
_AT_ONCE: Final = 4
# Where so many repositories fail, all do.
_MOST_FAILURES: Final = 3
_COMMENTS: Final = ("pullrequest:comment_", "pr:comment:")


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far polling came in each repository.

    Shape: `heads` holds the newest commit of each branch; what is not in `since_ms` is
    read from the first connection on, and of a repository without heads no push is told. `builds`
    holds the commits on which builds may end, as `poll_builds.Marks`.
    Units: milliseconds since 1970; before `origin_ms`, the first connection, nothing is told.
    """

    origin_ms: int
    since_ms: dict[str, int] = {}
    heads: dict[str, dict[str, str]] = {}
    builds: dict[str, Marks] = {}

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    def floor(self, repository: str) -> datetime:
        since_ms = self.since_ms.get(repository, self.origin_ms)
        floor_ms = max(since_ms - _OVERLAP_MS, self.origin_ms)
        return EPOCH + timedelta(milliseconds=floor_ms)

    def moved(self, repository: str, to_ms: int) -> "_Cursor":
        before = self.since_ms.get(repository, self.origin_ms)
        since_ms = {**self.since_ms, repository: max(before, to_ms)}
        return replace(self, since_ms=since_ms)

    def with_heads(self, repository: str, heads: Mapping[str, str]) -> "_Cursor":
        return replace(self, heads={**self.heads, repository: {**heads}})

    def watched(self, repository: str) -> Watched:
        return Watched(self.origin_ms, self.builds.get(repository, {}))

    def with_watched(self, repository: str, watched: Watched) -> "_Cursor":
        return replace(self, builds={**self.builds, repository: {**watched.marks}})

    def bound_to(self, repositories: Sequence[str]) -> "_Cursor":
        """Without what is not bound any more."""
        since_ms = {one: at for one, at in self.since_ms.items() if one in repositories}
        heads = {one: known for one, known in self.heads.items() if one in repositories}
        builds = {one: marks for one, marks in self.builds.items() if one in repositories}
        return _Cursor(self.origin_ms, since_ms, heads, builds)


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls the bound repositories of one connection."""

    config: BitbucketConfig
    transport: BitbucketTransport
    dialect: Dialect

    async def poll(self, cursor: str | None, *, now: datetime) -> AsyncIterator[PollPage]:
        """What happened since the cursor, as deliveries in the webhooks' shape.

        Shape: every page is complete up to its cursor, so storing both together loses nothing.
        None for a cursor notes the heads of all branches, and gives one page without deliveries. A
        repository that can not be read is passed over, and read from where it was when it can be.
        Raises: the errors of plugins/errors.py; that Bitbucket fails at one repository once the
        others are read.
        """
        is_first = cursor is None
        position = _Cursor(self._present_ms(now)) if is_first else self._read_cursor(cursor or "")
        position = position.bound_to(self.config.repositories)
        failures: list[VendorFailing] = []
        for name in self.config.repositories:
            try:
                repository = await self.dialect.repository(name)
                if not is_first:
                    async for page in self._pull_requests(repository, name, position, now):
                        position = self._read_cursor(page.cursor)
                        yield page
                heads = await self.dialect.polling.heads(name)
            except (TargetMissing, PermissionMissing, RepositoryMoved):
                # Renamed, deleted, or out of the token's reach: `doctor` says so.
                continue
            except VendorFailing as error:
                # Data Center can fail at a repository that was moved, and the others are well.
                failures.append(error)
                if len(failures) == _MOST_FAILURES:
                    break
                continue
            pushed = await self._pushes(repository, name, position, heads, now)
            built, watched = await self._builds(repository, name, position, heads, now)
            position = position.with_heads(name, heads.commits).with_watched(name, watched)
            position = position.moved(name, self._present_ms(now))
            # Pushes and the heads they are told by are kept together.
            yield PollPage((*pushed, *built), position.text())
        if failures:
            raise failures[0]
        yield PollPage((), position.text())

    async def _pull_requests(
        self, repository: SeenRepository, name: str, position: _Cursor, now: datetime
    ) -> AsyncIterator[PollPage]:
        floor = position.floor(name)
        present_ms = self._present_ms(now)
        async for page in self.dialect.polling.changed(name, floor):
            for start in range(0, len(page), _AT_ONCE):
                chunk = page[start : start + _AT_ONCE]
                found = await asyncio.gather(
                    *(self._news_of(repository, fields, floor) for _, fields in chunk)
                )
                news = sorted((one for several in found for one in several), key=lambda n: n.at)
                deliveries = [self._delivery(name, one, now) for one in news]
                before = position
                # Pull requests come in the order of their last change, so all up to here is read.
                position = position.moved(name, millis_of(chunk[-1][0]))
                listed = (self.dialect.polling.listed(fields) for _, fields in chunk)
                begun = [one.head_commit for one in listed if one is not None and one.is_open]
                watched = position.watched(name).with_commits(begun, present_ms)
                position = position.with_watched(name, watched)
                for first in range(0, max(len(deliveries), 1), _DELIVERIES_PER_PAGE):
                    end = first + _DELIVERIES_PER_PAGE
                    reached = position if end >= len(deliveries) else before
                    yield PollPage(tuple(deliveries[first:end]), reached.text())

    async def _news_of(
        self, repository: SeenRepository, pull_request: Fields, since: datetime
    ) -> Sequence[News]:
        try:
            return await self.dialect.polling.news_of(repository, pull_request, since)
        except TargetMissing:
            # Deleted since the list was made.
            return ()

    async def _pushes(
        self,
        repository: SeenRepository,
        name: str,
        position: _Cursor,
        heads: Heads,
        now: datetime,
    ) -> list[VerifiedDelivery]:
        known = position.heads.get(name)
        if known is None:
            return []
        found = []
        for branch, after in heads.commits.items():
            before = known.get(branch, "")
            if before != after:
                found.append(SeenPush(branch, before, after))
        if heads.is_whole:
            gone = ((one, at) for one, at in known.items() if one not in heads.commits)
            found += [SeenPush(branch, at, "") for branch, at in gone]
        news = []
        for number, push in enumerate(found):
            seen = await self._compared(name, push) if number < _MOST_COMPARED else push
            news.append(self.dialect.polling.push_news(repository, seen, now))
        return [self._delivery(name, one, now) for one in news]

    async def _compared(self, name: str, push: SeenPush) -> SeenPush:
        """A push with its commits, and whether it took others away; as it is where none can say."""
        if not push.before or not push.after:
            # Of a new branch it is not known where it began.
            return push
        return SeenPush(
            push.branch,
            push.before,
            push.after,
            commits=await self._commits(name, push.before, push.after) or (),
            is_forced=_is_any(await self._commits(name, push.after, push.before)),
        )

    async def _commits(self, name: str, before: str, after: str) -> Sequence[Fields] | None:
        try:
            return await self.dialect.polling.commits(name, before, after)
        except (TargetMissing, PermissionMissing, RequestRefused):
            # Gone since, or pushed over.
            return None

    async def _builds(
        self,
        repository: SeenRepository,
        name: str,
        position: _Cursor,
        heads: Heads,
        now: datetime,
    ) -> tuple[list[VerifiedDelivery], Watched]:
        """The builds that ended on commits where one may, and the commits where one still may."""
        main, present_ms = repository.main or heads.main, self._present_ms(now)
        newest = heads.commits.get(main, "")
        is_new = newest != position.heads.get(name, {}).get(main)
        watched = position.watched(name).with_commits([newest] if is_new else [], present_ms)
        if name not in position.heads:
            # The first look tells nothing.
            return [], watched
        looked = await look(self.dialect.polling, repository, watched, _OVERLAP_MS)
        deliveries = [self._delivery(name, one, now) for one in news_in(looked)]
        return deliveries, watched.after(looked, present_ms)

    def _read_cursor(self, text: str) -> _Cursor:
        try:
            return msgspec.json.decode(text, type=_Cursor)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CursorUnreadable(connection_id=self.config.connection_id) from error

    def _present_ms(self, now: datetime) -> int:
        """The present by Bitbucket's clock when ours is ahead: its times are what we compare."""
        offset_s = self.transport.clock_offset_s or 0.0
        return millis_of(now + timedelta(seconds=min(offset_s, 0.0)))

    def _delivery(self, repository: str, news: News, now: datetime) -> VerifiedDelivery:
        is_comment = news.name.startswith(_COMMENTS)
        way = ONLY_POLLED if news.is_only_polled else POLLED
        return VerifiedDelivery(
            connection_id=self.config.connection_id,
            connector=CONNECTOR,
            delivery_key=f"{way}{repository}:{news.key}"[:500],
            source=DeliverySource.POLL,
            lane=Lane.INTERACTIVE if is_comment else Lane.BULK,
            received_at=now,
            body=msgspec.json.encode(news.body),
            headers={EVENT_HEADER: news.name},
        )


def _is_any(found: Sequence[Fields] | None) -> bool | None:
    return None if found is None else bool(found)
