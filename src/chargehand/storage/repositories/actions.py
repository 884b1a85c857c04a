"""Actions: proposed side effects; those approved are the outbox of the execute tasks."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import and_, func, or_

from chargehand.domain.action import ActionKind, ActionState, Mode, ProposedAction
from chargehand.domain.ids import ActionId, AskId, DecisionId
from chargehand.domain.json import JSONObject
from chargehand.domain.policy import Cause, Origin, Trust
from chargehand.domain.records import ActionRecord, Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.rows import (
    AnyRow,
    Repository,
    among,
    content_of,
    is_erased,
    load_object,
    moment,
)
from chargehand.storage.tables import actions

_RUNNABLE = (ActionState.APPROVED.value, ActionState.EXECUTING.value)
_BEGUN = (ActionState.EXECUTING.value,)
_UNSETTLED = frozenset(
    {ActionState.PROPOSED, ActionState.WAITING, ActionState.APPROVED, ActionState.EXECUTING}
)


class ActionReader(Repository):
    """Looks actions up."""

    def find(self, action_id: str) -> ActionRecord | None:
        """One action; None when there is none."""
        row = self._one_with_content_by(actions.c.action_id, action_id)
        return _action(row) if row is not None else None

    def find_many(self, action_ids: Iterable[str]) -> dict[str, ActionRecord]:
        """The actions that exist, by id."""
        wanted = sorted(set(action_ids))
        query = self._select_with_content(actions).where(actions.c.action_id.in_(wanted))
        return {row.action_id: _action(row) for row in self._rows(query)} if wanted else {}

    def of_decision(self, decision_id: str) -> tuple[ActionRecord, ...]:
        """The actions a decision proposed, in its order."""
        return _in_order(self._rows_with_content_by(actions.c.decision_id, decision_id))

    def of_decisions(self, decision_ids: Collection[str]) -> tuple[ActionRecord, ...]:
        """The actions some decisions proposed."""
        return self._all(actions.c.decision_id.in_(sorted(decision_ids)))

    def of_ask(self, ask_id: str) -> tuple[ActionRecord, ...]:
        """Every action ever proposed for an ask."""
        return _in_order(self._rows_with_content_by(actions.c.ask_id, ask_id))

    def due(self, *, now: datetime, limit: int) -> tuple[tuple[ActionId, int], ...]:
        """Actions that may be sent and whose turn it is, with their attempts so far."""
        is_due = or_(
            actions.c.next_attempt_at.is_(None), actions.c.next_attempt_at <= to_micros(now)
        )
        query = self._select(actions).where(actions.c.state.in_(_RUNNABLE), is_due)
        narrow = query.with_only_columns(actions.c.action_id, actions.c.attempts)
        rows = self._rows(narrow.order_by(actions.c.action_id).limit(limit))
        return tuple((row.action_id, row.attempts) for row in rows)

    def in_states(
        self, states: Iterable[ActionState], *, created_before: datetime
    ) -> tuple[ActionRecord, ...]:
        """Every action that is in one of some states and was proposed before a moment."""
        wanted = sorted(state.value for state in states)
        is_early = actions.c.created_at < to_micros(created_before)
        return self._all(and_(actions.c.state.in_(wanted), is_early))

    def begun(self) -> tuple[ActionRecord, ...]:
        """The actions of which something was sent and whose end was not recorded."""
        return self._all(actions.c.state.in_(_BEGUN))

    def next_due_at(self) -> datetime | None:
        """When the next postponed action wants another attempt; None when none waits."""
        query = self._select(actions).where(
            actions.c.state.in_(_RUNNABLE),
            actions.c.next_attempt_at.is_not(None),
        )
        row = self._one(query.order_by(actions.c.next_attempt_at).limit(1))
        return moment(row.next_attempt_at) if row is not None else None

    def page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        state: str | None = None,
        kind: str | None = None,
        project: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[ActionRecord]:
        """Actions, newest first."""
        query = self._select_with_content(actions)
        query = query.where(actions.c.state == state) if state is not None else query
        query = query.where(actions.c.kind == kind) if kind is not None else query
        query = query.where(actions.c.project == project) if project is not None else query
        query = among(query, actions.c.project, projects)
        return self._page(query, actions.c.action_id, _action, cursor=cursor, limit=limit)

    def _all(self, condition: object) -> tuple[ActionRecord, ...]:
        query = self._select_with_content(actions).where(condition)  # type: ignore[arg-type]
        return _in_order(self._rows(query))


class ActionWriter(ActionReader):
    """Records actions and moves them on."""

    def add(
        self,
        action_id: ActionId,
        action: ProposedAction,
        *,
        decision_id: DecisionId,
        ask_id: AskId | None,
        digest: str,
        mode: Mode,
        state: ActionState,
        policy_version: int,
        cause: Cause,
        now: datetime,
    ) -> bool:
        """Record a proposal with the mode the policy gave it; False when it was there already."""
        return self._insert(
            actions,
            {
                "action_id": action_id,
                "decision_id": decision_id,
                "ask_id": ask_id,
                "kind": action.kind.value,
                "connection_id": action.connection_id,
                "project": action.project,
                "target": action.target,
                "content_id": self._add_content(action, now=now),
                "digest": digest,
                "mode": mode.value,
                "state": state.value,
                "policy_version": policy_version,
                "requested_by": cause.requester,
                "agent": cause.agent,
                "origin": cause.origin.value,
                "trust": cause.trust.value,
                "attempts": 0,
                "next_attempt_at": None,
                "created_at": to_micros(now),
                "finished_at": to_micros(now) if state is ActionState.SIMULATED else None,
                "result": "{}",
                "problem": "",
            },
        )

    def replace_params(
        self, action_id: ActionId, action: ProposedAction, *, digest: str, now: datetime
    ) -> None:
        """Give an action other words; every approval of the old digest is worthless now."""
        self._set(action_id, content_id=self._add_content(action, now=now), digest=digest)

    def move(
        self,
        action_id: ActionId,
        state: ActionState,
        *,
        now: datetime,
        problem: str = "",
        result: JSONObject | None = None,
    ) -> None:
        """Put an action into a state; settled states get their time."""
        moved = _moved(state, result or {}, problem=problem, now=now)
        self._change(actions.c.action_id, action_id, moved)

    def move_all(
        self, results: Mapping[ActionId, JSONObject], state: ActionState, *, now: datetime
    ) -> None:
        """Put several actions into one state, each with its result."""
        self._change_many(
            actions.c.action_id,
            {
                action_id: _moved(state, result, problem="", now=now)
                for action_id, result in results.items()
            },
        )

    def postpone(self, action_id: ActionId, *, until: datetime, problem: str) -> None:
        """Note an attempt that has to be made again and when."""
        self._connection.execute(
            self._update(actions)
            .where(actions.c.action_id == action_id)
            .values(
                attempts=actions.c.attempts + 1,
                next_attempt_at=to_micros(until),
                problem=problem,
            )
        )

    def wait(self, action_id: ActionId, *, until: datetime, problem: str) -> None:
        """Note that an action waits for its turn and that no attempt was made.

        It counts among the attempts, so that the next is another task, and as a wait.
        """
        self._connection.execute(
            self._update(actions)
            .where(actions.c.action_id == action_id)
            .values(
                attempts=actions.c.attempts + 1,
                waits=func.coalesce(actions.c.waits, 0) + 1,
                next_attempt_at=to_micros(until),
                problem=problem,
            )
        )

    def let_go(self, problems: Collection[str], *, now: datetime) -> None:
        """Make due at once what waits for one of some problems."""
        self._connection.execute(
            self._update(actions)
            .where(
                actions.c.state.in_(_RUNNABLE),
                actions.c.next_attempt_at > to_micros(now),
                actions.c.problem.in_(sorted(problems)),
            )
            .values(next_attempt_at=to_micros(now))
        )

    def _add_content(self, action: ProposedAction, *, now: datetime) -> str:
        content_id, _ = ContentWriter(self._connection, self._organization_id).add(
            {"params": action.params, "base": action.base, "preview": action.preview}, now=now
        )
        return content_id

    def _set(self, action_id: ActionId, **values: object) -> None:
        self._change(actions.c.action_id, action_id, values)


def action_ids(records: Iterable[ActionRecord]) -> tuple[ActionId, ...]:
    """The ids of some actions, in their order."""
    return tuple(record.id for record in records)


def _moved(
    state: ActionState, result: JSONObject, *, problem: str, now: datetime
) -> dict[str, object]:
    return {
        "state": state.value,
        "problem": problem,
        "next_attempt_at": None,
        "finished_at": None if state in _UNSETTLED else to_micros(now),
        "result": json.dumps(result),
    }


def _in_order(rows: Sequence[AnyRow]) -> tuple[ActionRecord, ...]:
    """Actions as they were proposed, by their ids.

    Asked for a few rows in the order of a key, SQLite would walk the whole key instead.
    """
    return tuple(_action(row) for row in sorted(rows, key=attrgetter("action_id")))


def _action(row: AnyRow) -> ActionRecord:
    content = content_of(row)
    return ActionRecord(
        id=row.action_id,
        decision_id=row.decision_id,
        ask_id=row.ask_id,
        kind=ActionKind(row.kind),
        connection_id=row.connection_id,
        project=row.project,
        target=row.target,
        params=content.get("params", {}),
        base=content.get("base", {}),
        preview=content.get("preview", ""),
        digest=row.digest,
        mode=Mode(row.mode),
        state=ActionState(row.state),
        policy_version=row.policy_version,
        attempts=row.attempts,
        next_attempt_at=moment(row.next_attempt_at),
        created_at=from_micros(row.created_at),
        finished_at=moment(row.finished_at),
        result=load_object(row.result),
        problem=row.problem,
        is_erased=is_erased(row),
        waits=row.waits or 0,
        cause=_cause(row),
    )


def _cause(row: AnyRow) -> Cause:
    if row.origin is None:
        return Cause()
    return Cause(row.requested_by, row.agent, Origin(row.origin), Trust(row.trust))
