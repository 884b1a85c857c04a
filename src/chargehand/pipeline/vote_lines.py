"""What a message of a chat tells of the votes about an approval."""

from datetime import datetime
from typing import Final

from chargehand.decisions import vote_catalogue as catalogue
from chargehand.decisions.markdown import shown
from chargehand.domain.records import ActionRecord, ApprovalRecord, ApprovalState
from chargehand.domain.vote import Vote
from chargehand.pipeline.standing_votes import ShownVote, VoteStanding, standing_of
from chargehand.storage.transaction import Reading, Writing

_MOST_NAMED: Final = 5
_MOST_COMMENTS: Final = 3
_LONGEST_COMMENT: Final = 300


def said_lines(
    tx: Reading | Writing, approval: ApprovalRecord, action: ActionRecord, *, now: datetime
) -> tuple[str, ...]:
    """The votes so far, who is missing, the last comments, and why it was rejected.

    Shape: none of one person who decided alone without a word; the message says who it was.
    """
    standing = standing_of(tx, approval, action, now=now)
    lines: list[str] = []
    if approval.state is ApprovalState.OPEN and standing.quorum > 1:
        lines += [_counted(standing), _missing(standing)]
    comments = [one for one in standing.votes if one.vote is Vote.COMMENT and one.reason]
    lines += [
        catalogue.CHANGE_COMMENT.format(
            who=shown(one.name), text=shown(one.reason, _LONGEST_COMMENT)
        )
        for one in comments[-_MOST_COMMENTS:]
    ]
    if approval.state is ApprovalState.REJECTED and approval.reason:
        text = shown(approval.reason, _LONGEST_COMMENT)
        lines.append(catalogue.CHANGE_REASON.format(text=text))
    return tuple("\n\n".join(lines).split("\n")) if lines else ()


def voter_words(one: ShownVote) -> str:
    """Who voted, and for whom."""
    who = shown(one.name)
    if not one.deputy_of_name:
        return who
    return catalogue.AS_DEPUTY.format(who=who, principal=shown(one.deputy_of_name))


def _counted(standing: VoteStanding) -> str:
    who = ", ".join(voter_words(one) for one in standing.approving)
    words = catalogue.CHANGE_COUNTED if who else catalogue.CHANGE_UNCOUNTED
    return words.format(counted=standing.counted, quorum=standing.quorum, who=who)


def _missing(standing: VoteStanding) -> str:
    voted = {f"member:{one.deputy_of}" for one in standing.approving}
    voted |= {one.by for one in standing.approving}
    others = [one for one in standing.may_decide or () if f"member:{one.id}" not in voted]
    missing = standing.quorum - standing.counted
    if not others:
        return catalogue.CHANGE_NEEDS_ANYBODY.format(missing=missing)
    named = ", ".join(shown(one.name) for one in others[:_MOST_NAMED])
    more = " and others" if len(others) > _MOST_NAMED else ""
    return catalogue.CHANGE_NEEDS.format(missing=missing, who=f"{named}{more}")
