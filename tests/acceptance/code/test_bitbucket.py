"""Somebody asks on a pull request of Bitbucket, and is answered there once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.member import Role
from chargehand.testing.bitbucket.records import ChangedFile
from chargehand.testing.jira.failures import Failure
from tests.acceptance.code.policies import DOCS_ALONE, follow
from tests.bitbucket_house import (
    BITBUCKET,
    BitbucketHouse,
    DataCenterHouse,
    open_bitbucket_house,
)
from tests.chat_house import add_to_team
from tests.wire import ContractCheck

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[BitbucketHouse, DataCenterHouse], ids=["cloud", "data-center"])
async def house(
    request: pytest.FixtureRequest,
    storage: dict[str, Any],
    contract_if_any: ContractCheck | None,
) -> AsyncIterator[BitbucketHouse]:
    async with open_bitbucket_house(storage, contract_if_any, request.param) as opened:
        yield opened


@pytest.fixture(params=[BitbucketHouse, DataCenterHouse], ids=["cloud", "data-center"])
async def updating(
    request: pytest.FixtureRequest, storage: dict[str, Any], contract_if_any: ContractCheck | None
) -> AsyncIterator[BitbucketHouse]:
    """Where the bot words its last comment anew."""
    answers = {"repeat": "update"}
    kind = request.param
    async with open_bitbucket_house(storage, contract_if_any, kind, answers=answers) as opened:
        yield opened


async def test_a_question_beside_a_line_is_answered_once_in_its_conversation(
    house: BitbucketHouse,
) -> None:
    host = house.there
    cursor = await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(house.repository, "mei", title="Round", source="feature/PAY-7")
    asked = host.comment(
        house.repository, 1, "mei", text=f"{house.mention} status", path="pay.py", line=3
    )

    await house.hear()
    await house.look(cursor)
    await house.hear()

    (answer,) = house.answers()
    assert (answer.parent, answer.path) == (asked.id, "pay.py")
    assert "PAY-7" in answer.text
    assert "In Progress" in answer.text


async def test_a_comment_that_landed_unseen_is_not_written_twice(house: BitbucketHouse) -> None:
    host = house.there
    await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(house.repository, "mei", title="Round", source="feature/PAY-7")
    host.comment(house.repository, 1, "mei", text=f"{house.mention} status")
    cut = {"method": "POST", "path": ".*/comments", "cut": "after"}
    house.bitbucket.desk.failures.add(Failure(**cut))  # type: ignore[arg-type] # its own fields.

    await house.hear()
    house.clock.advance(600)
    await house.settle()

    assert len(house.answers()) == 1


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        pytest.param("docs/a.md", (ActionState.EXECUTED, True), id="docs"),
        pytest.param("src/a.py", (ActionState.WAITING, False), id="code"),
    ],
)
async def test_policy_lets_the_bot_approve_changes_to_the_docs_alone(
    house: BitbucketHouse, path: str, outcome: tuple[ActionState, bool]
) -> None:
    add_to_team(house, "Ana Ruiz", {BITBUCKET: house.ana}, Role.ADMIN)
    follow(house, DOCS_ALONE)
    await house.look(None)
    house.clock.advance(60)
    host = house.there
    opened = host.open_pull_request(
        house.repository, "tom", title="Words", source="words", files=[ChangedFile(path)]
    )

    host.comment(house.repository, 1, "mei", text=f"{house.mention} approve this PR")
    await house.hear()

    (action,) = (one for one in house.actions if one.kind is ActionKind.BITBUCKET_APPROVE)
    assert (action.state, "chargehand" in opened.approvals) == outcome, action.preview


async def test_the_same_question_in_a_thread_updates_the_answer_there(
    updating: BitbucketHouse,
) -> None:
    house, host, words = updating, updating.there, f"{updating.mention} status"
    await house.look(None)
    house.clock.advance(60)
    host.open_pull_request(house.repository, "mei", title="Round", source="feature/PAY-7")
    asked = host.comment(house.repository, 1, "mei", text=words)
    await house.hear()
    (first,) = house.answers()
    before = first.text
    house.jira.transition("PAY-7", author="Tom Berg", to="Done")
    house.clock.advance(60)

    # Below the question, and below the answer to it.
    for parent in (asked.id, first.id):
        host.comment(house.repository, 1, "mei", text=words, parent=parent)
        await house.hear()
        house.clock.advance(60)

    (answer,) = house.answers()
    assert answer.id == first.id
    assert "Updated on" in answer.text
    updates = [one for one in house.actions if one.kind is ActionKind.BITBUCKET_UPDATE_COMMENT]
    assert [one.state for one in updates] == [ActionState.EXECUTED] * 2
    assert f"Update comment {first.id} on {house.repository}#1" in updates[0].preview
    house.undo(updates[0].id)
    await house.settle()
    assert before != answer.text
    assert house.actions[0].state is ActionState.EXECUTED
    # Who asks elsewhere, or after others, is answered there.
    host.comment(house.repository, 1, "tom", text="I see.", parent=first.id)
    house.clock.advance(60)
    for parent in (first.id, None):
        host.comment(house.repository, 1, "mei", text=words, parent=parent)
        await house.hear()
        house.clock.advance(60)
    assert len(house.answers()) == 3
