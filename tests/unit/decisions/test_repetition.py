"""The same question on a busy ticket is not answered again and again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chargehand.decisions.answer_context import LastAnswer
from chargehand.domain.decision import Reason, Verdict
from chargehand.domain.ids import AccountId
from tests.unit.decisions.samples import (
    CLEO,
    DEVELOPERS,
    NOW,
    SITE,
    answered,
    ask,
    comment,
    fact,
    facts,
    intent,
    person,
    work_item,
)

URL = f"{SITE}/browse/PAY-7?focusedCommentId=77"
DANA = AccountId("712020:dana")
OTHER = person("Eli Sand", account="712020:eli")
STATUS = ask(intent("status"))
DIGEST = answered(STATUS).answer_digest


def last(*, minutes=3, asker=CLEO.account_id, **changes):
    found = LastAnswer(
        answer_digest=DIGEST,
        answered_at=NOW - timedelta(minutes=minutes),
        asker=asker,
        url=URL,
        is_pointer=False,
    )
    return replace(found, **changes)


def is_full(outcome):
    return outcome.decision.reason is Reason.ANSWERED_FROM_FACTS


def test_another_asker_is_pointed_to_the_answer():
    outcome = answered(STATUS, last_answers=(last(),))

    assert outcome.decision.response == f"Nothing has changed since [my answer of 14:02]({URL})."
    assert outcome.decision.reason is Reason.UNCHANGED_SINCE_LAST_ANSWER
    assert outcome.answer_digest == DIGEST
    assert [action.base["comment_id"] for action in outcome.decision.actions] == ["90210"]


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param((last(asker=DANA),), id="the-same-asker"),
        pytest.param((last(), last(minutes=1, is_pointer=True)), id="a-pointer-was-given"),
        pytest.param((last(), last(minutes=1, is_pointer=True, asker=DANA)), id="to-this-asker"),
        pytest.param((last(asker=DANA, url=""),), id="the-same-asker-still-waits-for-approval"),
    ],
)
def test_nobody_is_told_the_same_twice(earlier):
    outcome = answered(STATUS, last_answers=earlier)

    assert outcome.decision.verdict is Verdict.SILENT
    assert outcome.decision.reason is Reason.UNCHANGED_SINCE_LAST_ANSWER
    assert (outcome.answer_digest, outcome.decision.actions) == ("", ())


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param((), id="first-answer"),
        pytest.param((last(minutes=15),), id="fifteen-minutes-old"),
        pytest.param((last(answer_digest="0" * 64),), id="other-facts"),
        pytest.param((last(url=""),), id="nobody-can-read-it"),
        pytest.param((last(minutes=5, is_pointer=True),), id="only-the-pointer-is-young"),
    ],
)
def test_a_full_answer_is_given_when_there_is_nothing_to_point_to(earlier):
    assert is_full(answered(STATUS, last_answers=earlier))


def test_just_under_fifteen_minutes_is_recent():
    recent = last(answered_at=NOW - timedelta(minutes=14, seconds=59))

    assert not is_full(answered(STATUS, last_answers=(recent,)))


@pytest.mark.parametrize(
    "the_ask",
    [
        pytest.param(ask(intent("status"), asker=OTHER), id="another-asker"),
        pytest.param(ask(intent("status"), asker=person(zone="Asia/Tokyo")), id="another-zone"),
        pytest.param(
            ask(intent("status"), asked_at=NOW - timedelta(minutes=30)), id="asked-long-ago"
        ),
    ],
)
def test_the_digest_is_made_of_facts_not_of_the_reader(the_ask):
    assert answered(the_ask).answer_digest == DIGEST


def test_the_digest_does_not_change_with_the_day():
    tomorrow = answered(STATUS, now=NOW + timedelta(days=1))

    assert "(in 6 days)" in tomorrow.decision.response
    assert tomorrow.answer_digest == DIGEST


def test_the_first_ask_is_no_new_fact_for_the_second():
    from_cleo = comment(90209, "@Chargehand status", author=CLEO)
    read = facts(comments=fact((*facts().comments.value, from_cleo)))

    second = answered(STATUS, read, ask_comment_ids=frozenset({"90209"}))

    assert second.answer_digest == DIGEST


@pytest.mark.parametrize(
    ("the_ask", "read"),
    [
        pytest.param(STATUS, facts(work_item(status="In Review")), id="another-status"),
        pytest.param(STATUS, facts(comments=fact(())), id="another-comment"),
        pytest.param(ask(intent("due")), facts(), id="another-question"),
        pytest.param(ask(intent("status"), visibility=DEVELOPERS), facts(), id="other-readers"),
    ],
)
def test_the_digest_changes_with_what_is_told(the_ask, read):
    assert answered(the_ask, read).answer_digest != DIGEST


def test_a_change_asked_for_again_is_judged_again():
    wish = ask(intent("transition", to="in progress"))
    digest = answered(wish).answer_digest

    outcome = answered(wish, last_answers=(last(answer_digest=digest, asker=DANA),))

    assert outcome.decision.reason is Reason.WRITE_ALREADY_SO
