"""Looking back: lists with filters and a cursor, single reads, and how things stand now.

Every function works inside one transaction that the caller opened, so REST asks them from async
code and the command line without. Nothing here changes anything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

from chargehand.audit.chain import Break, Verification, verify_chain
from chargehand.commands.tokens import looks_like_key
from chargehand.domain.action import ActionKind, ActionState, Mode
from chargehand.domain.ask import AskState
from chargehand.domain.decision import Verdict
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.records import (
    ActionRecord,
    ApprovalRecord,
    ApprovalState,
    AuditRecord,
    ConnectionRecord,
    Counts,
    DecisionRecord,
    DeliveryRecord,
    EventRecord,
    HoldRecord,
    ModelRequestRecord,
    NoticeRecord,
    Page,
)
from chargehand.domain.retention import Retention, RetentionLine
from chargehand.domain.switches import StopRecord
from chargehand.inbox.ports import InboxCounts
from chargehand.kit.ids import id_kind, order_of
from chargehand.kit.words import words_sought
from chargehand.pipeline.approvals_awaited import page_needing
from chargehand.pipeline.auditing import verify_audit
from chargehand.pipeline.errors import ArgumentInvalid, NotFound
from chargehand.pipeline.modes import ModeLine, list_modes, policy_in_force
from chargehand.pipeline.processes import ProcessLine, list_processes
from chargehand.pipeline.pruning import retention_lines
from chargehand.pipeline.standing_votes import VoteStanding, standing_of, standings_of
from chargehand.pipeline.tracing import Trace, trace
from chargehand.policy.modes import ModeRule
from chargehand.storage.checkpoint import AuditCheckpoint
from chargehand.storage.database import Database
from chargehand.storage.errors import CheckpointUnreadable
from chargehand.storage.repositories.asks import StoredAsk
from chargehand.storage.transaction import Reading, Writing

__all__ = ["AuditCheckpoint", "Database", "InboxCounts", "StoredAsk", "Trace", "Verification"]

LEAST_PER_PAGE: Final = 1
MOST_PER_PAGE: Final = 200
PER_PAGE: Final = 50
_CURSOR_ALLOWED: Final = "the next_cursor of the page before, or none for the newest"
_LONGEST_IDENTIFIER: Final = 40
_LONGEST_SEQ_DIGITS: Final = 18
_SHOWN: Final = 60
_MOST_WORDS: Final = 32

T = TypeVar("T")
# The projects a list may hold things of; None is all there are, and what belongs to none.
Projects: TypeAlias = Collection[ProjectKey] | None
# What a use case may look through; one that writes may look as well.
View: TypeAlias = Reading | Writing
# The transaction of a use case that changes something, for callers that combine two of them.
Changing: TypeAlias = Writing
# The transaction of a use case that only looks.
Looking: TypeAlias = Reading


@dataclass(frozen=True, slots=True)
class ShownApproval:
    """An approval with the action it is about, whose preview is what people judge."""

    approval: ApprovalRecord
    action: ActionRecord
    standing: VoteStanding


@dataclass(frozen=True, slots=True)
class Stats:
    """How much happened in a stretch of time, by kind of row and its closed word.

    Shape: `since` is the beginning of an hour; `cost_usd` is what models took for its decisions.
    """

    since: datetime
    until: datetime
    cost_usd: Decimal
    counts: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand at one moment.

    Shape: `inbox` counts deliveries by state; `waiting` counts what waits in `main`, by what it
    waits for; `audit_records` is the length of the audit chain; `hold` is None unless the database
    was restored and nothing may be sent yet; `stops` are those in force; `retention` says what is
    kept for how long, and when what was older last went; `processes` are those that share a
    PostgreSQL, none on SQLite.
    """

    version: str
    now: datetime
    connections: tuple[ConnectionRecord, ...]
    inbox: InboxCounts
    waiting: Counts
    policy_version: int
    audit_records: int
    hold: HoldRecord | None
    stops: tuple[StopRecord, ...]
    retention: tuple[RetentionLine, ...]
    processes: tuple[ProcessLine, ...]


@dataclass(frozen=True, slots=True)
class Modes:
    """The policy in force and what follows from it for every served project and action kind."""

    version: int
    changed_at: datetime | None
    changed_by: str
    default: Mode
    rules: tuple[ModeRule, ...]
    modes: tuple[ModeLine, ...]


def list_deliveries(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    connection_id: ConnectionId | None = None,
    projects: Projects = None,
) -> Page[DeliveryRecord]:
    """Dispatched deliveries, newest first; of some projects only those of their events.

    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="delivery")
    return tx.events.page_of_deliveries(
        cursor=cursor, limit=limit, connection_id=connection_id, projects=projects
    )


def list_events(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    project: ProjectKey | None = None,
    work_item: str | None = None,
    kind: EventKind | None = None,
    text: str | None = None,
    projects: Projects = None,
) -> Page[EventRecord]:
    """Events, newest first; with a text only those that hold every word of it.

    Shape: of events with a text a page may be short or empty though more follow.
    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="event")
    if text is not None:
        _check_words(text)
        page = tx.events.page_of_words(
            text,
            before=order_of(cursor) if cursor is not None else None,
            limit=limit,
            project=project,
            work_item=_as_kept(work_item),
            kind=kind,
        )
        seen = (one for one in page.items if projects is None or one.project in projects)
        return replace(page, items=tuple(seen))
    return tx.events.page(
        cursor=cursor,
        limit=limit,
        project=project,
        work_item=_as_kept(work_item),
        kind=kind,
        projects=projects,
    )


def list_asks(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    state: AskState | None = None,
    project: ProjectKey | None = None,
    projects: Projects = None,
) -> Page[StoredAsk]:
    """Asks, newest first; `AskState.LATE` gives those that wait for a person.

    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="ask")
    return tx.asks.page(cursor=cursor, limit=limit, state=state, project=project, projects=projects)


def list_decisions(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    project: ProjectKey | None = None,
    verdict: Verdict | None = None,
    work_item: str | None = None,
    projects: Projects = None,
) -> Page[DecisionRecord]:
    """Decisions, newest first.

    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="decision")
    return tx.decisions.page(
        cursor=cursor,
        limit=limit,
        project=project,
        verdict=verdict,
        work_item=_as_kept(work_item),
        projects=projects,
    )


def list_actions(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    state: ActionState | None = None,
    kind: ActionKind | None = None,
    project: ProjectKey | None = None,
    projects: Projects = None,
) -> Page[ActionRecord]:
    """Actions, newest first.

    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="action")
    return tx.actions.page(
        cursor=cursor, limit=limit, state=state, kind=kind, project=project, projects=projects
    )


def list_approvals(
    tx: View,
    *,
    cursor: str | None = None,
    limit: int = PER_PAGE,
    state: ApprovalState | None = None,
    needs: str | None = None,
    now: datetime,
    projects: Projects = None,
) -> Page[ShownApproval]:
    """Approvals with their actions, newest first.

    Shape: `needs` names a voter, as `member:<id>`: then only those that wait for their vote, and a
    page may be short or empty though more follow.
    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="approval")
    if needs is not None:
        page = page_needing(tx, needs, cursor=cursor, limit=limit, now=now, projects=projects)
    else:
        page = tx.approvals.page(cursor=cursor, limit=limit, state=state, projects=projects)
    actions = tx.actions.find_many(approval.action_id for approval in page.items)
    pairs = [(one, actions[one.action_id]) for one in page.items]
    standings = standings_of(tx, pairs, now=now)
    shown = tuple(ShownApproval(one, action, standings[one.id]) for one, action in pairs)
    return Page(items=shown, next_cursor=page.next_cursor)


def list_notices(
    tx: View, *, cursor: str | None = None, limit: int = PER_PAGE
) -> Page[NoticeRecord]:
    """Notices to the operator, newest first.

    Raises: ArgumentInvalid.
    """
    _check_page(cursor, limit, kind="notice")
    return tx.notices.page(cursor=cursor, limit=limit)


def list_audit(tx: View, *, cursor: str | None = None, limit: int = PER_PAGE) -> Page[AuditRecord]:
    """The end of the audit chain, newest first; the cursor is a sequence number.

    Raises: ArgumentInvalid.
    """
    _check_limit(limit)
    before = _read_seq(cursor) if cursor is not None else None
    found = tx.audit.newest(limit=limit + 1, before_seq=before)
    items = found[:limit]
    return Page(items=items, next_cursor=str(items[-1].seq) if len(found) > limit else None)


def find_delivery(tx: View, identifier: str) -> DeliveryRecord:
    """One dispatched delivery.

    Raises: NotFound.
    """
    return _found("delivery", identifier, tx.events.find_delivery(_plain("delivery", identifier)))


def find_event(tx: View, identifier: str) -> EventRecord:
    """One event.

    Raises: NotFound.
    """
    return _found("event", identifier, tx.events.find(_plain("event", identifier)))


def find_ask(tx: View, identifier: str) -> StoredAsk:
    """One ask.

    Raises: NotFound.
    """
    return _found("ask", identifier, tx.asks.find(_plain("ask", identifier)))


def find_decision(tx: View, identifier: str) -> DecisionRecord:
    """One decision.

    Raises: NotFound.
    """
    return _found("decision", identifier, tx.decisions.find(_plain("decision", identifier)))


def list_model_requests(tx: View, identifier: str) -> tuple[ModelRequestRecord, ...]:
    """Every request to a model for one decision, oldest first; none when a rule decided alone.

    Raises: NotFound.
    """
    return tx.model_requests.of_decision(find_decision(tx, identifier).id)


def find_action(tx: View, identifier: str) -> ActionRecord:
    """One action.

    Raises: NotFound.
    """
    return _found("action", identifier, tx.actions.find(_plain("action", identifier)))


def find_approval(tx: View, identifier: str, *, now: datetime) -> ShownApproval:
    """One approval, by its id or short id, with its action.

    Raises: NotFound.
    """
    kind = "approval"
    approval = _found(kind, identifier, tx.approvals.find(_plain(kind, identifier)))
    action = find_action(tx, approval.action_id)
    return ShownApproval(approval, action, standing_of(tx, approval, action, now=now))


def project_of_delivery(tx: View, delivery: DeliveryRecord) -> ProjectKey | None:
    """The project of the event a delivery told of; None where it is about none."""
    event = tx.events.find(delivery.event_id)
    return event.project if event is not None else None


def find_trace(tx: View, identifier: str) -> Trace:
    """The whole story of a delivery, event, ask, decision, action or approval.

    Raises: NotFound.
    """
    return trace(tx, _plain("delivery, event, ask, decision, action or approval", identifier))


def read_stats(tx: View, *, since: datetime, until: datetime) -> Stats:
    """What happened since the hour of a moment began; `until` is now, told and not asked for."""
    whole = since.replace(minute=0, second=0, microsecond=0)
    found = tx.stats.since(whole)
    return Stats(since=whole, until=until, cost_usd=found.cost_usd, counts=found.counts)


def read_status(
    tx: View, *, inbox: InboxCounts, retention: Retention, version: str, now: datetime
) -> Status:
    """How things stand; `inbox` was counted by the caller, since it is another database."""
    return Status(
        version=version,
        now=now,
        connections=tx.connections.all(),
        inbox=inbox,
        waiting=tx.stats.open_work(),
        policy_version=tx.policies.version_in_force() or 0,
        audit_records=tx.audit.head().seq,
        hold=tx.holds.current(),
        stops=tx.stops.in_force(),
        retention=retention_lines(tx, retention),
        processes=list_processes(tx, now=now),
    )


def read_modes(tx: View, projects: Collection[ProjectKey]) -> Modes:
    """The policy in force, with the mode of every kind in every one of the projects."""
    policy, current = policy_in_force(tx), tx.policies.current()
    return Modes(
        version=policy.version,
        changed_at=current.created_at if current is not None else None,
        changed_by=current.created_by if current is not None else "",
        default=policy.default,
        rules=policy.rules,
        modes=list_modes(tx, projects),
    )


def read_verification(tx: View, checkpoint: AuditCheckpoint) -> Verification:
    """Whether the audit chain holds; a checkpoint that was tampered with is one more break."""
    try:
        return verify_audit(tx, checkpoint)
    except CheckpointUnreadable as error:
        head = tx.audit.head()
        walked = verify_chain(tx.organization_id, tx.audit.links(), head=head, checkpoints=())
        broken = Break(head.seq, str(error))
        return replace(walked, breaks=(*walked.breaks, broken))


def _as_kept(work_item: str | None) -> str | None:
    """A work item by the name it is kept under: trackers write keys in capitals, people do not."""
    if work_item is not None and looks_like_key(work_item):
        return work_item.upper()
    return work_item


def _check_page(cursor: str | None, limit: int, *, kind: str) -> None:
    _check_limit(limit)
    if cursor is not None and id_kind(cursor) != kind:
        raise ArgumentInvalid(field="cursor", found=cursor[:_SHOWN], allowed=_CURSOR_ALLOWED)


def _check_limit(limit: int) -> None:
    if not LEAST_PER_PAGE <= limit <= MOST_PER_PAGE:
        allowed = f"{LEAST_PER_PAGE} to {MOST_PER_PAGE}"
        raise ArgumentInvalid(field="limit", found=limit, allowed=allowed)


def _check_words(text: str) -> None:
    if not 1 <= len(words_sought(text)) <= _MOST_WORDS:
        allowed = f"1 to {_MOST_WORDS} words, each with a letter or a digit"
        raise ArgumentInvalid(field="text", found=text[:_SHOWN], allowed=allowed)


def _read_seq(cursor: str) -> int:
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= _LONGEST_SEQ_DIGITS:
        return int(cursor)
    raise ArgumentInvalid(field="cursor", found=cursor[:_SHOWN], allowed=_CURSOR_ALLOWED)


def _plain(kind: str, identifier: str) -> str:
    """The identifier when it could be one; a database refuses some texts instead of not finding."""
    letters = identifier.replace("_", "")
    if len(identifier) <= _LONGEST_IDENTIFIER and letters.isascii() and letters.isalnum():
        return identifier
    raise NotFound(kind=kind, id=identifier[:_SHOWN])


def _found(kind: str, identifier: str, record: T | None) -> T:
    if record is None:
        raise NotFound(kind=kind, id=identifier)
    return record
