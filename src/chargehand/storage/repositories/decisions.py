"""Decisions, one for each event that was judged and each revision of an ask."""

import json
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from sqlalchemy import Column

from chargehand.domain.decision import (
    DecidedBy,
    Decision,
    ModelUse,
    Reason,
    Source,
    Urgency,
    Verdict,
)
from chargehand.domain.event import Event
from chargehand.domain.ids import DecisionId, EventId
from chargehand.domain.records import DecisionRecord, Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.encoding import (
    audience_from_json,
    source_to_json,
    visibility_to_json,
)
from chargehand.storage.repositories.rows import (
    AnyRow,
    Repository,
    among,
    content_of,
    is_erased,
    load_object,
)
from chargehand.storage.tables import decisions

_MICRO = Decimal(1_000_000)


class DecisionReader(Repository):
    """Looks decisions up."""

    def find(self, decision_id: str) -> DecisionRecord | None:
        """One decision; None when there is none."""
        query = self._select_with_content(decisions)
        row = self._one(query.where(decisions.c.decision_id == decision_id))
        return _decision(row) if row is not None else None

    def of_event(self, event_id: str) -> tuple[DecisionRecord, ...]:
        """Every decision about an event, oldest first."""
        return self._oldest_first(decisions.c.event_id, event_id)

    def of_events(self, event_ids: Collection[str]) -> tuple[DecisionRecord, ...]:
        """Every decision about some events, oldest first."""
        is_about = decisions.c.event_id.in_(sorted(event_ids))
        query = self._select_with_content(decisions).where(is_about)
        rows = self._rows(query.order_by(decisions.c.decided_at, decisions.c.decision_id))
        return tuple(_decision(row) for row in rows)

    def of_ask(self, ask_id: str) -> tuple[DecisionRecord, ...]:
        """Every decision about an ask, oldest first."""
        return self._oldest_first(decisions.c.ask_id, ask_id)

    def answers_on(self, work_item: str, *, since: datetime) -> tuple[DecisionRecord, ...]:
        """What was answered on a work item lately, newest first."""
        query = self._select_with_content(decisions).where(
            decisions.c.work_item == work_item,
            decisions.c.verdict == Verdict.RESPOND.value,
            decisions.c.decided_at >= to_micros(since),
        )
        rows = self._rows(query.order_by(decisions.c.decided_at.desc()).limit(50))
        return tuple(_decision(row) for row in rows)

    def count_answers_to(self, asker_id: str, work_item: str | None, *, since: datetime) -> int:
        """How often one account was answered on one work item lately, or about none at all."""
        query = self._select(decisions).where(
            decisions.c.work_item == work_item,
            decisions.c.verdict == Verdict.RESPOND.value,
            decisions.c.decided_at >= to_micros(since),
            decisions.c.asker_id == asker_id,
        )
        return len(self._rows(query.limit(100)))

    def page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        project: str | None = None,
        verdict: str | None = None,
        work_item: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[DecisionRecord]:
        """Decisions, newest first."""
        query = self._select_with_content(decisions)
        query = query.where(decisions.c.project == project) if project is not None else query
        query = query.where(decisions.c.verdict == verdict) if verdict is not None else query
        if work_item is not None:
            query = query.where(decisions.c.work_item == work_item)
        query = among(query, decisions.c.project, projects)
        return self._page(query, decisions.c.decision_id, _decision, cursor=cursor, limit=limit)

    def _oldest_first(self, column: "Column[Any]", wanted: str) -> tuple[DecisionRecord, ...]:
        """The decisions in which a column holds a value."""
        rows = self._rows_with_content_by(column, wanted)
        return tuple(_decision(row) for row in sorted(rows, key=attrgetter("decided_at")))


class DecisionWriter(DecisionReader):
    """Records decisions."""

    def add_for_event(
        self,
        decision_id: DecisionId,
        decision: Decision,
        event_id: EventId,
        event: Event,
        *,
        policy_version: int,
        now: datetime,
    ) -> bool:
        """Record what an event that is no ask gets, mostly nothing; False when it was recorded."""
        return self._insert(
            decisions,
            {
                **self._columns(decision, policy_version=policy_version, now=now),
                "decision_id": decision_id,
                "event_id": event_id,
                "ask_id": None,
                "ask_revision": 0,
                "connection_id": event.connection_id,
                "project": event.project,
                "work_item": event.work_item,
                "asker_id": event.actor.account_id,
                "answer_digest": "",
            },
        )

    def add_for_ask(
        self,
        decision_id: DecisionId,
        decision: Decision,
        stored: StoredAsk,
        *,
        answer_digest: str,
        policy_version: int,
        now: datetime,
    ) -> bool:
        """Record what an ask gets; False when it was recorded before a crash."""
        ask = stored.ask
        return self._insert(
            decisions,
            {
                **self._columns(decision, policy_version=policy_version, now=now),
                "decision_id": decision_id,
                "event_id": ask.event_id,
                "ask_id": ask.id,
                "ask_revision": ask.revision,
                "connection_id": ask.connection_id,
                "project": ask.project,
                "work_item": ask.work_item,
                "asker_id": ask.asker.account_id,
                "answer_digest": answer_digest,
            },
        )

    def _columns(
        self, decision: Decision, *, policy_version: int, now: datetime
    ) -> dict[str, object]:
        content_id, model = None, decision.model
        if decision.verdict is Verdict.RESPOND or decision.reasoning:
            content_id, _ = ContentWriter(self._connection, self._organization_id).add(
                {
                    "response": decision.response,
                    "sources": [source_to_json(source) for source in decision.sources],
                    "withheld": list(decision.withheld),
                    "actions": [action.kind.value for action in decision.actions],
                    **({"reasoning": decision.reasoning} if decision.reasoning else {}),
                },
                now=now,
            )
        return {
            "verdict": decision.verdict.value,
            "reason": decision.reason.value,
            "decided_by": decision.decided_by.value,
            "confidence_percent": round(decision.confidence * 100),
            "urgency": decision.urgency.value,
            "audience_scope": decision.audience.scope,
            "audience_visibility": json.dumps(visibility_to_json(decision.audience.visibility)),
            "content_id": content_id,
            "cost_micro_usd": int(decision.cost_usd * _MICRO),
            "policy_version": policy_version,
            "decided_at": to_micros(now),
            "model_provider": model.provider if model is not None else None,
            "model": model.model if model is not None else None,
            "prompt_version": model.prompt_version if model is not None else None,
            "reservation_id": model.reservation_id if model is not None else None,
        }


def _decision(row: AnyRow) -> DecisionRecord:
    content = content_of(row)
    return DecisionRecord(
        id=row.decision_id,
        event_id=row.event_id,
        ask_id=row.ask_id,
        project=row.project,
        work_item=row.work_item,
        verdict=Verdict(row.verdict),
        reason=Reason(row.reason),
        decided_by=DecidedBy(row.decided_by),
        confidence=row.confidence_percent / 100,
        urgency=Urgency(row.urgency),
        audience=audience_from_json(row.audience_scope, dict(load_object(row.audience_visibility))),
        response=content.get("response", ""),
        sources=tuple(Source(**source) for source in content.get("sources", ())),
        withheld=tuple(content.get("withheld", ())),
        suggested_actions=tuple(content.get("actions", ())),
        answer_digest=row.answer_digest,
        cost_usd=Decimal(row.cost_micro_usd) / _MICRO,
        policy_version=row.policy_version,
        decided_at=from_micros(row.decided_at),
        is_erased=is_erased(row),
        reasoning=content.get("reasoning", ""),
        model=_model(row),
    )


def _model(row: AnyRow) -> ModelUse | None:
    if row.model is None:
        return None
    return ModelUse(
        provider=row.model_provider,
        model=row.model,
        prompt_version=row.prompt_version,
        reservation_id=row.reservation_id,
    )
