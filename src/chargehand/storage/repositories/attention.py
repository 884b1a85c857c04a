"""Mutes and snoozes, reminders, and what people thought of answers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select

from chargehand.domain.attention import (
    Feedback,
    Person,
    Quiet,
    QuietKind,
    QuietScope,
    Reminder,
)
from chargehand.domain.ids import DecisionId, ReminderId
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import new_id
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.rows import AnyRow, Repository, content_of, is_erased, moment
from chargehand.storage.tables import contents
from chargehand.storage.tables_attention import feedback, quiets, reminders

_TABLES: Final = (quiets, reminders)
# What a mute or snooze is about, by what it covers.
Scope = tuple[QuietScope, str]


class AttentionReader(Repository):
    """Looks up who wants to be left alone, and who wants to hear."""

    def quiets_on(self, scopes: Collection[Scope], *, now: datetime) -> tuple[Quiet, ...]:
        """The mutes and snoozes in force on any of some scopes."""
        if not scopes:
            return ()
        is_on = or_(
            *(
                and_(quiets.c.scope == scope.value, quiets.c.scope_id == scope_id)
                for scope, scope_id in scopes
            )
        )
        query = self._select(quiets).where(is_on, quiets.c.ends_at > to_micros(now))
        return tuple(_quiet(row) for row in self._rows(query.order_by(quiets.c.set_at)))

    def count_quiets(self, set_by: str, *, now: datetime) -> int:
        """How many mutes and snoozes somebody has in force."""
        query = (
            select(func.count())
            .select_from(quiets)
            .where(
                quiets.c.organization_id == self._organization_id,
                quiets.c.set_by == set_by,
                quiets.c.ends_at > to_micros(now),
            )
        )
        return int(self._connection.execute(query).scalar_one())

    def find_reminder(self, reminder_id: str) -> Reminder | None:
        """One reminder; None when there is none."""
        row = self._one_with_content_by(reminders.c.reminder_id, reminder_id)
        return _reminder(row) if row is not None else None

    def due_reminders(self, *, now: datetime, limit: int) -> tuple[Reminder, ...]:
        """Reminders whose moment came and that became no delivery yet, oldest first."""
        query = self._select_with_content(reminders).where(
            reminders.c.fired_at.is_(None), reminders.c.due_at <= to_micros(now)
        )
        rows = self._rows(query.order_by(reminders.c.due_at).limit(limit))
        return tuple(_reminder(row) for row in rows)

    def count_waiting_reminders(self, set_by: str) -> int:
        """How many reminders of somebody are still to come."""
        query = (
            select(func.count())
            .select_from(reminders)
            .where(
                reminders.c.organization_id == self._organization_id,
                reminders.c.set_by == set_by,
                reminders.c.fired_at.is_(None),
            )
        )
        return int(self._connection.execute(query).scalar_one())

    def feedback_on(self, decision_id: DecisionId) -> tuple[Feedback, ...]:
        """What was said of an answer, oldest first."""
        rows = self._rows_with_content_by(feedback.c.decision_id, decision_id)
        return tuple(_feedback(row) for row in sorted(rows, key=lambda row: int(row.given_at)))


class AttentionWriter(AttentionReader):
    """Keeps what people want, and forgets it in time."""

    def set_quiet(self, quiet: Quiet, person: Person, *, now: datetime) -> None:
        """Begin a mute or snooze, or give the one on its scope another end."""
        self._connection.execute(
            delete(quiets).where(
                quiets.c.organization_id == self._organization_id,
                quiets.c.scope == quiet.scope.value,
                quiets.c.scope_id == quiet.scope_id,
                quiets.c.kind == quiet.kind.value,
            )
        )
        self._insert(
            quiets,
            {
                "quiet_id": new_id("qui", now),
                "kind": quiet.kind.value,
                "scope": quiet.scope.value,
                "scope_id": quiet.scope_id,
                **of_person(person),
                "ends_at": to_micros(quiet.ends_at),
                "set_at": to_micros(quiet.set_at),
                "set_by": quiet.set_by,
            },
        )

    def end_quiets(self, scope: QuietScope, scope_id: str, *, now: datetime) -> tuple[Quiet, ...]:
        """End what is in force on a scope; what was."""
        ended = self.quiets_on([(scope, scope_id)], now=now)
        self._drop(quiets, quiets.c.scope == scope.value, quiets.c.scope_id == scope_id)
        return ended

    def drop_ended_quiets(self, *, now: datetime) -> int:
        """Forget mutes and snoozes that are over."""
        return self._drop(quiets, quiets.c.ends_at <= to_micros(now))

    def add_reminder(self, reminder: Reminder, *, now: datetime) -> None:
        """Keep a reminder until its moment."""
        writer = ContentWriter(self._connection, self._organization_id)
        content_id, _ = writer.add({"text": reminder.text}, now=now)
        self._insert(
            reminders,
            {
                "reminder_id": reminder.id,
                **of_person(reminder.person),
                "is_here": int(reminder.is_here),
                "channel": reminder.channel,
                "thread_id": reminder.thread_id,
                "project": reminder.project,
                "work_item": reminder.work_item,
                "content_id": content_id,
                "due_at": to_micros(reminder.due_at),
                "set_at": to_micros(reminder.set_at),
                "set_by": reminder.set_by,
                "fired_at": None,
            },
        )

    def mark_fired(self, reminder_id: ReminderId, *, now: datetime) -> bool:
        """Note that a reminder became a delivery; False when another worker noted it."""
        outcome = self._connection.execute(
            self._update(reminders)
            .where(reminders.c.reminder_id == reminder_id, reminders.c.fired_at.is_(None))
            .values(fired_at=to_micros(now))
        )
        return outcome.rowcount == 1

    def add_feedback(self, given: Feedback, *, now: datetime) -> bool:
        """Keep what somebody said of an answer; False when they had said it before."""
        content_id = None
        if given.text:
            writer = ContentWriter(self._connection, self._organization_id)
            content_id, _ = writer.add({"text": given.text}, now=now)
        return self._insert(
            feedback,
            {
                "feedback_id": given.id,
                "decision_id": given.decision_id,
                "ask_id": given.ask_id,
                **of_person(given.person),
                "project": given.project,
                "work_item": given.work_item,
                "is_asker": int(given.is_asker),
                "content_id": content_id,
                "undo_action_id": given.undo_action_id,
                "given_at": to_micros(given.given_at),
                "given_by": given.given_by,
            },
        )

    def forget_persons(self, account_ids: Collection[str]) -> int:
        """Delete what was set up from some accounts, and for the members behind them."""
        ids = sorted(account_ids)
        found = 0
        for table in _TABLES:
            query = self._select(table).where(table.c.actor_id.in_(ids))
            members = {row.member_id for row in self._rows(query) if row.member_id is not None}
            is_theirs = or_(table.c.actor_id.in_(ids), table.c.member_id.in_(sorted(members)))
            found += self._forget(table, is_theirs)
        return found

    def forget_member(self, member_id: str) -> int:
        """Delete what a member set up, from an account or not."""
        return sum(self._forget(table, table.c.member_id == member_id) for table in _TABLES)

    def _forget(self, table: Table, is_theirs: ColumnElement[bool]) -> int:
        """Delete rows with their words, which nothing would lead to any more."""
        if table is reminders:
            rows = self._rows(self._select(reminders).where(is_theirs))
            self._connection.execute(
                delete(contents).where(
                    contents.c.organization_id == self._organization_id,
                    contents.c.content_id.in_([row.content_id for row in rows]),
                )
            )
        return self._drop(table, is_theirs)

    def _drop(self, table: Table, *which: Any) -> int:
        outcome = self._connection.execute(
            delete(table).where(table.c.organization_id == self._organization_id, *which)
        )
        return outcome.rowcount


def of_person(person: Person) -> dict[str, object]:
    """The columns that say whose a row is."""
    return {
        "member_id": person.member_id,
        "connection_id": person.connection_id,
        "actor_id": person.account_id,
    }


def person_of(row: AnyRow) -> Person:
    """Whose a row is."""
    return Person(row.member_id, row.connection_id, row.actor_id)


def _quiet(row: AnyRow) -> Quiet:
    return Quiet(
        kind=QuietKind(row.kind),
        scope=QuietScope(row.scope),
        scope_id=row.scope_id,
        ends_at=from_micros(row.ends_at),
        set_at=from_micros(row.set_at),
        set_by=row.set_by,
    )


def _reminder(row: AnyRow) -> Reminder:
    return Reminder(
        id=row.reminder_id,
        person=person_of(row),
        is_here=bool(row.is_here),
        channel=row.channel,
        thread_id=row.thread_id,
        project=row.project,
        work_item=row.work_item,
        text=content_of(row).get("text", ""),
        due_at=from_micros(row.due_at),
        set_at=from_micros(row.set_at),
        set_by=row.set_by,
        fired_at=moment(row.fired_at),
        is_erased=is_erased(row),
    )


def _feedback(row: AnyRow) -> Feedback:
    return Feedback(
        id=row.feedback_id,
        decision_id=row.decision_id,
        ask_id=row.ask_id,
        person=person_of(row),
        project=row.project,
        work_item=row.work_item,
        text=content_of(row).get("text", ""),
        is_asker=bool(row.is_asker),
        undo_action_id=row.undo_action_id,
        given_at=from_micros(row.given_at),
        given_by=row.given_by,
        is_erased=is_erased(row),
    )
