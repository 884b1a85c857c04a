"""Reads the pull requests and queues that an ask itself names, where they may be told of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chargehand.decisions.code_rules import is_shelf_tellable
from chargehand.decisions.told_code import AskedCode, ReadPullRequest, ReadQueue, Shelf
from chargehand.domain.ask import Ask
from chargehand.domain.code import PullRequestRef
from chargehand.domain.event import PlaceKind, VisibilityKind
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.intent import Intent, IntentKind
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.places import bound_at
from chargehand.pipeline.slow_reads import in_time

_MOST_QUEUES: Final = 5
_MOST_WAITING: Final = 50


@dataclass(frozen=True, slots=True)
class AskedCodeReading:
    """Reads for one ask, with the accounts the asker surely has at each host."""

    connections: Mapping[ConnectionId, LiveConnection]
    accounts: Mapping[ConnectionId, AccountId]
    ask: Ask

    async def read(self, intent: Intent, *, now: datetime) -> AskedCode:
        """What an intent is about; every place that may not be told of is as good as none."""
        if self.ask.visibility.kind is VisibilityKind.CUSTOMER:
            return AskedCode()
        if intent.kind is IntentKind.REVIEW_QUEUE:
            return await self._queues(intent.arguments.get("repository", ""), now=now)
        return await self._pull_request(intent.arguments.get("pull_request", ""), now=now)

    async def _queues(self, wanted: str, *, now: datetime) -> AskedCode:
        found: list[ReadQueue] = []
        for connection, name in self._repositories(wanted):
            source = connection.code
            if source is None or len(found) == _MOST_QUEUES:
                continue
            shelf = await self._shelf(connection, name, now=now)
            known = await in_time(
                source.read_open_pull_requests(name, limit=_MOST_WAITING, now=now)
            )
            if isinstance(known, Unknown):
                if self._may_tell(shelf, is_private=True):
                    found.append(ReadQueue(name, known))
                continue
            kept = tuple(
                one for one in known.value if self._may_tell(shelf, is_private=one.is_private)
            )
            if kept or self._may_tell(shelf, is_private=True):
                found.append(ReadQueue(name, Fact(kept, known.source_url, known.read_at)))
        return AskedCode(queues=tuple(found))

    async def _pull_request(self, wanted: str, *, now: datetime) -> AskedCode:
        place = self.ask.place
        name, _, number = wanted.partition("#")
        if not wanted and place is not None and place.is_discussion:
            what, _, number = (place.thread_id or "").partition("/")
            number = number if what == "pull" else ""
        if not number.isdigit():
            return AskedCode()
        if not name and place is not None and place.is_discussion:
            name = place.channel_id
        candidates = list(self._repositories(name))
        if place is not None and place.is_discussion:
            # Where two hosts have a repository of one name, the one people stand in is meant.
            here = [one for one in candidates if one[0].id == self.ask.connection_id]
            candidates = here if name and here else candidates
        if not name and len(candidates) > 1:
            return AskedCode(repositories=_names_of(candidates))
        read = [
            (connection, found)
            for connection, repository in candidates[:_MOST_QUEUES]
            if (found := await self._read(connection, repository, int(number), now=now))
        ]
        if len(read) != 1:
            return AskedCode(repositories=_names_of([(one, r.ref.repository) for one, r in read]))
        return self._asked(*read[0])

    async def _read(
        self, connection: LiveConnection, repository: str, number: int, *, now: datetime
    ) -> ReadPullRequest | None:
        """A pull request that is there and may be told of."""
        if connection.code is None:
            return None
        ref = PullRequestRef(repository, number)
        shelf = await self._shelf(connection, repository, now=now)
        known = await in_time(connection.code.read_pull_request(ref, now=now))
        is_there = not isinstance(known, Unknown) or known.reason is not UnknownReason.NOT_FOUND
        url = known.value.url if isinstance(known, Fact) else ""
        read = ReadPullRequest(ref, url, known, shelf)
        may_tell = self._may_tell(shelf, is_private=read.is_private)
        return read if is_there and may_tell else None

    def _asked(self, connection: LiveConnection, read: ReadPullRequest) -> AskedCode:
        askers, known = self._askers(connection), read.known
        return AskedCode(
            request=read,
            connection_id=connection.id,
            connector=connection.connector,
            project=self._project_of(read.shelf),
            is_known=bool(askers),
            is_askers=isinstance(known, Fact) and known.value.author.account_id in askers,
        )

    def _askers(self, connection: LiveConnection) -> frozenset[AccountId]:
        """The accounts at a host that are the asker's."""
        sure = self.accounts.get(connection.id)
        here = self.ask.asker.account_id if connection.id == self.ask.connection_id else None
        return frozenset(one for one in (sure, here) if one is not None)

    def _project_of(self, shelf: Shelf) -> ProjectKey:
        """The project of a change to what stands on a shelf: that of the ask, if it is bound."""
        if self.ask.project in shelf.projects:
            return self.ask.project
        served = shelf.projects if self.ask.place is None else shelf.projects & self.ask.served
        return min(served or shelf.projects, default=self.ask.project)

    def _repositories(self, wanted: str) -> Iterator[tuple[LiveConnection, str]]:
        """The repositories that may be meant: those bound to what is served where it was asked."""
        place = self.ask.place
        at, _, wanted = wanted.rpartition(":")
        served = {self.ask.project} if place is None else self.ask.served
        for connection in self.connections.values():
            if at and connection.id != at.casefold():
                continue
            for name, projects in connection.channels.items():
                is_here = (
                    place is not None
                    and place.is_discussion
                    and connection.id == self.ask.connection_id
                    and name.casefold() == place.channel_id.casefold()
                )
                is_wanted = not wanted or name.casefold() == wanted.casefold()
                if connection.code is not None and is_wanted and (is_here or projects & served):
                    yield connection, name

    async def _shelf(self, connection: LiveConnection, name: str, *, now: datetime) -> Shelf:
        account, source = self.accounts.get(connection.id), connection.code
        is_closed = False
        if account is not None and source is not None:
            may = await in_time(source.may_read(name, account, now=now))
            is_closed = isinstance(may, Fact) and not may.value
        bound = bound_at(connection, name)
        return Shelf(name, is_private=True, projects=bound, is_closed_to_asker=is_closed)

    def _may_tell(self, shelf: Shelf, *, is_private: bool) -> bool:
        place = self.ask.place
        is_here = (
            place is not None
            and place.is_discussion
            and place.kind is not PlaceKind.UNKNOWN
            and place.channel_id.casefold() == shelf.name.casefold()
        )
        if is_here:
            # Whoever reads the answer there reads the repository itself.
            return not shelf.is_closed_to_asker
        served = {self.ask.project} if place is None else self.ask.served
        return any(is_shelf_tellable(shelf, one, self.ask, is_private=is_private) for one in served)


def _names_of(candidates: Sequence[tuple[LiveConnection, str]]) -> tuple[str, ...]:
    """What candidates are called where they are to be told apart."""
    names = [name for _, name in candidates]
    is_one_each = len({one.casefold() for one in names}) == len(names)
    told = names if is_one_each else [f"{one.id}:{name}" for one, name in candidates]
    return tuple(sorted(told))
