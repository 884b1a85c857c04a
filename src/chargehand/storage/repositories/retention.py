"""Which contents are past their retention, which of them open work still needs, and what went."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, delete, func, select, tuple_, update

from chargehand.domain.action import ActionState
from chargehand.domain.ask import AskState
from chargehand.domain.records import ApprovalState
from chargehand.domain.retention import Kept, PruningRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.contents import RetentionClass
from chargehand.storage.repositories.event_words import EventWordWriter
from chargehand.storage.repositories.rows import Repository
from chargehand.storage.tables import actions, approvals, asks, contents, decisions, events
from chargehand.storage.tables_approvals import absences, approval_reminders
from chargehand.storage.tables_attention import reminders
from chargehand.storage.tables_flags import stops
from chargehand.storage.tables_policy import broken_glasses
from chargehand.storage.tables_privacy import prunings

_OPEN_ASKS: Final = (AskState.OPEN.value, AskState.LATE.value, AskState.STUCK.value)
_OPEN_ACTIONS: Final = (
    ActionState.PROPOSED.value,
    ActionState.WAITING.value,
    ActionState.APPROVED.value,
    ActionState.EXECUTING.value,
    ActionState.UNKNOWN.value,
)
_CLASSES: Final = {Kept.PROMPTS: RetentionClass.PROMPT, Kept.TEXTS: RetentionClass.TEXT}
# A place in a class, in the order of age.
Place = tuple[int, str]
BEGINNING: Final[Place] = (-1, "")


class RetentionReader(Repository):
    """Looks for what may go."""

    def older_than(
        self, before: datetime, kept: Kept, *, after: Place, limit: int
    ) -> tuple[Place, ...]:
        """Contents of a class made before a moment, oldest first, behind a place."""
        age = tuple_(contents.c.created_at, contents.c.content_id)
        query = (
            select(contents.c.created_at, contents.c.content_id)
            .where(
                contents.c.organization_id == self._organization_id,
                contents.c.retention_class == _CLASSES[kept].value,
                contents.c.created_at < to_micros(before),
                age > tuple_(*after),
            )
            .order_by(contents.c.created_at, contents.c.content_id)
            .limit(limit)
        )
        return tuple((row.created_at, row.content_id) for row in self._rows(query))

    def needed_contents(self) -> frozenset[str]:
        """Contents that open asks, waiting approvals, reminders and undecided effects are about.

        They stay, however old: a person has to see what they decide, and a digest has to hold.
        """
        open_work = (self._of_open_asks(), self._of_open_actions(), self._of_waiting_reminders())
        rows = [row for query in open_work for row in self._rows(query)]
        return frozenset(content_id for row in rows for content_id in row if content_id)

    def prunings(self) -> tuple[PruningRecord, ...]:
        """How the pruning of each class stands, those never pruned left out."""
        rows = self._rows(self._select(prunings).order_by(prunings.c.kept))
        return tuple(
            PruningRecord(
                kept=Kept(row.kept),
                last_at=from_micros(row.last_at),
                last_rows=row.last_rows,
                total_rows=row.total_rows,
            )
            for row in rows
        )

    def count_past(self, before: datetime) -> int:
        """How many absences, reminders and reasons `forget_past` would take."""
        which = (*self._past_rows(before), *self._past_reasons(before))
        queries = (select(func.count()).select_from(table).where(past) for table, past in which)
        return sum(int(self._connection.scalar(query) or 0) for query in queries)

    def _past_rows(self, before: datetime) -> "tuple[tuple[Table, ColumnElement[bool]], ...]":
        """Absences that ended, and who was reminded; not what an open approval rests on."""
        mine, at = self._organization_id, to_micros(before)
        is_open = select(approvals.c.approval_id).where(
            approvals.c.organization_id == mine, approvals.c.state == ApprovalState.OPEN.value
        )
        in_it = is_open.where(approvals.c.opened_at <= absences.c.ends_at).correlate(absences)
        reminded = approval_reminders
        return (
            (
                absences,
                (absences.c.organization_id == mine) & (absences.c.ends_at < at) & ~in_it.exists(),
            ),
            (
                reminded,
                (reminded.c.organization_id == mine)
                & (reminded.c.reminded_at < at)
                & reminded.c.approval_id.not_in(is_open),
            ),
        )

    def _past_reasons(self, before: datetime) -> "tuple[tuple[Table, ColumnElement[bool]], ...]":
        """Why something was stopped, or a glass was broken, when that is long over."""
        mine, at = self._organization_id, to_micros(before)
        return tuple(
            (table, (table.c.organization_id == mine) & (table.c.reason != "") & (ended < at))
            for table, ended in (
                (stops, stops.c.resumed_at),
                (broken_glasses, broken_glasses.c.ends_at),
            )
        )

    def _of_open_asks(self) -> Select[Any]:
        return (
            select(asks.c.content_id, events.c.content_id)
            .select_from(asks.outerjoin(events, _same(asks, events, "event_id")))
            .where(asks.c.organization_id == self._organization_id, asks.c.state.in_(_OPEN_ASKS))
        )

    def _of_waiting_reminders(self) -> Select[Any]:
        return select(reminders.c.content_id).where(
            reminders.c.organization_id == self._organization_id, reminders.c.fired_at.is_(None)
        )

    def _of_open_actions(self) -> Select[Any]:
        joined = (
            actions.outerjoin(decisions, _same(actions, decisions, "decision_id"))
            .outerjoin(asks, _same(actions, asks, "ask_id"))
            .outerjoin(events, _same(decisions, events, "event_id"))
        )
        found = (actions.c.content_id, decisions.c.content_id, asks.c.content_id)
        return (
            select(*found, events.c.content_id)
            .select_from(joined)
            .where(
                actions.c.organization_id == self._organization_id,
                actions.c.state.in_(_OPEN_ACTIONS),
            )
        )


class RetentionWriter(RetentionReader):
    """Lets go of what may go."""

    def drop_contents(self, content_ids: Collection[str]) -> int:
        """Delete contents with their salts; how many were there.

        The rows that refer to them stay, and are read as erased.
        """
        EventWordWriter(self._connection, self._organization_id).forget(content_ids)
        outcome = self._connection.execute(
            delete(contents).where(
                contents.c.organization_id == self._organization_id,
                contents.c.content_id.in_(sorted(content_ids)),
            )
        )
        return outcome.rowcount

    def forget_past(self, before: datetime) -> int:
        """Delete absences and reminders of before a moment, and reasons of what was over then."""
        statements = (
            *(delete(table).where(past) for table, past in self._past_rows(before)),
            *(
                update(table).where(past).values(reason="")
                for table, past in self._past_reasons(before)
            ),
        )
        return sum(self._connection.execute(one).rowcount for one in statements)

    def record_pruning(self, kept: Kept, rows: int, *, now: datetime) -> None:
        """Note what a run took."""
        at = to_micros(now)
        first = {"kept": kept.value, "last_at": at, "last_rows": rows, "total_rows": rows}
        if not self._insert(prunings, first):
            self._connection.execute(
                self._update(prunings)
                .where(prunings.c.kept == kept.value)
                .values(last_at=at, last_rows=rows, total_rows=prunings.c.total_rows + rows)
            )


def _same(one: Any, other: Any, name: str) -> Any:
    return (one.c.organization_id == other.c.organization_id) & (one.c[name] == other.c[name])
