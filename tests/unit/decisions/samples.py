"""One believable ticket, and short ways to vary it and to ask about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from chargehand.decisions.answer import answer
from chargehand.decisions.answer_context import AnswerContext
from chargehand.decisions.answered import Answer, Answered
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Decision
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Visibility, VisibilityKind
from chargehand.domain.fact import Fact
from chargehand.domain.ids import (
    AccountId,
    AskId,
    ConnectionId,
    EventId,
    ProjectKey,
    WorkItemKey,
)
from chargehand.domain.intent import Intent, IntentForm, IntentKind
from chargehand.domain.work_item import (
    Change,
    Comment,
    Creation,
    EditableField,
    Facts,
    FieldName,
    LinkDirection,
    LinkedItem,
    LinkType,
    NewItemType,
    Person,
    Right,
    Sprint,
    StatusCategory,
    Transition,
    WorkItem,
)

SITE = "https://example.atlassian.net"
NOW = datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
PAY = ProjectKey("PAY")
PAY_7 = WorkItemKey("PAY-7")
PAY_9 = WorkItemKey("PAY-9")
CONNECTION = ConnectionId("acme")
ANA = Person(AccountId("712020:ana"), "Ana Ruiz")
BEN = Person(AccountId("712020:ben"), "Ben Okafor")
CLEO = Person(AccountId("712020:cleo"), "Cleo Novak")
INTERNAL = Visibility(VisibilityKind.INTERNAL)
CUSTOMER = Visibility(VisibilityKind.CUSTOMER)
DEVELOPERS = Visibility(VisibilityKind.ROLE, "Developers", "10001")
ADMINS = Visibility(VisibilityKind.ROLE, "Administrators", "10002")
STAFF = Visibility(VisibilityKind.GROUP, "staff", "f3a1")
COMMANDS = (
    ("status", "where a work item stands"),
    ("blockers", "what keeps it from moving"),
    ("assign NAME", "give it to somebody"),
)


def fact(value, path=""):
    return Fact(value=value, source_url=f"{SITE}{path}", read_at=NOW)


def linked(key="PAY-9", **changes):
    return replace(
        LinkedItem(
            key=WorkItemKey(key),
            title="Ledger export misses refunds",
            status="In Review",
            category=StatusCategory.IN_PROGRESS,
            direction=LinkDirection.BLOCKED_BY,
            relation="is blocked by",
            url=f"{SITE}/browse/{key}",
            is_readable_by_item_audience=True,
        ),
        **changes,
    )


def work_item(**changes):
    return replace(
        WorkItem(
            key=PAY_7,
            id="10007",
            project=PAY,
            url=f"{SITE}/browse/PAY-7",
            title="Refund fails for partial amounts",
            type_name="Bug",
            status="In Progress",
            category=StatusCategory.IN_PROGRESS,
            assignee=ANA,
            reporter=CLEO,
            priority="High",
            due_on=date(2026, 11, 27),
            labels=("refunds",),
            created_at=datetime(2026, 11, 9, 8, 0, tzinfo=UTC),
            updated_at=datetime(2026, 11, 19, 15, 40, tzinfo=UTC),
            security_level=None,
            links=(),
        ),
        **changes,
    )


def comment(number, text, *, author=BEN, visibility=EVERYONE, **changes):
    return replace(
        Comment(
            id=str(number),
            author=author,
            created_at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC) + timedelta(hours=number),
            updated_at=datetime(2026, 11, 19, 9, 0, tzinfo=UTC) + timedelta(hours=number),
            text=text,
            visibility=visibility,
            url=f"{SITE}/browse/PAY-7?focusedCommentId={number}",
        ),
        **changes,
    )


def change(field, before, after, *, author=BEN, days_ago=3):
    return Change(
        changed_at=NOW - timedelta(days=days_ago),
        author=author,
        field=field,
        from_value=before,
        to_value=after,
    )


COMMENTS = (
    comment(1, "The gateway answers 422 for amounts below one euro."),
    comment(2, "I can reproduce it, the rounding is ours.", author=ANA),
)
HISTORY = (
    change("assignee", "Ben Okafor", "Ana Ruiz", author=CLEO, days_ago=3),
    change("status", "To Do", "In Progress", author=ANA, days_ago=2),
)
SPRINT = Sprint("Sprint 12", "active", date(2026, 11, 16), date(2026, 11, 27))
TRANSITIONS = (
    Transition("11", "Send to review", "In Review", StatusCategory.IN_PROGRESS),
    Transition("21", "Resolve", "Done", StatusCategory.DONE),
)

LINK_TYPES = (
    LinkType("Blocks", "blocks", "is blocked by"),
    LinkType("Relates", "relates to", "relates to"),
)
FIELDS = (
    EditableField(FieldName.SUMMARY, ("Refunds",), None, is_open=True, is_required=True),
    EditableField(FieldName.PRIORITY, ("Medium",), ("High", "Medium"), is_open=True),
    EditableField(FieldName.DUE, ("2026-11-27",), None, is_open=True),
    EditableField(FieldName.COMPONENTS, ("Web",), ("API", "Web"), is_open=True),
    EditableField(FieldName.FIX_VERSIONS, (), ("1.0",), is_open=True),
)

CREATION = Creation("10000", NewItemType("10003", "Bug"), ("Story", "Bug"))


def facts(item=None, **parts):
    read = Facts(
        item=fact(item or work_item(), "/browse/PAY-7"),
        comments=fact(COMMENTS, "/browse/PAY-7?page=comments"),
        history=fact(HISTORY, "/browse/PAY-7?page=history"),
        sprint=fact(SPRINT, "/jira/boards/1"),
        transitions=fact(TRANSITIONS, "/browse/PAY-7"),
        fields=fact(FIELDS, "/browse/PAY-7"),
        link_types=fact(LINK_TYPES, "/browse/PAY-7"),
        creation=fact(CREATION, "/browse/PAY-7"),
        rights={right: fact(value=True) for right in Right},
        people={},
    )
    return replace(read, **parts)


def intent(kind, *, form=IntentForm.COMMAND, on=None, **arguments):
    return Intent(IntentKind(kind), form, arguments, WorkItemKey(on) if on else None)


def person(name="Dana Lee", *, kind=ActorKind.PERSON, account="712020:dana", zone=None):
    return Actor(AccountId(account) if account else None, name, kind, zone)


def ask(*intents, visibility=EVERYONE, asker=None, asked_at=None):
    return Ask(
        id=AskId("ask_01jd4m6q9ve8tv3m0qdd5b6r7s"),
        ask_key="acme:comment:90210",
        revision=1,
        event_id=EventId("evt_01jd4m6q9ve8tv3m0qdd5b6r7t"),
        connection_id=CONNECTION,
        project=PAY,
        work_item=PAY_7,
        comment_id="90210",
        asker=asker or person(),
        visibility=visibility,
        asked_at=asked_at or NOW - timedelta(seconds=5),
        text="",
        intents=tuple(intents),
    )


CONTEXT = AnswerContext(
    now=NOW,
    connection_id=CONNECTION,
    team_zone="Europe/Berlin",
    bot_name="Chargehand",
    commands=COMMANDS,
)


def answered(
    the_ask: Ask, read: Facts | Mapping[WorkItemKey, Facts] | None = None, **context
) -> Answered:
    by_key = {PAY_7: read or facts()} if read is None or isinstance(read, Facts) else read
    outcome: Answer = answer(the_ask, by_key, replace(CONTEXT, **context))
    assert isinstance(outcome, Answered), outcome
    return outcome


def decided(
    the_ask: Ask, read: Facts | Mapping[WorkItemKey, Facts] | None = None, **context
) -> Decision:
    return answered(the_ask, read, **context).decision
