"""Who wants to hear of what, and what waits to be told."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select

from chargehand.domain.attention import Person, Subscription, Topic, Waiting
from chargehand.domain.ids import (
    ActionId,
    ConnectionId,
    MemberId,
    ProjectKey,
    SubscriptionId,
    WorkItemKey,
)
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.storage.repositories.attention import of_person, person_of
from chargehand.storage.repositories.rows import AnyRow, Repository, moment
from chargehand.storage.tables_attention import subscription_changes, subscriptions

# Who is told, of which project, and where they subscribed.
Hearer: TypeAlias = tuple[MemberId, ProjectKey, ConnectionId]
# What is noted one by one; beyond it changes are only counted.
MOST_NOTED: Final = 200
_EVERY_PROJECT: Final = ""
_NO_ITEM: Final = ""
_HEARER: Final = (
    subscriptions.c.member_id,
    subscriptions.c.project,
    subscriptions.c.connection_id,
)
_NOTHING_WAITS: Final[dict[str, object]] = {
    "waiting": 0,
    "waiting_since_at": None,
    "last_change_at": None,
    "held_until_at": None,
}


class SubscriptionReader(Repository):
    """Looks subscriptions up."""

    def of_member(self, member_id: MemberId) -> tuple[Subscription, ...]:
        """What a member wants to hear of."""
        query = self._select(subscriptions).where(subscriptions.c.member_id == member_id)
        ordered = query.order_by(
            subscriptions.c.topic, subscriptions.c.project, subscriptions.c.work_item
        )
        return tuple(_subscription(row) for row in self._rows(ordered))

    def subscribers(self, topic: Topic, project: ProjectKey) -> tuple[MemberId, ...]:
        """The members who want to hear of a topic in a project, each once."""
        query = (
            select(subscriptions.c.member_id)
            .distinct()
            .where(
                subscriptions.c.organization_id == self._organization_id,
                subscriptions.c.topic == topic.value,
                subscriptions.c.project.in_((project, _EVERY_PROJECT)),
            )
        )
        return tuple(MemberId(row[0]) for row in self._rows(query.order_by("member_id")))

    def to_topic(
        self, topic: Topic, project: ProjectKey
    ) -> tuple[tuple[SubscriptionId, Subscription], ...]:
        """The subscriptions to a topic in a project."""
        return self._found(subscriptions.c.topic == topic.value, subscriptions.c.project == project)

    def to_item(self, work_item: WorkItemKey) -> tuple[tuple[SubscriptionId, Subscription], ...]:
        """The subscriptions to one work item."""
        return self._found(subscriptions.c.work_item == work_item)

    def due(
        self, *, now: datetime, quiet_since: datetime, waiting_since: datetime, limit: int
    ) -> tuple[Hearer, ...]:
        """Whom there is something to tell of which project, and where; the longest waiting first.

        Shape: nothing changed after `quiet_since`, or something did before `waiting_since`; what
        is held is left out.
        """
        is_held = subscriptions.c.held_until_at > to_micros(now)
        oldest = func.min(subscriptions.c.waiting_since_at)
        query = (
            select(*_HEARER)
            .where(
                subscriptions.c.organization_id == self._organization_id,
                subscriptions.c.waiting_since_at.is_not(None),
                or_(
                    subscriptions.c.last_change_at <= to_micros(quiet_since),
                    subscriptions.c.waiting_since_at <= to_micros(waiting_since),
                ),
                or_(subscriptions.c.held_until_at.is_(None), ~is_held),
            )
            .group_by(*_HEARER)
            .order_by(oldest)
            .limit(limit)
        )
        return tuple((row.member_id, row.project, row.connection_id) for row in self._rows(query))

    def waiting(self, hearer: Hearer) -> tuple[Waiting, ...]:
        """Everything somebody is to be told of a project, the longest waiting first."""
        query = self._select(subscriptions).where(
            *_heard_by(hearer), subscriptions.c.waiting_since_at.is_not(None)
        )
        rows = self._rows(
            query.order_by(subscriptions.c.waiting_since_at, subscriptions.c.subscription_id)
        )
        noted: dict[str, list[str]] = {}
        changes = self._select(subscription_changes).where(
            subscription_changes.c.subscription_id.in_([row.subscription_id for row in rows])
        )
        for row in self._rows(
            changes.order_by(subscription_changes.c.noted_at, subscription_changes.c.subject_id)
        ):
            noted.setdefault(row.subscription_id, []).append(row.subject_id)
        return tuple(_waiting(row, tuple(noted.get(row.subscription_id, ()))) for row in rows)

    def told_at(self, hearer: Hearer) -> datetime | None:
        """When somebody was last told something of a project; None for never."""
        query = select(func.max(subscriptions.c.told_at)).where(
            subscriptions.c.organization_id == self._organization_id, *_heard_by(hearer)
        )
        return moment(self._connection.execute(query).scalar_one())

    def _found(self, *which: Any) -> tuple[tuple[SubscriptionId, Subscription], ...]:
        query = self._select(subscriptions).where(*which)
        rows = self._rows(query.order_by(subscriptions.c.subscription_id))
        return tuple((SubscriptionId(row.subscription_id), _subscription(row)) for row in rows)


class SubscriptionWriter(SubscriptionReader):
    """Keeps who wants to hear of what, and what they were told."""

    def add(self, subscription: Subscription, person: Person, *, now: datetime) -> bool:
        """Note what a member wants to hear of; False when that is known.

        Saying it again moves it to where it is said now, and begins what was stopped.
        """
        is_new = self._insert(
            subscriptions,
            {
                "subscription_id": new_id("sub", now),
                **of_person(person),
                "topic": subscription.topic.value,
                "project": subscription.project or _EVERY_PROJECT,
                "work_item": subscription.work_item or _NO_ITEM,
                "since_at": to_micros(subscription.since),
                "waiting": 0,
            },
        )
        if not is_new:
            known = and_(
                subscriptions.c.member_id == subscription.member_id,
                subscriptions.c.topic == subscription.topic.value,
                subscriptions.c.project == (subscription.project or _EVERY_PROJECT),
                subscriptions.c.work_item == (subscription.work_item or _NO_ITEM),
            )
            moved = {**of_person(person), "stopped_at": None, "last_action_id": None}
            self._connection.execute(self._update(subscriptions).where(known).values(**moved))
        return is_new

    def end(self, member_id: MemberId, topic: Topic, projects: Collection[ProjectKey]) -> int:
        """End a member's subscriptions to a topic in some projects; how many ended."""
        return self._drop(
            subscriptions.c.member_id == member_id,
            subscriptions.c.topic == topic.value,
            subscriptions.c.project.in_(sorted({*projects, _EVERY_PROJECT})),
        )

    def end_item(self, member_id: MemberId, work_item: WorkItemKey) -> int:
        """End a member's subscription to a work item; how many ended."""
        return self._drop(
            subscriptions.c.member_id == member_id, subscriptions.c.work_item == work_item
        )

    def end_all(self, member_id: MemberId) -> int:
        """End everything a member hears of; how many ended."""
        return self._drop(subscriptions.c.member_id == member_id)

    def note(self, subscription_id: SubscriptionId, subject_id: str, *, now: datetime) -> None:
        """Note that there is something to tell; beyond a number it is only counted."""
        at, mine = to_micros(now), subscriptions.c.subscription_id == subscription_id
        query = select(subscriptions.c.waiting).where(
            subscriptions.c.organization_id == self._organization_id, mine
        )
        waiting = self._connection.execute(query).scalar_one_or_none()
        if waiting is None:
            return
        row = {"subscription_id": subscription_id, "subject_id": subject_id, "noted_at": at}
        if waiting < MOST_NOTED and not self._insert(subscription_changes, row):
            return
        first = case(
            (subscriptions.c.waiting_since_at.is_(None), at),
            else_=subscriptions.c.waiting_since_at,
        )
        self._connection.execute(
            self._update(subscriptions)
            .where(mine)
            .values(waiting=subscriptions.c.waiting + 1, waiting_since_at=first, last_change_at=at)
        )

    def hold(self, ids: Collection[SubscriptionId], *, until: datetime) -> None:
        """Keep what waits until a moment."""
        self._set(ids, {"held_until_at": to_micros(until)})

    def release(self, member_id: MemberId) -> None:
        """Look again at once at what was held for a member."""
        mine = subscriptions.c.member_id == member_id
        self._connection.execute(self._update(subscriptions).where(mine).values(held_until_at=None))

    def forget_waiting(self, ids: Collection[SubscriptionId]) -> None:
        """Let go of what waits without telling it."""
        self._forget_changes(ids)
        self._set(ids, _NOTHING_WAITS)

    def stop(self, ids: Collection[SubscriptionId], *, now: datetime) -> None:
        """Let go of what waits, and note that nothing can be told any more."""
        self.forget_waiting(ids)
        self._set(ids, {"stopped_at": to_micros(now)})

    def told(self, one: Waiting, action_id: ActionId, *, now: datetime) -> None:
        """Note that what waited was told by a message; what came since waits on."""
        at, mine = to_micros(now), subscription_changes.c.subscription_id == one.id
        # Of what is only counted nothing is left to be told apart.
        self._connection.execute(
            delete(subscription_changes).where(
                subscription_changes.c.organization_id == self._organization_id,
                mine,
                subscription_changes.c.subject_id.in_(one.subjects),
            )
        )
        self._set(
            [one.id],
            {
                **_NOTHING_WAITS,
                "told_at": at,
                "stopped_at": None,
                "last_action_id": action_id,
            },
        )
        left = select(func.count(), func.max(subscription_changes.c.noted_at)).where(
            subscription_changes.c.organization_id == self._organization_id, mine
        )
        count, newest = self._connection.execute(left).one()
        if count:
            waits = {"waiting": count, "waiting_since_at": newest, "last_change_at": newest}
            self._set([one.id], waits)

    def move(self, old: WorkItemKey, new: WorkItemKey, project: ProjectKey) -> None:
        """Follow a work item to its new key; who hears of both keeps one."""
        for subscription_id, subscription in self.to_item(old):
            known = {one.member_id for _, one in self.to_item(new)}
            if subscription.member_id in known:
                self._drop(subscriptions.c.subscription_id == subscription_id)
            else:
                self._set([subscription_id], {"work_item": new, "project": project})

    def forget_persons(self, account_ids: Collection[str]) -> int:
        """Delete what was subscribed from some accounts, and for the members behind them."""
        ids = sorted(account_ids)
        rows = self._rows(self._select(subscriptions).where(subscriptions.c.actor_id.in_(ids)))
        members = sorted({row.member_id for row in rows if row.member_id is not None})
        theirs = or_(subscriptions.c.actor_id.in_(ids), subscriptions.c.member_id.in_(members))
        return self._drop(theirs)

    def _set(self, ids: Collection[SubscriptionId], values: dict[str, object]) -> None:
        which = subscriptions.c.subscription_id.in_(sorted(ids))
        self._connection.execute(self._update(subscriptions).where(which).values(**values))

    def _drop(self, *which: Any) -> int:
        ids = [
            SubscriptionId(row.subscription_id)
            for row in self._rows(self._select(subscriptions).where(*which))
        ]
        self._forget_changes(ids)
        outcome = self._connection.execute(
            delete(subscriptions).where(
                subscriptions.c.organization_id == self._organization_id,
                subscriptions.c.subscription_id.in_(ids),
            )
        )
        return outcome.rowcount

    def _forget_changes(self, ids: Collection[SubscriptionId]) -> None:
        self._connection.execute(
            delete(subscription_changes).where(
                subscription_changes.c.organization_id == self._organization_id,
                subscription_changes.c.subscription_id.in_(sorted(ids)),
            )
        )


def _heard_by(hearer: Hearer) -> tuple[ColumnElement[bool], ...]:
    return tuple(column == value for column, value in zip(_HEARER, hearer, strict=True))


def _subscription(row: AnyRow) -> Subscription:
    return Subscription(
        member_id=row.member_id,
        topic=Topic(row.topic),
        project=row.project or None,
        since=from_micros(row.since_at),
        work_item=row.work_item or None,
        stopped_at=moment(row.stopped_at),
        last_action_id=row.last_action_id,
    )


def _waiting(row: AnyRow, subjects: tuple[str, ...]) -> Waiting:
    return Waiting(
        id=row.subscription_id,
        subscription=_subscription(row),
        person=person_of(row),
        subjects=subjects,
        count=row.waiting,
        since=from_micros(row.waiting_since_at),
        last_change_at=from_micros(row.last_change_at),
        told_at=moment(row.told_at),
    )
