"""Nothing is told to anybody who could not read what it is made from."""

from dataclasses import replace

import pytest

from chargehand.decisions.answer import answer
from chargehand.decisions.audience_rules import reply_rule, tell
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason, Verdict
from chargehand.domain.event import EVERYONE, ActorKind, Visibility, VisibilityKind
from chargehand.domain.fact import Fact, Unknown, UnknownReason
from chargehand.domain.ids import ProjectKey, WorkItemKey
from chargehand.domain.work_item import LinkDirection, Person, Right
from tests.unit.decisions.samples import (
    ADMINS,
    CONTEXT,
    CUSTOMER,
    DEVELOPERS,
    HISTORY,
    INTERNAL,
    PAY_7,
    PAY_9,
    STAFF,
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

READS = ("status", "blockers", "summary", "who", "due")
MEMBER_COMMENT = ActionKind.JIRA_ADD_COMMENT
INTERNAL_COMMENT = ActionKind.JIRA_ADD_INTERNAL_COMMENT
CUSTOMER_REPLY = ActionKind.JIRA_REPLY_TO_CUSTOMER
SECRETS = {
    "everyone": "word-for-everyone",
    "customer": "word-for-customers",
    "internal": "word-for-agents",
    "developers": "word-for-developers",
    "admins": "word-for-admins",
    "staff": "word-for-staff",
    "linked_here": "PAY-9",
    "linked_elsewhere": "SEC-1",
    "hidden_title": "title-of-hidden",
    "history": "status from To Do",
    "link_history": "SEC-2",
    "sprint": "Sprint 12",
    "assignee": "Ana Ruiz",
    "reporter": "Cleo Novak",
    "priority": "priority High",
    "description": "word-of-description",
    "flag": "flagged",
}
MEMBER_FACTS = frozenset(
    {
        "everyone",
        "linked_here",
        "history",
        "sprint",
        "assignee",
        "reporter",
        "priority",
        "description",
        "flag",
    }
)


def full_facts(*, is_service_request):
    item = work_item(
        is_service_request=is_service_request,
        is_flagged=True,
        description=SECRETS["description"],
        links=(
            linked(),
            linked(
                SECRETS["linked_elsewhere"],
                title=SECRETS["hidden_title"],
                is_readable_by_item_audience=False,
            ),
        ),
    )
    comments = (
        comment(1, f"blocked: {SECRETS['everyone']}", visibility=EVERYONE),
        comment(2, f"blocked: {SECRETS['customer']}", visibility=CUSTOMER),
        comment(3, f"blocked: {SECRETS['internal']}", visibility=INTERNAL),
        comment(4, f"blocked: {SECRETS['developers']}", visibility=DEVELOPERS),
        comment(5, f"blocked: {SECRETS['admins']}", visibility=ADMINS),
        comment(6, f"blocked: {SECRETS['staff']}", visibility=STAFF),
    )
    history = (*HISTORY, change("Link", "", f"This issue is blocked by {SECRETS['link_history']}"))
    return facts(item, comments=fact(comments), history=fact(history))


def everything_said(decision):
    """All text that reaches the ticket, addresses included."""
    texts = [decision.response]
    for action in decision.actions:
        texts.extend(str(value) for value in action.params.values())
    texts.extend(f"{source.label} {source.url}" for source in decision.sources)
    return "\n".join(texts)


def told_names(decision):
    text = everything_said(decision)
    return {name for name, secret in SECRETS.items() if secret in text}


AUDIENCES = [
    pytest.param(EVERYONE, False, MEMBER_COMMENT, EVERYONE, MEMBER_FACTS, id="everyone-software"),
    pytest.param(
        DEVELOPERS,
        False,
        MEMBER_COMMENT,
        DEVELOPERS,
        MEMBER_FACTS | {"developers"},
        id="role-software",
    ),
    pytest.param(
        STAFF, False, MEMBER_COMMENT, STAFF, MEMBER_FACTS | {"staff"}, id="group-software"
    ),
    pytest.param(EVERYONE, True, CUSTOMER_REPLY, EVERYONE, frozenset(), id="everyone-service"),
    pytest.param(CUSTOMER, True, CUSTOMER_REPLY, EVERYONE, frozenset(), id="customer-service"),
    pytest.param(CUSTOMER, False, CUSTOMER_REPLY, EVERYONE, frozenset(), id="customer-software"),
    pytest.param(
        INTERNAL,
        True,
        INTERNAL_COMMENT,
        EVERYONE,
        MEMBER_FACTS | {"customer", "internal"},
        id="internal-service",
    ),
    pytest.param(
        INTERNAL,
        False,
        INTERNAL_COMMENT,
        EVERYONE,
        MEMBER_FACTS | {"customer", "internal"},
        id="internal-software",
    ),
    pytest.param(DEVELOPERS, True, MEMBER_COMMENT, DEVELOPERS, frozenset(), id="role-service"),
    pytest.param(STAFF, True, MEMBER_COMMENT, STAFF, frozenset(), id="group-service"),
]

AUDIENCE_IDS = [param.id for param in AUDIENCES]


@pytest.mark.parametrize(
    ("visibility", "is_service_request", "kind", "sent_as", "allowed"), AUDIENCES
)
def test_everything_at_once_tells_exactly_what_the_audience_may_know(
    visibility, is_service_request, kind, sent_as, allowed
):
    asked = ask(*(intent(name) for name in READS), visibility=visibility)

    decision = decided(asked, full_facts(is_service_request=is_service_request))

    assert told_names(decision) == allowed
    (action,) = decision.actions
    assert action.kind is kind
    assert action.params["visibility"] == {
        "kind": sent_as.kind.value,
        "value": sent_as.value,
        "identifier": sent_as.identifier,
    }


@pytest.mark.parametrize("case", [param.values for param in AUDIENCES], ids=AUDIENCE_IDS)
@pytest.mark.parametrize("name", READS)
def test_each_question_alone_tells_nothing_else(name, case):
    visibility, is_service_request, kind, _, allowed = case
    asked = ask(intent(name), visibility=visibility)

    decision = decided(asked, full_facts(is_service_request=is_service_request))

    assert told_names(decision) <= allowed
    assert [action.kind for action in decision.actions] == [kind]
    assert decision.audience.scope == "work_item:PAY-7"
    is_read_along = is_service_request and visibility == EVERYONE
    assert decision.audience.visibility == (CUSTOMER if is_read_along else visibility)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status", "**In Progress**. Due Friday 27 November 2026 (in 7 days)."),
        (
            "summary",
            (
                "Refund fails for partial amounts: **In Progress**. "
                "Due Friday 27 November 2026 (in 7 days)."
            ),
        ),
        ("due", "Due Friday 27 November 2026 (in 7 days)."),
        ("who", "A reply that customers read tells the title, status and due date only."),
        ("blockers", "A reply that customers read tells the title, status and due date only."),
    ],
)
def test_customers_are_told_title_status_and_due_date(name, expected):
    asked = ask(intent(name), visibility=CUSTOMER)

    decision = decided(asked, full_facts(is_service_request=True))

    assert decision.response.partition("\n\nSources:")[0] == expected
    assert decision.withheld == ("everything_but_title_status_and_due_date",)


def test_what_was_withheld_is_counted_and_never_hinted_at():
    comments = (
        comment(1, "Nothing new."),
        comment(5, "secret", visibility=ADMINS),
        comment(6, "secret", visibility=STAFF),
    )
    with_secrets = facts(comments=fact(comments))
    without = facts(comments=fact(comments[:1]))

    decision = decided(ask(intent("status")), with_secrets)

    assert decision.response == decided(ask(intent("status")), without).response
    assert decision.withheld == ("comments_with_other_readers:2",)


def test_only_what_concerns_the_question_is_named_as_withheld():
    decision = decided(ask(intent("due")), full_facts(is_service_request=False))

    assert decision.withheld == ()


@pytest.mark.parametrize(
    ("theirs", "is_told"),
    [
        pytest.param(Visibility(VisibilityKind.ROLE, "Developers", "10001"), True, id="same"),
        pytest.param(Visibility(VisibilityKind.ROLE, "Engineers", "10001"), True, id="renamed"),
        pytest.param(Visibility(VisibilityKind.ROLE, "Developers", "10009"), False, id="other-id"),
        pytest.param(Visibility(VisibilityKind.ROLE, "Developers"), True, id="name-only"),
        pytest.param(Visibility(VisibilityKind.ROLE, "Testers"), False, id="other-name"),
        pytest.param(Visibility(VisibilityKind.GROUP, "Developers", "10001"), False, id="group"),
        pytest.param(Visibility(VisibilityKind.ROLE), False, id="nameless"),
    ],
)
def test_a_restricted_comment_is_told_to_the_same_restriction_only(theirs, is_told):
    read = facts(comments=fact((comment(1, "the-secret-word", visibility=theirs),)))

    decision = decided(ask(intent("status"), visibility=DEVELOPERS), read)

    assert ("the-secret-word" in decision.response) is is_told


@pytest.mark.parametrize("kind", [VisibilityKind.ROLE, VisibilityKind.GROUP])
def test_a_restriction_without_a_name_is_not_answered(kind):
    decision = decided(ask(intent("status"), visibility=Visibility(kind)))

    assert (decision.verdict, decision.reason) == (Verdict.SILENT, Reason.WITHHELD_FOR_AUDIENCE)
    assert (decision.actions, decision.audience.scope) == ((), "nobody")


def test_an_item_with_a_security_level_is_answered_where_it_was_asked():
    decision = decided(ask(intent("due")), facts(work_item(security_level="Board only")))

    assert decision.response.startswith("Due Friday 27 November 2026")
    assert "Board only" not in everything_said(decision)


def test_facts_for_customers_are_emptied_before_anything_is_written():
    read = full_facts(is_service_request=True)
    asked = ask(intent("status"), visibility=CUSTOMER)

    told = tell(read, read.item, ask=asked, rule=reply_rule(asked, read.item.value))

    whole = read.item.value
    assert told.item == replace(
        whole,
        assignee=None,
        reporter=None,
        priority=None,
        labels=(),
        links=(),
        is_flagged=False,
        description="",
    )
    assert not any(isinstance(part, Fact) for part in (told.comments, told.history, told.sprint))
    assert told.hidden_blockers == 0


@pytest.mark.parametrize("count", [1, 2])
def test_hidden_blockers_are_only_counted(count):
    hidden = tuple(
        linked(f"SEC-{n}", title="hidden-title", is_readable_by_item_audience=False)
        for n in range(count)
    )

    decision = decided(ask(intent("blockers")), facts(work_item(links=hidden)))

    wording = "one linked item elsewhere" if count == 1 else "2 linked items elsewhere"
    assert decision.response.startswith(
        f"PAY-7 is recorded as blocked by {wording}, whose state I can not tell here.\n\nSources"
    )
    assert "SEC-" not in everything_said(decision)


def test_hidden_links_that_do_not_block_are_not_even_counted():
    related = linked("SEC-1", direction=LinkDirection.RELATES, is_readable_by_item_audience=False)

    decision = decided(ask(intent("blockers")), facts(work_item(links=(related,))))

    assert decision.response.startswith("Nothing is recorded as blocking PAY-7")


OTHER = work_item(key=PAY_9, title="title-of-other", status="status-of-other")
UNKNOWN_ITEM = "I can not find {key}, or it is not for this conversation."


@pytest.mark.parametrize("name", [*READS, "transition", "assign", "label"])
@pytest.mark.parametrize(
    ("visibility", "own", "other"),
    [
        pytest.param(
            EVERYONE, work_item(), replace(OTHER, security_level="Board"), id="security-level"
        ),
        pytest.param(INTERNAL, work_item(), replace(OTHER, security_level="B"), id="internal"),
        pytest.param(EVERYONE, work_item(is_service_request=True), OTHER, id="customers-read"),
        pytest.param(
            DEVELOPERS, work_item(is_service_request=True), OTHER, id="customers-may-read"
        ),
        pytest.param(
            EVERYONE, work_item(), replace(OTHER, project=ProjectKey("SEC")), id="moved-away"
        ),
        pytest.param(EVERYONE, work_item(), Unknown(UnknownReason.NOT_FOUND), id="not-found"),
        pytest.param(EVERYONE, work_item(), Unknown(UnknownReason.NO_ACCESS), id="no-access"),
    ],
)
def test_another_item_that_may_not_be_told_reads_like_one_that_does_not_exist(
    name, visibility, own, other
):
    other_facts = facts(OTHER, people={"x": fact((Person("1", "Zoe"),))})
    item = other if isinstance(other, Unknown) else fact(other)
    read = {PAY_7: facts(own), PAY_9: replace(other_facts, item=item)}
    asked = ask(intent(name, on="PAY-9", to="x", labels="x"), visibility=visibility)

    decision = decided(asked, read)

    assert decision.response == UNKNOWN_ITEM.format(key="PAY-9")
    assert len(decision.actions) == 1
    assert "title-of-other" not in everything_said(decision)


@pytest.mark.parametrize("visibility", [EVERYONE, CUSTOMER, INTERNAL])
def test_an_item_of_another_project_is_never_read_nor_told(visibility):
    asked = ask(intent("status", on="SEC-4"), visibility=visibility)

    decision = decided(asked)

    assert decision.response == UNKNOWN_ITEM.format(key="SEC-4")


@pytest.mark.parametrize(
    ("name", "arguments", "rights"),
    [
        ("transition", {"to": "backlog"}, True),
        ("assign", {"to": "Ana"}, True),
        ("label", {"labels": "refunds"}, True),
        ("label", {"labels": "new"}, False),
    ],
    ids=["moves", "candidates", "labels", "rights"],
)
def test_why_a_change_was_not_made_is_not_told_to_customers(name, arguments, rights):
    found = (Person("712020:1", "Ana Secret"), Person("712020:2", "Ana Hidden"))
    read = facts(
        work_item(is_service_request=True),
        people={"Ana": fact(found)},
        rights={right: fact(rights) for right in Right},
    )

    decision = decided(ask(intent(name, **arguments), visibility=CUSTOMER), read)

    assert decision.response.startswith(
        "I did not do that. An internal comment asking for it would get the reason."
    )
    assert not {"Secret", "Hidden", "Review", "refunds", "permission"} & set(
        everything_said(decision).split()
    )


def test_a_customer_who_asks_for_a_change_is_told_that_members_can():
    asker = person(kind=ActorKind.CUSTOMER)
    asked = ask(intent("transition", to="done"), visibility=CUSTOMER, asker=asker)

    decision = decided(asked, facts(work_item(is_service_request=True)))

    assert decision.response.startswith("I can answer your questions, but only project members")
    assert [action.kind for action in decision.actions] == [CUSTOMER_REPLY]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Unknown(UnknownReason.NOT_FOUND), Reason.ITEM_NOT_READABLE),
        (fact(work_item(project=ProjectKey("SEC"))), Reason.OTHER_PROJECT),
    ],
    ids=["not-found", "moved-to-another-project"],
)
def test_an_item_that_can_not_be_judged_is_met_with_silence(item, reason):
    outcome = answer(ask(intent("status")), {PAY_7: replace(facts(), item=item)}, CONTEXT)

    assert (outcome.decision.verdict, outcome.decision.reason) == (Verdict.SILENT, reason)
    assert outcome.answer_digest == ""


def test_a_linked_key_of_another_item_leads_where_the_facts_say():
    read = {PAY_7: facts(), WorkItemKey("PAY-9"): replace(facts(), item=fact(OTHER))}

    decision = decided(ask(intent("due", on="PAY-9")), read)

    assert decision.response.startswith("[PAY-9](https://example.atlassian.net): Due Friday")
