"""Scenario 8: a failing Jira gets no invented answer and no error text, only the true one later."""

import json
from typing import Any

import pytest

from tests.acceptance.conftest import both_sites
from tests.house import House

pytestmark = pytest.mark.anyio
ISSUE = ".*/issue/PAY-7"
COMMENTS = ".*/issue/PAY-7/comment"
QUESTION = "@bot what's blocking this?"

# Each makes one reading fail however often the client asks again at once.
PASSING = [
    pytest.param({"status": 401}, "sign_in_refused", id="401"),
    pytest.param({"status": 403}, "no_access", id="403"),
    pytest.param({"status": 429, "retry_after": 0, "times": 5}, "rate_limited", id="429"),
    pytest.param({"status": 500}, "unreachable", id="500"),
    pytest.param({"status": 503, "times": 5}, "unreachable", id="503"),
    pytest.param({"cut": "before", "times": 5}, "unreachable", id="cut-before"),
    pytest.param({"cut": "after", "times": 5}, "unreachable", id="cut-after"),
    pytest.param({"delay_s": 100, "times": 5}, "unreachable", id="hang"),
]


@pytest.mark.parametrize(("failure", "problem"), PASSING)
async def test_question_waits_while_jira_fails_and_gets_the_true_answer_later(
    house: House, failure: dict[str, Any], problem: str
) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, **failure)

    await house.ask(QUESTION)

    assert house.writes == []
    assert house.decisions == ()
    assert [(one.ask.state.value, one.problem) for one in house.asks] == [("open", problem)]
    assert house.notices == ["facts_unreadable"]

    await house.wait(10)

    [reply] = house.replies()
    assert "PAY-12" in reply.text
    assert house.notices == ["facts_unreadable"]


async def test_waits_grow_and_the_operator_is_told_once(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, status=500, times=100)
    await house.ask(QUESTION)
    waits = []

    for _ in range(6):
        [ask] = house.asks
        assert ask.next_attempt_at is not None
        waits.append((ask.next_attempt_at - house.clock.now()).total_seconds())
        await house.wait(waits[-1])

    assert waits == [5, 10, 20, 40, 80, 160]
    assert house.notices == ["facts_unreadable"]
    assert house.told[0].count == 7


async def test_jira_down_for_longer_leaves_the_question_to_a_person(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, status=500, times=1000)
    await house.ask(QUESTION)

    for _ in range(24):
        await house.wait(600)
    house.jira.failures.clear()
    await house.wait(600)

    [ask] = house.asks
    assert ask.ask.state.value == "stuck"
    assert sorted(house.notices) == ["asks_late", "facts_unreadable"]
    assert house.writes == []

    await house.release(ask)

    [reply] = house.replies()
    assert "PAY-12" in reply.text
    assert "You asked this on Thursday 19 November 2026 at 19:01" in reply.text


async def test_answer_later_than_ten_minutes_says_when_it_was_asked(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, status=500, times=8)
    await house.ask(QUESTION)

    for _ in range(8):
        await house.wait(600)

    assert "You asked this on Thursday 19 November 2026" in house.replies()[0].text


async def test_retry_after_is_honoured_when_reading(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, status=429, retry_after=120)
    await house.ask(QUESTION)
    asked = len(house.jira.requests)

    await house.wait(60)

    assert len(house.jira.requests) == asked
    await house.wait(61)
    assert len(house.replies()) == 1


async def test_item_the_bot_can_not_see_is_silence_and_the_operator_hears_once(
    house: House,
) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=ISSUE, status=404, times=2)

    await house.ask(QUESTION)
    await house.ask("@bot due")

    assert house.verdicts == [("silent", "item_not_readable")] * 2
    assert house.notices == ["item_not_readable"]
    assert house.told[0].count == 2
    assert house.writes == []


async def test_part_that_can_not_be_read_is_said_honestly(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=".*/changelog", status=403)

    await house.ask("@bot who")

    [reply] = house.replies()
    assert "Assigned to Ana Ruiz" in reply.text
    assert "I could not read the history: I have no access." in reply.text


SURELY_NOT_DONE = [
    pytest.param({"status": 401}, 60, id="401"),
    pytest.param({"status": 429, "retry_after": 45}, 45, id="429"),
]


@pytest.mark.every_variant
@pytest.mark.parametrize(("failure", "wait_s"), SURELY_NOT_DONE)
async def test_send_jira_put_off_is_sent_again_when_it_is_time(
    house: House, failure: dict[str, Any], wait_s: int
) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, **failure)
    await house.ask(QUESTION)

    await house.wait(wait_s - 2)
    assert house.replies() == []
    await house.wait(3)

    assert len(house.replies()) == 1
    assert house.states == [("jira.add_comment", "executed")]
    assert len(house.writes) == 2


UNDECIDED = [
    pytest.param({"status": 500}, 0, id="500"),
    pytest.param({"status": 502}, 0, id="502"),
    pytest.param({"status": 503, "retry_after": 1}, 0, id="503-with-retry-after"),
    pytest.param({"cut": "before"}, 0, id="cut-before"),
    pytest.param({"cut": "after"}, 1, id="cut-after"),
    pytest.param({"delay_s": 100}, 0, id="hang"),
    pytest.param({"cut": "after", "status": 500}, 1, id="stored-and-cut"),
]


@pytest.mark.every_variant
@both_sites
@pytest.mark.parametrize(("failure", "landed"), UNDECIDED)
async def test_undecided_send_is_looked_up_by_its_mark_and_never_doubled(
    house: House, failure: dict[str, Any], landed: int
) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, **failure)

    await house.ask(QUESTION)

    assert house.states == [("jira.add_comment", "executing")]
    assert len(house.replies()) == landed
    await house.wait(60)

    [reply] = house.replies()
    assert house.states == [("jira.add_comment", "executed")]
    assert house.actions[0].result["external_id"] == reply.id
    assert len(house.writes) == 2 - landed


@pytest.mark.every_variant
@pytest.mark.parametrize(("failure", "landed"), UNDECIDED)
async def test_undecided_internal_comment_is_found_by_mark_or_words(
    house: House, failure: dict[str, Any], landed: int
) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=".*/rest/servicedeskapi/.*", **failure)
    ask = {"item": "HELP-1", "author": "Lena Novak", "public": False}

    await house.ask("@bot status", **ask)
    await house.wait(60)

    assert len(house.replies("HELP-1")) == 1
    assert [state for _, state in house.states] == ["executed"]


async def test_undecided_send_that_can_not_be_looked_up_waits_on(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, cut="after")
    await house.ask(QUESTION)
    house.jira.inject(method="GET", path=COMMENTS, status=500, times=3)

    for _ in range(4):
        await house.wait(300)

    assert len(house.replies()) == 1
    assert house.states == [("jira.add_comment", "executed")]
    assert house.notices == ["action_postponed"]


async def test_undecided_send_nobody_can_decide_becomes_a_persons_question(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, cut="after")
    await house.ask(QUESTION)
    house.jira.inject(method="GET", path=COMMENTS, status=403, times=1000)

    for _ in range(30):
        await house.wait(600)

    assert [state for _, state in house.states] == ["unknown"]
    assert sorted(house.notices) == ["action_postponed", "effect_unknown"]
    assert len(house.replies()) == 1


CLEAR_NO = [
    pytest.param(403, "permission_missing", id="403"),
    pytest.param(404, "target_missing", id="404"),
    pytest.param(409, "request_refused", id="409"),
]


@pytest.mark.parametrize(("status", "problem"), CLEAR_NO)
async def test_clear_no_is_final_and_the_operator_is_told_once(
    house: House, status: int, problem: str
) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, status=status, times=2)

    await house.ask(QUESTION)
    await house.ask("@bot due")
    await house.wait(3600)

    assert [(one.state.value, one.problem) for one in house.actions] == [("failed", problem)] * 2
    assert house.replies() == []
    assert house.notices == ["action_failed"]
    assert house.told[0].count == 2


async def test_question_whose_answer_failed_may_be_edited_and_is_answered_then(
    house: House,
) -> None:
    house.mode("auto")
    house.jira.inject(method="POST", path=COMMENTS, status=403)
    posted = await house.ask(QUESTION)

    await house.edit(posted.id, "@bot when is it due?")
    await house.settle()

    [reply] = house.replies()
    assert "Due Saturday" in reply.text


async def test_answer_that_waited_for_jira_is_decided_anew(house: House) -> None:
    """What was true an hour ago, in words of an hour ago, is not sent."""
    house.mode("auto")
    house.jira.inject(method="GET", path=COMMENTS + r"/\d+", status=500, times=9)
    await house.ask(QUESTION)

    for _ in range(10):
        await house.wait(600)

    [reply] = house.replies()
    assert "You asked this on" in reply.text
    states = [(action.state.value, action.problem) for action in house.actions]
    assert states[0] == ("executed", "")
    assert ("rejected", "outdated") in states
    assert house.notices == ["action_postponed"]


async def test_answer_that_waited_for_too_long_is_left_to_a_person(house: House) -> None:
    house.mode("auto")
    house.jira.inject(method="GET", path=COMMENTS + r"/\d+", status=500, times=99)
    await house.ask(QUESTION)

    for _ in range(20):
        await house.wait(600)

    assert house.replies() == []
    assert [one.ask.state.value for one in house.asks] == ["late"]
    assert "asks_late" in house.notices


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param({"method": "GET", "path": ".*", "status": 500, "times": 6}, id="500"),
        pytest.param({"method": "GET", "path": ".*", "status": 403, "times": 6}, id="403"),
        pytest.param({"method": "POST", "path": COMMENTS, "status": 500, "times": 3}, id="post"),
    ],
)
async def test_failures_are_never_posted_as_text(house: House, failure: dict[str, Any]) -> None:
    house.mode("auto")
    house.jira.inject(**failure)

    await house.ask(QUESTION)
    for _ in range(8):
        await house.wait(300)

    words = json.dumps([said.text for said in house.thread()])
    assert [word for word in ("HTTP", "500", "403", "Injected", "error") if word in words] == []
    assert len(house.replies()) == 1


async def test_first_call_that_fails_leaves_deliveries_waiting(house: House) -> None:
    house.mode("auto")
    house.sql("UPDATE connections SET bot_account_id = NULL")

    await house.ask(QUESTION)

    assert house.stores.queue.counts().interactive == 1
    assert house.events == ()
    house.sql("UPDATE connections SET bot_account_id = :bot", bot=house.bot.account_id)
    await house.settle()
    assert len(house.replies()) == 1
