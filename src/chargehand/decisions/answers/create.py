"""Creating a work item in the project of the one it was asked on."""

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, incomplete, proposed, refusal, said
from chargehand.decisions.markdown import bounded, escape_markdown, link, shown
from chargehand.decisions.needs import wanted_type
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.work_item import Creation, NewItemType


def create_section(wish: Wish) -> Section:
    """The new work item as an action, or one sentence why there is none."""
    refused = refusal(wish)
    if refused is not None:
        return refused
    wanted, project = wanted_type(wish.intent), wish.ask.project
    if not wanted:
        return incomplete(wish)
    named = wish.intent.arguments.get("project", project)
    if named != project:
        text = catalogue.CREATE_ELSEWHERE.format(project=project, other=escape_markdown(named))
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    creation = wish.facts.creation
    if isinstance(creation, Unknown):
        text = could_not_read(catalogue.PART_CREATION, creation)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    return _create(wish, wanted, creation.value)


def _create(wish: Wish, wanted: str, creation: Creation) -> Section:
    project, kind = wish.ask.project, creation.wanted
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
    return _propose(wish, wanted, kind, creation)


def _propose(wish: Wish, wanted: str, kind: NewItemType, creation: Creation) -> Section:
    return proposed(
        wish,
        ActionKind.JIRA_CREATE_ISSUE,
        target=wish.ask.project,
        params={
            "issue_type_id": kind.id,
            "issue_type": kind.name,
            "summary": wish.intent.arguments[wanted],
            "description": _description(wish),
        },
        base={"project_id": creation.project_id},
    )


def _description(wish: Wish) -> str:
    """What was said, as it was said, and where: whoever finds the item later can ask there."""
    words = escape_markdown(wish.intent.arguments.get("description", ""))
    asked = catalogue.CREATED_FOR.format(
        name=escape_markdown(bounded(wish.ask.asker.name)) or "somebody",
        item=link(wish.item.key, wish.item.url),
    )
    return f"{words}\n\n{asked}" if words else asked
