"""GitHub tells, people ask there, in Jira and in chat, and the real connector reads and answers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.member import Role
from chargehand.testing.contracts import Contract
from chargehand.testing.github import people
from chargehand.testing.github.state import Issue
from tests.chat_house import add_to_team
from tests.code_house import references
from tests.connectors.github.client.conftest import github_contract
from tests.github_house import BOT, GITHUB, SDK, GitHubHouse, open_github_house
from tests.wire import ContractCheck

__all__ = ["github_contract"]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(
    storage: dict[str, Any],
    contract_if_any: ContractCheck | None,
    github_contract: Contract | None,
) -> AsyncIterator[GitHubHouse]:
    async with open_github_house(storage, contract_if_any, github_contract) as opened:
        yield opened


async def open_pull(house: GitHubHouse, title: str = "Round to cents", **how: Any) -> Issue:
    """Somebody opens a pull request about PAY-7, and GitHub tells of it."""
    house.clock.advance(60)
    how = {"author": "Mei-Tanaka", "branch": "PAY-7-round", "reviewers": ("tom-berg",), **how}
    repository = how.pop("repository", house.payments)
    made = people.open_pull(house.hub_site, repository, title=title, **how)
    await house.hear_hub()
    return made


async def test_ticket_and_pull_request_know_of_each_other(house: GitHubHouse) -> None:
    pull = await open_pull(house)
    assert pull.pull is not None
    commit = pull.pull.head_commit
    people.complete_check(
        house.hub_site, house.payments, commit, name="build", conclusion="failure"
    )
    await house.hear_hub()

    await house.ask("@bot status", item="PAY-7")
    await house.chat("@bot blockers PAY-7")
    await house.remark("@bot status", on=pull.number)

    (ticket,) = house.replies()
    for said in (ticket.text, house.said()[-1]):
        assert "Round to cents" in said
        assert "waits for a review by tom-berg" in said
        assert "1 of 1 checks fails (build)" in said
        assert f"/acme/payments/pull/{pull.number}" in said
    (there,) = house.answers(pull.number)
    assert "PAY-7" in there
    assert "In Progress" in there


async def test_the_same_question_by_webhook_poll_and_retry_is_answered_once(
    house: GitHubHouse,
) -> None:
    await house.look_around()
    house.clock.advance(60)
    pull = await open_pull(house)
    people.comment_on(
        house.hub_site, house.payments, pull.number, author="tom-berg", body=f"{BOT} status"
    )

    await house.look_around()
    await house.hear_hub(times=3)
    await house.look_around()

    assert len(house.answers(pull.number)) == 1
    assert [one.ask.work_item for one in house.asks] == ["PAY-7"]


async def test_private_repository_is_not_told_in_an_open_one(house: GitHubHouse) -> None:
    await open_pull(house, "Plans nobody knows")
    open_one = await open_pull(house, "Open words", repository=house.sdk)
    add_to_team(house, "Mei Tanaka", {GITHUB: "mei-tanaka"}, Role.DEVELOPER)

    await house.remark("@bot status PAY-7", on=open_one.number, repository=SDK)
    await house.remark("@bot status PR", on=open_one.number, repository=SDK)
    await house.remark("@bot status acme/payments#3", on=open_one.number, repository=SDK)

    said = house.answers(open_one.number, SDK)
    assert not any("Plans" in one for one in said)
    assert not any("In Progress" in one for one in said)
    assert any("Open words" in one for one in said)


async def test_question_of_a_pull_request_is_answered_from_github(house: GitHubHouse) -> None:
    people.review(
        house.hub_site, house.payments, 2, author="tom-berg", state="CHANGES_REQUESTED", body="No"
    )

    await house.remark("@bot who reviews this?")
    await house.chat("@bot review-queue")

    assert "tom-berg: asked for changes" in house.answers()[-1]
    assert "PAY-7 Retry declined cards" in house.said()[-1]


async def test_forced_push_and_deleted_branch_leave_nothing_claimed(house: GitHubHouse) -> None:
    site, payments = house.hub_site, house.payments
    people.push(site, payments, "PAY-7-x", author="Mei-Tanaka")
    await house.hear_hub()
    assert "branch acme/payments PAY-7-x" in references(house)
    house.clock.advance(60)
    people.push(site, payments, "PAY-7-x", author="Mei-Tanaka", is_forced=True)
    await house.hear_hub()
    house.clock.advance(60)
    people.delete_branch(site, payments, "PAY-7-x", author="Mei-Tanaka")
    await house.hear_hub()

    assert references(house) == []


async def test_fork_with_three_thousand_files_is_one_cheap_pull_request(
    house: GitHubHouse,
) -> None:
    pull = await open_pull(house, "PAY-7 by a stranger", fork="mallory/pay", changed_files=3000)
    before = len(house.github.desk.calls())

    await house.ask("@bot status", item="PAY-7")

    (reply,) = house.replies()
    assert "by a stranger" in reply.text
    asked = [one["path"] for one in house.github.desk.calls()[before:]]
    assert f"/repos/acme/payments/pulls/{pull.number}" in asked
    assert not any(path.endswith(("/files", "/commits")) for path in asked)
    assert len(asked) < 7
