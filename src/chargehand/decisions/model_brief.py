"""What a model is shown of a work item: what everybody who reads the answer may read, and less."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from chargehand.decisions.audience_rules import ReplyRule, Told, is_comment_tellable
from chargehand.decisions.markdown import bounded
from chargehand.domain.ask import Ask
from chargehand.domain.event import EVERYONE, ActorKind, VisibilityKind
from chargehand.domain.fact import Fact, Known, T
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.intent import IntentKind
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.domain.keys import keys_in, project_of_key
from chargehand.domain.work_item import Comment, FactNeeds, WorkItem

_QUESTION_CHARS: Final = 4000
_DESCRIPTION_CHARS: Final = 3000
_COMMENT_CHARS: Final = 800
_TITLE_CHARS: Final = 300
_COMMENTS: Final = 15
_CHANGES: Final = 15
_LINKS: Final = 20
_LABELS: Final = 20
_ASKERS: Final = frozenset({ActorKind.PERSON})


def is_beyond_rules(ask: Ask) -> bool:
    """Whether no rule understood anything of an ask; a command said wrongly was understood."""
    return bool(ask.intents) and all(
        one.kind is IntentKind.UNCLEAR and not one.arguments.get("problem") for one in ask.intents
    )


def may_be_shown(ask: Ask, item: WorkItem, rule: ReplyRule) -> bool:
    """Whether an ask may go to a model at all, wherever that is.

    A restricted comment never leaves, and neither does a work item with a security level; what
    customers read is decided by rule alone.
    """
    is_open = ask.visibility.kind is VisibilityKind.EVERYONE and item.security_level is None
    is_plain = not item.is_service_request and rule.visibility.kind is VisibilityKind.EVERYONE
    return is_open and is_plain and ask.asker.kind in _ASKERS


def model_needs(ask: Ask) -> FactNeeds:
    """What is read for a model."""
    return FactNeeds(work_item=ask.item, comments=True, history=True, sprint=True)


def brief(ask: Ask, told: Told, *, today: date) -> JSONObject:
    """Everything a model is shown at once; the question first, the rest what people wrote."""
    return {
        "question": ask.text[:_QUESTION_CHARS],
        "asked_by": ask.asker.name,
        "today": today.isoformat(),
        "work_item": {
            **item_brief(told),
            "description": told.item.description[:_DESCRIPTION_CHARS],
            "sprint": _sprint(told),
        },
        "comments": _comments(told, ask),
        "history": _history(told),
    }


def item_brief(told: Told) -> dict[str, JSONValue]:
    """The fields of one work item."""
    item = told.item
    return {
        "key": item.key,
        "title": bounded(item.title, _TITLE_CHARS),
        "type": item.type_name,
        "status": item.status,
        "status_category": item.category.value,
        "assignee": item.assignee.name if item.assignee is not None else None,
        "reporter": item.reporter.name if item.reporter is not None else None,
        "priority": item.priority,
        "due_on": item.due_on.isoformat() if item.due_on is not None else None,
        "labels": list(item.labels[:_LABELS]),
        "is_flagged": item.is_flagged,
        "links": [
            {
                "key": one.key,
                "relation": one.relation,
                "title": bounded(one.title, _TITLE_CHARS),
                "status": one.status,
            }
            for one in item.links[:_LINKS]
        ],
    }


def known_keys(told: Told) -> frozenset[WorkItemKey]:
    """The work items whose facts a told item shows."""
    return frozenset({told.item.key, *(one.key for one in told.item.links)})


def named_by_asker(ask: Ask) -> frozenset[WorkItemKey]:
    """The work items of the ask's own project that the asker named."""
    found = keys_in(ask.text, (ask.project,))
    return frozenset(key for key in found if project_of_key(key) == ask.project)


def _comments(told: Told, ask: Ask) -> list[JSONValue]:
    readable = [
        one
        for one in _value(told.comments)
        if is_comment_tellable(one, EVERYONE) and one.id != ask.comment_id
    ]
    return [_comment(one) for one in readable[-_COMMENTS:]]


def _comment(comment: Comment) -> Mapping[str, JSONValue]:
    return {
        "by": "chargehand" if comment.is_ours else comment.author.name,
        "at": _moment(comment.created_at),
        "text": comment.text[:_COMMENT_CHARS],
    }


def _history(told: Told) -> list[JSONValue]:
    return [
        {
            "at": _moment(one.changed_at),
            "by": one.author.name,
            "field": one.field,
            "from": bounded(one.from_value),
            "to": bounded(one.to_value),
        }
        for one in _value(told.history)[-_CHANGES:]
    ]


def _sprint(told: Told) -> JSONValue:
    if not isinstance(told.sprint, Fact) or told.sprint.value is None:
        return None
    sprint = told.sprint.value
    ends_on = sprint.ends_on.isoformat() if sprint.ends_on is not None else None
    return {"name": sprint.name, "state": sprint.state, "ends_on": ends_on}


def _value(known: Known[tuple[T, ...]]) -> tuple[T, ...]:
    return known.value if isinstance(known, Fact) else ()


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
