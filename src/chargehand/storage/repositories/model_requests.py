"""Requests to models: what was sent for a decision, and what became of it."""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy import func, select

from chargehand.domain.records import ModelOutcomes, ModelRequestRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.storage.repositories.contents import ContentWriter, RetentionClass
from chargehand.storage.repositories.rows import AnyRow, Repository, content_of
from chargehand.storage.tables_models import model_requests

_ANSWERED = "answered"
_MICRO = Decimal(1_000_000)


class ModelRequestReader(Repository):
    """Looks requests up."""

    def of_decision(self, decision_id: str) -> tuple[ModelRequestRecord, ...]:
        """Every request made for a decision, oldest first."""
        rows = self._rows_with_content_by(model_requests.c.decision_id, decision_id)
        return tuple(sorted((_request(row) for row in rows), key=lambda one: one.position))

    def outcomes(self) -> dict[str, ModelOutcomes]:
        """What was last observed of each provider that was ever asked."""
        last = self._rows(
            select(
                model_requests.c.provider,
                model_requests.c.outcome,
                func.max(model_requests.c.sent_at).label("last_at"),
            )
            .where(model_requests.c.organization_id == self._organization_id)
            .group_by(model_requests.c.provider, model_requests.c.outcome)
            .order_by(func.max(model_requests.c.sent_at))
        )
        found: dict[str, ModelOutcomes] = {}
        for row in last:
            known = found.get(row.provider, ModelOutcomes(None, None, ""))
            at = from_micros(row.last_at)
            found[row.provider] = (
                replace(known, answered_at=at)
                if row.outcome == _ANSWERED
                else replace(known, failed_at=at, failure=row.outcome)
            )
        return found


class ModelRequestWriter(ModelRequestReader):
    """Records requests."""

    def add(self, record: ModelRequestRecord) -> bool:
        """Record a request; False when it was recorded before."""
        content_id = None
        if record.body:
            content_id, _ = ContentWriter(self._connection, self._organization_id).add(
                {"body": record.body}, now=record.sent_at, retention=RetentionClass.PROMPT
            )
        return self._insert(
            model_requests,
            {
                "reservation_id": record.reservation_id,
                "decision_id": record.decision_id,
                "ask_id": record.ask_id,
                "position": record.position,
                "provider": record.provider,
                "model": record.model,
                "prompt_version": record.prompt_version,
                "outcome": record.outcome,
                "input_tokens": record.input_tokens,
                "output_tokens": record.output_tokens,
                "cost_micro_usd": int(record.cost_usd * _MICRO),
                "content_id": content_id,
                "sent_at": to_micros(record.sent_at),
            },
        )


def _request(row: AnyRow) -> ModelRequestRecord:
    return ModelRequestRecord(
        reservation_id=row.reservation_id,
        decision_id=row.decision_id,
        ask_id=row.ask_id,
        position=row.position,
        provider=row.provider,
        model=row.model,
        prompt_version=row.prompt_version,
        outcome=row.outcome,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=Decimal(row.cost_micro_usd) / _MICRO,
        sent_at=from_micros(row.sent_at),
        body=content_of(row).get("body", ""),
    )
