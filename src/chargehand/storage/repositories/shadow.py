"""What a shadow report is made from: proposed actions, and what happened on the same things."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, null, select

from chargehand.domain.action import ActionState, Mode
from chargehand.domain.decision import Reason, Verdict
from chargehand.domain.event import EventKind
from chargehand.kit.ids import first_id
from chargehand.storage.repositories.rows import Repository, plain_rows
from chargehand.storage.tables import (
    actions,
    approvals,
    contents,
    decisions,
    deliveries,
    events,
)
from chargehand.storage.tables_undos import undos

# What nobody sent yet, and what a person let through; what went out by itself shows nothing.
_COMPARED: Final = (
    ActionState.SIMULATED,
    ActionState.WAITING,
    ActionState.REJECTED,
    ActionState.EXPIRED,
    ActionState.APPROVED,
    ActionState.EXECUTING,
    ActionState.EXECUTED,
    ActionState.FAILED,
    ActionState.UNKNOWN,
)
# As `ProposedRow` begins.
_OF_ACTION: Final = (
    *(actions.c.action_id, actions.c.decision_id, actions.c.kind),
    *(actions.c.connection_id, actions.c.project, actions.c.target),
    *(actions.c.mode, actions.c.created_at),
)
_CHUNK: Final = 500
BUCKET_S: Final = 600
_BUCKET_US: Final = BUCKET_S * 1_000_000


class ProposedRow(NamedTuple):
    """One proposed action; `body` is its content, None when it is gone or was not wanted.

    Shape: what led to it is None where its content was wanted.
    Units: `_at` in microseconds since 1970.
    """

    action_id: str
    decision_id: str
    kind: str
    connection_id: str
    project: str
    target: str
    mode: str
    created_at: int
    body: str | None
    event_id: str | None
    asker_id: str | None
    asked_at: int | None


class HappenedRow(NamedTuple):
    """One event, without its content.

    Units: `occurred_at` in microseconds since 1970.
    """

    event_id: str
    connection_id: str
    work_item: str | None
    actor_id: str | None
    occurred_at: int
    content_id: str | None


class ApprovalRow(NamedTuple):
    """How one approval ended.

    Units: `decided_at` in microseconds since 1970.
    """

    action_id: str
    ordinal: int
    state: str
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What arrived from a moment on and before another one."""

    since: datetime
    until: datetime

    def within(self, column: Any, prefix: str) -> Any:
        """The condition that an id of this kind was made then."""
        begin, end = first_id(prefix, self.since), first_id(prefix, self.until)
        return and_(column >= begin, column < end)


class ShadowReader(Repository):
    """Reads rows as they are; what they mean is decided elsewhere."""

    def proposed(
        self,
        stretch: Stretch,
        *,
        with_content: Collection[str],
        project: str | None,
        kind: str | None,
        most: int,
    ) -> list[ProposedRow]:
        """Actions that were not sent by themselves, at most `most`, those of one state together.

        Shape: `with_content` names the kinds of which the content is read; of the others it is who
        asked, and when.
        """
        found: list[ProposedRow] = []
        both = self._changes(with_content), self._words(with_content)
        for state, shape in product(_COMPARED, both):
            left = most - len(found)
            if left <= 0:
                break
            query = _in_state(shape, stretch, state)
            query = query.where(actions.c.project == project) if project is not None else query
            query = query.where(actions.c.kind == kind) if kind is not None else query
            rows = plain_rows(self._connection.execute(query.limit(left)))
            found += map(ProposedRow._make, rows)
        return found

    def happened(self, stretch: Stretch, kind: EventKind) -> Iterator[HappenedRow]:
        """Events of a kind that arrived in a stretch, in the order they did."""
        columns = (
            *(events.c.event_id, events.c.connection_id, events.c.work_item),
            *(events.c.actor_id, events.c.occurred_at, events.c.content_id),
        )
        query = (
            select(*columns)
            .where(
                events.c.organization_id == self._organization_id,
                events.c.kind == kind.value,
                stretch.within(events.c.event_id, "evt"),
            )
            .order_by(events.c.event_id)
        )
        return map(HappenedRow._make, plain_rows(self._connection.execute(query)))

    def bodies(self, content_ids: Collection[str]) -> Mapping[str, str]:
        """The contents that are there, as they stand."""
        wanted, found = sorted(content_ids), dict[str, str]()
        for start in range(0, len(wanted), _CHUNK):
            query = select(contents.c.content_id, contents.c.body).where(
                contents.c.organization_id == self._organization_id,
                contents.c.content_id.in_(wanted[start : start + _CHUNK]),
            )
            found.update(plain_rows(self._connection.execute(query)))
        return found

    def approvals(self, stretch: Stretch) -> Iterator[ApprovalRow]:
        """The approvals of actions that were proposed about what arrived in a stretch."""
        # An approval's id keeps the time of its action's.
        query = select(
            approvals.c.action_id,
            approvals.c.ordinal,
            approvals.c.state,
            approvals.c.decided_at,
        ).where(
            approvals.c.organization_id == self._organization_id,
            stretch.within(approvals.c.approval_id, "apv"),
        )
        return map(ApprovalRow._make, self._connection.execute(query).all())

    def not_by_people(self, stretch: Stretch) -> tuple[frozenset[str], frozenset[str]]:
        """Events that were judged to be a bot's, and the accounts of other bots among them."""
        by_bots = (Reason.OWN_COMMENT.value, Reason.OTHER_BOT.value)
        query = select(decisions.c.event_id, decisions.c.asker_id, decisions.c.reason).where(
            decisions.c.organization_id == self._organization_id,
            decisions.c.verdict == Verdict.SILENT.value,
            stretch.within(decisions.c.decision_id, "dec"),
            decisions.c.reason.in_(by_bots),
        )
        rows = list(self._connection.execute(query))
        accounts = {row.asker_id for row in rows if row.reason == Reason.OTHER_BOT.value}
        return frozenset(row.event_id for row in rows), frozenset(accounts - {None})

    def undone(self) -> tuple[frozenset[str], Mapping[str, int]]:
        """Actions that are undos themselves, and when each undone action was taken back."""
        query = (
            select(undos.c.undo_action_id, undos.c.undone_action_id, actions.c.finished_at)
            .select_from(
                undos.outerjoin(
                    actions,
                    and_(
                        actions.c.organization_id == undos.c.organization_id,
                        actions.c.action_id == undos.c.undo_action_id,
                        actions.c.state == ActionState.EXECUTED.value,
                    ),
                )
            )
            .where(undos.c.organization_id == self._organization_id)
        )
        rows = list(self._connection.execute(query))
        taken_back = {
            row.undone_action_id: int(row.finished_at)
            for row in rows
            if row.finished_at is not None
        }
        return frozenset(row.undo_action_id for row in rows), taken_back

    def heard(self, stretch: Stretch) -> Iterator[tuple[str, str, int]]:
        """Connection, source and number of each ten minutes in which something was received."""
        bucket = deliveries.c.received_at // _BUCKET_US
        query = (
            select(deliveries.c.connection_id, deliveries.c.source, bucket.label("bucket"))
            .where(
                deliveries.c.organization_id == self._organization_id,
                stretch.within(deliveries.c.delivery_id, "dlv"),
            )
            .distinct()
        )
        return ((row[0], row[1], int(row[2])) for row in self._connection.execute(query))

    def _changes(self, kinds: Collection[str]) -> Select[Any]:
        """Proposed actions of these kinds with their contents, and nothing of what led to them."""
        own = self._organization_id
        of_action = and_(
            contents.c.organization_id == own,
            contents.c.content_id == actions.c.content_id,
        )
        query = select(*_OF_ACTION, contents.c.body, null(), null(), null())
        query = query.select_from(actions.outerjoin(contents, of_action))
        return query.where(actions.c.organization_id == own, actions.c.kind.in_(sorted(kinds)))

    def _words(self, kinds: Collection[str]) -> Select[Any]:
        """Proposed actions of all other kinds with what led to them, and without contents."""
        own = self._organization_id
        of_action = and_(
            decisions.c.organization_id == own,
            decisions.c.decision_id == actions.c.decision_id,
        )
        of_decision = and_(
            events.c.organization_id == own,
            events.c.event_id == decisions.c.event_id,
        )
        led = (decisions.c.event_id, decisions.c.asker_id, events.c.occurred_at)
        query = select(*_OF_ACTION, null(), *led).select_from(
            actions.outerjoin(decisions, of_action).outerjoin(events, of_decision)
        )
        return query.where(actions.c.organization_id == own, actions.c.kind.not_in(sorted(kinds)))


def _in_state(query: Select[Any], stretch: Stretch, state: ActionState) -> Select[Any]:
    """Those that are in a state, unless they went out by themselves."""
    found = query.where(actions.c.state == state.value, stretch.within(actions.c.action_id, "act"))
    is_sent = state is not ActionState.SIMULATED
    return found.where(actions.c.mode == Mode.APPROVE.value) if is_sent else found
