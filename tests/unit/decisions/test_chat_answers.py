"""What a channel is told: open items of the projects it serves, and of nothing else there is."""

from dataclasses import replace

import pytest

from chargehand.decisions.answer import answer
from chargehand.decisions.answer_context import AnswerContext
from chargehand.decisions.answered import Answered
from chargehand.decisions.chat_proposals import Change, with_message
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.control import LONGEST_COMMAND
from chargehand.domain.decision import Reason, Verdict
from chargehand.domain.event import Place, PlaceKind
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.ids import (
    NO_PROJECT,
    AccountId,
    ApprovalId,
    ConnectionId,
    ProjectKey,
    WorkItemKey,
)
from tests.unit.decisions.samples import (
    COMMANDS,
    CONNECTION,
    INTERNAL,
    NOW,
    PAY,
    PAY_7,
    ask,
    comment,
    fact,
    facts,
    intent,
    linked,
    person,
    work_item,
)

SLACK = ConnectionId("slack")
OPS = ProjectKey("OPS")
OPS_4 = WorkItemKey("OPS-4")
PLACE = Place("C1", PlaceKind.PUBLIC, message_id="1.5")
CONTEXT = AnswerContext(
    now=NOW,
    connection_id=SLACK,
    team_zone="Europe/Madrid",
    bot_name="chargehand",
    commands=COMMANDS,
    connector="slack",
    trackers={PAY: CONNECTION, OPS: ConnectionId("other")},
)
APPROVAL = ApprovalId("apv_01jd4m6q9ve8tv3m0qdd5b6r7t")


def chat_ask(*intents, item=PAY_7, account="712020:dana", served=(PAY,), place=PLACE):
    return replace(
        ask(*intents, asker=person(account="U0DANA")),
        connection_id=SLACK,
        project=PAY if item else NO_PROJECT,
        work_item=item,
        place=place,
        served=frozenset(served),
        tracker_account=AccountId(account) if account else None,
    )


def answered(asked, read=None, context=CONTEXT):
    outcome = answer(asked, {PAY_7: facts()} if read is None else read, context)
    assert isinstance(outcome, Answered)
    return outcome.decision


def only_message(decision):
    (message,) = decision.actions
    return message


def test_answer_is_a_message_in_the_thread_of_the_ask():
    message = only_message(answered(chat_ask(intent("status"))))

    assert (message.kind, message.connection_id) == (ActionKind.SLACK_POST_MESSAGE, SLACK)
    assert (message.target, message.params["thread_id"]) == ("C1", "1.5")
    assert "**In Progress**, assigned to Ana Ruiz" in message.params["markdown"]


def test_restricted_item_reads_exactly_like_one_that_does_not_exist():
    restricted = facts(work_item(security_level="Board only"))
    missing = facts()
    missing = replace(missing, item=Unknown(UnknownReason.NOT_FOUND))

    hidden = answered(chat_ask(intent("status")), {PAY_7: restricted})
    absent = answered(chat_ask(intent("status")), {PAY_7: missing})

    assert hidden.actions == absent.actions
    assert hidden.response == absent.response
    assert hidden.urgency is absent.urgency
    assert hidden.sources == absent.sources == ()


def test_item_of_a_project_served_elsewhere_reads_like_one_that_does_not_exist():
    elsewhere = answered(chat_ask(intent("status", on="OPS-4")), {})
    absent = answered(
        chat_ask(intent("status", on="PAY-999")),
        {WorkItemKey("PAY-999"): replace(facts(), item=Unknown(UnknownReason.NOT_FOUND))},
    )

    assert elsewhere.response.replace("OPS-4", "PAY-999") == absent.response


def test_moved_item_is_told_of_only_where_its_project_is_served():
    moved = facts(work_item(key=OPS_4, project=OPS))

    follows = answered(chat_ask(intent("status"), served=(PAY, OPS)), {PAY_7: moved})
    hides = answered(chat_ask(intent("status")), {PAY_7: moved})

    assert "**In Progress**" in follows.response
    assert "OPS-4" in follows.response
    assert hides.response == "I can not find PAY-7, or it is not for this conversation."


def test_internal_comment_and_closed_links_stay_out_of_a_channel():
    read = facts(
        work_item(links=(linked(title="The secret takeover", is_readable_by_item_audience=False),)),
        comments=fact((comment(3, "Nobody outside may know", visibility=INTERNAL),)),
    )

    decision = answered(chat_ask(intent("summary"), intent("blockers")), {PAY_7: read})

    told = str(only_message(decision).params)
    assert "takeover" not in told
    assert "may know" not in told


def test_question_without_an_item_is_asked_back():
    decision = answered(chat_ask(intent("status"), item=None), {})

    assert decision.reason is Reason.ITEM_NOT_NAMED
    assert decision.response == "Which work item do you mean? Name its key, as in `status PAY-3`."


def test_help_needs_no_item():
    decision = answered(chat_ask(intent("help"), item=None), {})

    assert decision.reason is Reason.HELP_GIVEN
    assert "`assign NAME`" in only_message(decision).params["markdown"]


@pytest.mark.parametrize("reason", [Reason.CHANNEL_NOT_BOUND, Reason.OUTSIDE_AUDIENCE])
def test_place_that_serves_nothing_gets_one_private_sentence(reason):
    asked = chat_ask(intent("status"), served=())

    decision = answered(asked, {}, replace(CONTEXT, unserved=reason))

    message = only_message(decision)
    assert (decision.verdict, decision.reason) == (Verdict.RESPOND, reason)
    assert (message.kind, message.params["user"]) == (ActionKind.SLACK_POST_EPHEMERAL, "U0DANA")
    assert "PAY" not in message.params["markdown"]


def test_change_is_refused_for_somebody_the_tracker_account_of_is_not_sure():
    decision = answered(chat_ask(intent("assign", to="me"), account=None))

    assert decision.reason is Reason.WRITE_REFUSED_UNKNOWN_PERSON
    assert "`whoami`" in only_message(decision).params["markdown"]


def test_change_goes_to_the_tracker_of_its_project_in_the_askers_own_right():
    decision = answered(chat_ask(intent("transition", to="Resolve")))

    (change,) = decision.actions
    assert (change.kind, change.connection_id) == (ActionKind.JIRA_TRANSITION_ISSUE, CONNECTION)
    assert "comment_id" not in change.base


def test_waiting_change_is_told_with_its_buttons_bound_to_its_digest():
    asked = chat_ask(intent("transition", to="Resolve"))
    decision = answered(asked)
    change = Change("Move PAY-7\nfrom *here* to there", Mode.APPROVE, "ab" * 32, APPROVAL)

    told = with_message(decision, [change], asked, connector="slack")

    *_, message = told.actions
    assert message.kind is ActionKind.SLACK_POST_MESSAGE
    assert message.params["markdown"] == (
        "This waits for somebody who may approve it:\n\n> Move PAY-7\n> from \\*here\\* to there"
    )
    commands = [one["command"] for one in message.params["controls"]]
    assert commands == [f"approve {APPROVAL} {'ab' * 8}", f"reject {APPROVAL} {'ab' * 8}"]
    assert all(len(one) <= LONGEST_COMMAND for one in commands)


@pytest.mark.parametrize(
    ("mode", "begins"),
    [(Mode.SIMULATE, "Simulated, so nothing is sent:"), (Mode.AUTO, "I do this now:")],
)
def test_change_that_waits_for_nobody_has_no_buttons(mode, begins):
    asked = chat_ask(intent("transition", to="Resolve"))

    told = with_message(
        answered(asked), [Change("Move PAY-7", mode, "ab" * 32)], asked, connector="slack"
    )

    message = told.actions[-1]
    assert message.params["markdown"].startswith(begins)
    assert message.params["controls"] == []
