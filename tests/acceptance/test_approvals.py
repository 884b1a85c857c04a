"""An approval is about one exact action, once; whatever changes afterwards closes the gate."""

import asyncio
from datetime import timedelta

import pytest

from chargehand.pipeline.errors import (
    AlreadyDecided,
    ApprovalExpired,
    ApprovalVoided,
    EditNotPossible,
    NotFound,
)
from tests.house import House

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking this?"
DAYS = 24 * 3600

TAMPERINGS = [
    pytest.param(
        "UPDATE contents SET body = replace(body, 'PAY-12', 'PAY-13') "
        "WHERE content_id = (SELECT content_id FROM actions)",
        id="text",
    ),
    pytest.param("UPDATE actions SET target = 'PAY-12'", id="target"),
    pytest.param("UPDATE actions SET kind = 'jira.reply_to_customer'", id="kind"),
    pytest.param("UPDATE actions SET project = 'HELP'", id="project"),
]


@pytest.fixture
async def house(house: House) -> House:
    house.mode("approve")
    return house


async def test_approved_action_is_sent_as_previewed(house: House) -> None:
    await house.ask(QUESTION)
    assert house.writes == []
    assert house.states == [("jira.add_comment", "waiting")]

    house.approve(house.approvals[0])
    await house.settle()

    [reply] = house.replies()
    assert "PAY-12" in house.actions[0].preview
    assert "PAY-12" in reply.text
    assert house.approvals[0].decided_by == "cli:lead"


async def test_rejected_action_is_never_sent(house: House) -> None:
    await house.ask(QUESTION)

    house.reject(house.approvals[0])
    await house.wait(3600)

    assert house.writes == []
    assert [(one.state.value, one.problem) for one in house.actions] == [
        ("rejected", "rejected_by_person")
    ]


@pytest.mark.every_variant
@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_row_changed_before_the_approval_voids_it(house: House, tampering: str) -> None:
    await house.ask(QUESTION)
    house.sql(tampering)

    with pytest.raises(ApprovalVoided):
        house.approve(house.approvals[0])

    await house.settle()
    assert house.writes == []


@pytest.mark.every_variant
@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_row_changed_after_the_approval_closes_the_gate(house: House, tampering: str) -> None:
    await house.ask(QUESTION)
    house.approve(house.approvals[0])
    house.sql(tampering)

    await house.settle()

    assert house.writes == []
    assert [(one.state.value, one.problem) for one in house.actions] == [
        ("failed", "digest_changed")
    ]
    assert house.notices == ["action_failed"]
    assert house.told[0].severity.value == "critical"


async def test_approval_of_another_digest_opens_nothing(house: House) -> None:
    await house.ask(QUESTION)
    house.approve(house.approvals[0])
    house.sql("UPDATE approvals SET digest = 'another'")

    await house.settle()

    assert house.writes == []
    assert house.actions[0].state.value == "failed"


@pytest.mark.parametrize("first", ["approve", "reject"])
@pytest.mark.parametrize("second", ["approve", "reject"])
async def test_first_decision_wins_and_the_second_is_told_who_decided(
    house: House, first: str, second: str
) -> None:
    await house.ask(QUESTION)
    [approval] = house.approvals
    getattr(house, first)(approval, by="cli:first")

    with pytest.raises(AlreadyDecided) as refused:
        getattr(house, second)(approval, by="cli:second")

    assert "by cli:first at 2026-11-19 10:01 UTC" in str(refused.value)
    await house.settle()
    assert len(house.replies()) == (first == "approve")


async def test_of_two_decisions_at_once_exactly_one_wins(house: House) -> None:
    await house.ask(QUESTION)
    [approval] = house.approvals

    outcomes = await asyncio.gather(
        *(
            asyncio.to_thread(decide, approval, by=f"cli:{number}")
            for number, decide in enumerate([house.approve, house.reject] * 4)
        ),
        return_exceptions=True,
    )
    await house.settle()

    lost = [one for one in outcomes if isinstance(one, AlreadyDecided)]
    assert len(lost) == 7
    winner = house.approvals[0].decided_by
    assert all(f"by {winner} " in str(error) for error in lost)
    assert len(house.replies()) == (house.approvals[0].state.value == "approved")


async def test_unknown_approval_is_said_to_be_unknown(house: House) -> None:
    await house.ask(QUESTION)
    [approval] = house.approvals
    house.sql("DELETE FROM approvals")

    with pytest.raises(NotFound):
        house.approve(approval)


async def test_expiry_closes_the_approval_and_the_action(house: House) -> None:
    await house.ask(QUESTION)
    [approval] = house.approvals

    await house.wait(3 * DAYS)

    assert house.approvals[0].state.value == "expired"
    assert house.states == [("jira.add_comment", "expired")]
    with pytest.raises(ApprovalExpired, match="expired at 2026-11-22 10:01 UTC"):
        house.approve(approval)
    await house.settle()
    assert house.writes == []


async def test_approval_past_its_time_is_expired_before_anybody_closed_it(house: House) -> None:
    await house.ask(QUESTION)
    house.clock.advance(timedelta(days=3, seconds=1).total_seconds())

    with pytest.raises(ApprovalExpired):
        house.approve(house.approvals[0])

    await house.settle()
    assert house.writes == []


class TestRewording:
    async def test_new_words_need_a_new_approval(self, house: House) -> None:
        await house.ask(QUESTION)
        [old] = house.approvals

        reworded = house.reword(old, "PAY-12, and only *that*.")

        assert reworded.approval.digest != old.digest
        assert "PAY-12, and only *that*." in reworded.action.preview
        with pytest.raises(ApprovalVoided):
            house.approve(old)
        await house.settle()
        assert house.writes == []

        house.approve(reworded.approval)
        await house.settle()

        [reply] = house.replies()
        assert "PAY-12, and only _that_." in reply.text
        assert reply.mentions == ("Mei Tanaka",)

    async def test_change_has_no_words_to_edit(self, house: House) -> None:
        await house.ask("@bot label urgent")

        with pytest.raises(EditNotPossible):
            house.reword(house.approvals[0], "something else")

        assert house.approvals[0].state.value == "open"


class TestPolicyAtTheSend:
    """Whatever was approved, the mode in force at the moment of sending decides."""

    async def test_simulate_stops_an_approved_action(self, house: House) -> None:
        await house.ask(QUESTION)
        house.approve(house.approvals[0])

        house.mode("simulate")
        await house.settle()
        house.mode("auto")
        await house.wait(3600)

        assert [(one.state.value, one.problem) for one in house.actions] == [
            ("simulated", "mode_changed")
        ]
        assert house.writes == []

    async def test_stricter_policy_asks_after_all(self, house: House) -> None:
        house.mode("auto")
        house.jira.inject(method="POST", path=".*/PAY-7/comment", status=429, retry_after=60)
        await house.ask(QUESTION)
        house.mode("approve")

        await house.wait(120)

        assert [(one.state.value, one.problem) for one in house.actions] == [
            ("waiting", "policy_became_stricter")
        ]
        assert house.replies() == []
        house.approve(house.approvals[0])
        await house.settle()
        assert len(house.replies()) == 1

    async def test_laxer_policy_sends_nothing_that_waits(self, house: House) -> None:
        await house.ask(QUESTION)

        house.mode("auto")
        await house.wait(3600)

        assert house.states == [("jira.add_comment", "waiting")]
        assert house.writes == []

    async def test_approval_stands_in_a_laxer_policy(self, house: House) -> None:
        await house.ask(QUESTION)
        house.mode("auto")

        house.approve(house.approvals[0])
        await house.settle()

        assert len(house.replies()) == 1


async def test_every_decision_of_a_person_is_in_the_chain(house: House) -> None:
    await house.ask(QUESTION)
    house.reword(house.approvals[0], "PAY-12.")
    house.approve(max(house.approvals, key=lambda one: one.opened_at))
    await house.settle()

    records = house.stores.database.read(lambda tx: tx.audit.newest(limit=7))

    assert [record.tag for record in reversed(records)] == [
        "worker:action:proposed",
        "worker:approval:opened",
        "person:approval:edited",
        "worker:approval:opened",
        "person:approval:approved",
        "worker:effect:intended",
        "worker:effect:done",
    ]
    assert not any("PAY-12." in record.body for record in records)
