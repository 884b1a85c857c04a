"""Finds the approvals that wait for one person: what they may decide, and did not yet."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from chargehand.approvals.voting import Right
from chargehand.domain.ids import ProjectKey
from chargehand.domain.records import ApprovalRecord, ApprovalState, Page
from chargehand.domain.vote import Vote
from chargehand.pipeline.electing import View, electorate

# One look reads no more open approvals than these, however few of them are wanted.
_MOST_LOOKED_AT: Final = 500
_AT_ONCE: Final = 100


def page_needing(
    tx: View,
    by: str,
    *,
    cursor: str | None,
    limit: int,
    now: datetime,
    projects: Collection[ProjectKey] | None = None,
) -> Page[ApprovalRecord]:
    """Open approvals that wait for somebody's vote, newest first.

    Shape: not what they asked for themselves, unless that is allowed. A page may be short or empty
    though more follow; `projects` are those it may be told of, None every one.
    """
    people, found = electorate(tx, now), list[ApprovalRecord]()
    for _ in range(_MOST_LOOKED_AT // _AT_ONCE):
        page = tx.approvals.page(
            cursor=cursor, limit=_AT_ONCE, state=ApprovalState.OPEN.value, projects=projects
        )
        actions = tx.actions.find_many(one.action_id for one in page.items)
        votes = tx.votes.of_approvals(one.id for one in page.items)
        for approval in page.items:
            action = actions.get(approval.action_id)
            if action is None or approval.expires_at <= now:
                continue
            said = votes.get(approval.id, ())
            has_voted = any(one.by == by and one.vote is Vote.APPROVE for one in said)
            if not has_voted and isinstance(people.right(action, approval, by), Right):
                found.append(approval)
                if len(found) == limit:
                    return Page(tuple(found), approval.id)
        cursor = page.next_cursor
        if cursor is None:
            break
    return Page(tuple(found), cursor)
