"""What a model is shown of a work item: what everybody who reads the answer may read, and less."""

from collections.abc import Mapping, Sequence
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
from chargehand.domain.thread import ThreadMessage
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


def chat_brief(
    ask: Ask,
    told: Mapping[WorkItemKey, Told],
    thread: Sequence[ThreadMessage] | None,
    *,
    today: date,
) -> JSONObject:
    """What a model is shown of an ask in a chat: the thread, and what the channel may know.

    Shape: `told` are the work items that may be told there, that of the thread among them if it is
    about one; `thread` is None where it could not be read.
    """
    own = told.get(ask.work_item) if ask.work_item is not None else None
    others = [item_brief(one) for key, one in told.items() if key != ask.work_item]
    about: JSONObject = brief(ask, own, today=today) if own is not None else {"work_item": None}
    return {
        **about,
        "question": ask.text[:_QUESTION_CHARS],
        "asked_by": ask.asker.name,
        "today": today.isoformat(),
        "asked_in": "chat",
        "thread": None if thread is None else _thread(thread, ask),
        "other_work_items": list(others),
    }


def keys_of_chat(
    ask: Ask, thread: Sequence[ThreadMessage] | None, *, most: int
) -> tuple[WorkItemKey, ...]:
    """The work items of the ask's project it is about, and that were named in its thread."""
    texts = [ask.text, *(one.text for one in reversed(thread or ()))]
    own = () if ask.work_item is None else (ask.work_item,)
    named = [key for text in texts for key in sorted(keys_in(text, (ask.project,)))]
    mine = (key for key in named if project_of_key(key) == ask.project)
    return tuple(dict.fromkeys((*own, *mine)))[:most]


def holds_outsiders_words(thread: Sequence[ThreadMessage] | None, ask: Ask) -> bool:
    """Whether a model that is shown a thread reads what people outside of the team wrote."""
    return any(one.is_outsider and one.message_id != ask.comment_id for one in thread or ())


def _thread(thread: Sequence[ThreadMessage], ask: Ask) -> list[JSONValue]:
    return [
        {
            "by": "chargehand" if one.is_ours else one.author,
            "at": _moment(one.sent_at) if one.sent_at is not None else None,
            "is_outsider": one.is_outsider,
            "text": one.text[:_COMMENT_CHARS],
        }
        for one in thread
        if one.message_id != ask.comment_id
    ]


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
