"""Scenarios 1 and 3: a mention, wherever it stands, is answered once, from the real work item."""

import pytest

from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio


@both_sites
@pytest.mark.parametrize(
    ("question", "told"),
    [
        pytest.param("@bot status", ["In Progress", "Ana Ruiz"], id="status"),
        pytest.param("@bot who has this?", ["Assigned to Ana Ruiz"], id="assignee"),
        pytest.param("@bot what's blocking this?", ["PAY-12", "In Review"], id="blockers"),
        pytest.param("@bot when is it due?", ["Due Saturday 21 November 2026"], id="due"),
        pytest.param("@bot summary", ["Refund a split payment", "PAY-12", "Odd cents"], id="sum"),
        pytest.param("@bot help", ["Mention Chargehand"], id="help"),
    ],
)
async def test_question_is_answered_in_the_thread_from_the_work_item(
    house: House, question: str, told: list[str]
) -> None:
    house.mode("auto")

    await house.ask(question)

    [reply] = house.replies()
    assert [words for words in told if words not in reply.text] == []
    assert reply.mentions == ("Mei Tanaka",)
    assert reply.visibility == "everyone"
    assert house.states == [("jira.add_comment", "executed")]
    assert house.actions[0].result["external_id"] == reply.id


@both_sites
async def test_answer_names_its_sources_and_no_id_of_ours(house: House) -> None:
    house.mode("auto")

    await house.ask("@bot status")

    [reply] = house.replies()
    answer, sources = reply.text.split("Sources: ")
    assert sources.count("/browse/PAY-7") == 4
    assert len(answer.split("\n\n")) <= 7
    assert not any(word in reply.text for word in ("act_", "ask_", "evt_", "dec_"))
    assert house.decisions[0].sources[0].label == "PAY-7"


async def test_answer_is_given_in_the_askers_own_zone(house: House) -> None:
    house.mode("auto")

    await house.ask("@bot status", author="Sam Okoro")

    assert "at 07:24 (UTC-05:00)" in house.replies()[0].text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("* one thing\n* @bot what's blocking this?", id="list"),
        pytest.param("||who||what||\n|me|@bot what's blocking this?|", id="table"),
        pytest.param("{quote}@bot what's blocking this?{quote}", id="quote"),
        pytest.param("bq. @bot what's blocking this?", id="quoted-line"),
        pytest.param("{panel:title=x}\n@bot what's blocking this?\n{panel}", id="panel"),
        pytest.param("h2. @bot what's blocking this?", id="heading"),
        pytest.param("First a word.\n\n*@bot* what's blocking this?", id="bold"),
        pytest.param("# @bot\n# what's blocking this?", id="line-above"),
    ],
)
async def test_mention_is_found_wherever_it_stands(house: House, body: str) -> None:
    house.mode("auto")

    await house.ask(body)

    assert house.verdicts == [("respond", "answered_from_facts")]
    assert "PAY-12" in house.replies()[0].text


@both_sites
async def test_mention_edited_in_later_is_answered(house: House) -> None:
    house.mode("auto")
    posted = await house.ask("What's blocking this?")

    await house.edit(posted.id, "@bot What's blocking this?")
    await house.settle()

    assert house.verdicts == [("silent", "not_mentioned"), ("respond", "answered_from_facts")]
    assert len(house.replies()) == 1


@pytest.mark.parametrize(
    "body", [pytest.param("@bot", id="alone"), pytest.param("Hi @bot!", id="greeting")]
)
async def test_bare_mention_gets_one_short_question(house: House, body: str) -> None:
    house.mode("auto")

    await house.ask(body)

    [reply] = house.replies()
    assert reply.text.startswith("@Mei Tanaka What would you like to know about PAY-7")
    assert "\n" not in reply.text
    assert house.verdicts == [("respond", "clarification_asked")]


@both_sites
async def test_question_asked_while_jira_is_polled_is_answered_too(house: House) -> None:
    house.mode("auto")
    await house.poll()
    house.write("@bot what's blocking this?")
    house.clock.advance(60)

    await house.poll()

    assert "PAY-12" in house.replies()[0].text
    assert house.deliveries[0].source == "poll"


@both_sites
async def test_trace_tells_the_whole_way_from_delivery_to_effect(house: House) -> None:
    house.mode("auto")
    posted = await house.ask("@bot what's blocking this?")
    action = house.actions[0]

    told = house.trace(action.id)

    assert [delivery.id for delivery in told.deliveries] == [posted.response.json()["delivery"]]
    assert told.event.work_item == "PAY-7"
    assert told.ask is not None
    assert told.ask.ask.comment_id == posted.id
    assert [decision.reason.value for decision in told.decisions] == ["answered_from_facts"]
    assert told.actions[0].effect is not None
    assert told.actions[0].effect.external_id == house.replies()[0].id
    assert [record.tag for record in told.audit] == [
        "worker:decision:recorded",
        "worker:action:proposed",
        "worker:effect:intended",
        "worker:effect:done",
    ]
