"""Asks: one request, one answer; open asks are the outbox of the answer tasks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, or_

from chargehand.domain.ask import Ask, AskState
from chargehand.domain.ids import AskId, ProjectKey
from chargehand.domain.records import Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.encoding import (
    actor_from_json,
    actor_to_json,
    intent_from_json,
    intent_to_json,
    place_from_json,
    place_to_json,
    visibility_from_json,
    visibility_to_json,
)
from chargehand.storage.repositories.rows import (
    AnyRow,
    Repository,
    among,
    content_of,
    is_erased,
    micros,
    moment,
)
from chargehand.storage.tables import asks


@dataclass(frozen=True, slots=True)
class StoredAsk:
    """An ask with the bookkeeping around it.

    Shape: `must_check_own_mark` asks the worker to make sure the comment is not our own;
    `problem` is a closed word, empty while all is well; `is_erased` says that its words and its
    asker are gone for good.
    """

    ask: Ask
    must_check_own_mark: bool
    attempts: int
    next_attempt_at: datetime | None
    recorded_at: datetime
    closed_at: datetime | None
    closed_by: str
    problem: str
    is_erased: bool = False


class AskReader(Repository):
    """Looks asks up."""

    def find(self, ask_id: str) -> StoredAsk | None:
        """One ask; None when there is none."""
        return self._first(asks.c.ask_id, ask_id)

    def find_by_key(self, ask_key: str) -> StoredAsk | None:
        """The ask of one comment; None when there is none."""
        return self._first(asks.c.ask_key, ask_key)

    def find_by_event(self, event_id: str) -> StoredAsk | None:
        """The ask an event made or revised; None when it made none."""
        return self._first(asks.c.event_id, event_id)

    def askers_of(self, ask_ids: Collection[str]) -> dict[str, str]:
        """Who asked, as `connection:account`, by ask; empty where nobody is known."""
        known = self._select(asks).where(asks.c.ask_id.in_(sorted(ask_ids)))
        query = known.with_only_columns(asks.c.ask_id, asks.c.connection_id, asks.c.asker_id)
        return {
            row.ask_id: f"{row.connection_id}:{row.asker_id}" if row.asker_id is not None else ""
            for row in (self._rows(query) if ask_ids else ())
        }

    def comment_ids_on(self, connection_id: str, work_item: str | None) -> frozenset[str]:
        """The comments of a connection about a work item that were asks, the newest hundred."""
        query = self._select(asks).where(
            asks.c.work_item == (work_item or ""), asks.c.connection_id == connection_id
        )
        rows = self._rows(query.order_by(asks.c.ask_id.desc()).limit(100))
        return frozenset(row.comment_id for row in rows)

    def due(
        self, *, now: datetime, limit: int, leave_out: Collection[ProjectKey] = ()
    ) -> tuple[StoredAsk, ...]:
        """Open asks whose turn it is, oldest first, but for those of some projects."""
        is_due = or_(asks.c.next_attempt_at.is_(None), asks.c.next_attempt_at <= to_micros(now))
        query = self._select_with_content(asks).where(asks.c.state == AskState.OPEN.value, is_due)
        if leave_out:
            query = query.where(asks.c.project.not_in(sorted(leave_out)))
        return tuple(ask_in(row) for row in self._rows(query.order_by(asks.c.ask_id).limit(limit)))

    def next_due_at(self) -> datetime | None:
        """When the next open ask wants another attempt; None when none waits."""
        query = self._select(asks).where(
            asks.c.state == AskState.OPEN.value, asks.c.next_attempt_at.is_not(None)
        )
        row = self._one(query.order_by(asks.c.next_attempt_at).limit(1))
        return moment(row.next_attempt_at) if row is not None else None

    def page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        state: str | None = None,
        project: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[StoredAsk]:
        """Asks, newest first."""
        query = self._select_with_content(asks)
        query = query.where(asks.c.state == state) if state is not None else query
        query = query.where(asks.c.project == project) if project is not None else query
        query = among(query, asks.c.project, projects)
        return self._page(query, asks.c.ask_id, ask_in, cursor=cursor, limit=limit)

    def _first(self, column: "Column[Any]", wanted: str) -> StoredAsk | None:
        row = self._one_with_content_by(column, wanted)
        return ask_in(row) if row is not None else None


class AskWriter(AskReader):
    """Records asks and moves them on."""

    def add(self, ask: Ask, *, must_check_own_mark: bool, now: datetime) -> bool:
        """Record a new ask; False when its comment has one already."""
        return self._insert(
            asks,
            {
                "ask_id": ask.id,
                "ask_key": ask.ask_key,
                "recorded_at": to_micros(now),
                **self._columns(ask, must_check_own_mark=must_check_own_mark, now=now),
            },
        )

    def revise(self, ask: Ask, *, must_check_own_mark: bool, now: datetime) -> None:
        """Replace an unanswered ask by what its asker made of it."""
        values = self._columns(ask, must_check_own_mark=must_check_own_mark, now=now)
        self._change(asks.c.ask_id, ask.id, values)

    def close(
        self, ask_id: AskId, state: AskState, *, now: datetime, by: str, problem: str = ""
    ) -> None:
        """Move an ask to a state it stays in until somebody acts."""
        values = {
            "state": state.value,
            "closed_at": to_micros(now),
            "closed_by": by,
            "problem": problem,
            "next_attempt_at": None,
        }
        self._change(asks.c.ask_id, ask_id, values)

    def reopen(self, ask_id: AskId) -> None:
        """Give an ask to the worker again, whatever its age."""
        self._connection.execute(
            self._update(asks)
            .where(asks.c.ask_id == ask_id)
            .values(
                state=AskState.OPEN.value,
                closed_at=None,
                closed_by="",
                problem="",
                attempts=0,
                next_attempt_at=None,
                revision=asks.c.revision + 1,
            )
        )

    def postpone(self, ask_id: AskId, *, until: datetime, problem: str) -> None:
        """Note a failed attempt and when to try again."""
        self._connection.execute(
            self._update(asks)
            .where(asks.c.ask_id == ask_id)
            .values(attempts=asks.c.attempts + 1, next_attempt_at=to_micros(until), problem=problem)
        )

    def let_go(self, problems: Collection[str], *, now: datetime) -> None:
        """Make due at once what waits for one of some problems."""
        self._connection.execute(
            self._update(asks)
            .where(
                asks.c.state == AskState.OPEN.value,
                asks.c.next_attempt_at > to_micros(now),
                asks.c.problem.in_(sorted(problems)),
            )
            .values(next_attempt_at=to_micros(now))
        )

    def _columns(self, ask: Ask, *, must_check_own_mark: bool, now: datetime) -> dict[str, object]:
        content_id, _ = ContentWriter(self._connection, self._organization_id).add(
            {
                "text": ask.text,
                "asker": actor_to_json(ask.asker),
                "visibility": visibility_to_json(ask.visibility),
                "intents": [intent_to_json(intent) for intent in ask.intents],
                **({"place": place_to_json(ask.place)} if ask.place is not None else {}),
            },
            now=now,
        )
        return {
            "revision": ask.revision,
            "event_id": ask.event_id,
            "connection_id": ask.connection_id,
            "project": ask.project,
            # A chat may ask about no work item at all.
            "work_item": ask.work_item or "",
            "comment_id": ask.comment_id,
            "asker_id": ask.asker.account_id,
            "asked_at": micros(ask.asked_at),
            "content_id": content_id,
            "state": ask.state.value,
            "check_own_mark": int(must_check_own_mark),
            "attempts": 0,
            "next_attempt_at": None,
            "closed_at": None,
            "closed_by": "",
            "problem": "",
        }


def ask_in(row: AnyRow) -> StoredAsk:
    """The ask a row with its content holds."""
    content = content_of(row)
    intents: Sequence[dict[str, object]] = content.get("intents", ())
    ask = Ask(
        id=row.ask_id,
        ask_key=row.ask_key,
        revision=row.revision,
        event_id=row.event_id,
        connection_id=row.connection_id,
        project=row.project,
        work_item=row.work_item or None,
        comment_id=row.comment_id,
        asker=actor_from_json(content.get("asker", {})),
        visibility=visibility_from_json(content.get("visibility", {})),
        asked_at=from_micros(row.asked_at),
        text=content.get("text", ""),
        intents=tuple(intent_from_json(intent) for intent in intents),
        state=AskState(row.state),
        place=place_from_json(content.get("place")),
    )
    return StoredAsk(
        ask=ask,
        must_check_own_mark=bool(row.check_own_mark),
        attempts=row.attempts,
        next_attempt_at=moment(row.next_attempt_at),
        recorded_at=from_micros(row.recorded_at),
        closed_at=moment(row.closed_at),
        closed_by=row.closed_by,
        problem=row.problem,
        is_erased=is_erased(row),
    )
