"""Whoever asked for a change cancels it: it ends there, and whoever comes later is told by whom.

Both tries are in the audit, the one that ended it and the one that came too late.
"""

import pytest

from chargehand.approvals.errors import AlreadyDecided
from chargehand.domain.member import Role
from chargehand.domain.records import ApprovalState
from chargehand.pipeline import approving
from tests.chat_house import ChatHouse, waiting

pytestmark = pytest.mark.anyio
ASK = "@bot transition PAY-7 to In Review"


@pytest.fixture
def team(chats: ChatHouse) -> ChatHouse:
    """Mei and Tom may develop and decide nothing; Ana may approve."""
    chats.mode("approve", kind="jira.transition_issue")
    chats.member("Mei Tanaka", Role.DEVELOPER, jira=True)
    chats.member("Tom Berg", Role.DEVELOPER)
    chats.member("Ana Ruiz", Role.APPROVER)
    return chats


def tries(house: ChatHouse, approval_id: str) -> list[str]:
    """What the audit tells of an approval, in order."""
    told = house.trace(approval_id).audit
    return [one.tag.partition(":")[2] for one in told if one.subject_id == approval_id]


@pytest.mark.parametrize("word", ["cancel", "reject"])
async def test_who_asked_cancels_it_and_a_later_approval_is_told_so(
    team: ChatHouse, word: str
) -> None:
    await team.chat(ASK)
    (message,), approval = team.messages(), waiting(team)

    await team.chat(f"@bot {word} {approval.short_id}", user="Mei Tanaka")
    await team.chat(f"@bot approve {approval.short_id}", user="Ana Ruiz")

    assert team.writes == []
    assert [one.state for one in team.approvals] == [ApprovalState.REJECTED]
    (shown,) = [one for one in team.messages() if one["ts"] == message["ts"]]
    assert team.labels(shown) == []
    assert "was rejected by Mei Tanaka on" in team.whispered()[-1]["text"]
    assert tries(team, approval.id) == ["approval:opened", "approval:rejected", "approval:refused"]
    (late,) = [one for one in team.trace(approval.id).audit if "refused" in one.tag]
    assert '"why":"already_decided"' in late.body
    assert '"via":"slack"' in late.body


async def test_who_asked_cancels_it_by_its_button(team: ChatHouse) -> None:
    await team.chat(ASK)
    (message,) = team.messages()

    await team.press("Reject", message["ts"], user="Mei Tanaka")
    await team.submit("No longer needed.", user="Mei Tanaka", field="reason")

    assert [one.state for one in team.approvals] == [ApprovalState.REJECTED]
    assert "Rejected by Mei Tanaka" in team.messages()[0]["text"]


async def test_nobody_else_without_a_role_cancels_it_and_nothing_is_to_be_seen_of_the_try(
    team: ChatHouse,
) -> None:
    await team.chat(ASK)
    (before,), approval = team.messages(), waiting(team)

    await team.chat(f"@bot cancel {approval.short_id}", user="Tom Berg")
    await team.press("Approve", before["ts"], user="Mei Tanaka")

    assert [one.state for one in team.approvals] == [ApprovalState.OPEN]
    assert team.messages() == [before]
    assert {one["user"] for one in team.whispered()} == {
        team.slack_id("Tom Berg"),
        team.slack_id("Mei Tanaka"),
    }
    assert tries(team, approval.id) == ["approval:opened", *2 * ["approval:refused"]]
    refused = [one for one in team.trace(approval.id).audit if "refused" in one.tag]
    assert all('"why":"may_not_decide"' in one.body for one in refused)


async def test_what_nobody_decided_says_so_and_an_old_button_approves_it_no_more(
    team: ChatHouse,
) -> None:
    await team.chat(ASK)
    old = dict(team.messages()[0])

    await team.wait(3 * 24 * 3600 + 1)
    expired = dict(team.messages()[0])
    team.slack.workspace.find(team.slack.workspace.channel("pay"), old["ts"]).raw.update(old)
    await team.press("Approve", old["ts"])

    assert expired["text"].startswith("Nobody decided in time, so this is not done")
    assert team.labels(expired) == []
    assert "expired on Sunday 2026-11-22 10:01" in team.whispered()[-1]["text"]
    assert team.writes == []


async def test_try_that_came_too_late_elsewhere_is_recorded_too(team: ChatHouse) -> None:
    await team.chat(ASK)
    approval, now = waiting(team), team.clock.now()
    team.approve(approval, by="cli:lead")

    with pytest.raises(AlreadyDecided, match="already approved by cli:lead"):
        approving.decide_or_note(
            team.stores.database,
            approval.short_id,
            lambda tx: approving.approve(tx, approval.id, by="cli:second", via="cli", now=now),
            by="cli:second",
            via="cli",
            now=now,
        )

    assert tries(team, approval.id)[-1] == "approval:refused"
    assert team.verification.is_intact
