"""What decisions were made from, kept as contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, select

from chargehand.domain.ids import DecisionId
from chargehand.domain.json import JSONObject
from chargehand.kit.clock import to_micros
from chargehand.kit.ids import first_id
from chargehand.storage.repositories.contents import ContentWriter, RetentionClass
from chargehand.storage.repositories.rows import Repository, load_object
from chargehand.storage.tables import contents, decisions
from chargehand.storage.tables_replay import decision_inputs

# Fifty comments of a thousand letters; what is larger is not kept, and said to be too large.
MOST_INPUT_BYTES: Final = 96 * 1024


@dataclass(frozen=True, slots=True)
class KeptInputs:
    """What one decision was made from.

    Shape: `body` is None where it is gone, or was never kept because it was too large;
    `is_changed` says that an erasure took somebody out of it since.
    """

    body: JSONObject | None
    is_too_large: bool
    is_changed: bool
    size_bytes: int


class DecisionInputReader(Repository):
    """Looks up what decisions were made from."""

    def find(self, decision_id: str) -> KeptInputs | None:
        """What a decision was made from; None where nothing was kept of it."""
        table = decision_inputs
        query = (
            select(
                table.c.content_id,
                table.c.digest,
                table.c.size_bytes,
                contents.c.digest.label("present_digest"),
                contents.c.body,
            )
            .select_from(
                table.outerjoin(
                    contents,
                    and_(
                        contents.c.organization_id == table.c.organization_id,
                        contents.c.content_id == table.c.content_id,
                    ),
                )
            )
            .where(
                table.c.organization_id == self._organization_id,
                table.c.decision_id == decision_id,
            )
        )
        row = self._one(query)
        if row is None:
            return None
        return KeptInputs(
            body=load_object(row.body) if row.body is not None else None,
            is_too_large=row.content_id is None,
            is_changed=row.body is not None and row.present_digest != row.digest,
            size_bytes=row.size_bytes,
        )

    def answers_between(
        self, since: datetime, until: datetime, *, project: str | None, limit: int
    ) -> Sequence[DecisionId]:
        """Decisions about asks that arrived in a stretch, newest first."""
        query = select(decisions.c.decision_id).where(
            decisions.c.organization_id == self._organization_id,
            decisions.c.decision_id >= first_id("dec", since),
            decisions.c.decision_id < first_id("dec", until),
            decisions.c.ask_revision > 0,
        )
        query = query.where(decisions.c.project == project) if project is not None else query
        rows = self._rows(query.order_by(decisions.c.decision_id.desc()).limit(limit))
        return [DecisionId(row.decision_id) for row in rows]


class DecisionInputWriter(DecisionInputReader):
    """Keeps what decisions are made from."""

    def add(
        self,
        decision_id: DecisionId,
        body: JSONObject,
        size_bytes: int,
        *,
        is_prompt: bool,
        now: datetime,
    ) -> None:
        """Keep it, once; what a model was shown and said is kept no longer than prompts are."""
        content_id, digest = None, ""
        if size_bytes <= MOST_INPUT_BYTES:
            content_id, digest = ContentWriter(self._connection, self._organization_id).add(
                body,
                now=now,
                retention=RetentionClass.PROMPT if is_prompt else RetentionClass.TEXT,
            )
        self._insert(
            decision_inputs,
            {
                "decision_id": decision_id,
                "content_id": content_id,
                "digest": digest,
                "size_bytes": size_bytes,
                "recorded_at": to_micros(now),
            },
        )
