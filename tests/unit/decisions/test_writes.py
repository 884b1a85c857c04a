"""A change is proposed only when the asker could make it, and only when it is clear which."""

from dataclasses import replace

import pytest

from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason, Verdict
from chargehand.domain.event import ActorKind
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.ids import AccountId
from chargehand.domain.work_item import Person, Right, StatusCategory, Transition
from tests.unit.decisions.samples import (
    ANA,
    BEN,
    CONNECTION,
    PAY,
    PAY_7,
    PAY_9,
    ask,
    decided,
    fact,
    facts,
    intent,
    person,
    work_item,
)

# Where the change was asked for; it is not made once that comment is gone.
QUESTION = {"comment_id": "90210", "asked_on": "PAY-7"}
DANA = Person(AccountId("712020:dana"), "Dana Lee")
NO_ACCESS = Unknown(UnknownReason.NO_ACCESS)
DONE = Transition("31", "Done", "Done", StatusCategory.DONE)
CLOSE = Transition("41", "Close", "Closed", StatusCategory.DONE)
WRITES = {
    "assign": (intent("assign", to="Ben"), Right.ASSIGN, "Assign issues"),
    "transition": (intent("transition", to="done"), Right.TRANSITION, "Transition issues"),
    "label": (intent("label", labels="urgent"), Right.EDIT, "Edit issues"),
    "set": (intent("set", priority="High"), Right.EDIT, "Edit issues"),
    "schedule": (intent("set", due="2026-12-01"), Right.SCHEDULE, "Schedule issues"),
    "create": (intent("create", bug="Refunds fail"), Right.CREATE, "Create issues"),
    "plan": (intent("set", fix_versions="1.0"), Right.RESOLVE, "Resolve issues"),
}


def people(**found):
    return {"people": {name: fact(persons) for name, persons in found.items()}}


def said(decision):
    return decision.response.partition("\n\nSources:")[0]


def test_an_assignment_is_proposed_without_a_comment():
    decision = decided(ask(intent("assign", to="Ben")), facts(**people(Ben=(BEN,))))

    (action,) = decision.actions
    assert (decision.verdict, decision.reason) == (Verdict.RESPOND, Reason.WRITE_PROPOSED)
    assert decision.response == ""
    assert action.kind is ActionKind.JIRA_ASSIGN_ISSUE
    assert (action.connection_id, action.project, action.target) == (CONNECTION, PAY, PAY_7)
    assert action.params == {"account_id": "712020:ben", "name": "Ben Okafor"}
    assert action.base == {"assignee": "712020:ana", "name": "Ana Ruiz", **QUESTION}
    assert [source.label for source in decision.sources] == ["PAY-7"]


def test_me_is_looked_up_by_account():
    read = facts(work_item(assignee=None), people={"712020:dana": fact((DANA,))})

    (action,) = decided(ask(intent("assign", to="me")), read).actions

    assert action.params == {"account_id": "712020:dana", "name": "Dana Lee"}
    assert action.base == {"assignee": None, "name": "", **QUESTION}


def test_nobody_takes_the_assignee_away():
    (action,) = decided(ask(intent("assign", to="nobody"))).actions

    assert action.params == {"account_id": None, "name": ""}
    assert action.base == {"assignee": "712020:ana", "name": "Ana Ruiz", **QUESTION}


def test_a_transition_is_proposed_on_the_present_status():
    (action,) = decided(ask(intent("transition", to="in review"))).actions

    assert action.kind is ActionKind.JIRA_TRANSITION_ISSUE
    assert action.params == {
        "transition_id": "11",
        "transition_name": "Send to review",
        "to_status": "In Review",
    }
    assert action.base == {"status": "In Progress", **QUESTION}


def test_only_labels_that_are_missing_are_added():
    asked = ask(intent("label", labels="refunds urgent"), intent("label", labels="gateway urgent"))

    (action,) = decided(asked).actions

    assert action.kind is ActionKind.JIRA_ADD_LABELS
    assert action.params == {"labels": ["urgent", "gateway"]}
    assert action.base == {"labels": ["refunds"], **QUESTION}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("known", "reason"),
    [
        pytest.param(fact(value=True), Reason.WRITE_PROPOSED, id="granted"),
        pytest.param(fact(value=False), Reason.WRITE_REFUSED_NO_RIGHT, id="denied"),
        pytest.param(NO_ACCESS, Reason.WRITE_REFUSED_RIGHT_UNKNOWN, id="unknown"),
        pytest.param(None, Reason.WRITE_REFUSED_RIGHT_UNKNOWN, id="never-asked"),
    ],
)
def test_rights_decide_about_every_change(write, known, reason):
    wish, right, _ = WRITES[write]
    others = {one: fact(value=True) for one in Right if one is not right}
    rights = others if known is None else {**others, right: known}

    decision = decided(ask(wish), facts(rights=rights, **people(Ben=(BEN,))))

    kinds = [action.kind for action in decision.actions]
    is_granted = reason is Reason.WRITE_PROPOSED
    assert decision.reason is reason
    assert kinds == [ActionKind.JIRA_ADD_COMMENT] or is_granted
    assert (ActionKind.JIRA_ADD_COMMENT in kinds) is not is_granted


@pytest.mark.parametrize("write", WRITES)
def test_a_refusal_names_the_missing_right(write):
    wish, right, name = WRITES[write]

    rights = {**{one: fact(value=True) for one in Right}, right: fact(value=False)}

    decision = decided(ask(wish), facts(rights=rights))

    assert said(decision) == (
        f'You need the "{name}" permission in PAY to do that, and Jira says you do not have it.'
    )


def test_an_unknown_right_is_said_as_unknown():
    decision = decided(ask(intent("label", labels="urgent")), facts(rights={}))

    assert said(decision) == (
        'I could not check whether you have the "Edit issues" permission in PAY, '
        "so I left PAY-7 as it is."
    )


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    "asker",
    [
        pytest.param(person(kind=ActorKind.CUSTOMER), id="customer"),
        pytest.param(person(kind=ActorKind.ANONYMOUS), id="anonymous"),
        pytest.param(person(account=None), id="no-account"),
    ],
)
def test_some_people_only_read(write, asker):
    decision = decided(ask(WRITES[write][0], asker=asker), facts(**people(Ben=(BEN,))))

    assert decision.reason is Reason.WRITE_REFUSED_READ_ONLY_ASKER
    assert said(decision) == (
        "I can answer your questions, but only project members can ask me for changes."
    )
    assert [action.kind for action in decision.actions] == [ActionKind.JIRA_ADD_COMMENT]


def twins(count):
    return tuple(Person(AccountId(f"712020:{n}"), f"Ana {'ABCDEFGH'[n]}.") for n in range(count))


@pytest.mark.parametrize(
    ("to", "found", "reason", "expected"),
    [
        pytest.param(
            "Zoe*",
            (),
            Reason.CLARIFICATION_ASKED,
            "I found nobody called “Zoe\\*” who can be assigned to PAY-7. "
            "Please mention the person you mean.",
            id="nobody-found",
        ),
        pytest.param(
            "712020:8f0e-11",
            (),
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "Jira does not let PAY-7 be assigned to that person.",
            id="account-not-assignable",
        ),
        pytest.param(
            "me",
            (),
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "Jira does not let PAY-7 be assigned to you.",
            id="asker-not-assignable",
        ),
        pytest.param(
            "Ana",
            twins(3),
            Reason.CLARIFICATION_ASKED,
            "“Ana” could be Ana A., Ana B. or Ana C.. Please mention the person you mean.",
            id="three-candidates",
        ),
        pytest.param(
            "Ana",
            twins(8),
            Reason.CLARIFICATION_ASKED,
            "“Ana” could be Ana A., Ana B., Ana C., Ana D., Ana E., or others. "
            "Please mention the person you mean.",
            id="at-most-five-are-listed",
        ),
        pytest.param(
            "Ben",
            (replace(BEN, is_active=False),),
            Reason.CLARIFICATION_ASKED,
            "I found nobody called “Ben” who can be assigned to PAY-7. "
            "Please mention the person you mean.",
            id="gone",
        ),
        pytest.param(
            "Ana Ruiz",
            (ANA, *twins(2)),
            Reason.WRITE_ALREADY_SO,
            "PAY-7 is already assigned to Ana Ruiz.",
            id="already-hers",
        ),
    ],
)
def test_assignments_that_can_not_be_proposed(to, found, reason, expected):
    looked_up = "712020:dana" if to == "me" else to

    decision = decided(ask(intent("assign", to=to)), facts(people={looked_up: fact(found)}))

    assert decision.reason is reason
    assert said(decision) == expected


def test_the_exact_name_wins_over_similar_ones():
    ben = Person(AccountId("712020:benny"), "Ben")

    (action,) = decided(ask(intent("assign", to="ben")), facts(**people(ben=(BEN, ben)))).actions

    assert action.params["account_id"] == "712020:benny"


def test_people_that_can_not_be_looked_up_are_said_so():
    decision = decided(ask(intent("assign", to="Ben")), facts(people={"Ben": NO_ACCESS}))

    assert said(decision) == "I could not read the people who can be assigned: I have no access."


def test_nobody_is_already_nobody():
    decision = decided(ask(intent("assign", to="nobody")), facts(work_item(assignee=None)))

    assert said(decision) == "PAY-7 is not assigned to anyone already."
    assert decision.reason is Reason.WRITE_ALREADY_SO


@pytest.mark.parametrize(
    ("to", "moves", "chosen"),
    [
        pytest.param("IN  review", None, "11", id="status-without-case"),
        pytest.param("send to REVIEW", None, "11", id="name-of-the-move"),
        pytest.param("finished", None, "21", id="category-word"),
        pytest.param("done", (DONE, CLOSE), "31", id="status-before-category"),
        pytest.param(
            "done", (Transition("51", "Skip", "Done", StatusCategory.DONE), DONE), "31", id="both"
        ),
    ],
)
def test_a_goal_is_matched_to_a_move(to, moves, chosen):
    parts = {} if moves is None else {"transitions": fact(moves)}

    (action,) = decided(ask(intent("transition", to=to)), facts(**parts)).actions

    assert action.params["transition_id"] == chosen


@pytest.mark.parametrize(
    ("to", "moves", "reason", "expected"),
    [
        pytest.param(
            "in progress",
            None,
            Reason.WRITE_ALREADY_SO,
            "PAY-7 is already in **In Progress**.",
            id="already-there",
        ),
        pytest.param(
            "backlog",
            None,
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "PAY-7 can not move from **In Progress** to “backlog”. "
            "Possible now: **In Review**, **Done**.",
            id="no-such-move",
        ),
        pytest.param(
            "doing",
            (),
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "PAY-7 can not move out of **In Progress** now.",
            id="no-move-at-all",
        ),
        pytest.param(
            "started",
            None,
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "PAY-7 can not move from **In Progress** to “started”. "
            "Possible now: **In Review**, **Done**.",
            id="a-category-word-never-means-the-present-category",
        ),
        pytest.param(
            "finished",
            (DONE, CLOSE),
            Reason.CLARIFICATION_ASKED,
            "“finished” could mean **Done** or **Closed**. Which one do you want?",
            id="two-of-a-category",
        ),
        pytest.param(
            "done",
            (replace(DONE, name="Resolve"), replace(DONE, id="32", name="Reject")),
            Reason.CLARIFICATION_ASKED,
            "“done” could mean **Done** (Resolve) or **Done** (Reject). Which one do you want?",
            id="two-ways-to-one-status",
        ),
        pytest.param(
            "done",
            (replace(DONE, required_fields=("Resolution", "Root_cause")),),
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "Moving PAY-7 to **Done** needs the fields Resolution and Root\\_cause, "
            "which I can not fill; please do it in Jira.",
            id="fields-a-person-fills",
        ),
        pytest.param(
            "done",
            (replace(DONE, is_conditional=True),),
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "Moving PAY-7 to **Done** has conditions in Jira's workflow that I can check only "
            "for myself; please do it in Jira.",
            id="conditions-tried-for-the-bot-alone",
        ),
    ],
)
def test_moves_that_can_not_be_proposed(to, moves, reason, expected):
    parts = {} if moves is None else {"transitions": fact(moves)}

    decision = decided(ask(intent("transition", to=to)), facts(**parts))

    assert decision.reason is reason
    assert said(decision) == expected


def test_done_is_already_so_in_any_finished_status():
    item = work_item(status="Released", category=StatusCategory.DONE)

    decision = decided(
        ask(intent("transition", to="done")), facts(item, transitions=fact((CLOSE,)))
    )

    assert said(decision) == "PAY-7 is already in **Released**."


@pytest.mark.parametrize(
    ("labels", "reason", "expected"),
    [
        pytest.param(
            "refunds",
            Reason.WRITE_ALREADY_SO,
            "PAY-7 already has the label refunds.",
            id="already-there",
        ),
        pytest.param(
            "", Reason.CLARIFICATION_ASKED, "Which label should PAY-7 get?", id="no-label"
        ),
        pytest.param(
            "x" * 256,
            Reason.WRITE_REFUSED_NOT_POSSIBLE,
            "I can add up to 20 labels at once, each of at most 255 visible characters.",
            id="too-long",
        ),
    ],
)
def test_labels_that_can_not_be_proposed(labels, reason, expected):
    decision = decided(ask(intent("label", labels=labels)))

    assert decision.reason is reason
    assert said(decision) == expected


def test_two_different_goals_are_asked_back():
    asked = ask(intent("transition", to="done"), intent("transition", to="in review"))

    decision = decided(asked)

    assert said(decision) == (
        "You asked for different changes of the status of PAY-7. Which one do you want?"
    )
    assert decision.reason is Reason.CLARIFICATION_ASKED


def test_the_same_wish_twice_is_proposed_once():
    asked = ask(intent("transition", to="done"), intent("transition", to="done"))

    assert [action.params["to_status"] for action in decided(asked).actions] == ["Done"]


def test_a_question_and_a_change_get_a_comment_and_an_action():
    decision = decided(ask(intent("due"), intent("transition", to="done")))

    assert [action.kind for action in decision.actions] == [
        ActionKind.JIRA_TRANSITION_ISSUE,
        ActionKind.JIRA_ADD_COMMENT,
    ]
    assert decision.response.startswith("Due Friday 27 November 2026")
    assert decision.reason is Reason.WRITE_PROPOSED


def test_a_refused_change_beside_a_granted_one_is_said():
    rights = {Right.TRANSITION: fact(value=True), Right.EDIT: fact(value=False)}
    asked = ask(intent("transition", to="done"), intent("label", labels="urgent"))

    decision = decided(asked, facts(rights=rights))

    assert [action.kind for action in decision.actions] == [
        ActionKind.JIRA_TRANSITION_ISSUE,
        ActionKind.JIRA_ADD_COMMENT,
    ]
    assert said(decision).startswith('You need the "Edit issues" permission')


def test_another_item_of_the_project_can_be_changed():
    read = {PAY_7: facts(), PAY_9: facts(work_item(key=PAY_9))}

    (action,) = decided(ask(intent("transition", on="PAY-9", to="done")), read).actions

    assert action.target == PAY_9
