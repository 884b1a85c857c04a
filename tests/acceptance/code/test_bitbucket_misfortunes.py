"""What goes wrong at either Bitbucket: nothing is claimed, sent or said that is not so."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.member import Role
from chargehand.testing.bitbucket.records import ChangedFile
from tests.acceptance.code.policies import DOCS_ALONE, follow
from tests.bitbucket_house import (
    BITBUCKET,
    BitbucketHouse,
    DataCenterHouse,
    open_bitbucket_house,
)
from tests.chat_house import add_to_team
from tests.code_house import references
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


def commits(house: BitbucketHouse) -> list[str]:
    """The commits that name PAY-7."""
    return [one for one in references(house) if one.startswith("commit ")]


@pytest.mark.parametrize("way", ["webhook", "poll"])
async def test_forced_push_takes_away_the_commits_that_are_gone(
    house: BitbucketHouse, way: str
) -> None:
    branch = "topic"
    house.there.push(house.repository, "mei", branch, message="Begin")
    cursor = await house.look(None)
    house.clock.advance(60)
    house.there.push(house.repository, "mei", branch, message="PAY-7: round")
    cursor = await arrive(house, way, cursor)
    assert len(commits(house)) == 1
    house.clock.advance(60)
    house.there.push(house.repository, "mei", branch, message="PAY-7: more")
    cursor = await arrive(house, way, cursor)
    assert len(commits(house)) == 2
    house.clock.advance(60)
    house.there.push(house.repository, "mei", branch, message="Elsewhere", force=True)

    await arrive(house, way, cursor)

    assert commits(house) == []


async def arrive(house: BitbucketHouse, way: str, cursor: str | None) -> str | None:
    """What happened is heard of in one way alone."""
    if way == "poll":
        return await house.look(cursor)
    await house.hear()
    return cursor


async def test_branch_that_was_deleted_is_claimed_no_longer(house: BitbucketHouse) -> None:
    branch = "feature/PAY-7-x"
    cursor = await house.look(None)
    house.clock.advance(60)
    house.there.push(house.repository, "mei", branch, message="PAY-7: round")
    await house.hear()
    cursor = await house.look(cursor)
    assert f"branch {house.repository} {branch}" in references(house)
    house.clock.advance(60)
    house.there.push(house.repository, "mei", branch, delete=True)

    # No webhook arrives of the end of the branch; polling finds it.
    await house.look(cursor)

    assert not any(one.startswith("branch ") for one in references(house))


async def test_pull_request_of_a_fork_is_one_as_any_other(house: BitbucketHouse) -> None:
    cursor = await house.look(None)
    house.clock.advance(60)
    made = house.there.open_pull_request(
        house.repository,
        "tom",
        title="PAY-7 by a stranger",
        source="topic",
        source_repository="mallory/p",
    )
    house.there.repository(house.repository).branches.pop("topic")
    house.there.comment(house.repository, made.number, "mei", text=f"{house.mention} status")

    await house.look(cursor)
    await house.hear()

    (answer,) = house.answers()
    assert "PAY-7" in answer.text
    assert references(house) == [f"pull_request {house.repository} {made.number}"]
    told = [one for one in house.events if one.kind == "pull_request.opened"]
    assert [one.data["source_repository"] for one in told] == ["mallory/p"]


async def test_renamed_repository_is_left_alone_and_the_operator_is_told(
    house: BitbucketHouse,
) -> None:
    cursor = await house.look(None)
    house.clock.advance(60)
    house.there.open_pull_request(house.repository, "mei", title="Round", source="feature/PAY-7")
    await house.hear()
    told = len(house.bitbucket.sender.sendings)
    house.there.rename(house.repository, house.renamed)
    house.there.comment(house.renamed, 1, "mei", text=f"{house.mention} status")

    await house.look(cursor)
    await house.hear()

    assert len(house.bitbucket.sender.sendings) > told
    comments = house.there.repository(house.renamed).pull_requests[1].comments.values()
    assert [one.author for one in comments] == ["mei"]
    assert house.bitbucket.writes() == []
    checks = {one.name: one for one in await house.client.check()}
    shown = checks[f"repository {house.repository}"]
    assert house.renamed in f"{shown.found} {shown.mend}"


async def test_token_that_is_taken_back_sends_nothing_and_what_waits_is_answered_after(
    house: BitbucketHouse,
) -> None:
    """Neither Bitbucket has an App to uninstall: its token is revoked."""
    await house.look(None)
    house.clock.advance(60)
    house.there.open_pull_request(house.repository, "mei", title="Round", source="feature/PAY-7")
    bot = house.there.person("chargehand")
    bot.token, token = "another", bot.token
    house.there.comment(house.repository, 1, "mei", text=f"{house.mention} status")

    await house.hear()
    assert house.answers() == []
    checks = await house.client.check()
    assert "token" in checks[0].mend
    bot.token = token
    for _ in range(3):
        house.clock.advance(3_600)
        await house.settle()

    assert len(house.answers()) == 1


@pytest.mark.parametrize("count", [1_000, 3_000])
async def test_of_too_many_files_nobody_says_that_all_are_docs(
    house: BitbucketHouse, count: int
) -> None:
    """The code stands behind as many files as are told at most."""
    add_to_team(house, "Ana Ruiz", {BITBUCKET: house.ana}, Role.ADMIN)
    follow(house, DOCS_ALONE)
    await house.look(None)
    house.clock.advance(60)
    docs = [ChangedFile(f"docs/{number:04}.md", 0) for number in range(count)]
    opened = house.there.open_pull_request(
        house.repository, "tom", title="Words", source="words", files=[*docs, ChangedFile("a.py")]
    )

    house.there.comment(house.repository, 1, "mei", text=f"{house.mention} approve this PR")
    await house.hear()

    (action,) = (one for one in house.actions if one.kind is ActionKind.BITBUCKET_APPROVE)
    assert action.state is ActionState.WAITING
    assert opened.approvals == {}
    assert "too many files" in action.preview
