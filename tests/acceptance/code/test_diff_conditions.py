"""A policy that lets the bot approve small changes to the docs, and nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargehand.domain.action import ActionKind, ActionState
from chargehand.domain.ids import ActionId
from chargehand.domain.member import Role
from chargehand.domain.records import ActionRecord, ApprovalRecord
from chargehand.pipeline.policies import explain_action
from chargehand.testing.contracts import Contract
from chargehand.testing.github import people
from chargehand.testing.github.state import ChangedFile, Issue, Pull
from chargehand.testing.jira.failures import Failure
from tests.acceptance.code.policies import ALL, DOCS_ALONE, MIGRATIONS, follow
from tests.chat_house import add_to_team
from tests.connectors.github.client.conftest import github_contract
from tests.github_house import GITHUB, GitHubHouse, open_github_house
from tests.replaying import replayed
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
        add_to_team(opened, "Ana Ruiz", {GITHUB: "ana-ruiz"}, Role.ADMIN)
        add_to_team(opened, "Tom Berg", {GITHUB: "tom-berg"}, Role.DEVELOPER)
        follow(opened, DOCS_ALONE)
        yield opened


async def open_pull(house: GitHubHouse, *files: ChangedFile, **how: Any) -> Issue:
    house.clock.advance(60)
    made = people.open_pull(
        house.hub_site,
        house.payments,
        author="Mei-Tanaka",
        title="Words",
        branch=f"words-{house.clock.now():%H%M%S}",
        files=files,
        **how,
    )
    await house.hear_hub()
    return made


async def approve(house: GitHubHouse, pull: Issue) -> ActionRecord:
    """Tom asks the bot to approve; the newest action that came of it."""
    await house.remark("@bot approve this pull request", on=pull.number, by="tom-berg")
    return approvals(house)[0]


def approvals(house: GitHubHouse) -> list[ActionRecord]:
    return [one for one in house.actions if one.kind is ActionKind.GITHUB_APPROVE]


def waiting_for(house: GitHubHouse, action: ActionRecord) -> ApprovalRecord:
    return next(one for one in house.approvals if one.action_id == action.id)


def given(pull: Issue) -> list[str]:
    """The commits that the bot approved, as GitHub holds them."""
    reviews = part(pull).reviews
    return [one.commit for one in reviews if one.state == "APPROVED"]


def part(pull: Issue) -> Pull:
    assert pull.pull is not None
    return pull.pull


def explained(house: GitHubHouse, action_id: ActionId) -> dict[str, str]:
    """What `policy explain` says of each rule that did not decide."""
    now, database = house.clock.now(), house.stores.database
    told = database.read(lambda tx: explain_action(tx, action_id, now=now))
    return {one.rule: f"{one.unmet}: {one.fact}" for one in told.tried}


async def test_small_change_to_the_docs_is_approved_at_once(house: GitHubHouse) -> None:
    pull = await open_pull(
        house, ChangedFile("docs/a.md", 20, 10), ChangedFile("docs/howto/b.md", 20)
    )

    action = await approve(house, pull)

    assert action.state is ActionState.EXECUTED
    assert given(pull) == [part(pull).head_commit]
    assert "changes: 50 lines in 2 files" in action.preview
    assert "docs/a.md, docs/howto/b.md" in action.preview


@pytest.mark.parametrize(
    ("files", "unmet"),
    [
        pytest.param([ChangedFile("src/a.py")], "all_paths: src/a.py", id="code"),
        pytest.param(
            [ChangedFile("docs/a.md", before="src/a.md")],
            "all_paths: docs/a.md, src/a.md",
            id="renamed-from-code",
        ),
        pytest.param(
            [ChangedFile("docs/a.md", 40, 11)], "diff_lines_at_most: 51", id="too-many-lines"
        ),
    ],
)
async def test_any_other_change_waits_for_a_person(
    house: GitHubHouse, files: list[ChangedFile], unmet: str
) -> None:
    pull = await open_pull(house, *files)

    action = await approve(house, pull)

    assert action.state is ActionState.WAITING
    assert given(pull) == []
    assert explained(house, action.id)["small docs"] == unmet
    assert "approve " in house.answers(pull.number)[-1]


async def test_what_nobody_can_tell_waits(house: GitHubHouse) -> None:
    many = await open_pull(house, ChangedFile("docs/a.md"), changed_files=1)
    part(many).changed_files = 3_400
    silent = await open_pull(house, ChangedFile("docs/a.md"))
    house.github.desk.failures.add(
        Failure(path=rf".*/pulls/{silent.number}/files", status=404, times=9)
    )

    of_many = await approve(house, many)
    of_silent = await approve(house, silent)

    assert (of_many.state, of_silent.state) == (ActionState.WAITING, ActionState.WAITING)
    assert given(many) == given(silent) == []
    assert "paths: not known, because it changes too many files" in of_many.preview
    assert "changes: not known, because" in of_silent.preview
    assert "not known (it changes too many files)" in explained(house, of_many.id)["small docs"]
    assert explained(house, of_silent.id)["small docs"].startswith(
        "all_paths: not known (its host says"
    )


async def test_commit_after_the_decision_is_asked_about_again(house: GitHubHouse) -> None:
    """A person let the first commit through; the second one is another change."""
    pull = await open_pull(house, ChangedFile("src/a.py"))
    first = await approve(house, pull)
    part(pull).files.append(ChangedFile("src/b.py", 5))
    part(pull).changed_files = 2
    people.push(house.hub_site, house.payments, part(pull).head, author="Mei-Tanaka")

    house.approve(waiting_for(house, first))
    await house.settle()

    again = approvals(house)[0]
    assert approvals(house)[-1].state is ActionState.REJECTED
    assert again.id != first.id
    assert again.state is ActionState.WAITING
    assert "changes: 6 lines in 2 files" in again.preview
    assert given(pull) == []


async def test_retargeted_pull_request_is_judged_anew(house: GitHubHouse) -> None:
    """Its newest commit is the same, and what it changes is not."""
    pull = await open_pull(house, ChangedFile("docs/a.md"))
    house.github.desk.failures.add(Failure(method="POST", path=r".*/reviews", status=503))
    first = await approve(house, pull)
    part(pull).base = "release"
    part(pull).files.append(ChangedFile("src/b.py"))
    part(pull).changed_files = 2

    await house.wait(600)

    again = approvals(house)[0]
    assert first.mode == "auto"
    assert approvals(house)[-1].state is ActionState.REJECTED
    assert again.state is ActionState.WAITING
    assert given(pull) == []


async def test_own_pull_request_is_not_approved(house: GitHubHouse) -> None:
    pull = await open_pull(house, ChangedFile("docs/a.md"))

    await house.remark("@bot approve this PR", on=pull.number, by="Mei-Tanaka")

    assert approvals(house) == []
    assert "You opened" in house.answers(pull.number)[-1]


async def test_taking_it_back_is_judged_by_the_same_diff(house: GitHubHouse) -> None:
    pull = await open_pull(house, ChangedFile("docs/a.md"))
    action = await approve(house, pull)
    people.push(house.hub_site, house.payments, part(pull).head, author="Mei-Tanaka")

    undo = house.undo(action.id)

    house.approve(waiting_for(house, undo))
    await house.settle()

    assert undo.base["diff"] == action.base["diff"]
    assert [one.state for one in part(pull).reviews] == ["DISMISSED"]


async def test_answer_on_a_pull_request_is_judged_where_a_rule_asks(house: GitHubHouse) -> None:
    pull = await open_pull(house, ChangedFile("migrations/0001.sql"))
    before = len(house.github.desk.calls())
    follow(house, ALL)
    await house.remark("@bot status PR", on=pull.number, by="tom-berg")
    plain = [one["path"] for one in house.github.desk.calls()[before:]]
    follow(house, MIGRATIONS)

    await house.remark("@bot who reviews this?", on=pull.number, by="tom-berg")

    assert not any(path.endswith("/files") for path in plain)
    assert len(house.answers(pull.number)) == 1
    assert house.actions[0].state is ActionState.WAITING


async def test_replay_judges_by_the_diff_of_then(house: GitHubHouse) -> None:
    pull = await open_pull(house, ChangedFile("docs/a.md"))
    action = await approve(house, pull)
    part(pull).files.append(ChangedFile("src/a.py", 500))
    part(pull).changed_files = 2

    same = replayed(house, action.decision_id)

    assert same.is_identical
    assert same.actions[0].rule == "small docs"
