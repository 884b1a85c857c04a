"""Judges one event after the other inside a transaction: silence, an ask, or nothing new."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from chargehand.audit.tags import AuditTag
from chargehand.commands.understanding import Understanding, mentions_name_only, understand
from chargehand.decisions.audience_rules import silent_decision
from chargehand.decisions.triage import (
    DELETIONS,
    EDITS,
    Late,
    NeedsFacts,
    Silent,
    TriageContext,
    triage,
)
from chargehand.domain.action import ActionState
from chargehand.domain.ask import Ask, AskState
from chargehand.domain.decision import Reason
from chargehand.domain.delivery import StoredDelivery
from chargehand.domain.event import Event, EventKind
from chargehand.domain.ids import (
    NO_PROJECT,
    AskId,
    DecisionId,
    EventId,
    ProjectKey,
    WorkItemKey,
)
from chargehand.domain.records import ConnectionRecord
from chargehand.kit.clock import EPOCH
from chargehand.kit.ids import derive_id
from chargehand.pipeline.connection import LiveConnection, PipelineRules
from chargehand.pipeline.hinting import hinted
from chargehand.pipeline.late_asks import modes_changed_at, report_late, restored_at
from chargehand.pipeline.noticing import tell_operator
from chargehand.pipeline.noting_changes import note_change
from chargehand.pipeline.places import (
    ask_key_of,
    situate,
    spoken_to_bot,
)
from chargehand.pipeline.reacting import Doubt, doubt_in
from chargehand.pipeline.refusals import is_revocation, record_revoked
from chargehand.pipeline.withdrawing import is_unsent, withdraw_ask, withdraw_unsent
from chargehand.pipeline.working_signs import SIGN_KINDS
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Writing

_LOOP_WINDOW = timedelta(minutes=10)
_NO_ITEM: Final = WorkItemKey("")
_LONGEST_ID: Final = 64
_WORDINGS: Final = EDITS | {EventKind.COMMENT_CREATED, EventKind.MESSAGE_CREATED}
# An action that ended so never reached anybody, so the ask it belongs to is not answered.
_CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.EXPIRED})


class Judge:
    """Judges events inside one transaction."""

    def __init__(
        self,
        tx: Writing,
        *,
        rules: PipelineRules,
        registered: Collection[ProjectKey],
        now: datetime,
    ) -> None:
        self._tx = tx
        self._registered = frozenset(registered)
        self._rules = rules
        self._now = now
        self._policy_version = tx.policies.version_in_force() or 0
        self._restored_at = restored_at(tx) or EPOCH
        self._modes_changed_at: dict[ProjectKey, datetime | None] = {}

    def take(
        self,
        stored: StoredDelivery,
        event: Event,
        connection: LiveConnection,
        record: ConnectionRecord,
    ) -> None:
        """Record a delivery and what it meant; the second telling of an event is a duplicate."""
        doubt = doubt_in(self._tx, event)
        event = doubt.situate(event) if doubt else situate(self._tx, event, connection)
        event_id = EventId(derive_id("evt", stored.id))
        first = self._tx.events.id_of_key(event.event_key)
        if first is not None and first != event_id:
            self._tx.events.add_delivery(stored, event_id, duplicate_of=first, now=self._now)
            return
        if first is not None or not self._tx.events.add(event_id, event, stored, now=self._now):
            return
        self._tx.events.add_delivery(stored, event_id, duplicate_of=None, now=self._now)
        if event.project in connection.projects or event.place is not None:
            # A self-test, or another project of the site, does not show that intake works.
            self._tx.connections.record_delivery(connection.id, at=stored.delivery.received_at)
        if is_revocation(event):
            record_revoked(self._tx, connection.id, now=self._now)
        if event.project in connection.projects and event.place is None:
            note_change(
                self._tx,
                event_id,
                event,
                bot=record.bot_account_id,
                since=self._restored_at,
                now=self._now,
            )
        self._judge(event_id, event, connection, record, doubt=doubt)

    def _judge(
        self,
        event_id: EventId,
        event: Event,
        connection: LiveConnection,
        record: ConnectionRecord,
        *,
        doubt: Doubt | None,
    ) -> None:
        ask_key = ask_key_of(event)
        existing = self._tx.asks.find_by_key(ask_key) if _is_said(event) else None
        if existing is not None and _is_outdated(event, existing):
            self._stay_silent(event_id, event, Reason.ALREADY_ASKED)
            return
        if existing is None and self._is_deleted(ask_key, event):
            # A deleted comment can not come back; its making was only told after its deletion.
            self._stay_silent(event_id, event, Reason.ASK_WITHDRAWN)
            return
        context = self._context(event, connection, record, existing, doubt=doubt)
        verdict = triage(event, context)
        match verdict:
            case Silent():
                self._stay_silent(event_id, event, verdict.reason)
                if existing is None:
                    return
                if verdict.withdraws_ask:
                    withdraw_ask(self._tx, existing.ask, now=self._now)
                elif _takes_back(event, existing):
                    # The answer was given, but a change it proposed may still wait for a person.
                    withdraw_unsent(self._tx, existing.ask, now=self._now)
            case Late() | NeedsFacts():
                self._take_ask(event_id, event, verdict, ask_key, existing)

    def _context(
        self,
        event: Event,
        connection: LiveConnection,
        record: ConnectionRecord,
        existing: StoredAsk | None,
        *,
        doubt: Doubt | None,
    ) -> TriageContext:
        bot = record.bot_account_id
        if bot is None:
            message = "a connection without a bot is not dispatched"
            raise AssertionError(message)
        nothing = Understanding(intents=(), is_addressed=False)
        understood = doubt.understood if doubt is not None else nothing
        has_name_only = False
        lines = spoken_to_bot(event, bot)
        if lines and (event.work_item is not None or event.place is not None):
            understood = understand(
                lines,
                bot=bot,
                project_keys=self._keys_of(event, connection),
                own_work_item=event.work_item or _NO_ITEM,
            )
            has_name_only = not understood.is_addressed and mentions_name_only(
                event.lines, record.bot_name
            )
        state, is_answered = self._standing(existing)
        return TriageContext(
            bot_account_id=bot,
            bot_name=record.bot_name,
            project_keys=connection.projects,
            is_addressed=understood.is_addressed,
            is_courtesy=understood.is_courtesy,
            has_name_only=has_name_only,
            intents=understood.intents,
            is_effect_of_ours=self._is_ours(event),
            existing_ask_state=state,
            existing_ask_answered=is_answered,
            existing_ask_text=existing.ask.text if existing is not None else None,
            recent_answers_to_actor_on_item=self._recent_answers(event, understood),
            now=self._now,
            answer_within=self._rules.answer_within,
            fresh_since=self._fresh_since(event, record),
            **hinted(self._tx, event, understood.intents, connection, now=self._now),
        )

    def _keys_of(self, event: Event, connection: LiveConnection) -> frozenset[ProjectKey]:
        # In a chat every project is known by its key, so that one that is not served there is
        # answered like a key that does not exist.
        return connection.projects if event.place is None else self._registered

    def _is_ours(self, event: Event) -> bool:
        comment_id = event.data.get("comment_id" if event.place is None else "message_id")
        if not _is_said(event) or not isinstance(comment_id, str):
            return False
        return self._tx.effects.is_ours(event.connection_id, comment_id)

    def _is_deleted(self, ask_key: str, event: Event) -> bool:
        return _tells_wording(event) and self._tx.events.id_of_key(f"{ask_key}:deleted") is not None

    def _standing(self, existing: StoredAsk | None) -> tuple[AskState | None, bool]:
        """An ask of whose actions nothing was sent and nothing will be is not answered yet."""
        if existing is None:
            return None, False
        if existing.ask.state is not AskState.DECIDED:
            return existing.ask.state, existing.ask.state is AskState.DISMISSED
        proposed = self._tx.actions.of_ask(existing.ask.id)
        # That an answer is worked on says nothing of whether there is one.
        actions = [one for one in proposed if one.kind not in SIGN_KINDS]
        if actions and all(
            action.state in _CAME_TO_NOTHING or is_unsent(self._tx, action) for action in actions
        ):
            return AskState.OPEN, False
        return AskState.DECIDED, True

    def _recent_answers(self, event: Event, understood: Understanding) -> int:
        account, item = event.actor.account_id, event.work_item
        if not understood.is_addressed or account is None or (item is None and not event.place):
            return 0
        return self._tx.decisions.count_answers_to(account, item, since=self._now - _LOOP_WINDOW)

    def _fresh_since(self, event: Event, record: ConnectionRecord) -> datetime:
        # Vendors tell of whole seconds, and what was asked in that one was not asked before it.
        first = (record.first_connected_at or EPOCH).replace(microsecond=0)
        if first > self._now:
            # The clock was ahead when it was written down; it must not make every ask late.
            first = EPOCH
        first = max(first, self._restored_at)
        if event.project is None:
            return first
        if event.project not in self._modes_changed_at:
            self._modes_changed_at[event.project] = modes_changed_at(self._tx, event.project)
        changed = self._modes_changed_at[event.project]
        return max(first, changed) if changed is not None else first

    def _stay_silent(self, event_id: EventId, event: Event, reason: Reason) -> None:
        decision_id = DecisionId(derive_id("dec", event_id, 0))
        self._tx.decisions.add_for_event(
            decision_id,
            silent_decision(reason, event.visibility),
            event_id,
            event,
            policy_version=self._policy_version,
            now=self._now,
        )
        self._tx.audit.append(
            AuditTag.WORKER_DECISION_RECORDED,
            decision_id,
            {"event_id": event_id, "verdict": "silent", "reason": reason.value},
            now=self._now,
        )
        if reason is Reason.LOOP_BROKEN:
            tell_operator(
                self._tx,
                "loop_broken",
                subject_id=f"{event.work_item}:{event.actor.account_id}",
                text=f"One account asks again and again on {event.work_item}; it is no longer "
                "answered there for a while. If it is a bot, leave it out of the mention.",
                now=self._now,
            )

    def _take_ask(
        self,
        event_id: EventId,
        event: Event,
        verdict: Late | NeedsFacts,
        ask_key: str,
        existing: StoredAsk | None,
    ) -> None:
        ask = self._ask(event_id, event, verdict, ask_key, existing)
        must_check = verdict.must_check_own_mark
        if existing is None:
            self._tx.asks.add(ask, must_check_own_mark=must_check, now=self._now)
        else:
            withdraw_ask(self._tx, existing.ask, now=self._now)
            self._tx.asks.revise(ask, must_check_own_mark=must_check, now=self._now)
        if ask.state is AskState.LATE:
            self._stay_silent(event_id, event, Reason.LATE)
            report_late(self._tx, ask, now=self._now)

    def _ask(
        self,
        event_id: EventId,
        event: Event,
        verdict: Late | NeedsFacts,
        ask_key: str,
        existing: StoredAsk | None,
    ) -> Ask:
        if event.place is None and (event.project is None or event.work_item is None):
            message = "triage lets no event without a work item become an ask"
            raise AssertionError(message)
        return Ask(
            id=existing.ask.id if existing is not None else AskId(derive_id("ask", event_id)),
            ask_key=ask_key,
            revision=existing.ask.revision + 1 if existing is not None else 1,
            event_id=event_id,
            connection_id=event.connection_id,
            project=event.project or NO_PROJECT,
            work_item=event.work_item,
            comment_id=_said_in(event),
            asker=event.actor,
            visibility=event.visibility,
            asked_at=event.occurred_at,
            text=event.text or "",
            intents=verdict.intents,
            state=AskState.LATE if isinstance(verdict, Late) else AskState.OPEN,
            place=event.place,
        )


def _is_outdated(event: Event, existing: StoredAsk) -> bool:
    """Whether the ask was already made from a later wording: vendors do not keep to an order."""
    return event.kind not in DELETIONS and event.occurred_at < existing.ask.asked_at


def _takes_back(event: Event, existing: StoredAsk) -> bool:
    """Whether a comment that was asked before is gone, or says something else now."""
    if event.kind in DELETIONS:
        return True
    return event.kind in EDITS and (event.text or "") != existing.ask.text


def _tells_wording(event: Event) -> bool:
    """Whether an event tells what somebody wrote, where it can be edited and deleted."""
    return event.kind in _WORDINGS


def _is_said(event: Event) -> bool:
    """Whether an event is about something that can have become an ask."""
    return event.kind in _WORDINGS | DELETIONS


def _said_in(event: Event) -> str:
    """The vendor's id of what asked: a comment or a message; the event's own end otherwise."""
    said = event.data.get("message_id" if event.place is not None else "comment_id")
    return str(said) if said else event.event_key.rpartition(":")[2][-_LONGEST_ID:]
