"""One comment on a pull request that is updated instead of many, where the operator wants it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from chargehand.domain.action import ActionKind
from chargehand.testing.contracts import Contract
from chargehand.testing.github import people
from chargehand.testing.github.state import Comment
from tests.connectors.github.client.conftest import github_contract
from tests.github_house import GitHubHouse, open_github_house
from tests.wire import ContractCheck

__all__ = ["github_contract"]
pytestmark = pytest.mark.anyio
QUESTION = "@bot status"
UPDATE = ActionKind.GITHUB_UPDATE_COMMENT


@pytest.fixture
async def house(
    storage: dict[str, Any],
    contract_if_any: ContractCheck | None,
    github_contract: Contract | None,
) -> AsyncIterator[GitHubHouse]:
    """Where comments are updated in PAY, and sent at once."""
    answers = {"repeat_in": {"PAY": "update"}}
    async with open_github_house(
        storage, contract_if_any, github_contract, answers=answers
    ) as opened:
        yield opened


def comments(house: GitHubHouse) -> list[Comment]:
    """What the bot wrote under the pull request, oldest first."""
    return [one for one in house.payments.issues[2].comments if one.author == "chargehand-bot"]


def updates(house: GitHubHouse) -> list[str]:
    return [one.state.value for one in house.actions if one.kind is UPDATE]


async def answered(house: GitHubHouse) -> Comment:
    """Somebody asked, and got an answer whose facts are others by now."""
    await house.remark(QUESTION)
    house.jira.transition("PAY-7", author="Tom Berg", to="Done")
    return comments(house)[0]


async def undone(house: GitHubHouse, action_id: str) -> None:
    house.undo(action_id)
    await house.settle()


async def test_same_question_updates_the_comment_and_undo_puts_it_back(house: GitHubHouse) -> None:
    first = await answered(house)
    before = first.body
    await house.remark(QUESTION)

    (reply,) = comments(house)
    assert reply.id == first.id
    assert "Done" in reply.body
    assert "Updated on" in reply.body
    (update,) = [one for one in house.actions if one.kind is UPDATE]
    assert f"Update the comment issue-{first.id} of the bot on acme/payments#2" in update.preview
    assert "Instead of:" in update.preview
    # It still carries the mark of what it replaced.
    made = house.actions[-1].id
    assert reply.body.endswith(f"<!-- chargehand {update.id} {made} -->")
    third = await house.remark(QUESTION)
    assert len(comments(house)) == 1
    assert updates(house) == ["executed", "executed"]
    await undone(house, house.actions[0].id)
    people.delete_comment(house.hub_site, house.payments, third.id, deleter="Mei-Tanaka")
    await undone(house, update.id)

    (back,) = comments(house)
    assert before.partition("<!--")[0] == back.body.partition("<!--")[0]
    assert back.body.partition("<!--")[2].startswith(f" chargehand {made} act_")
    assert updates(house) == ["executed"] * 4
    house.mode("auto", kind="github.delete_comment")
    await undone(house, made)
    assert comments(house) == []
    assert house.notices == []


async def wrote_below(house: GitHubHouse, first: Comment) -> None:
    _ = first
    await house.remark("I will look into it.", by="tom-berg")


async def edited(house: GitHubHouse, first: Comment) -> None:
    house.clock.advance(1)
    body = f"I know better. {first.body}"
    people.edit_comment(house.hub_site, house.payments, first.id, body=body, editor="tom-berg")


async def deleted(house: GitHubHouse, first: Comment) -> None:
    people.delete_comment(house.hub_site, house.payments, first.id, deleter="tom-berg")


@pytest.mark.parametrize("meanwhile", [wrote_below, edited, deleted])
async def test_comment_that_is_not_the_last_or_not_as_it_was_left_is_let_be(
    house: GitHubHouse, meanwhile: Callable[[GitHubHouse, Comment], Any]
) -> None:
    first = await answered(house)
    await meanwhile(house, first)
    before = [one.body for one in comments(house) if one.id == first.id]

    await house.remark(QUESTION)

    *_, reply = comments(house)
    assert reply.id != first.id
    assert "Updated on" not in reply.body
    assert [one.body for one in comments(house) if one.id == first.id] == before
    assert updates(house) == ["rejected"]


async def test_other_askers_questions_and_conversations_get_a_comment_of_their_own(
    house: GitHubHouse,
) -> None:
    await answered(house)
    await house.remark(QUESTION, by="tom-berg")
    await house.remark("@bot due")
    await house.remark(QUESTION, on=1)

    assert len(comments(house)) == 3
    assert len(house.answers(1)) == 1
    assert updates(house) == []


async def test_conversation_beside_a_line_has_one_comment(house: GitHubHouse) -> None:
    site, payments = house.hub_site, house.payments
    words, where = QUESTION.replace("@bot", "@chargehand-bot"), {"path": "a.py", "line": 3}
    root = people.comment_on_line(site, payments, 2, author="Mei-Tanaka", body=words, **where)
    await house.hear_hub()
    house.clock.advance(60)
    people.comment_on_line(site, payments, 2, author="Mei-Tanaka", body=words, in_reply_to=root.id)
    await house.hear_hub()

    pull = payments.issues[2].pull
    assert pull is not None
    (reply,) = [one for one in pull.line_comments if one.author == "chargehand-bot"]
    assert (reply.root, "Updated on" in reply.body) == (root.id, True)
    assert comments(house) == []


async def test_comment_is_new_where_the_policy_only_simulates_updates(house: GitHubHouse) -> None:
    await answered(house)
    house.mode("simulate", kind="github.update_comment")

    await house.remark(QUESTION)

    assert len(comments(house)) == 2
    assert updates(house) == []


async def test_wrong_takes_the_update_back_and_then_the_whole_comment(house: GitHubHouse) -> None:
    first = await answered(house)
    house.mode("auto", kind="github.delete_comment")
    before = first.body.partition("<!--")[0]
    await house.remark(QUESTION)
    assert not comments(house)[0].body.startswith(before)

    await house.remark("@bot wrong because it is not done")

    assert comments(house)[0].body.startswith(before)
    assert updates(house) == ["executed", "executed"]
    await house.remark("@bot wrong")
    assert first.id not in [one.id for one in comments(house)]
    assert house.notices == []
