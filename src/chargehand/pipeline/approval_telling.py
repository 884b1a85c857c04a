"""Tells one member, alone in a chat, that an approval waits: which it is, and not of what."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from chargehand.attention.notifying import Name, NotBefore, may_notify, scopes_of
from chargehand.audit.tags import AuditTag
from chargehand.decisions.markdown import code, shown
from chargehand.decisions.placement import TELLS_ALONE
from chargehand.domain.action import ProposedAction
from chargehand.domain.attention import Person, Spot, Topic
from chargehand.domain.audience import Audience
from chargehand.domain.decision import Decision, Reason, Verdict
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Event, EventKind
from chargehand.domain.ids import AccountId, ConnectionId, DecisionId
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Member
from chargehand.domain.policy import Cause, Origin
from chargehand.domain.records import ActionRecord, ApprovalRecord
from chargehand.kit.calendar import WorkingHours, zone_named
from chargehand.kit.ids import derive_id
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.private_chat import private_chat_of
from chargehand.pipeline.unasked import record_unasked
from chargehand.storage.transaction import Writing


class Telling(Enum):
    """What became of telling somebody.

    `nowhere` they have no chat, or do not want to hear of it; `before` they were told already.
    """

    TOLD = "told"
    NOWHERE = "nowhere"
    BEFORE = "before"


def tell_waiting(
    tx: Writing,
    approval: ApprovalRecord,
    action: ActionRecord,
    member: Member,
    *,
    words: str,
    stage: str,
    connections: Mapping[ConnectionId, LiveConnection],
    hours: WorkingHours,
    lasts: timedelta,
    now: datetime,
) -> Telling | datetime:
    """Propose the message to one member and note it; the moment from which they may hear of it.

    Shape: `words` is of the catalogue. Nothing of the work item is told: whether the member may
    read it is not looked up.
    """
    spot = Spot(project=action.project)
    quiets = tx.attention.quiets_on(scopes_of(member, spot), now=now)
    permission = may_notify(member, Topic.APPROVALS, spot, now, hours=hours, quiets=quiets)
    if isinstance(permission, NotBefore):
        return permission.moment
    tx.votes.note_reminded(approval.id, member.id, stage, now=now)
    place = private_chat_of(tx, Person(member.id, None, None), connections)
    decision = tx.decisions.find(action.decision_id)
    if isinstance(permission, Name) or place is None or decision is None:
        return Telling.NOWHERE
    message = _message(approval, action, member, place, words=words, hours=hours)
    chat, _ = place
    record_unasked(
        tx,
        DecisionId(derive_id("dec", approval.id, member.id, stage)),
        Decision(
            Verdict.RESPOND,
            Reason.APPROVAL_WAITS,
            Audience(f"member:{member.id}", EVERYONE),
            response=str(message.params["markdown"]),
            actions=(message,),
        ),
        decision.event_id,
        Event(
            kind=EventKind.SCHEDULE_FIRED,
            event_key=approval.id,
            connector=chat.connector,
            connection_id=chat.id,
            occurred_at=now,
            actor=Actor(None, "chargehand", ActorKind.BOT),
            project=action.project,
        ),
        cause=Cause(origin=Origin.SCHEDULE),
        approval_lasts=lasts,
        now=now,
    )
    body: JSONObject = {"action_id": action.id, "member_id": member.id, "stage": stage}
    tx.audit.append(AuditTag.WORKER_APPROVAL_REMINDED, approval.id, body, now=now)
    return Telling.TOLD


def _message(
    approval: ApprovalRecord,
    action: ActionRecord,
    member: Member,
    place: tuple[LiveConnection, AccountId],
    *,
    words: str,
    hours: WorkingHours,
) -> ProposedAction:
    chat, account = place
    zone = zone_named(member.time_zone, hours.zone)
    told = words.format(
        approval=code(approval.short_id),
        since=f"{approval.opened_at.astimezone(zone):%A %Y-%m-%d %H:%M} ({zone.key})",
        expires=f"{approval.expires_at.astimezone(zone):%A %Y-%m-%d %H:%M}",
        kind=code(action.kind.value),
        project=shown(action.project),
        mine=code("mine"),
    )
    message = ProposedAction(
        kind=TELLS_ALONE[chat.connector],
        connection_id=chat.id,
        project=action.project,
        target=account,
        params={"markdown": told},
        base={},
        preview="",
    )
    return replace(message, preview=chat.previewer.preview(message))
