"""An edited question is answered once, a deleted one not at all."""

import pytest

from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(house: House) -> House:
    house.mode("auto")
    return house


async def test_question_edited_before_it_was_answered_is_answered_as_edited(
    house: House,
) -> None:
    posted = await house.say("@bot what's blocking this?")
    await house.edit(posted.id, "@bot when is it due?")

    await house.settle()

    [reply] = house.replies()
    assert "Due Saturday" in reply.text
    assert "PAY-12" not in reply.text
    assert [one.ask.revision for one in house.asks] == [2]


async def test_creation_told_after_its_edit_is_not_taken_for_news(house: House) -> None:
    comment = house.write("@bot what's blocking this?")
    created = house.jira.webhook_request(comment, secret="the-signing-secret-of-the-tests")
    await house.edit(comment.id, "@bot when is it due?")

    await house.post(*created)
    await house.settle()

    [reply] = house.replies()
    assert "Due Saturday" in reply.text
    assert ("silent", "already_asked") in house.verdicts


async def test_question_edited_after_its_answer_stays_answered(house: House) -> None:
    posted = await house.ask("@bot what's blocking this?")

    await house.edit(posted.id, "@bot when is it due?")
    await house.settle()

    assert house.verdicts[-1] == ("silent", "already_answered")
    assert len(house.replies()) == 1


@pytest.mark.parametrize("mode", ["auto", "approve"])
async def test_edit_that_changes_nothing_asked_is_silent(house: House, mode: str) -> None:
    house.mode(mode)
    posted = await house.ask("@bot what's blocking this?")

    await house.edit(posted.id, "@bot what's blocking this?")
    await house.settle()

    assert house.verdicts[-1][0] == "silent"
    assert len(house.actions) == 1


async def test_question_edited_while_its_answer_waits_gets_a_new_one(house: House) -> None:
    house.mode("approve")
    posted = await house.ask("@bot what's blocking this?")
    [old] = house.approvals

    await house.edit(posted.id, "@bot when is it due?")
    await house.settle()

    states = {one.id: one.state.value for one in house.approvals}
    assert states.pop(old.id) == "voided"
    assert list(states.values()) == ["open"]
    house.approve(next(one for one in house.approvals if one.id != old.id))
    await house.settle()
    [reply] = house.replies()
    assert "Due Saturday" in reply.text


async def test_question_edited_while_its_answer_is_put_off_gets_the_new_one(
    house: House,
) -> None:
    house.jira.inject(method="POST", path=".*/PAY-7/comment", status=429, retry_after=60)
    posted = await house.ask("@bot what's blocking this?")

    await house.edit(posted.id, "@bot when is it due?")
    await house.wait(120)

    [reply] = house.replies()
    assert "Due Saturday" in reply.text


@both_sites
async def test_mention_edited_away_takes_the_question_back(house: House) -> None:
    posted = await house.say("@bot what's blocking this?")

    await house.edit(posted.id, "never mind")
    await house.settle()

    assert house.replies() == []
    assert [one.ask.state.value for one in house.asks] == ["withdrawn"]


async def test_question_deleted_before_it_was_answered_gets_nothing(house: House) -> None:
    posted = await house.say("@bot what's blocking this?")
    await house.delete(posted.id)

    await house.settle()

    assert house.writes == []
    assert house.verdicts == [("silent", "ask_withdrawn")]
    assert [one.ask.state.value for one in house.asks] == ["withdrawn"]


async def test_deletion_told_before_the_creation_gets_nothing(house: House) -> None:
    comment = house.write("@bot what's blocking this?")
    created = house.jira.webhook_request(comment, secret="the-signing-secret-of-the-tests")
    await house.delete(comment.id)
    await house.settle()

    await house.post(*created)
    await house.settle()

    assert house.replies() == []


async def test_deletion_told_before_the_creation_changes_nothing(house: House) -> None:
    comment = house.write("@bot assign this to Tom Berg")
    created = house.jira.webhook_request(comment, secret="the-signing-secret-of-the-tests")
    await house.delete(comment.id)
    await house.settle()

    await house.post(*created)
    await house.settle()

    assert house.writes == []
    assert ("silent", "ask_withdrawn") in house.verdicts
    assert house.actions == ()


@pytest.mark.parametrize("how", ["deleted", "reworded"])
async def test_change_that_still_waits_is_taken_back_after_its_answer(
    house: House, how: str
) -> None:
    house.mode("approve", kind="jira.assign_issue")
    posted = await house.ask("@bot due\n@bot assign this to Tom Berg")
    assert sorted(house.states) == [
        ("jira.add_comment", "executed"),
        ("jira.assign_issue", "waiting"),
    ]

    if how == "deleted":
        await house.delete(posted.id)
    else:
        await house.edit(posted.id, "@bot due\n@bot do not assign this")
    await house.settle()

    assert sorted(house.states) == [
        ("jira.add_comment", "executed"),
        ("jira.assign_issue", "rejected"),
    ]
    assert [one.state.value for one in house.approvals] == ["voided"]
    assert len(house.replies()) == 1


async def test_deletion_while_an_approval_waits_voids_it(house: House) -> None:
    house.mode("approve")
    posted = await house.ask("@bot assign to me")

    await house.delete(posted.id)
    await house.settle()

    assert [one.state.value for one in house.approvals] == ["voided"]
    assert [(one.state.value, one.problem) for one in house.actions] == [
        ("rejected", "ask_withdrawn")
    ]
    assert house.writes == []


@both_sites
async def test_deletion_noticed_only_at_the_send_stops_it(house: House) -> None:
    house.mode("approve")
    posted = await house.ask("@bot what's blocking this?")
    house.approve(house.approvals[0])
    house.jira.delete_comment(posted.id)

    await house.settle()

    assert house.writes == []
    assert [(one.state.value, one.problem) for one in house.actions] == [
        ("rejected", "question_deleted")
    ]
    assert house.notices == []


async def test_deletion_after_the_answer_changes_nothing(house: House) -> None:
    posted = await house.ask("@bot what's blocking this?")

    await house.delete(posted.id)
    await house.settle()

    assert house.verdicts[-1] == ("silent", "nothing_to_do")
    assert len(house.replies()) == 1
