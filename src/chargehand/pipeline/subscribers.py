"""Tells subscribers, privately and bundled, what they wanted to hear of.

What happened was noted in the transaction in which it happened. A message is made once it was quiet
for a while, at the latest after a window, and at most once a window; nothing is told before the
facts were read anew, since whoever may not read a work item any more is told nothing of it. The
message and the end of what waited are one transaction, so a crash tells it later and never twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chargehand.attention.notifying import Name, NotBefore, may_notify, scopes_of
from chargehand.decisions.subscribed import ItemNews, Matter, news_message
from chargehand.domain.attention import Spot, Waiting
from chargehand.domain.fact import Fact, Unknown
from chargehand.domain.ids import AccountId, ConnectionId, SubscriptionId, WorkItemKey
from chargehand.domain.member import Member
from chargehand.domain.work_item import FactNeeds, Facts, Right
from chargehand.kit.calendar import WorkingHours
from chargehand.kit.clock import Clock
from chargehand.pipeline.barriers import barriers
from chargehand.pipeline.chat_asks import trackers_of
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.fact_reading import read_all
from chargehand.pipeline.news import Message, Subjects, propose_message
from chargehand.pipeline.private_chat import private_chat_of
from chargehand.storage.database import Database
from chargehand.storage.repositories.subscriptions import Hearer
from chargehand.storage.transaction import Reading, Writing

QUIET_FOR: Final = timedelta(minutes=2)
WINDOW: Final = timedelta(minutes=10)
_READ_AGAIN_AFTER: Final = timedelta(minutes=5)
_MOST_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What one person is to be told, and what has to be read before.

    Shape: `waiting` may be told now by mutes and hours; `items` are all work items it is about.
    """

    hearer: Hearer
    member: Member
    chat: LiveConnection
    account: AccountId
    tracker: LiveConnection
    waiting: tuple[Waiting, ...]
    needs: tuple[FactNeeds, ...]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A bundle by what may become of it."""

    tellable: tuple[Waiting, ...]
    later: tuple[SubscriptionId, ...]
    closed: tuple[SubscriptionId, ...]


class Subscribers:
    """Tells what is due; safe to be killed anywhere and to run beside another."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        rules: PipelineRules,
        hours: WorkingHours,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._trackers = trackers_of(connections)
        self._rules = rules
        self._hours = hours
        self._clock = clock

    async def tell(self) -> int:
        """Tell some of those to whom something is due; how many messages were proposed."""
        now = self._clock.now()
        due = await self._database.aread(lambda tx: self._due(tx, now=now))
        return sum([await self._tell(hearer) for hearer in due])

    def _due(self, tx: Reading, *, now: datetime) -> Sequence[Hearer]:
        if barriers(tx, now=now).is_all_stopped:
            return ()
        return tx.subscriptions.due(
            now=now,
            quiet_since=now - QUIET_FOR,
            waiting_since=now - WINDOW,
            limit=_MOST_AT_ONCE,
        )

    async def _tell(self, hearer: Hearer) -> int:
        bundle = await self._database.awrite(
            lambda tx: self._bundle(tx, hearer, now=self._clock.now())
        )
        if bundle is None:
            return 0
        facts = await read_all(
            lambda _: bundle.tracker.tracker, bundle.needs, now=self._clock.now()
        )
        return await self._database.awrite(
            lambda tx: self._send(tx, bundle, facts, now=self._clock.now())
        )

    def _bundle(self, tx: Writing, hearer: Hearer, *, now: datetime) -> _Bundle | None:
        """What may be told now; the rest is held, dropped or stopped."""
        waiting = tx.subscriptions.waiting(hearer)
        ids = [one.id for one in waiting]
        told_at = tx.subscriptions.told_at(hearer)
        if told_at is not None and told_at + WINDOW > now:
            tx.subscriptions.hold(ids, until=told_at + WINDOW)
            return None
        standing = self._standing(tx, hearer, waiting)
        if standing is None:
            tx.subscriptions.stop(ids, now=now)
            return None
        member, chat, account, tracker = standing
        ready = tuple(one for one in waiting if self._is_ready(tx, member, one, now=now))
        there = tx.members.identity_at(member.id, tracker.id)
        asker = there.account_id if there is not None and there.carries_rights else None
        needs = _needs(Subjects.read(tx, ready), ready, asker)
        return _Bundle(hearer, member, chat, account, tracker, ready, needs) if ready else None

    def _standing(
        self, tx: Writing, hearer: Hearer, waiting: Sequence[Waiting]
    ) -> tuple[Member, LiveConnection, AccountId, LiveConnection] | None:
        """Who is told, in which chat as whom, and which tracker knows; None for nobody any more."""
        member_id, project, _ = hearer
        member, tracker_id = tx.members.find(member_id), self._trackers.get(project)
        if member is None or member.left_at is not None or tracker_id is None or not waiting:
            return None
        found = private_chat_of(tx, waiting[0].person, self._connections)
        if found is None or project not in found[0].projects or not member.roles_in(project):
            return None
        return member, *found, self._connections[tracker_id]

    def _is_ready(self, tx: Writing, member: Member, one: Waiting, *, now: datetime) -> bool:
        """Whether it may be told now; a mute drops it, a snooze and the night keep it."""
        wanted = one.subscription
        spot = Spot(work_item=wanted.work_item, project=wanted.project)
        quiets = tx.attention.quiets_on(scopes_of(member, spot), now=now)
        permission = may_notify(member, wanted.topic, spot, now, hours=self._hours, quiets=quiets)
        match permission:
            case Name():
                tx.subscriptions.forget_waiting([one.id])
                return False
            case NotBefore():
                tx.subscriptions.hold([one.id], until=permission.moment)
                return False
            case _:
                return True

    def _send(
        self, tx: Writing, bundle: _Bundle, facts: Mapping[WorkItemKey, Facts], *, now: datetime
    ) -> int:
        current = {one.id: one for one in tx.subscriptions.waiting(bundle.hearer)}
        waiting = tuple(one for one in bundle.waiting if one.id in current)
        found = _sorted(waiting, bundle, facts)
        tx.subscriptions.stop(found.closed, now=now)
        tx.subscriptions.hold(found.later, until=now + _READ_AGAIN_AFTER)
        if not found.tellable:
            return 0
        subjects = Subjects.read(tx, found.tellable)
        news: list[ItemNews] = [
            told
            for one in found.tellable
            if one.subscription.work_item is not None
            and (told := subjects.news_of(one, facts[one.subscription.work_item])) is not None
        ]
        matters: list[Matter] = [
            matter
            for one in found.tellable
            if one.subscription.work_item is None
            for matter in subjects.matters_of(one)
            if matter.item is None or is_readable(facts.get(matter.item), bundle.member)
        ]
        words = news_message(news, matters, _name_of(found.tellable[0]))
        ids = [one.id for one in found.tellable]
        anchor = subjects.anchor(found.tellable)
        if not words or anchor is None:
            tx.subscriptions.forget_waiting(ids)
            return 0
        message = Message(bundle.chat, bundle.account, bundle.hearer, words, anchor)
        action_id = propose_message(tx, message, lasts=self._rules.approval_expires_after, now=now)
        if action_id is None:
            return 0
        for one in found.tellable:
            tx.subscriptions.told(one, action_id, now=now)
        return 1


def is_readable(facts: Facts | None, member: Member) -> bool:
    """Whether a member may be told of a work item: what everybody in a project of theirs may read.

    Where the tracker says whether the member may read it, that counts too.
    """
    if facts is None or not isinstance(facts.item, Fact):
        return False
    item, known = facts.item.value, facts.rights.get(Right.READ)
    is_refused = isinstance(known, Fact) and not known.value
    return item.security_level is None and bool(member.roles_in(item.project)) and not is_refused


def _needs(
    subjects: Subjects, waiting: Sequence[Waiting], account: AccountId | None
) -> tuple[FactNeeds, ...]:
    """Every work item that is told of, with its comments where it is subscribed to itself."""
    items = [one.subscription.work_item for one in waiting]
    watched = {item for item in items if item is not None}
    matters = [matter for one in waiting for matter in subjects.matters_of(one)]
    named = {matter.item for matter in matters if matter.item is not None}
    rights = (Right.READ,) if account is not None else ()
    return tuple(
        FactNeeds(work_item=key, comments=key in watched, asker=account, rights=rights)
        for key in sorted(watched | named)
    )


def _sorted(
    waiting: Sequence[Waiting], bundle: _Bundle, facts: Mapping[WorkItemKey, Facts]
) -> _Sorted:
    tellable: list[Waiting] = []
    later: list[SubscriptionId] = []
    closed: list[SubscriptionId] = []
    for one in waiting:
        item = one.subscription.work_item
        read = [facts[item]] if item is not None else list(facts.values())
        if any(_is_passing(facts_of) for facts_of in read):
            later.append(one.id)
        elif item is not None and not is_readable(facts[item], bundle.member):
            closed.append(one.id)
        else:
            tellable.append(one)
    return _Sorted(tuple(tellable), tuple(later), tuple(closed))


def _is_passing(facts: Facts) -> bool:
    """Whether something that decides what is told can only not be read just now."""
    parts = (facts.item, facts.comments, facts.rights.get(Right.READ))
    return any(isinstance(one, Unknown) and one.is_passing for one in parts)


def _name_of(one: Waiting) -> str:
    return one.subscription.work_item or one.subscription.topic.value
