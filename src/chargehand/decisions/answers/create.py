"""Creating a work item: in the project of the one it was asked on, or in one of a channel's."""

from dataclasses import dataclass

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, incomplete, refusal, said
from chargehand.decisions.markdown import bounded, code, escape_markdown, link, shown
from chargehand.decisions.needs import creation_project, rights_for, wanted_type, writing_account
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind, ProposedAction
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.domain.intent import Intent
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Creation, Facts, NewItemType


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be created where; `asked` says in Markdown where somebody asked for it."""

    intent: Intent
    ask: Ask
    project: ProjectKey
    connection_id: ConnectionId
    asked: str
    question: JSONObject


def create_section(wish: Wish) -> Section:
    """The new work item as an action, or one sentence why there is none."""
    refused = refusal(wish)
    if refused is not None:
        return refused
    project = wish.ask.project
    if not wanted_type(wish.intent):
        return incomplete(wish)
    named = wish.intent.arguments.get("project", project)
    if named != project:
        text = catalogue.CREATE_ELSEWHERE.format(project=project, other=escape_markdown(named))
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    order = _Order(
        wish.intent,
        wish.ask,
        project,
        wish.connection_id,
        asked=link(wish.item.key, wish.item.url),
        question={"comment_id": wish.ask.comment_id, "asked_on": wish.ask.item},
    )
    return _create(order, wish.facts)


def create_in_chat_section(
    intent: Intent, ask: Ask, facts: Facts | None, connection_id: ConnectionId
) -> Section:
    """The same for an ask in a chat; `facts` are those of the project, None where none were read.

    A project that is not served there is answered like one that does not exist.
    """
    project, served = creation_project(intent, ask), sorted(ask.served)
    title = intent.arguments.get(wanted_type(intent), "")
    if project is None:
        example = catalogue.CREATE_EXAMPLE.format(type=wanted_type(intent), project=served[0])
        text = catalogue.CREATE_WHERE.format(
            projects=catalogue.listed_with_or(served), example=code(example)
        )
        return said(Reason.CLARIFICATION_ASKED, text)
    if project not in ask.served:
        text = catalogue.CREATE_ELSEWHERE.format(
            project=catalogue.listed_with_and(served), other=escape_markdown(project)
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if writing_account(ask) is None:
        return said(Reason.WRITE_REFUSED_UNKNOWN_PERSON, catalogue.UNKNOWN_IN_TRACKER)
    if facts is None or not title:
        text = catalogue.WISH_INCOMPLETE.format(key=project)
        return said(Reason.NOT_UNDERSTOOD, text)
    refused = _refusal(intent, facts, project)
    asked = catalogue.CHAT_OF.format(chat=escape_markdown(ask.connection_id))
    order = _Order(intent, ask, project, connection_id, asked=asked, question={})
    return refused or _create(order, facts)


def _refusal(intent: Intent, facts: Facts, project: ProjectKey) -> Section | None:
    for right in rights_for(intent):
        known, name = facts.rights.get(right), catalogue.RIGHT_NAMES[right]
        if known is None or isinstance(known, Unknown):
            text = catalogue.CREATE_RIGHT_UNKNOWN.format(right=name, project=project)
            return said(Reason.WRITE_REFUSED_RIGHT_UNKNOWN, text)
        if not known.value:
            text = catalogue.NO_RIGHT.format(right=name, project=project)
            return said(Reason.WRITE_REFUSED_NO_RIGHT, text)
    return None


def _create(order: _Order, facts: Facts) -> Section:
    if isinstance(facts.creation, Unknown):
        text = could_not_read(catalogue.PART_CREATION, facts.creation)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    creation, wanted = facts.creation.value, wanted_type(order.intent)
    project, kind = order.project, creation.wanted
    if kind is None:
        text = catalogue.CREATE_NO_TYPE.format(
            project=project,
            wanted=catalogue.EXCERPT.format(text=shown(wanted)),
            types=catalogue.COMMA.join(shown(one) for one in creation.type_names),
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if kind.required_fields:
        text = catalogue.CREATE_NEEDS_FIELDS.of(
            len(kind.required_fields),
            type=shown(kind.name),
            project=project,
            fields=catalogue.listed_with_and([shown(one) for one in kind.required_fields]),
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    return _propose(order, kind, creation)


def _propose(order: _Order, kind: NewItemType, creation: Creation) -> Section:
    action = ProposedAction(
        kind=ActionKind.JIRA_CREATE_ISSUE,
        connection_id=order.connection_id,
        project=order.project,
        target=order.project,
        params={
            "issue_type_id": kind.id,
            "issue_type": kind.name,
            "summary": order.intent.arguments[wanted_type(order.intent)],
            "description": _description(order),
        },
        base={"project_id": creation.project_id, **order.question},
        preview="",
    )
    return Section(reason=Reason.WRITE_PROPOSED, actions=(action,))


def _description(order: _Order) -> str:
    """What was said, as it was said, and where: whoever finds the item later can ask there."""
    words = escape_markdown(order.intent.arguments.get("description", ""))
    asked = catalogue.CREATED_FOR.format(
        name=escape_markdown(bounded(order.ask.asker.name)) or "somebody", item=order.asked
    )
    return f"{words}\n\n{asked}" if words else asked
