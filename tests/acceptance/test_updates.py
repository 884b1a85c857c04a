"""One comment that is updated instead of many, where the operator wants it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from chargehand.domain.action import ActionKind
from chargehand.testing.jira.records import CommentVisibility
from tests.acceptance.conftest import OpenHouse, both_sites
from tests.house import House, Said

pytestmark = pytest.mark.anyio
QUESTION = "@bot what's blocking this?"
SETTLED_S = 60
UPDATE = ActionKind.JIRA_UPDATE_COMMENT


@pytest.fixture
async def house(open_another: OpenHouse) -> AsyncIterator[House]:
    """Where comments are updated in PAY, and sent at once."""
    async with open_another(answers={"repeat_in": {"PAY": "update"}}) as opened:
        opened.mode("auto", kind="jira.add_comment")
        yield opened


def updates(house: House) -> list[str]:
    return [one.state.value for one in house.actions if one.kind is UPDATE]


async def answered(house: House) -> Said:
    """Somebody asked, and got an answer whose facts are others by now."""
    await house.ask(QUESTION)
    house.jira.transition("PAY-12", author="Tom Berg", to="Done")
    return house.replies()[0]


@both_sites
async def test_same_question_updates_the_bots_last_comment_and_undo_puts_it_back(
    house: House,
) -> None:
    first = await answered(house)

    await house.ask(QUESTION)

    (reply,) = house.replies()
    assert reply.id == first.id
    assert reply.text != first.text
    assert "Updated on" in reply.text
    (write,) = [one for one in house.wire.writes if one.kind is UPDATE]
    assert (write.method, write.target) == ("PUT", "PAY-7")
    assert write.path.endswith(f"/issue/PAY-7/comment/{first.id}")
    assert "visibility" not in write.body
    (update,) = [one for one in house.actions if one.kind is UPDATE]
    assert reply.action_id == update.id
    assert f"Update comment {first.id} on PAY-7" in update.preview
    assert "Instead of:" in update.preview
    assert house.verdicts[-1] == ("respond", "answered_from_facts")
    # Told once more, it is the updated comment that is pointed to.
    await house.ask(QUESTION, author="Ana Ruiz")
    assert f"focusedCommentId={first.id}" in house.replies()[-1].text
    house.jira.delete_comment(house.replies()[-1].id)
    house.jira.delete_comment(house.thread()[-1].id)
    house.undo(update.id)
    await house.settle()

    (back,) = house.replies()
    assert back.text == first.text
    assert updates(house) == ["executed", "executed"]
    assert house.notices == []


async def wrote_below(house: House, first: Said) -> None:
    _ = first
    await house.say("I will look into it.", author="Tom Berg")


async def edited(house: House, first: Said) -> None:
    house.clock.advance(1)
    house.jira.edit_comment(first.id, body="I know better.", author="Mei Tanaka")


async def deleted(house: House, first: Said) -> None:
    house.jira.delete_comment(first.id)


@pytest.mark.parametrize("meanwhile", [wrote_below, edited, deleted])
async def test_comment_that_is_not_the_last_or_not_as_it_was_left_is_let_be(
    house: House, meanwhile: Callable[[House, Said], Awaitable[None]]
) -> None:
    first = await answered(house)
    await meanwhile(house, first)
    before = [one for one in house.thread() if one.id == first.id]

    await house.ask(QUESTION)

    *_, reply = house.replies()
    assert reply.id != first.id
    assert "Updated on" not in reply.text
    assert [one for one in house.thread() if one.id == first.id] == before
    assert updates(house) == ["rejected"]
    assert [one.method for one in house.wire.writes] == ["POST", "POST"]


@pytest.mark.parametrize(
    ("body", "how"),
    [
        pytest.param(QUESTION, {"author": "Ana Ruiz"}, id="another-asker"),
        pytest.param("@bot due", {}, id="another-question"),
        pytest.param(
            QUESTION, {"visibility": CommentVisibility("role", "Developers")}, id="other-readers"
        ),
    ],
)
async def test_other_asker_question_or_readers_get_a_comment_of_their_own(
    house: House, body: str, how: dict[str, Any]
) -> None:
    await answered(house)

    await house.ask(body, **how)

    assert len(house.replies()) == 2
    assert updates(house) == []


async def test_update_waits_where_comments_wait_and_is_dropped_once_somebody_writes(
    house: House,
) -> None:
    first = await answered(house)
    house.mode("approve", kind="jira.add_comment")
    await house.ask(QUESTION)
    (waiting, *_) = house.approvals
    await house.say("Thanks, I see.", author="Tom Berg")

    house.approve(waiting)
    await house.settle()

    assert updates(house) == ["rejected"]
    (fresh,) = [one for one in house.approvals if one.state.value == "open"]
    house.approve(fresh)
    await house.settle()
    assert house.replies()[0].id == first.id
    assert len(house.replies()) == 2


@both_sites
@pytest.mark.parametrize("when", ["before", "after"])
async def test_update_is_sent_once_though_the_process_dies(house: House, when: Any) -> None:
    first = await answered(house)
    house.wire.die(when, "PUT", r".*/comment/\d+")
    await house.say(QUESTION)

    await house.settle_until_killed()
    await house.settle()
    await house.wait(SETTLED_S)

    assert [one.id for one in house.replies()] == [first.id]
    assert "Updated on" in house.replies()[0].text
    assert updates(house) == ["executed"]
    assert len([one for one in house.wire.writes if one.kind is UPDATE]) == (when == "before") + 1


async def test_comment_is_new_where_the_policy_only_simulates_updates(house: House) -> None:
    await answered(house)
    house.mode("simulate", kind="jira.update_comment")

    await house.ask(QUESTION)

    assert len(house.replies()) == 2
    assert updates(house) == []


@both_sites
async def test_wrong_takes_the_update_back_and_then_the_whole_comment(house: House) -> None:
    first = await answered(house)
    house.mode("auto", kind="jira.delete_comment")
    await house.ask(QUESTION)
    assert house.replies()[0].text != first.text

    await house.ask("@bot wrong because it is not done")

    # The words of before stand there again, although who said so wrote below them.
    assert house.replies()[0].text == first.text
    assert updates(house) == ["executed", "executed"]
    await house.ask("@bot wrong")
    assert first.id not in [one.id for one in house.thread()]
    await house.ask("@bot wrong")
    given = [
        one
        for decision in house.decisions
        for one in house.stores.database.read(
            lambda tx, decision=decision: tx.attention.feedback_on(decision.id)
        )
    ]
    assert {one.text for one in given} == {"it is not done", ""}
    assert "You said so before" in house.replies()[-1].text
    assert house.notices == []


async def test_wrong_is_not_undone_below_what_others_wrote(house: House) -> None:
    await answered(house)
    await house.ask(QUESTION)
    (updated,) = house.replies()
    await house.say("So it is done.", author="Tom Berg")

    await house.ask("@bot wrong")

    assert house.replies()[0].text == updated.text
    assert updates(house)[0] == "rejected"
