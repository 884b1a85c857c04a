"""Votes and comments about approvals, and who was told that one waits."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from chargehand.domain.ids import ApprovalId, MemberId, VoteId
from chargehand.domain.vote import Vote, VoteRecord
from chargehand.kit.clock import from_micros, to_micros
from chargehand.kit.ids import derive_id, new_id
from chargehand.storage.repositories.contents import ContentWriter
from chargehand.storage.repositories.rows import AnyRow, Repository, content_of, is_erased
from chargehand.storage.tables_approvals import approval_reminders, approval_votes


class VoteReader(Repository):
    """Looks votes up."""

    def of_approval(self, approval_id: str) -> tuple[VoteRecord, ...]:
        """Everything that was said about an approval, oldest first."""
        return self.of_approvals([approval_id]).get(ApprovalId(approval_id), ())

    def of_approvals(self, approval_ids: Iterable[str]) -> dict[ApprovalId, tuple[VoteRecord, ...]]:
        """The same for some approvals; those about which nothing was said are left out."""
        wanted = sorted(set(approval_ids))
        if not wanted:
            return {}
        found: dict[ApprovalId, list[VoteRecord]] = defaultdict(list)
        for row in self._rows(self._of(wanted)):
            found[row.approval_id].append(_vote(row))
        return {
            approval_id: tuple(sorted(votes, key=lambda one: (one.at, one.id)))
            for approval_id, votes in found.items()
        }

    def reminded_of(self, approval_id: str) -> frozenset[tuple[MemberId, str]]:
        """Who was told that an approval waits, with the stage it was told in."""
        query = self._select(approval_reminders).where(
            approval_reminders.c.approval_id == approval_id
        )
        return frozenset((row.member_id, row.stage) for row in self._rows(query))

    def _of(self, approval_ids: list[str]) -> Select[Any]:
        return self._select_with_content(approval_votes).where(
            approval_votes.c.approval_id.in_(approval_ids)
        )


class VoteWriter(VoteReader):
    """Casts votes."""

    def cast(
        self,
        approval_id: ApprovalId,
        vote: Vote,
        *,
        digest: str,
        by: str,
        via: str,
        deputy_of: MemberId | None,
        reason: str,
        now: datetime,
    ) -> bool:
        """Keep what a person says; the newest vote of one person is the one there is.

        Shape: False when they had voted so before about these very words, in their own right or in
        the same person's place. Comments are all kept.
        """
        is_comment = vote is Vote.COMMENT
        vote_id = new_id("vot", now) if is_comment else derive_id("vot", approval_id, by)
        content_id = None
        if reason:
            writer = ContentWriter(self._connection, self._organization_id)
            content_id, _ = writer.add({"reason": reason}, now=now)
        values = {
            "approval_id": approval_id,
            "digest": digest,
            "vote": vote.value,
            "voted_by": by,
            "voted_via": via,
            "voted_at": to_micros(now),
            "deputy_of": deputy_of,
            "content_id": content_id,
        }
        if self._insert(approval_votes, {"vote_id": vote_id, **values}):
            return True
        outcome = self._connection.execute(
            self._update(approval_votes)
            .where(
                approval_votes.c.vote_id == vote_id,
                (approval_votes.c.vote != vote.value)
                | (approval_votes.c.digest != digest)
                | approval_votes.c.deputy_of.is_distinct_from(deputy_of),
            )
            .values(values)
        )
        return outcome.rowcount == 1

    def note_reminded(
        self, approval_id: ApprovalId, member_id: MemberId, stage: str, *, now: datetime
    ) -> bool:
        """Note that a member is told; False when they were told in this stage before."""
        return self._insert(
            approval_reminders,
            {
                "reminder_id": derive_id("rmd", approval_id, member_id, stage),
                "approval_id": approval_id,
                "member_id": member_id,
                "stage": stage,
                "reminded_at": to_micros(now),
            },
        )


def _vote(row: AnyRow) -> VoteRecord:
    return VoteRecord(
        id=VoteId(row.vote_id),
        approval_id=row.approval_id,
        digest=row.digest,
        vote=Vote(row.vote),
        by=row.voted_by,
        via=row.voted_via,
        at=from_micros(row.voted_at),
        reason=content_of(row).get("reason", ""),
        deputy_of=row.deputy_of,
        is_erased=is_erased(row),
    )
