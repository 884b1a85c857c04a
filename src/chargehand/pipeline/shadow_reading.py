"""Reads what happened on the things that were proposed to be changed, in a few large queries."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from chargehand.decisions.agreement import changes_code, changes_items
from chargehand.domain.action import COMMENTS, ActionKind
from chargehand.domain.delivery import DeliverySource
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId
from chargehand.domain.json import JSONObject
from chargehand.storage.repositories.rows import load_part
from chargehand.storage.repositories.shadow import (
    BUCKET_S,
    ApprovalRow,
    HappenedRow,
    ProposedRow,
    Stretch,
)
from chargehand.storage.transaction import Reading

_CODE_HOSTS: Final = frozenset({"bitbucket", "github"})
_TICKET_COMMENTS: Final = frozenset(kind for kind in COMMENTS if kind.connector == "jira")
_CODE_COMMENTS: Final = frozenset(kind for kind in COMMENTS if kind.connector in _CODE_HOSTS)
_CODE_EVENTS: Final = (
    EventKind.COMMENT_CREATED,
    EventKind.PULL_REQUEST_APPROVED,
    EventKind.PULL_REQUEST_DECLINED,
    EventKind.PULL_REQUEST_UPDATED,
    EventKind.REVIEW_SUBMITTED,
    EventKind.WORK_ITEM_UPDATED,
)
_BUCKET_US: Final = BUCKET_S * 1_000_000
Thing = tuple[str, str]


class Doing(NamedTuple):
    """Something that a person did.

    Units: `at` in microseconds since 1970.
    """

    at: int
    event_id: str
    actor_id: str | None
    kind: EventKind
    content_id: str | None


@dataclass(frozen=True, slots=True)
class Doings:
    """What people did, by connection and thing, oldest first; and when a connection was heard of.

    Shape: `code` is by the name of a pull request or issue in lower case; `heard` and `pushed` are
    the numbers of ten-minute stretches in which anything arrived, and arrived unasked.
    """

    comments: Mapping[Thing, Sequence[Doing]]
    updates: Mapping[Thing, Sequence[Doing]]
    code: Mapping[Thing, Sequence[Doing]]
    bodies: Mapping[str, str]
    approvals: Mapping[str, Sequence[ApprovalRow]]
    heard: Mapping[str, Sequence[int]]
    pushed: Mapping[str, Sequence[int]]

    def data_of(self, doing: Doing) -> JSONObject | None:
        """The data of an event; None when it was erased or pruned."""
        body = self.bodies.get(doing.content_id or "")
        return data_in(body) if body is not None else None

    def was_listening(self, connection_id: str, start: int, end: int, *, to_changes: bool) -> bool:
        """Whether anything of a connection arrived between two moments.

        Shape: polls tell of words and not of changes, so they do not count for changes.
        """
        buckets = (self.pushed if to_changes else self.heard).get(connection_id, ())
        place = bisect_right(buckets, start // _BUCKET_US)
        return place < len(buckets) and (buckets[place] + 1) * _BUCKET_US <= end


def is_about_ticket(kind: ActionKind) -> bool:
    """Whether a kind says something on a ticket, where replies are heard of."""
    return kind in _TICKET_COMMENTS


def is_about_code(kind: ActionKind) -> bool:
    """Whether a kind is about a pull request or issue of a code host, of which events tell."""
    return kind in _CODE_COMMENTS or changes_code(kind)


def read_doings(
    tx: Reading, rows: Sequence[ProposedRow], *, stretch: Stretch, told: Stretch
) -> Doings:
    """Everything that people did to what some actions are about.

    Shape: the actions are of `stretch`, and what was told until the end of `told` counts.
    """
    reading = _Reading(tx, told)
    said, changed, code = set[Thing](), set[Thing](), set[Thing]()
    for word, targets in _targets(rows).items():
        kind = ActionKind(word)
        if is_about_ticket(kind):
            said |= targets
        elif changes_items(kind):
            changed |= targets
        elif is_about_code(kind):
            code |= {(connection_id, target.casefold()) for connection_id, target in targets}
    comments = reading.on_items(EventKind.COMMENT_CREATED, said)
    updates = reading.on_items(EventKind.WORK_ITEM_UPDATED, changed)
    wanted = {one.content_id for many in updates.values() for one in many if one.content_id}
    bodies = dict(tx.shadow.bodies(wanted))
    on_code = reading.on_code(code, bodies)
    approvals: defaultdict[str, list[ApprovalRow]] = defaultdict(list)
    for one in tx.shadow.approvals(stretch):
        approvals[one.action_id].append(one)
    heard, pushed = _heard(tx, told)
    return Doings(comments, updates, on_code, bodies, approvals, heard, pushed)


def _targets(rows: Sequence[ProposedRow]) -> Mapping[str, set[Thing]]:
    """What actions are about, by kind."""
    found: defaultdict[str, set[Thing]] = defaultdict(set)
    for row in rows:
        found[row.kind].add((row.connection_id, row.target))
    return found


class _Reading:
    """Reads events, and leaves out what bots did."""

    def __init__(self, tx: Reading, told: Stretch) -> None:
        self._tx = tx
        self._told = told
        self._bots = {one.id: one.bot_account_id for one in tx.connections.all()}
        self._bot_events, self._other_bots = tx.shadow.not_by_people(told)

    def on_items(self, kind: EventKind, items: Collection[Thing]) -> dict[Thing, list[Doing]]:
        """What people did to some work items, oldest first."""
        found: dict[Thing, list[Doing]] = {item: [] for item in items}
        is_by_person = self._is_by_person
        # There may be hundreds of thousands, of which each step counts.
        for row in self._tx.shadow.happened(self._told, kind) if items else ():
            event_id, connection_id, work_item, actor_id, at, content_id = row
            many = found.get((connection_id, work_item or ""))
            if many is not None and is_by_person(connection_id, event_id, actor_id):
                many.append(Doing(at, event_id, actor_id, kind, content_id))
        return _sorted(found)

    def on_code(
        self, things: Collection[Thing], bodies: dict[str, str]
    ) -> dict[Thing, list[Doing]]:
        """The same of pull requests and issues, which only the contents name; adds to `bodies`."""
        found: defaultdict[Thing, list[Doing]] = defaultdict(list)
        hosts = {connection_id for connection_id, _ in things}
        for kind in _CODE_EVENTS if hosts else ():
            rows = [
                row
                for row in self._tx.shadow.happened(self._told, kind)
                if row.connection_id in hosts
                and self._is_by_person(row.connection_id, row.event_id, row.actor_id)
            ]
            told = self._tx.shadow.bodies({row.content_id for row in rows if row.content_id})
            for row in rows:
                thing = _thing_of_code(row, told.get(row.content_id or ""))
                if thing in things:
                    found[thing].append(_doing(row, kind))
                    bodies[row.content_id or ""] = told[row.content_id or ""]
        return _sorted(found)

    def _is_by_person(self, connection_id: str, event_id: str, actor_id: str | None) -> bool:
        return (
            actor_id is not None
            and actor_id != self._bots.get(ConnectionId(connection_id))
            and actor_id not in self._other_bots
            and event_id not in self._bot_events
        )


def data_in(body: str) -> JSONObject:
    """The data of an event in its content."""
    return load_part(body, "data")


def _thing_of_code(row: HappenedRow, body: str | None) -> Thing:
    data = data_in(body) if body is not None else {}
    return row.connection_id, f"{data.get('repository')}#{data.get('number')}".casefold()


def _doing(row: HappenedRow, kind: EventKind) -> Doing:
    return Doing(row.occurred_at, row.event_id, row.actor_id, kind, row.content_id)


def _sorted(found: Mapping[Thing, list[Doing]]) -> dict[Thing, list[Doing]]:
    return {thing: sorted(many) for thing, many in found.items()}


def _heard(tx: Reading, told: Stretch) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    heard: defaultdict[str, set[int]] = defaultdict(set)
    pushed: defaultdict[str, set[int]] = defaultdict(set)
    for connection_id, source, bucket in tx.shadow.heard(told):
        heard[connection_id].add(bucket)
        if source != DeliverySource.POLL.value:
            pushed[connection_id].add(bucket)
    return {one: sorted(many) for one, many in heard.items()}, {
        one: sorted(many) for one, many in pushed.items()
    }
