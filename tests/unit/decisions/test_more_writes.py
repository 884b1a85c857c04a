"""Links, fields and new work items: what is proposed, and what is said where nothing is."""

from dataclasses import replace

import pytest

from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.work_item import FieldName, NewItemType, Right
from tests.unit.decisions.samples import (
    CREATION,
    FIELDS,
    PAY_7,
    PAY_9,
    ask,
    decided,
    fact,
    facts,
    intent,
    work_item,
)

QUESTION = {"comment_id": "90210", "asked_on": "PAY-7"}


def said(decision):
    return decision.response.partition("\n\nSources:")[0]


def linked(wish, **parts):
    """What is decided when both ends could be read."""
    read = {
        PAY_7: facts(),
        PAY_9: replace(facts(work_item(key=PAY_9)), **parts),
    }
    return decided(ask(wish), read)


def test_link_is_proposed_on_how_the_two_stand_now():
    (action,) = linked(intent("link", blocks="PAY-9")).actions

    assert action.kind is ActionKind.JIRA_LINK_ISSUES
    assert action.target == PAY_7
    assert action.params == {
        "to": "PAY-9",
        "relation": "blocks",
        "link_type": "Blocks",
        "direction": "outward",
    }
    assert action.base == {"relations": [], **QUESTION}


def test_link_read_from_its_end_is_the_same_kind():
    (action,) = linked(intent("link", **{"is blocked by": "PAY-9"})).actions

    assert (action.params["link_type"], action.params["direction"]) == ("Blocks", "inward")


def test_link_this_site_does_not_have_is_said_with_those_it_has():
    decision = linked(intent("link", duplicates="PAY-9"))

    assert decision.reason is Reason.WRITE_REFUSED_NOT_POSSIBLE
    assert said(decision) == (
        "This Jira has no link that reads “duplicates”. It has: blocks, is blocked by, relates to."
    )


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(fact(value=False), id="denied"),
        pytest.param(Unknown(UnknownReason.NO_ACCESS), id="unknown"),
    ],
)
def test_right_at_the_other_end_decides_too(right):
    decision = linked(intent("link", blocks="PAY-9"), rights={Right.LINK: right})

    assert [one.kind for one in decision.actions] == [ActionKind.JIRA_ADD_COMMENT]
    assert "Link issues" in said(decision)


def test_other_end_with_a_security_level_is_not_linked():
    secret = fact(work_item(key=PAY_9, security_level="Finance only"))

    decision = linked(intent("link", blocks="PAY-9"), item=secret)

    assert [one.kind for one in decision.actions] == [ActionKind.JIRA_ADD_COMMENT]
    assert said(decision) == "I can not find PAY-9, or it is not for this conversation."


def proposed(**arguments):
    (action,) = decided(ask(intent("set", **arguments))).actions
    return action


@pytest.mark.parametrize(
    ("arguments", "params", "base"),
    [
        ({"priority": "high"}, {"priority": "High"}, {"priority": "Medium"}),
        ({"due": "none"}, {"due": None}, {"due": "2026-11-27"}),
        ({"summary": "none"}, {"summary": "none"}, {"summary": "Refunds"}),
        ({"components": "web\nAPI"}, {"components": ["Web", "API"]}, {"components": ["Web"]}),
        ({"components": "none"}, {"components": []}, {"components": ["Web"]}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_field_is_proposed_on_its_present_value(arguments, params, base):
    action = proposed(**arguments)

    assert action.kind is ActionKind.JIRA_UPDATE_FIELDS
    assert action.params == {"fields": params}
    assert action.base == {"fields": base, **QUESTION}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            {"priority": "Urgent"},
            "“Urgent” is not possible for the priority of PAY-7. Possible: High, Medium.",
            id="no such value",
        ),
        pytest.param(
            {"priority": "medium"}, "The priority of PAY-7 is already Medium.", id="already"
        ),
    ],
)
def test_field_that_is_not_set_is_said_with_what_could_be(arguments, sentence):
    decision = decided(ask(intent("set", **arguments)))

    assert said(decision) == sentence
    assert [one.kind for one in decision.actions] == [ActionKind.JIRA_ADD_COMMENT]


def test_field_the_operator_closed_is_said_with_the_open_ones():
    fields = [replace(one, is_open=one.name is not FieldName.DUE) for one in FIELDS]

    decision = decided(ask(intent("set", due="2026-12-01")), facts(fields=fact(fields)))

    assert said(decision) == (
        "I may not set the due date here. "
        "What I may set: summary, priority, components and fix versions."
    )


def test_field_that_is_not_on_the_screen_is_said():
    decision = decided(ask(intent("set", due="2026-12-01")), facts(fields=fact(FIELDS[:1])))

    assert said(decision) == "Jira does not let me set the due date of PAY-7."


def test_two_values_for_one_field_are_asked_back_and_other_fields_kept():
    wishes = (
        intent("set", priority="High"),
        intent("set", priority="Medium"),
        intent("set", due="2026-12-01"),
    )

    decision = decided(ask(*wishes))

    fields = [one.params["fields"] for one in decision.actions if "fields" in one.params]
    assert fields == [{"due": "2026-12-01"}]
    assert "different changes of the priority of PAY-7" in decision.response


def test_new_item_is_proposed_in_the_project_it_was_asked_in():
    wish = intent("create", bug="Refunds fail", description="Each *Monday*.")

    (action,) = decided(ask(wish)).actions

    assert (action.kind, action.target) == (ActionKind.JIRA_CREATE_ISSUE, "PAY")
    assert action.params == {
        "issue_type_id": "10003",
        "issue_type": "Bug",
        "summary": "Refunds fail",
        "description": (
            "Each \\*Monday\\*.\n\n"
            "Asked for by Dana Lee on [PAY-7](https://example.atlassian.net/browse/PAY-7)."
        ),
    }
    assert action.base == {"project_id": "10000", **QUESTION}


@pytest.mark.parametrize(
    ("creation", "wish", "sentence"),
    [
        pytest.param(
            CREATION,
            intent("create", bug="Refunds fail", project="OPS"),
            "Here I create work items in PAY only, not in OPS.",
            id="another project",
        ),
        pytest.param(
            replace(CREATION, wanted=None),
            intent("create", epic="Refunds"),
            "PAY has no type of work item called “epic”. It has: Story, Bug.",
            id="no such type",
        ),
        pytest.param(
            replace(CREATION, wanted=NewItemType("10003", "Bug", ("Team", "Due date"))),
            intent("create", bug="Refunds fail"),
            "Creating a Bug in PAY needs the fields Team and Due date, which I can not fill; "
            "please do it in Jira.",
            id="needs fields",
        ),
    ],
)
def test_new_item_that_can_not_be_created_is_said_with_the_reason(creation, wish, sentence):
    decision = decided(ask(wish), facts(creation=fact(creation)))

    assert said(decision) == sentence
    assert [one.kind for one in decision.actions] == [ActionKind.JIRA_ADD_COMMENT]
