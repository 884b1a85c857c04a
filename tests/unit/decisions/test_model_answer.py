"""Plans of models, whatever they hold: nothing invented, widened or obeyed gets through."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargehand.decisions.answer_context import AnswerContext
from chargehand.decisions.answered import Answered
from chargehand.decisions.audience_rules import reply_rule, tell
from chargehand.decisions.model_answer import (
    ModelMaterial,
    answer_from_plan,
    invented_keys,
    read_suggestions,
)
from chargehand.decisions.model_brief import brief, is_beyond_rules, may_be_shown
from chargehand.domain.decision import DecidedBy, ModelUse, Urgency
from chargehand.domain.fact import Fact
from chargehand.domain.ids import ProjectKey, ReservationId, WorkItemKey
from chargehand.domain.intent import IntentKind
from chargehand.plugins.model import ModelPlan, SuggestedAction
from tests.unit.decisions.samples import (
    COMMANDS,
    CONNECTION,
    CUSTOMER,
    DEVELOPERS,
    INTERNAL,
    NOW,
    PAY,
    PAY_7,
    ask,
    comment,
    facts,
    intent,
    linked,
    work_item,
)

USE = ModelUse("claude", "claude-haiku-5-5", "decision-1", ReservationId("rsv_1"))
SERVED = frozenset({PAY, ProjectKey("OPS")})
UNCLEAR = intent(IntentKind.UNCLEAR, heard="is it ready", nearest="")


def asked(**changes):
    return ask(UNCLEAR, **changes)


def context():
    return AnswerContext(
        now=NOW,
        connection_id=CONNECTION,
        team_zone="UTC",
        bot_name="Chargehand",
        commands=COMMANDS,
    )


def material(the_ask, *, item=None, shown=frozenset()):
    item = item or work_item(links=(linked(),))
    fact = Fact(value=item, source_url=item.url, read_at=NOW)
    rule = reply_rule(the_ask, item)
    told = tell(facts(item), fact, ask=the_ask, rule=rule)
    return ModelMaterial(
        use=USE,
        cost_usd=Decimal("0.01"),
        rule=rule,
        told={PAY_7: told},
        known=frozenset({PAY_7, WorkItemKey("PAY-9")}),
        shown_keys=shown,
        served=SERVED,
    )


def plan(response="It is ready.", *suggested, **changes):
    values = {
        "should_respond": True,
        "response": response,
        "reasoning": "so",
        "urgency": Urgency.LOW,
        "confidence": 0.9,
        "suggested_actions": tuple(suggested),
        **changes,
    }
    return ModelPlan(**values)


def answered(the_plan, the_ask=None):
    the_ask = the_ask or asked()
    return answer_from_plan(the_ask, the_plan, material(the_ask), {}, context())


@given(st.text(max_size=600))
def test_whatever_a_model_says_becomes_text_or_nothing(response):
    found = answered(plan(response))

    if found is None:
        return
    assert isinstance(found, Answered)
    said = found.decision.response.rpartition("Written by a model")[0]
    for mark in ("<", "[", "`", "*", "](", "://"):
        assert mark not in said.replace("\\" + mark[0], "").replace("\\:", "")
    assert found.decision.decided_by is DecidedBy.MODEL


@given(
    st.builds(
        SuggestedAction,
        kind=st.sampled_from(["transition", "assign", "label", "delete", "", "LABEL "]),
        work_item=st.sampled_from(["PAY-7", "PAY-9", "OPS-1", "", "pay-7", "PAY-7; OPS-1"]),
        to=st.text(max_size=20),
        labels=st.lists(st.text(max_size=10), max_size=3).map(tuple),
    )
)
def test_suggestion_is_about_the_asked_item_or_refused(suggestion):
    found = read_suggestions(plan("", suggestion), asked())

    assert len(found.intents) + len(found.refused) == 1
    for one in found.intents:
        assert one.work_item is None
        assert suggestion.work_item.strip().upper() == "PAY-7"


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("PAY-7 and PAY-9", set()),
        ("PAY-8", {"PAY-8"}),
        ("pay-8", {"PAY-8"}),
        ("OPS-3", {"OPS-3"}),
        ("ABC-1", {"ABC-1"}),
        ("UTF-8", set()),
        ("the top-10 of 2026-11", set()),
        ("PAY-7’s and (PAY-80)", {"PAY-80"}),
        ("看PAY-8吧", {"PAY-8"}),
    ],
)
def test_key_nobody_read_is_invented(response, expected):
    shown = {WorkItemKey("UTF-8"), WorkItemKey("OPS-3")}

    found = invented_keys(
        response, known={PAY_7, WorkItemKey("PAY-9")}, shown_keys=shown, served=SERVED
    )

    assert found == expected


def test_answer_naming_an_invented_key_is_not_used_at_all():
    assert answered(plan("PAY-8 blocks it. The rest is true.")) is None


def test_empty_plan_is_not_used():
    assert answered(plan("  \n ")) is None


def test_restricted_comments_are_not_in_the_brief():
    the_ask = asked()
    item = work_item()
    fact = Fact(value=item, source_url=item.url, read_at=NOW)
    read = facts(
        item,
        comments=Fact(
            value=(comment(1, "open words"), comment(2, "closed words", visibility=DEVELOPERS)),
            source_url="",
            read_at=NOW,
        ),
    )
    told = tell(read, fact, ask=the_ask, rule=reply_rule(the_ask, item))

    shown = str(brief(the_ask, told, today=NOW.date()))

    assert "open words" in shown
    assert "closed words" not in shown


@pytest.mark.parametrize("visibility", [DEVELOPERS, INTERNAL, CUSTOMER])
def test_restricted_question_is_for_no_model(visibility):
    the_ask = asked(visibility=visibility)

    assert not may_be_shown(the_ask, work_item(), reply_rule(the_ask, work_item()))


@pytest.mark.parametrize(
    "item", [work_item(security_level="Finance"), work_item(is_service_request=True)]
)
def test_item_with_other_readers_is_for_no_model(item):
    the_ask = asked()

    assert not may_be_shown(the_ask, item, reply_rule(the_ask, item))


def test_open_question_of_a_member_may_be_shown():
    the_ask = asked()

    assert may_be_shown(the_ask, work_item(), reply_rule(the_ask, work_item()))


@pytest.mark.parametrize(
    ("intents", "is_beyond"),
    [
        ((UNCLEAR,), True),
        ((UNCLEAR, intent(IntentKind.STATUS)), False),
        ((intent(IntentKind.UNCLEAR, heard="x", nearest="assign", problem="so"),), False),
        ((intent(IntentKind.BARE),), False),
        ((), False),
    ],
)
def test_model_is_asked_only_where_no_rule_understood_anything(intents, is_beyond):
    assert is_beyond_rules(ask(*intents)) is is_beyond
