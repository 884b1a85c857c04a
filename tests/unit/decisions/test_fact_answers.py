"""Every rendered answer, reviewed as a person would read it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chargehand.domain.decision import Reason, Urgency, Verdict
from chargehand.domain.fact import Unknown, UnknownReason
from chargehand.domain.intent import IntentForm
from chargehand.domain.work_item import Person, Sprint, StatusCategory
from tests.unit.decisions.samples import (
    BEN,
    COMMENTS,
    HISTORY,
    NOW,
    PAY_7,
    PAY_9,
    SITE,
    ask,
    change,
    comment,
    decided,
    fact,
    facts,
    intent,
    linked,
    person,
    work_item,
)

ITEM_SOURCE = f"[PAY-7]({SITE}/browse/PAY-7)"
HISTORY_SOURCE = f"[history]({SITE}/browse/PAY-7?page=history)"
SPRINT_SOURCE = f"[sprint]({SITE}/jira/boards/1)"
COMMENT_2 = f"{SITE}/browse/PAY-7?focusedCommentId=2"


def said(decision):
    """The answer without its line of sources."""
    return decision.response.partition("\n\nSources:")[0]


def test_status_reads_as_reviewed():
    decision = decided(ask(intent("status")))

    assert decision.response == (
        "**In Progress**, assigned to Ana Ruiz since Tuesday 17 November 2026.\n\n"
        "In Sprint 12, which ends Friday 27 November 2026 (in 7 days). "
        "Due Friday 27 November 2026 (in 7 days).\n\n"
        "Last comment by Ana Ruiz on Thursday 19 November 2026 at 12:00: "
        "“I can reproduce it, the rounding is ours.”\n\n"
        f"Sources: {ITEM_SOURCE} · [1 comment]({COMMENT_2}) · {HISTORY_SOURCE} · {SPRINT_SOURCE}"
    )
    assert decision.verdict is Verdict.RESPOND
    assert decision.reason is Reason.ANSWERED_FROM_FACTS


def test_status_of_a_bare_item_says_only_what_is_known():
    item = work_item(assignee=None, due_on=None, status="To Do", category=StatusCategory.TO_DO)

    decision = decided(
        ask(intent("status")),
        facts(item, comments=fact(()), history=fact(()), sprint=fact(None)),
    )

    assert said(decision) == "**To Do**, not assigned to anyone."


def test_status_after_a_rename_claims_no_day_of_assignment():
    item = work_item(assignee=Person(BEN.account_id, "Benjamin Okafor"))

    decision = decided(ask(intent("status")), facts(item, sprint=fact(None)))

    assert decision.response.startswith("**In Progress**, assigned to Benjamin Okafor.\n")


def test_status_says_what_it_could_not_read():
    no_access = Unknown(UnknownReason.NO_ACCESS, "HTTP 403 for the changelog of 10007")

    decision = decided(
        ask(intent("status")),
        facts(work_item(due_on=None), comments=fact(()), history=no_access, sprint=fact(None)),
    )

    assert decision.response == (
        "**In Progress**, assigned to Ana Ruiz.\n\n"
        "I could not read the history: I have no access.\n\n"
        f"Sources: {ITEM_SOURCE}"
    )


def test_own_comments_and_asks_are_no_news():
    read = facts(
        comments=fact(
            (
                *COMMENTS,
                comment(3, "@Chargehand status", author=BEN),
                comment(4, "In Progress, assigned to Ana.", is_ours=True),
                comment(90210, "@Chargehand status again", author=BEN),
            )
        )
    )

    decision = decided(ask(intent("status")), read, ask_comment_ids=frozenset({"3"}))

    assert "Last comment by Ana Ruiz" in decision.response


def test_blockers_read_as_reviewed():
    item = work_item(
        links=(
            linked(),
            linked("PAY-10", title="Contract [draft]"),
            linked("PAY-11", status="Done", category=StatusCategory.DONE),
            linked("SEC-1", title="Secret", is_readable_by_item_audience=False),
        ),
        is_flagged=True,
    )
    read = facts(item, comments=fact((*COMMENTS, comment(3, "We are waiting for the bank."))))

    decision = decided(ask(intent("blockers")), read)

    assert decision.response == (
        "PAY-7 is blocked by 2 open items:\n\n"
        f"- [PAY-9]({SITE}/browse/PAY-9) Ledger export misses refunds (In Review)\n"
        f"- [PAY-10]({SITE}/browse/PAY-10) Contract \\[draft\\] (In Review)\n\n"
        "PAY-7 is also recorded as blocked by one linked item elsewhere, "
        "whose state I can not tell here.\n\n"
        "PAY-7 is flagged as an impediment.\n\n"
        "Ben Okafor wrote on Thursday 19 November 2026 at 13:00: “We are waiting for the bank.”\n\n"
        f"Sources: {ITEM_SOURCE} · [1 comment]({SITE}/browse/PAY-7?focusedCommentId=3)"
    )
    assert decision.urgency is Urgency.HIGH
    assert decision.withheld == ("linked_items_elsewhere:1",)


def test_no_blockers_read_as_reviewed():
    decision = decided(ask(intent("blockers")))

    assert decision.response == (
        'Nothing is recorded as blocking PAY-7: no open "is blocked by" link, no flag.\n\n'
        f"Sources: {ITEM_SOURCE}"
    )


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("blocked by the bank", True),
        ("We're stuck on the certificate.", True),
        ("I can't proceed without the key", True),
        ("need access to the vault", True),
        ("waiting for review", True),
        ("this is not blocked", False),
        ("no longer blocked", False),
        ("Unblocked since noon", False),
        ("nothing is blocking us", False),
        ("isn't stuck any more", False),
        ("No, it is blocked by finance", True),
        ("the waiter brought the bill", False),
    ],
)
def test_blocker_words_in_a_comment_are_told_unless_denied(text, is_told):
    decision = decided(ask(intent("blockers")), facts(comments=fact((comment(1, text),))))

    assert ("Ben Okafor wrote on" in decision.response) is is_told


def test_many_blockers_are_counted_instead_of_listed_for_ever():
    item = work_item(links=tuple(linked(f"PAY-{number}") for number in range(100, 150)))

    decision = decided(ask(intent("blockers")), facts(item))

    assert decision.actions[0].params["more"].endswith("- 30 more open items")


def test_summary_reads_as_reviewed():
    item = work_item(links=(linked(),), description="Refunds below one euro fail.\n\nSince May.")

    decision = decided(ask(intent("summary")), facts(item))

    assert decision.response == (
        "**Refund fails for partial amounts** (Bug, priority High)\n\n"
        "**In Progress**, assigned to Ana Ruiz since Tuesday 17 November 2026. "
        "In Sprint 12, which ends Friday 27 November 2026 (in 7 days). "
        "Due Friday 27 November 2026 (in 7 days).\n\n"
        f"Blocked by [PAY-9]({SITE}/browse/PAY-9) (In Review).\n\n"
        "Last 7 days: status from To Do to In Progress by Ana Ruiz on Wednesday 18 November 2026; "
        "assignee from Ben Okafor to Ana Ruiz by Cleo Novak on Tuesday 17 November 2026.\n\n"
        "- Ana Ruiz on Thursday 19 November 2026 at 12:00: "
        "“I can reproduce it, the rounding is ours.”\n"
        "- Ben Okafor on Thursday 19 November 2026 at 11:00: "
        "“The gateway answers 422 for amounts below one euro.”\n\n"
        f"Sources: {ITEM_SOURCE} · [2 comments]({SITE}/browse/PAY-7?page=comments) · "
        f"{HISTORY_SOURCE} · {SPRINT_SOURCE}"
    )
    assert decision.actions[0].params["more_title"] == "More about PAY-7"
    assert decision.actions[0].params["more"] == "“Refunds below one euro fail. Since May.”"


def test_summary_of_a_quiet_item_says_that_nothing_changed():
    read = facts(
        work_item(priority=None),
        comments=fact(()),
        history=fact((change("status", "To Do", "In Progress", days_ago=8),)),
        sprint=fact(None),
    )

    decision = decided(ask(intent("summary")), read)

    assert said(decision) == (
        "**Refund fails for partial amounts** (Bug)\n\n"
        "**In Progress**, assigned to Ana Ruiz. Due Friday 27 November 2026 (in 7 days).\n\n"
        "Nothing is recorded as blocking it.\n\n"
        "Nothing changed in the last 7 days."
    )


def test_changes_of_dates_and_texts_are_worded():
    history = (
        change("duedate", "", "2026-11-27"),
        change("description", "a long text", "a longer text"),
        change("labels", "refunds", ""),
    )

    decision = decided(ask(intent("summary")), facts(history=fact(history)))

    assert (
        "labels refunds removed by Ben Okafor on Tuesday 17 November 2026; "
        "description edited by Ben Okafor on Tuesday 17 November 2026; "
        "due date set to Friday 27 November 2026 by Ben Okafor on Tuesday 17 November 2026."
    ) in decision.response


def test_who_reads_as_reviewed():
    decision = decided(ask(intent("who")))

    assert decision.response == (
        "Assigned to Ana Ruiz since Tuesday 17 November 2026.\n\n"
        "Reported by Cleo Novak on Monday 9 November 2026.\n\n"
        "Last active: Ana Ruiz, who commented on Thursday 19 November 2026 at 12:00.\n\n"
        f"Sources: {ITEM_SOURCE} · [1 comment]({COMMENT_2}) · {HISTORY_SOURCE}"
    )


def test_who_names_the_last_change_when_it_is_younger_than_the_comments():
    read = facts(
        work_item(assignee=None, reporter=None),
        history=fact((*HISTORY, change("Priority", "Low", "High", days_ago=0))),
    )

    decision = decided(ask(intent("who")), read)

    assert said(decision) == (
        "Not assigned to anyone.\n\n"
        "Created on Monday 9 November 2026, without a reporter.\n\n"
        "Last active: Ben Okafor, who changed the priority on Friday 20 November 2026 at 14:05."
    )


@pytest.mark.parametrize(
    ("due_on", "category", "expected", "urgency"),
    [
        pytest.param(
            date(2026, 11, 27),
            StatusCategory.IN_PROGRESS,
            "Due Friday 27 November 2026 (in 7 days).",
            Urgency.LOW,
            id="next-week",
        ),
        pytest.param(
            date(2026, 11, 22),
            StatusCategory.IN_PROGRESS,
            "Due Sunday 22 November 2026 (in 2 days).",
            Urgency.MEDIUM,
            id="in-two-days",
        ),
        pytest.param(
            date(2026, 11, 23),
            StatusCategory.IN_PROGRESS,
            "Due Monday 23 November 2026 (in 3 days).",
            Urgency.LOW,
            id="in-three-days",
        ),
        pytest.param(
            date(2026, 11, 21),
            StatusCategory.TO_DO,
            "Due Saturday 21 November 2026 (tomorrow).",
            Urgency.MEDIUM,
            id="tomorrow",
        ),
        pytest.param(
            date(2026, 11, 20),
            StatusCategory.TO_DO,
            "Due Friday 20 November 2026 (today).",
            Urgency.HIGH,
            id="today",
        ),
        pytest.param(
            date(2026, 11, 19),
            StatusCategory.TO_DO,
            "Due Thursday 19 November 2026 (1 day overdue).",
            Urgency.HIGH,
            id="one-day-over",
        ),
        pytest.param(
            date(2026, 11, 17),
            StatusCategory.IN_PROGRESS,
            "Due Tuesday 17 November 2026 (3 days overdue).",
            Urgency.HIGH,
            id="three-days-over",
        ),
        pytest.param(
            date(2026, 11, 17),
            StatusCategory.DONE,
            "It was due Tuesday 17 November 2026 and is **Closed**.",
            Urgency.LOW,
            id="done-is-never-overdue",
        ),
        pytest.param(
            None, StatusCategory.TO_DO, "PAY-7 has no due date.", Urgency.LOW, id="no-date"
        ),
    ],
)
def test_due_is_absolute_and_relative(due_on, category, expected, urgency):
    item = work_item(due_on=due_on, category=category, status="Closed")

    decision = decided(ask(intent("due")), facts(item, sprint=fact(None)))

    assert decision.response == f"{expected}\n\nSources: {ITEM_SOURCE}"
    assert decision.urgency is urgency


@pytest.mark.parametrize(
    ("sprint", "expected"),
    [
        (Sprint("S1", "future", None, None), "Planned for S1."),
        (Sprint("S1", "active", None, None), "In S1."),
        (
            Sprint("S1", "active", None, date(2026, 11, 20)),
            "In S1, which ends Friday 20 November 2026 (today).",
        ),
        (
            Sprint("S1", "closed", None, date(2026, 11, 19)),
            "In S1, which ended Thursday 19 November 2026 (yesterday).",
        ),
        (Sprint("S1", "closed", None, None), "In S1, which is closed."),
    ],
    ids=["future", "undated", "last-day", "ended", "closed"],
)
def test_sprint_is_told_by_its_state(sprint, expected):
    decision = decided(ask(intent("due")), facts(work_item(due_on=None), sprint=fact(sprint)))

    assert said(decision) == f"PAY-7 has no due date. {expected}"


def test_help_lists_the_commands_and_explains_them_under_the_fold():
    decision = decided(ask(intent("help")))

    assert decision.response == (
        "Mention Chargehand with one of these commands, or ask in your own words:\n\n"
        "`status`, `blockers`, `assign NAME`"
    )
    assert decision.actions[0].params["more_title"] == "What each command does"
    assert decision.actions[0].params["more"] == (
        "- `status`: where a work item stands\n"
        "- `blockers`: what keeps it from moving\n"
        "- `assign NAME`: give it to somebody"
    )
    assert decision.reason is Reason.HELP_GIVEN


def test_a_bare_mention_gets_one_short_question():
    decision = decided(ask(intent("bare", form=IntentForm.BARE)))

    assert decision.response == (
        "What would you like to know about PAY-7: `status`, `blockers`, `summary`, `who` or `due`?"
    )
    assert decision.reason is Reason.CLARIFICATION_ASKED
    assert decision.confidence == 0.6


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            {"heard": "statsu", "nearest": "status"},
            "I did not understand “statsu”. Did you mean `status`?",
            id="nearest",
        ),
        pytest.param(
            {"heard": "sing *me* a song", "nearest": ""},
            "I did not understand “sing \\*me\\* a song”. "
            "You can ask me for `status`, `blockers`, `summary`, `who` or `due`.",
            id="strange",
        ),
        pytest.param(
            {"heard": "assign", "nearest": "assign", "problem": "The person is missing: name one."},
            "The person is missing: name one.",
            id="problem",
        ),
        pytest.param(
            {},
            "I did not understand that. "
            "You can ask me for `status`, `blockers`, `summary`, `who` or `due`.",
            id="wordless",
        ),
    ],
)
def test_what_is_not_understood_gets_one_sentence(arguments, expected):
    decision = decided(ask(intent("unclear", **arguments)))

    assert decision.response == expected
    assert decision.reason is Reason.NOT_UNDERSTOOD
    assert decision.confidence == 0.3


def test_another_item_is_named_in_front():
    other = work_item(
        key=PAY_9, url=f"{SITE}/browse/PAY-9", status="In Review", assignee=None, due_on=None
    )
    read = {PAY_7: facts(), PAY_9: facts(comments=fact(()), history=fact(()), sprint=fact(None))}
    read[PAY_9] = replace(read[PAY_9], item=fact(other, "/browse/PAY-9"))

    decision = decided(ask(intent("status", on="PAY-9")), read)

    assert decision.response == (
        f"[PAY-9]({SITE}/browse/PAY-9): **In Review**, not assigned to anyone.\n\n"
        f"Sources: [PAY-9]({SITE}/browse/PAY-9) · "
        f"[PAY-9 history]({SITE})"
    )
    assert decision.actions[0].target == PAY_7


def test_several_questions_get_one_reply_in_order():
    asked = ask(intent("due"), intent("who", form=IntentForm.QUESTION), intent("due"))

    decision = decided(asked)

    assert said(decision) == (
        "Due Friday 27 November 2026 (in 7 days). "
        "In Sprint 12, which ends Friday 27 November 2026 (in 7 days).\n\n"
        "Assigned to Ana Ruiz since Tuesday 17 November 2026.\n\n"
        "Reported by Cleo Novak on Monday 9 November 2026.\n\n"
        "Last active: Ana Ruiz, who commented on Thursday 19 November 2026 at 12:00."
    )
    assert decision.confidence == 0.9
    assert len(decision.actions) == 1


def test_more_than_five_questions_are_answered_up_to_the_fifth():
    kinds = ("status", "blockers", "who", "due", "help", "summary")

    decision = decided(ask(*(intent(kind) for kind in kinds)))

    assert said(decision).endswith("You asked 6 things at once; these are the first 5.")
    assert "Refund fails" not in decision.response


@pytest.mark.parametrize(
    ("age", "is_said"),
    [(timedelta(minutes=10), False), (timedelta(minutes=10, seconds=1), True)],
    ids=["ten-minutes", "later"],
)
def test_a_late_reply_says_when_the_question_was_asked(age, is_said):
    asker = person(zone="Europe/Berlin")

    decision = decided(ask(intent("due"), asker=asker, asked_at=NOW - age))

    note = "\n\nYou asked this on Friday 20 November 2026 at 13:5"
    assert (note in decision.response) is is_said


def test_the_comment_carries_what_the_connector_needs():
    decision = decided(ask(intent("due"), asked_at=datetime(2026, 11, 20, 13, 4, 55, tzinfo=UTC)))

    (action,) = decision.actions
    assert action.params == {
        "markdown": decision.response,
        "more": "",
        "more_title": "",
        "mention": {"account_id": "712020:dana", "name": "Dana Lee"},
        "visibility": {"kind": "everyone", "value": "", "identifier": ""},
    }
    assert action.base == {"comment_id": "90210", "asked_at_ms": 1795179895000}
    assert (action.target, action.preview) == (PAY_7, "")


def test_an_anonymous_asker_is_not_mentioned():
    decision = decided(ask(intent("due"), asker=person(account=None)))

    assert decision.actions[0].params["mention"] is None
