"""What people say about an approval, and who decides for whom while somebody is away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.ids import AbsenceId, ApprovalId, MemberId, VoteId

MEMBER: Final = "member:"


class Vote(StrEnum):
    """What one person says: let it through, never send it, or something else about it."""

    APPROVE = "approve"
    REJECT = "reject"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class VoteRecord:
    """One vote or comment about one approval.

    Shape: `by` is `member:<id>`, or the key or the person at the command line, as `cli:anna`;
    `deputy_of` is the member in whose place they voted; `digest` is that of the words they saw;
    `is_erased` says that the reason is gone for good.
    """

    id: VoteId
    approval_id: ApprovalId
    digest: str
    vote: Vote
    by: str
    via: str
    at: datetime
    reason: str = ""
    deputy_of: MemberId | None = None
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """A time in which a member is away, and who may decide in their place.

    Units: from `starts_at` until just before `ends_at`, both UTC.
    """

    id: AbsenceId
    member_id: MemberId
    deputy_id: MemberId | None
    starts_at: datetime
    ends_at: datetime
    set_by: str

    def covers(self, moment: datetime) -> bool:
        """Whether the member is away at a moment."""
        return self.starts_at <= moment < self.ends_at


def member_voting(by: str) -> MemberId | None:
    """The member behind the name a vote is kept under; None for a key or the command line."""
    return MemberId(by.removeprefix(MEMBER)) if by.startswith(MEMBER) else None
