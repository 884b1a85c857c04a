"""What is remembered: the values storage hands back, one for each kind of row.

Everything here is frozen and whole; nothing here knows a column or a query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.audience import Audience
from chargehand.domain.decision import DecidedBy, ModelUse, Reason, Source, Urgency, Verdict
from chargehand.domain.event import EventKind
from chargehand.domain.ids import (
    AccountId,
    ActionId,
    ApiKeyId,
    ApprovalId,
    AskId,
    BackupId,
    ConnectionId,
    DecisionId,
    DeliveryId,
    EffectId,
    EventId,
    GlassId,
    HoldId,
    MemberId,
    NoticeId,
    ProjectKey,
    ReservationId,
)
from chargehand.domain.json import JSONObject
from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.domain.policy import Cause

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of a list, newest first; `next_cursor` is None on the last page."""

    items: tuple[R, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A delivery after dispatch; the raw body stays in the inbox for its retention.

    Shape: `event_id` is the event it meant; `duplicate_of` is set instead of making a second
    event when another delivery had told the same before.
    """

    id: DeliveryId
    connection_id: ConnectionId
    connector: str
    delivery_key: str
    source: str
    lane: str
    digest: str
    size_bytes: int
    received_at: datetime
    dispatched_at: datetime
    event_id: EventId
    duplicate_of: EventId | None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event as it was recorded; `text` is None when there was none, or after its erasure.

    Shape: `is_erased` says that names, text and data are gone for good.
    """

    id: EventId
    event_key: str
    delivery_id: DeliveryId
    connection_id: ConnectionId
    connector: str
    kind: EventKind
    project: ProjectKey | None
    work_item: str | None
    actor_id: AccountId | None
    actor_name: str
    occurred_at: datetime
    recorded_at: datetime
    text: str | None
    data: JSONObject
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision with everything needed to look back at it.

    Shape: `is_erased` says that the answer's words and sources are gone for good.
    Shape: `model` is None and `reasoning` empty when a rule decided.
    Units: `decided_at` is UTC; `cost_usd` in US dollars.
    """

    id: DecisionId
    event_id: EventId
    ask_id: AskId | None
    project: ProjectKey | None
    work_item: str | None
    verdict: Verdict
    reason: Reason
    decided_by: DecidedBy
    confidence: float
    urgency: Urgency
    audience: Audience
    response: str
    sources: tuple[Source, ...]
    withheld: tuple[str, ...]
    suggested_actions: tuple[str, ...]
    answer_digest: str
    cost_usd: Decimal
    policy_version: int
    decided_at: datetime
    is_erased: bool = False
    reasoning: str = ""
    model: ModelUse | None = None


@dataclass(frozen=True, slots=True)
class ModelRequestRecord:
    """One request to a model for a decision, whether it gave an answer or not.

    Shape: `body` is exactly what was sent, secrets masked; empty after its erasure. `outcome` is
    `answered`, `not_sent`, or why it failed. `position` counts from 0 within the decision.
    Units: `cost_usd` is what the budget was charged.
    """

    reservation_id: ReservationId
    decision_id: DecisionId
    ask_id: AskId
    position: int
    provider: str
    model: str
    prompt_version: str
    outcome: str
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    sent_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """A proposed side effect and where it stands.

    Shape: `mode` is the one the policy gave it when it was proposed; `problem` is a closed word
    when it failed, was rejected, or is unknown; `result` holds the vendor's id and address;
    `is_erased` says that params, base and preview are gone for good, while the digest stays;
    `attempts` counts every time it was postponed, `waits` those where only its turn was awaited;
    `cause` tells nothing for actions older than it.
    """

    id: ActionId
    decision_id: DecisionId
    ask_id: AskId | None
    kind: ActionKind
    connection_id: ConnectionId
    project: ProjectKey
    target: str
    params: JSONObject
    base: JSONObject
    preview: str
    digest: str
    mode: Mode
    state: ActionState
    policy_version: int
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    result: JSONObject
    problem: str
    is_erased: bool = False
    waits: int = 0
    cause: Cause = field(default_factory=Cause)

    @property
    def failed_attempts(self) -> int:
        """The attempts that were really made; waiting for a vendor's limit is none."""
        return self.attempts - self.waits


@dataclass(frozen=True, slots=True)
class UndoRecord:
    """One action that was proposed to undo another; `ordinal` counts the tries from 1."""

    undo_action_id: ActionId
    undone_action_id: ActionId
    ordinal: int
    requested_at: datetime
    requested_by: str


class ApprovalState(StrEnum):
    """How an approval stands; only `approved` ever lets an action through."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """A question to people about one exact action, by digest.

    Shape: `is_erased` says that the reason a person gave is gone for good; `escalated_to` are the
    roles that may decide it as well, because nobody else did for long; `policy_version` was in
    force when it was opened, None where that was not kept yet.
    """

    id: ApprovalId
    short_id: str
    action_id: ActionId
    digest: str
    state: ApprovalState
    opened_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str
    decided_via: str
    reason: str
    is_erased: bool = False
    escalated_to: frozenset[Role] = frozenset()
    policy_version: int | None = None


class EffectState(StrEnum):
    """What is known of an effect: meant, there, refused, or only a person can tell."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """The ledger's line about one action: written before sending, settled after."""

    id: EffectId
    action_id: ActionId
    connection_id: ConnectionId
    target: str
    digest: str
    state: EffectState
    attempts: int
    intended_at: datetime
    settled_at: datetime | None
    external_id: str
    url: str


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """What is known of a connection from its last calls; None where nothing is known yet."""

    id: ConnectionId
    connector: str
    site: str
    bot_account_id: AccountId | None
    bot_name: str
    first_connected_at: datetime | None
    last_ok_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    last_delivery_at: datetime | None
    polled_at: datetime | None
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """An API key without its secret.

    Shape: `permissions` and `projects` are its scope, None is all of them; `member_id` is whom it
    acts for, None is itself.
    """

    id: ApiKeyId
    name: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None
    permissions: frozenset[Permission] | None = None
    projects: frozenset[ProjectKey] | None = None
    member_id: MemberId | None = None
    expires_at: datetime | None = None


class Severity(StrEnum):
    """How much a notice to the operator matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class HoldReason(StrEnum):
    """Why nothing is sent: the database came from a backup, or was copied elsewhere."""

    RESTORED = "restored"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """A time in which nothing is sent, because another database may know more than this one.

    Shape: `backup_id` is empty for a database that was copied.
    Units: from `taken_at` on this database knows nothing of what the other one did: the moment the
    restored backup is of, or that of the copy.
    """

    id: HoldId
    reason: HoldReason
    backup_id: BackupId
    taken_at: datetime
    held_at: datetime
    held_by: str
    lifted_at: datetime | None
    lifted_by: str


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """Something the operator is told once, however often it happens."""

    id: NoticeId
    notice_key: str
    severity: Severity
    code: str
    subject_id: str
    text: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One link of the chain; `body` is canonical JSON of ids, digests and closed tags.

    Shape: `by` is who did it, looked up from the pseudonym in the body: it is no part of the chain,
    and reads `erased:...` once that person was erased; empty when nobody or a part of ours did it,
    and where records are only walked.
    """

    seq: int
    recorded_at: datetime
    tag: str
    subject_id: str
    body: str
    previous_hash: str
    hash: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy document as it was written, by whom and when."""

    version: int
    document: JSONObject
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """That an operator is past the policy for a while, and why.

    Units: it counts from `opened_at` until before `ends_at`.
    """

    id: GlassId
    opened_by: str
    reason: str
    opened_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ModelOutcomes:
    """When a model last answered, and when and why it last did not; None where it never did."""

    answered_at: datetime | None
    failed_at: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class StoredSecretRecord:
    """A secret as it is kept: sealed, with the id of the key that opens it."""

    name: str
    key_id: str
    sealed: str
    set_at: datetime
    set_by: str
    expires_at: datetime | None


Counts = Mapping[str, int]
