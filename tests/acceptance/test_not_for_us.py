"""Scenario 2: what is not for the bot gets no answer, and the reason is recorded."""

from dataclasses import replace

import pytest

from chargehand.testing.jira.records import Comment
from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("what's blocking this?", "not_mentioned", id="no-mention"),
        pytest.param("Chargehand should look at this", "name_only", id="name-only"),
        pytest.param("@Chargehand what's blocking this?", "name_only", id="typed-name"),
        pytest.param("@bot thanks!", "not_a_question_to_us", id="courtesy"),
    ],
)
async def test_what_is_not_for_us_is_silent_with_its_reason(
    house: House, body: str, reason: str
) -> None:
    house.mode("auto")

    await house.ask(body)

    assert house.verdicts == [("silent", reason)]
    assert house.writes == []
    assert len(house.events) == 1


@both_sites
async def test_mention_of_somebody_else_is_not_for_us(house: House) -> None:
    house.mode("auto")
    ana = house.jira.person("Ana Ruiz").account_id

    await house.ask(f"[~accountid:{ana}] what's blocking this?")

    assert house.verdicts == [("silent", "not_mentioned")]


@both_sites
async def test_own_comment_is_known_and_never_answered(house: House) -> None:
    house.mode("auto")
    await house.ask("@bot what's blocking this?")
    own = house.jira.state.find_comment(house.replies()[0].id)
    assert own is not None

    await house.deliver(own)
    await house.settle()

    assert house.verdicts[-1] == ("silent", "own_comment")
    assert len(house.replies()) == 1


async def test_another_bot_is_not_answered(house: House) -> None:
    house.mode("auto")
    house.jira.add_person("Build Bot", account_type="app")
    house.jira.grant("PAY", "Build Bot", permissions="member")

    await house.ask("@bot what's blocking this?", author="Build Bot")

    assert house.verdicts == [("silent", "other_bot")]
    assert house.writes == []


async def test_project_nobody_configured_is_left_alone(house: House) -> None:
    house.mode("auto")
    house.jira.add_project("OPS", lead="Mei Tanaka", members=["Mei Tanaka", "Chargehand"])
    house.jira.add_issue("OPS", "Rotate the keys", key="OPS-1")

    await house.ask("@bot status", item="OPS-1")

    assert house.verdicts == [("silent", "other_project")]
    assert house.writes == []


class TestSharedAccount:
    """A person may sign in with the account the bot uses; authorship alone proves nothing then."""

    @pytest.fixture
    async def house(self, house: House) -> House:
        bot = replace(house.bot, account_type="atlassian")
        house.jira.state.people[bot.account_id] = bot
        house.mode("auto")
        return house

    @both_sites
    async def test_person_who_types_as_the_bot_is_answered(self, house: House) -> None:
        await house.ask("@bot what's blocking this?", author="Chargehand")

        assert house.verdicts == [("respond", "answered_from_facts")]

    @both_sites
    async def test_comment_with_our_mark_is_ours_without_the_ledger(self, house: House) -> None:
        comment = house.write("@bot what's blocking this?", author="Chargehand")
        _mark(house, comment, action_id="act_of_an_earlier_installation")

        await house.deliver(comment)
        await house.settle()

        assert house.verdicts == [("silent", "own_comment")]
        assert house.writes == []

    async def test_nothing_is_answered_before_the_mark_could_be_read(self, house: House) -> None:
        house.jira.inject(method="POST", path=".*/comment/list", status=503, times=5)

        await house.ask("@bot what's blocking this?", author="Chargehand")

        assert house.replies() == []
        assert house.verdicts == []
        await house.wait(5)
        assert house.verdicts == [("respond", "answered_from_facts")]


def _mark(house: House, comment: Comment, *, action_id: str) -> None:
    marked = replace(comment, properties={"chargehand.action": {"action_id": action_id}})
    house.jira.state.threads[comment.issue][comment.id] = marked
