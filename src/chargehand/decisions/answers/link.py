"""Linking a work item to another one of its project."""

from collections.abc import Sequence
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, incomplete, proposed, refusal, refusal_of, said
from chargehand.decisions.audience_rules import project_of
from chargehand.decisions.markdown import escape_markdown, one_line, shown
from chargehand.decisions.needs import linked_item, rights_for
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Fact, Unknown
from chargehand.domain.ids import WorkItemKey
from chargehand.domain.json import JSONObject
from chargehand.domain.work_item import Facts, LinkDirection, LinkType, WorkItem

_OUTWARD: Final = "outward"
_INWARD: Final = "inward"
_NOT_A_LINK: Final = frozenset({LinkDirection.PARENT, LinkDirection.CHILD})


def link_section(wish: Wish) -> Section:
    """The link as an action, or one sentence why there is none."""
    refused = refusal(wish)
    other_key = linked_item(wish.intent)
    if refused is not None or other_key is None:
        return refused or incomplete(wish)
    misplaced = _misplaced(wish, other_key)
    if misplaced is not None:
        return misplaced
    other = wish.others.get(other_key)
    if other is None or not isinstance(other.item, Fact):
        text = catalogue.OTHER_ITEM_UNKNOWN.format(key=escape_markdown(other_key))
        return said(Reason.ITEM_NOT_READABLE, text)
    refused = _refused_there(wish, other)
    types = wish.facts.link_types
    if refused is not None:
        return refused
    if isinstance(types, Unknown):
        text = could_not_read(catalogue.PART_LINK_TYPES, types)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    return _link(wish, other.item.value, types.value)


def _misplaced(wish: Wish, other: WorkItemKey) -> Section | None:
    key = wish.item.key
    if other == key:
        text = catalogue.LINK_TO_ITSELF.format(key=key)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if project_of(other) != wish.item.project:
        text = catalogue.LINK_ELSEWHERE.format(
            key=key, project=wish.item.project, other=escape_markdown(other)
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    return None


def _refused_there(wish: Wish, other: Facts) -> Section | None:
    refused = (refusal_of(right, other, wish) for right in rights_for(wish.intent))
    return next((section for section in refused if section is not None), None)


def _link(wish: Wish, other: WorkItem, types: Sequence[LinkType]) -> Section:
    wanted = next(iter(wish.intent.arguments))
    found = _matching(wanted, types)
    if found is None:
        wordings = dict.fromkeys(text for one in types for text in (one.outward, one.inward))
        text = catalogue.NO_SUCH_LINK.format(
            wanted=catalogue.EXCERPT.format(text=shown(wanted)),
            relations=catalogue.COMMA.join(shown(one) for one in wordings),
        )
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    link_type, direction = found
    relation = link_type.outward if direction == _OUTWARD else link_type.inward
    present = links_between(wish.item, other.key)
    if relation in present:
        text = catalogue.ALREADY_LINKED.format(
            key=wish.item.key, relation=shown(relation), other=other.key
        )
        return said(Reason.WRITE_ALREADY_SO, text)
    params: JSONObject = {
        "to": other.key,
        "relation": relation,
        "link_type": link_type.name,
        "direction": direction,
    }
    return proposed(
        wish, ActionKind.JIRA_LINK_ISSUES, params=params, base={"relations": list(present)}
    )


def links_between(item: WorkItem, other: WorkItemKey) -> tuple[str, ...]:
    """How an item stands to another one by its links, each wording once, sorted."""
    found = (one for one in item.links if one.key == other and one.direction not in _NOT_A_LINK)
    return tuple(sorted({one.relation for one in found}))


def _matching(wanted: str, types: Sequence[LinkType]) -> tuple[LinkType, str] | None:
    """The kind of link and its direction that read like what was asked."""
    word = one_line(wanted).casefold()
    for one in types:
        if one_line(one.outward).casefold() == word:
            return one, _OUTWARD
        if one_line(one.inward).casefold() == word:
            return one, _INWARD
    return None
