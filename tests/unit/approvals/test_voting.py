"""Whose votes count: people who may decide now, each once, about the very words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargehand.approvals.voting import Poll, Refusal, Right, right_of, right_to_reject, tally
from chargehand.domain.ids import AbsenceId, ApprovalId, MemberId, ProjectKey, VoteId
from chargehand.domain.member import Member, Role
from chargehand.domain.policy import Approvers
from chargehand.domain.vote import Absence, Vote, VoteRecord

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAY = ProjectKey("PAY")


def member(name: str, *roles: Role, **changes: object) -> Member:
    held = tuple((PAY, role) for role in roles)
    return replace(Member(MemberId(name), name, roles=held), **changes)


def away(who: str, deputy: str) -> Absence:
    return Absence(
        id=AbsenceId(f"abs_{who}"),
        member_id=MemberId(who),
        deputy_id=MemberId(deputy),
        starts_at=NOW - HOUR,
        ends_at=NOW + HOUR,
        set_by="cli:lead",
    )


def vote(by: str, said: Vote = Vote.APPROVE, **changes: object) -> VoteRecord:
    record = VoteRecord(
        id=VoteId(f"vot_{by}"),
        approval_id=ApprovalId("apv_1"),
        digest="these words",
        vote=said,
        by=by if ":" in by else f"member:{by}",
        via="slack",
        at=NOW,
    )
    return replace(record, **changes)


TEAM = {
    one.id: one
    for one in (
        member("anna", Role.APPROVER),
        member("ben", Role.PROJECT_MANAGER),
        member("cem", Role.DEVELOPER),
        member("dora"),
        member("gone", Role.APPROVER, left_at=NOW - HOUR),
    )
}
POLL = Poll(
    project=PAY,
    approvers=Approvers(frozenset({Role.APPROVER, Role.PROJECT_MANAGER}), quorum=2),
    requester="member:ben",
    members=TEAM,
)
WITH_DEPUTIES = replace(POLL, absences=(away("anna", "cem"), away("ben", "dora")))


@pytest.mark.parametrize(
    ("poll", "by", "found"),
    [
        pytest.param(POLL, "member:anna", Right(), id="role"),
        pytest.param(POLL, "member:cem", Refusal.NO_ROLE, id="another-role"),
        pytest.param(POLL, "member:nobody", Refusal.NO_ROLE, id="nobody"),
        pytest.param(POLL, "slack:U1", Refusal.NO_ROLE, id="account"),
        pytest.param(POLL, "member:gone", Refusal.LEFT, id="left"),
        pytest.param(POLL, "member:ben", Refusal.REQUESTER, id="requester"),
        pytest.param(POLL, "cli:root", Right(), id="host"),
        pytest.param(POLL, "key:ci", Right(), id="key"),
        pytest.param(replace(POLL, requester="key:ci"), "key:ci", Refusal.REQUESTER, id="own-key"),
        pytest.param(replace(POLL, requester="cli:root"), "cli:root", Right(), id="own-host"),
        pytest.param(WITH_DEPUTIES, "member:cem", Right(MemberId("anna")), id="deputy"),
        pytest.param(
            WITH_DEPUTIES, "member:dora", Refusal.REQUESTERS_DEPUTY, id="deputy-of-requester"
        ),
        pytest.param(
            replace(WITH_DEPUTIES, requester="member:cem"),
            "member:cem",
            Refusal.REQUESTER,
            id="requester-as-deputy",
        ),
        pytest.param(
            replace(POLL, absences=(away("anna", "cem"), away("cem", "dora"))),
            "member:dora",
            Refusal.NO_ROLE,
            id="two-hops",
        ),
        pytest.param(
            replace(POLL, approvers=replace(POLL.approvers, excludes_requester=False)),
            "member:ben",
            Right(),
            id="self-approval-allowed",
        ),
        pytest.param(
            replace(POLL, approvers=Approvers(frozenset(), frozenset({MemberId("dora")}))),
            "member:dora",
            Right(),
            id="by-name",
        ),
    ],
)
def test_who_may_approve(poll: Poll, by: str, found: Right | Refusal) -> None:
    assert right_of(poll, by, at=NOW) == found


def test_deputy_may_decide_only_while_the_other_is_away() -> None:
    assert right_of(WITH_DEPUTIES, "member:cem", at=NOW + HOUR) == Refusal.NO_ROLE
    assert right_of(WITH_DEPUTIES, "member:cem", at=NOW - HOUR) == Right(MemberId("anna"))


def test_who_asked_may_reject() -> None:
    assert right_to_reject(POLL, "member:ben", at=NOW) == Right()


@pytest.mark.parametrize(
    ("votes", "counted"),
    [
        pytest.param((), [], id="none"),
        pytest.param((vote("anna"), vote("cli:root")), ["member:anna", "cli:root"], id="enough"),
        pytest.param((vote("anna"), vote("gone")), ["member:anna"], id="left"),
        pytest.param((vote("anna"), vote("ben")), ["member:anna"], id="requester"),
        pytest.param((vote("anna", digest="other"),), [], id="other-words"),
        pytest.param((vote("anna", Vote.COMMENT),), [], id="comment"),
        pytest.param((vote("erased:x"),), [], id="erased"),
        pytest.param((vote("cem", deputy_of=MemberId("anna")),), ["member:cem"], id="deputy"),
        pytest.param(
            (vote("cem", deputy_of=MemberId("anna")), vote("anna", at=NOW + HOUR)),
            ["member:anna"],
            id="one-seat-for-both",
        ),
    ],
)
def test_which_votes_count(votes: tuple[VoteRecord, ...], counted: list[str]) -> None:
    found = tally(WITH_DEPUTIES, votes, digest="these words")

    assert [one.by for one in found.counted] == counted
    assert found.is_enough is (len(counted) >= 2)


def test_deputys_vote_counts_after_the_absence_was_over() -> None:
    over = replace(away("anna", "cem"), ends_at=NOW + timedelta(seconds=1))
    poll = replace(POLL, absences=(over,))

    found = tally(poll, (vote("cem", deputy_of=MemberId("anna")),), digest="these words")

    assert found.missing == 1


def test_deputy_of_two_takes_the_seat_that_is_free() -> None:
    """Whoever is away and votes themselves does not cost the other one theirs."""
    poll = replace(POLL, requester="", absences=(away("anna", "cem"), away("ben", "cem")))

    votes = (vote("cem", deputy_of=MemberId("anna")), vote("anna", at=NOW + HOUR))

    found = tally(poll, votes, digest="these words")

    assert [one.by for one in found.counted] == ["member:cem", "member:anna"]
    assert found.is_enough
