"""Approvals: durable questions about exact actions."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from chargehand.domain.ids import ActionId, ApprovalId
from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalRecord, ApprovalState, Page
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import short_id
from chargehand.storage.repositories.chat_views import ChatViewWriter
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.rows import (
    AnyRow,
    Repository,
    content_of,
    is_erased,
    micros,
    moment,
)
from chargehand.storage.tables import actions, approvals, contents


class ApprovalReader(Repository):
    """Looks approvals up."""

    def find(self, identifier: str) -> ApprovalRecord | None:
        """One approval by its id or short id; of several with one short id, the newest."""
        query = self._select_with_content(approvals).where(
            (approvals.c.approval_id == identifier) | (approvals.c.short_id == identifier.lower())
        )
        row = self._one(query.order_by(approvals.c.approval_id.desc()).limit(1))
        return _approval(row) if row is not None else None

    def ending_with(self, identifier: str, *, limit: int) -> tuple[ApprovalRecord, ...]:
        """Approvals whose id is the identifier or ends with it, newest first.

        Shape: `identifier` has at least the six letters of a short id, behind its prefix or alone.
        """
        wanted = identifier.lower().removeprefix("apv_")
        query = self._select_with_content(approvals).where(approvals.c.short_id == short_id(wanted))
        rows = self._rows(query.order_by(approvals.c.approval_id.desc()).limit(limit))
        return tuple(_approval(row) for row in rows if row.approval_id.endswith(wanted))

    def of_action(self, action_id: str) -> tuple[ApprovalRecord, ...]:
        """Every approval of an action, oldest first; only the last one counts."""
        rows = self._rows_with_content_by(approvals.c.action_id, action_id)
        return tuple(_approval(row) for row in sorted(rows, key=lambda row: int(row.ordinal)))

    def newest_of_action(self, action_id: str) -> ApprovalRecord | None:
        """The approval that counts for an action; None when nobody was asked."""
        every = self.of_action(action_id)
        return every[-1] if every else None

    def newest_of_actions(self, action_ids: Iterable[str]) -> dict[str, ApprovalRecord]:
        """The approval that counts for each action, by action; nobody was asked about the rest."""
        wanted = sorted(set(action_ids))
        query = self._select_with_content(approvals).where(approvals.c.action_id.in_(wanted))
        rows = sorted(self._rows(query), key=lambda row: int(row.ordinal)) if wanted else []
        newest = {row.action_id: row for row in rows}
        return {action_id: _approval(row) for action_id, row in newest.items()}

    def reason_digest(self, approval_id: ApprovalId) -> str:
        """The salted digest of why it was decided so; empty where nobody said."""
        query = (
            select(contents.c.digest)
            .join(approvals, approvals.c.content_id == contents.c.content_id)
            .where(
                approvals.c.organization_id == self._organization_id,
                contents.c.organization_id == self._organization_id,
                approvals.c.approval_id == approval_id,
            )
        )
        row = self._one(query)
        return str(row.digest) if row is not None else ""

    def expired(self, *, now: datetime, limit: int) -> tuple[ApprovalRecord, ...]:
        """Open approvals whose time has run out, oldest first."""
        query = self._select_with_content(approvals).where(
            approvals.c.state == ApprovalState.OPEN.value, approvals.c.expires_at <= to_micros(now)
        )
        rows = self._rows(query.order_by(approvals.c.expires_at).limit(limit))
        return tuple(_approval(row) for row in rows)

    def due(self, *, now: datetime, limit: int) -> tuple[ApprovalRecord, ...]:
        """Open approvals of which somebody may have to be reminded, the longest due first."""
        query = self._select_with_content(approvals).where(
            approvals.c.state == ApprovalState.OPEN.value, approvals.c.look_at <= to_micros(now)
        )
        rows = self._rows(query.order_by(approvals.c.look_at).limit(limit))
        return tuple(_approval(row) for row in rows)

    def page(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        state: str | None = None,
        projects: Collection[str] | None = None,
    ) -> Page[ApprovalRecord]:
        """Approvals, newest first."""
        query = self._select_with_content(approvals)
        if projects is not None:
            asked = select(actions.c.action_id).where(
                actions.c.organization_id == self._organization_id,
                actions.c.action_id == approvals.c.action_id,
                actions.c.project.in_(sorted(projects)),
            )
            query = query.where(asked.exists())
        query = query.where(approvals.c.state == state) if state is not None else query
        return self._page(query, approvals.c.approval_id, _approval, cursor=cursor, limit=limit)


class ApprovalWriter(ApprovalReader):
    """Opens and decides approvals."""

    def open(
        self,
        approval_id: ApprovalId,
        action_id: ActionId,
        *,
        digest: str,
        expires_at: datetime,
        policy_version: int | None,
        now: datetime,
    ) -> bool:
        """Ask about one exact action; False when it was asked before a crash."""
        return self._insert(
            approvals,
            {
                "approval_id": approval_id,
                "short_id": short_id(approval_id),
                "action_id": action_id,
                "ordinal": len(self.of_action(action_id)) + 1,
                "digest": digest,
                "state": ApprovalState.OPEN.value,
                "opened_at": to_micros(now),
                "expires_at": to_micros(expires_at),
                "decided_at": None,
                "decided_by": "",
                "decided_via": "",
                "content_id": None,
                "look_at": to_micros(now),
                "escalated_to": "",
                "policy_version": policy_version,
            },
        )

    def keep(self, approval_id: ApprovalId) -> bool:
        """Let nobody else decide it in this transaction; False when it is open no more."""
        outcome = self._connection.execute(
            self._update(approvals)
            .where(
                approvals.c.approval_id == approval_id,
                approvals.c.state == ApprovalState.OPEN.value,
            )
            .values(state=ApprovalState.OPEN.value)
        )
        return outcome.rowcount == 1

    def look_again(self, approval_id: ApprovalId, moment: datetime | None) -> None:
        """Say when somebody may have to be reminded next; None for never again."""
        self._change(approvals.c.approval_id, approval_id, {"look_at": micros(moment)})

    def look_again_at(self, moments: Mapping[ApprovalId, datetime]) -> None:
        """The same of several."""
        changes: dict[str, dict[str, object]] = {
            one: {"look_at": to_micros(moment)} for one, moment in moments.items()
        }
        self._change_many(approvals.c.approval_id, changes)

    def escalate(self, approval_id: ApprovalId, roles: Iterable[Role]) -> None:
        """Put it before members with these roles as well."""
        words = " ".join(sorted(roles))
        self._change(approvals.c.approval_id, approval_id, {"escalated_to": words})

    def decide(
        self,
        approval_id: ApprovalId,
        state: ApprovalState,
        *,
        by: str,
        via: str,
        reason: str,
        now: datetime,
    ) -> bool:
        """Close an open approval; False when somebody was faster."""
        content_id = None
        if reason:
            writer = ContentWriter(self._connection, self._organization_id)
            content_id, _ = writer.add({"reason": reason}, now=now)
        outcome = self._connection.execute(
            self._update(approvals)
            .where(
                approvals.c.approval_id == approval_id,
                approvals.c.state == ApprovalState.OPEN.value,
            )
            .values(
                state=state.value,
                decided_at=to_micros(now),
                decided_by=by,
                decided_via=via,
                content_id=content_id,
            )
        )
        if outcome.rowcount != 1:
            return False
        # Whatever message shows it as open is wrong from this transaction on.
        ChatViewWriter(self._connection, self._organization_id).outdate(approval_id)
        return True


def _approval(row: AnyRow) -> ApprovalRecord:
    return ApprovalRecord(
        id=row.approval_id,
        short_id=row.short_id,
        action_id=row.action_id,
        digest=row.digest,
        state=ApprovalState(row.state),
        opened_at=from_micros(row.opened_at),
        expires_at=from_micros(row.expires_at),
        decided_at=moment(row.decided_at),
        decided_by=row.decided_by,
        decided_via=row.decided_via,
        reason=content_of(row).get("reason", ""),
        is_erased=is_erased(row),
        escalated_to=frozenset(Role(one) for one in row.escalated_to.split()),
        policy_version=row.policy_version,
    )
