"""Tells other programs what happened: approvals, decisions, actions, budgets.

The audit chain is the outbox. Each of these changes writes its audit record in its own transaction,
so none is lost and none is told that did not happen; posts are made by following the chain.
A post holds ids and digests. Texts are added only where the operator said so, and only of what
everybody in its project may read; they are read when the post leaves and never kept here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

from chargehand.audit.tags import AuditTag
from chargehand.domain.budget import BudgetScope
from chargehand.domain.errors import Retryable
from chargehand.domain.event import EVERYONE
from chargehand.domain.ids import OutgoingId, ProjectKey
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.outgoing import OutgoingEvent, OutgoingPost, OutgoingState
from chargehand.domain.records import ActionRecord, AuditRecord, DecisionRecord
from chargehand.kit.clock import Clock
from chargehand.kit.ids import new_id
from chargehand.logs.log import get_logger
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading, Writing

GIVEN_UP_AFTER: Final = timedelta(days=1)
KEPT_FOR: Final = timedelta(days=30)
# The pause after each failed try; the last one is repeated until a day is over.
PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
)
_CURSOR: Final = "outgoing_webhook"
_AT_ONCE: Final = 20
_RECORDS_AT_ONCE: Final = 200
# More is not put on its way before some of it has left; the chain keeps it until then.
_MOST_WAITING: Final = 5000
_LONGEST_PROBLEM: Final = 300
EVENTS: Final[Mapping[str, OutgoingEvent]] = {
    AuditTag.WORKER_APPROVAL_OPENED.value: OutgoingEvent.APPROVAL_OPENED,
    AuditTag.PERSON_APPROVAL_VOTED.value: OutgoingEvent.APPROVAL_VOTED,
    AuditTag.PERSON_APPROVAL_APPROVED.value: OutgoingEvent.APPROVAL_DECIDED,
    AuditTag.PERSON_APPROVAL_REJECTED.value: OutgoingEvent.APPROVAL_DECIDED,
    AuditTag.PERSON_APPROVAL_EDITED.value: OutgoingEvent.APPROVAL_DECIDED,
    AuditTag.WORKER_APPROVAL_EXPIRED.value: OutgoingEvent.APPROVAL_EXPIRED,
    AuditTag.WORKER_APPROVAL_ESCALATED.value: OutgoingEvent.APPROVAL_ESCALATED,
    AuditTag.WORKER_APPROVAL_VOIDED.value: OutgoingEvent.APPROVAL_VOIDED,
    AuditTag.WORKER_DECISION_RECORDED.value: OutgoingEvent.DECISION_RECORDED,
    AuditTag.WORKER_EFFECT_DONE.value: OutgoingEvent.ACTION_EXECUTED,
    AuditTag.SYSTEM_EFFECT_FOUND.value: OutgoingEvent.ACTION_EXECUTED,
    AuditTag.WORKER_ACTION_FAILED.value: OutgoingEvent.ACTION_FAILED,
    AuditTag.WORKER_EFFECT_REFUSED.value: OutgoingEvent.ACTION_FAILED,
    AuditTag.WORKER_ACTION_OUTDATED.value: OutgoingEvent.ACTION_OUTDATED,
    AuditTag.WORKER_EFFECT_UNKNOWN.value: OutgoingEvent.ACTION_UNKNOWN,
    AuditTag.PERSON_ACTION_SETTLED.value: OutgoingEvent.ACTION_SETTLED,
    AuditTag.WORKER_BUDGET_WARNED.value: OutgoingEvent.BUDGET_WARNING,
    AuditTag.PERSON_BUDGET_CHANGED.value: OutgoingEvent.BUDGET_CHANGED,
}
# What is about an approval, a decision, an action or a budget and is told to nobody outside.
LEFT_OUT: Final[Mapping[str, str]] = {
    AuditTag.WORKER_ACTION_PROPOSED.value: "its approval is told, or else that it was sent",
    AuditTag.PERSON_UNDO_PROPOSED.value: "its approval is told, or else that it was sent",
    AuditTag.WORKER_ACTION_SIMULATED.value: "nothing happened; the decision is told",
    AuditTag.WORKER_ACTION_HELD.value: "people are asked again, which is told as an approval",
    AuditTag.WORKER_EFFECT_INTENDED.value: "how it ended is told a moment later",
    AuditTag.WORKER_APPROVAL_REMINDED.value: "it is between chargehand and who was reminded",
    AuditTag.PERSON_APPROVAL_COMMENTED.value: "it decides nothing, and its words are not told",
    AuditTag.PERSON_APPROVAL_REFUSED.value: "nothing was decided, and who tried is not told",
}
_DECIDED: Final = {
    AuditTag.PERSON_APPROVAL_APPROVED.value: "approved",
    AuditTag.PERSON_APPROVAL_REJECTED.value: "rejected",
    AuditTag.PERSON_APPROVAL_EDITED.value: "edited",
}
# Who it was belongs to the audit, even as a pseudonym or an id, and to nobody outside.
_NOT_TOLD: Final = frozenset({"by", "via", "deputy_of", "is_open"})
_BUDGETS: Final = frozenset({OutgoingEvent.BUDGET_WARNING, OutgoingEvent.BUDGET_CHANGED})
_log = get_logger()


class PostFailed(Retryable):
    """A webhook did not take a post."""

    code = "post_failed"
    template = "The outgoing webhook {webhook} did not take the post: {detail}"


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """Who is told of what; nothing in `projects` means everything."""

    id: str
    events: frozenset[OutgoingEvent]
    projects: frozenset[ProjectKey]
    includes_text: bool

    def wants(self, event: OutgoingEvent, project: ProjectKey | None) -> bool:
        """Whether it is told of this."""
        return event in self.events and (not self.projects or project in self.projects)


class PostSender(Protocol):
    """What posts to the configured addresses, each in one time-out."""

    async def send(self, webhook: str, post_id: OutgoingId, body: bytes, *, now: datetime) -> None:
        """Hand one post over.

        Raises: PostFailed.
        """
        ...


def sample_post(now: datetime) -> tuple[OutgoingId, bytes]:
    """A post that only shows whether a webhook takes one; it is kept nowhere."""
    return OutgoingId(new_id("out", now)), _encoded("test", now, {"text": "This is a test."})


class Outgoing:
    """Tells what is due; safe to be killed anywhere.

    A post whose sending was cut off is sent again under the same id, by which a receiver knows.
    """

    def __init__(
        self,
        database: Database,
        webhooks: Sequence[OutgoingWebhook],
        sender: PostSender,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._sender = sender
        self._clock = clock

    async def tell(self) -> None:
        """Follow the chain, and send what is due to every webhook; nothing while held."""
        now = self._clock.now()
        if await self._database.aread(lambda tx: tx.holds.current()) is not None:
            # What a restored database believes to be due was told before, or is not so any more.
            return
        await self._database.awrite(lambda tx: self._queue(tx, now))
        for webhook in self._webhooks:
            for post in await self._database.aread(
                lambda tx, one=webhook: tx.outgoing.due(one.id, now=now, limit=_AT_ONCE)  # type: ignore[misc]
            ):
                if not await self._send(webhook, post):
                    # The others would only wait for the same time-out.
                    break

    def _queue(self, tx: Writing, now: datetime) -> None:
        ids = [one.id for one in self._webhooks]
        tx.outgoing.forget(before=now - KEPT_FOR, known=ids)
        for gone in tx.observations.all_of(_CURSOR).keys() - set(ids):
            # One that is added again is told of what happens from then on.
            tx.observations.forget(_CURSOR, gone)
        head = tx.audit.head().seq
        for webhook in self._webhooks:
            noted = tx.observations.find(_CURSOR, webhook.id)
            if noted is None or noted.value > head:
                # What was before it was configured, or before a restore, is not told.
                tx.observations.note(_CURSOR, webhook.id, head, now=now)
                continue
            room = _MOST_WAITING - tx.outgoing.waiting(webhook.id)
            if noted.value == head or room <= 0:
                continue
            walked = tx.audit.walk(after_seq=noted.value)
            records = list(islice(walked, min(_RECORDS_AT_ONCE, room)))
            for record in records:
                if record.recorded_at >= now - GIVEN_UP_AFTER:
                    _queue_one(tx, webhook, record, now)
            if records:
                tx.observations.note(_CURSOR, webhook.id, records[-1].seq, now=now)

    async def _send(self, webhook: OutgoingWebhook, post: OutgoingPost) -> bool:
        now = self._clock.now()
        if post.created_at < now - GIVEN_UP_AFTER:
            problem = post.problem or "it was too old when its turn came"
            await self._database.awrite(lambda tx: _give_up(tx, post, problem, now))
            return True
        body = await self._database.aread(lambda tx: _body(tx, webhook, post))
        try:
            await self._sender.send(webhook.id, post.id, body, now=self._clock.now())
        except PostFailed as error:
            problem = str(error.fields["detail"])[:_LONGEST_PROBLEM]
            await self._database.awrite(lambda tx: _failed(tx, post, problem, self._clock.now()))
            return False
        now, sent = self._clock.now(), OutgoingState.SENT
        await self._database.awrite(
            lambda tx: tx.outgoing.close(post.id, sent, problem="", now=now)
        )
        return True


def _failed(tx: Writing, post: OutgoingPost, problem: str, now: datetime) -> None:
    until = now + PAUSES[min(post.attempts, len(PAUSES) - 1)]
    if until <= post.created_at + GIVEN_UP_AFTER:
        tx.outgoing.postpone(post.id, until=until, problem=problem)
        return
    _give_up(tx, post, problem, now)


def _give_up(tx: Writing, post: OutgoingPost, problem: str, now: datetime) -> None:
    tx.outgoing.close(post.id, OutgoingState.GIVEN_UP, problem=problem, now=now)
    _log.warning("outgoing.post_given_up", webhook=post.webhook, post_id=post.id)
    tell_operator(
        tx,
        "outgoing_post_given_up",
        subject_id=f"{post.webhook}:{now:%Y-%m-%d}",
        text=f"The outgoing webhook {post.webhook} took no post for a day, and posts to it are "
        f"given up: {problem} See `chargehand outgoing-webhooks log`.",
        now=now,
    )


def _queue_one(tx: Writing, webhook: OutgoingWebhook, record: AuditRecord, now: datetime) -> None:
    event = EVENTS.get(record.tag)
    if event is None or event not in webhook.events:
        return
    project = _project_of(tx, record)
    if not webhook.wants(event, project):
        return
    tx.outgoing.add(
        OutgoingPost(
            id=OutgoingId(new_id("out", now)),
            webhook=webhook.id,
            event=event,
            subject_id=record.subject_id,
            project=project,
            audit_seq=record.seq,
            state=OutgoingState.WAITING,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
            closed_at=None,
            problem="",
        )
    )


def _project_of(tx: Reading | Writing, record: AuditRecord) -> ProjectKey | None:
    body = _told(record)
    if EVENTS[record.tag] in _BUDGETS:
        return ProjectKey(str(body["scope_id"])) if body["scope"] == "project" else None
    action, decision = _behind(tx, record)
    if action is not None:
        return action.project
    return decision.project if decision is not None else None


def _behind(
    tx: Reading | Writing, record: AuditRecord
) -> tuple[ActionRecord | None, DecisionRecord | None]:
    """The action and the decision a record tells of."""
    if record.tag == AuditTag.WORKER_DECISION_RECORDED.value:
        return None, tx.decisions.find(record.subject_id)
    action_id = _told(record).get("action_id", record.subject_id)
    action = tx.actions.find(str(action_id))
    return action, tx.decisions.find(action.decision_id) if action is not None else None


def _body(tx: Reading, webhook: OutgoingWebhook, post: OutgoingPost) -> bytes:
    record = next(iter(tx.audit.walk(after_seq=post.audit_seq - 1)))
    data: dict[str, JSONValue] = {
        **{name: value for name, value in _told(record).items() if name not in _NOT_TOLD},
        "id": post.subject_id,
        "project": post.project,
    }
    if data.get("scope") == BudgetScope.MEMBER.value:
        # Whose it is belongs to nobody outside, as above.
        data["id"], data["scope_id"] = f"budget:member::{data['period']}", None
    if record.tag in _DECIDED:
        data["decision"] = _DECIDED[record.tag]
    action, decision = _behind(tx, record)
    if action is not None:
        data["kind"] = action.kind.value
        data["decision_id"] = action.decision_id
    if webhook.includes_text and decision is not None and _is_for_everybody(tx, decision):
        text = action.preview if action is not None else decision.response
        data["text"] = text
    return _encoded(post.event.value, record.recorded_at, data)


def _is_for_everybody(tx: Reading, decision: DecisionRecord) -> bool:
    """Whether everybody in the project may read it; a channel may be a private one.

    A work item with a security level is read by some of the project alone, which is known when the
    decision is made and kept with its record.
    """
    audience = decision.audience
    if not audience.scope.startswith("work_item:") or audience.visibility != EVERYONE:
        return False
    tag = AuditTag.WORKER_DECISION_RECORDED.value
    records = [one for one in tx.audit.about(decision.id) if one.tag == tag]
    return any(_told(one).get("is_open") is True for one in records)


def _told(record: AuditRecord) -> JSONObject:
    body = json.loads(record.body)
    return body if isinstance(body, dict) else {}


def _encoded(kind: str, at: datetime, data: JSONObject) -> bytes:
    told = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
