"""Reads the code of the work items an ask is about: what is known of it, and how it stands now."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chargehand.decisions.needs import ABOUT_CODE, asked_item, is_item_askable
from chargehand.decisions.told_code import (
    AskedCode,
    ItemCode,
    ReadPullRequest,
    ReadReference,
    Shelf,
    asked_key,
)
from chargehand.domain.ask import Ask
from chargehand.domain.code import PullRequest, PullRequestRef, PullRequestState
from chargehand.domain.event import VisibilityKind
from chargehand.domain.fact import Fact, Known, Unknown, UnknownReason
from chargehand.domain.ids import AccountId, ConnectionId, WorkItemKey
from chargehand.domain.intent import IntentKind
from chargehand.domain.reference import Reference, ReferenceKind, ReferenceSubject
from chargehand.domain.work_item import Facts
from chargehand.pipeline.asked_code import AskedCodeReading
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.places import bound_at, confirmed_member
from chargehand.pipeline.slow_reads import in_time
from chargehand.pipeline.smart_links import linked_in
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading

MOST_READ: Final = 5
_ABOUT_CODE: Final = frozenset({IntentKind.STATUS, IntentKind.SUMMARY, IntentKind.BLOCKERS})


@dataclass(frozen=True, slots=True)
class _Named:
    """A pull request that names a work item, as last heard of."""

    connection_id: ConnectionId
    ref: PullRequestRef
    url: str
    is_private: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the database holds of one work item's code."""

    named: tuple[_Named, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class CodeReading:
    """Reads for one ask after the other."""

    connections: Mapping[ConnectionId, LiveConnection]
    database: Database

    async def read(
        self, ask: Ask, facts: Mapping[WorkItemKey, Facts], *, now: datetime
    ) -> dict[WorkItemKey, ItemCode]:
        """The code of each work item that is asked about; what can not be read is Unknown.

        Shape: empty where nothing of code would be told, as to customers.
        """
        keys = _asked(ask, facts)
        is_any = any(one.code is not None for one in self.connections.values())
        if not keys or not is_any:
            return {}
        links = {key: self._links_in(facts[key]) for key in keys}

        def look(tx: Reading) -> tuple[dict[WorkItemKey, _Heard], dict[ConnectionId, AccountId]]:
            heard = {key: self._heard(tx, key, links[key]) for key in keys}
            return heard, self._accounts(tx, ask)

        heard, accounts = await self.database.aread(look)
        shelves = await self._shelves(list(heard.values()), accounts, now=now)
        return {key: await self._item(one, shelves, now=now) for key, one in heard.items()}

    async def read_asked(self, ask: Ask, *, now: datetime) -> dict[str, AskedCode]:
        """What each question about pull requests is about, by its key."""
        intents = [one for one in ask.intents if one.kind in ABOUT_CODE]
        if not intents:
            return {}
        accounts = await self.database.aread(lambda tx: self._accounts(tx, ask))
        reading = AskedCodeReading(self.connections, accounts, ask)
        return {
            asked_key(one.kind, one.arguments): await reading.read(one, now=now) for one in intents
        }

    def _links_in(self, facts: Facts) -> tuple[ReferenceSubject, ...]:
        item = facts.item
        text = item.value.description if isinstance(item, Fact) else ""
        found = linked_in(text, self.connections.values())
        return tuple(one for one in found if one.kind is ReferenceKind.PULL_REQUEST)

    def _heard(self, tx: Reading, key: WorkItemKey, links: Sequence[ReferenceSubject]) -> _Heard:
        references = tx.references.of_item(key)
        subjects = [one.subject for one in references]
        subjects += links
        named: dict[tuple[ConnectionId, str], _Named] = {}
        for subject in subjects:
            if subject.kind is ReferenceKind.PULL_REQUEST and subject.name.isdigit():
                one = _named(tx, subject)
                named.setdefault((one.connection_id, str(one.ref).casefold()), one)
        by_place: dict[tuple[ConnectionId, str], set[str]] = {}
        for reference in references:
            if reference.subject.kind is ReferenceKind.COMMIT:
                place = (reference.subject.connection_id, reference.subject.place)
                by_place.setdefault(place, set()).add(reference.branch)
        for (connection_id, place_name), branches in by_place.items():
            for seen in tx.references.from_branches(connection_id, place_name, branches):
                is_open = seen.state is PullRequestState.OPEN
                one = _Named(connection_id, seen.ref, seen.url, seen.is_private, is_open)
                named.setdefault((connection_id, str(seen.ref).casefold()), one)
        ordered = sorted(named.values(), key=lambda one: not one.is_open)
        others = tuple(
            one for one in references if one.subject.kind is not ReferenceKind.PULL_REQUEST
        )
        return _Heard(tuple(ordered), others)

    def _accounts(self, tx: Reading, ask: Ask) -> dict[ConnectionId, AccountId]:
        """The asker's confirmed account at each host."""
        member = confirmed_member(tx, ask.connection_id, ask.asker.account_id)
        found = {}
        for connection in self.connections.values():
            if member is None or connection.code is None:
                continue
            there = tx.members.identity_at(member.id, connection.id)
            if there is not None and there.carries_rights:
                found[connection.id] = there.account_id
        return found

    async def _shelves(
        self,
        heard: Sequence[_Heard],
        accounts: Mapping[ConnectionId, AccountId],
        *,
        now: datetime,
    ) -> dict[tuple[ConnectionId, str], Shelf]:
        """Every repository and space that is named, with whether it is closed to the asker."""
        is_private: dict[tuple[ConnectionId, str], bool] = {}
        for one in heard:
            for named in one.named:
                is_private[named.connection_id, named.ref.repository] = named.is_private
            for reference in one.references:
                place = (reference.subject.connection_id, reference.subject.place)
                is_private[place] = is_private.get(place, False) or reference.is_private
        found = {}
        for (connection_id, name), closed in is_private.items():
            connection, account = self.connections.get(connection_id), accounts.get(connection_id)
            if connection is None:
                continue
            shelf = Shelf(name, closed, bound_at(connection, name))
            if connection.code is not None and account is not None:
                may = await in_time(connection.code.may_read(name, account, now=now))
                is_refused = isinstance(may, Fact) and not may.value
                shelf = replace(shelf, is_closed_to_asker=is_refused)
            found[connection_id, name] = shelf
        return found

    async def _item(
        self,
        heard: _Heard,
        shelves: Mapping[tuple[ConnectionId, str], Shelf],
        *,
        now: datetime,
    ) -> ItemCode:
        readable = [
            one for one in heard.named if (one.connection_id, one.ref.repository) in shelves
        ]
        async with asyncio.TaskGroup() as group:
            reads = [group.create_task(self._read(one, now=now)) for one in readable[:MOST_READ]]
        read = tuple(
            ReadPullRequest(
                ref=one.ref,
                url=known.value.url if isinstance(known, Fact) else one.url,
                known=known,
                shelf=shelves[one.connection_id, one.ref.repository],
            )
            for one, task in zip(readable, reads, strict=False)
            for known in (task.result(),)
        )
        references = tuple(
            ReadReference(one, shelves[one.subject.connection_id, one.subject.place])
            for one in heard.references
            if (one.subject.connection_id, one.subject.place) in shelves
        )
        return ItemCode(read, references, unread=max(0, len(readable) - MOST_READ))

    async def _read(self, one: _Named, *, now: datetime) -> Known[PullRequest]:
        source = self.connections[one.connection_id].code
        if source is None:
            return Unknown(UnknownReason.NOT_CONFIGURED)
        return await in_time(source.read_pull_request(one.ref, now=now))


def _asked(ask: Ask, facts: Mapping[WorkItemKey, Facts]) -> tuple[WorkItemKey, ...]:
    if ask.visibility.kind is VisibilityKind.CUSTOMER:
        return ()
    found = (asked_item(one, ask) for one in ask.intents if one.kind in _ABOUT_CODE)
    return tuple(
        dict.fromkeys(
            key for key in found if key is not None and key in facts and is_item_askable(key, ask)
        )
    )


def _named(tx: Reading, subject: ReferenceSubject) -> _Named:
    ref = PullRequestRef(subject.place, int(subject.name))
    seen = tx.references.pull_request(subject.connection_id, ref)
    if seen is None:
        return _Named(subject.connection_id, ref, "", is_private=True, is_open=True)
    is_open = seen.state is PullRequestState.OPEN
    return _Named(subject.connection_id, seen.ref, seen.url, seen.is_private, is_open)
