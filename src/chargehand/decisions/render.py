"""Every intent of a plan turned into its section of the reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from chargehand.decisions import catalogue, reason_catalogue
from chargehand.decisions.answers.asking_back import (
    bare_section,
    help_section,
    unclear_section,
)
from chargehand.decisions.answers.assign import assign_section
from chargehand.decisions.answers.blockers import blockers_section
from chargehand.decisions.answers.create import create_in_chat_section, create_section
from chargehand.decisions.answers.customer import customer_section
from chargehand.decisions.answers.label import label_section
from chargehand.decisions.answers.link import link_section
from chargehand.decisions.answers.set_field import set_section
from chargehand.decisions.answers.status import due_section, status_section
from chargehand.decisions.answers.summary import summary_section
from chargehand.decisions.answers.transition import transition_section
from chargehand.decisions.answers.who import who_section
from chargehand.decisions.answers.wish import Wish, said
from chargehand.decisions.audience_rules import Reach, Told
from chargehand.decisions.markdown import escape_markdown
from chargehand.decisions.needs import (
    ABOUT_CODE,
    asked_item,
    creation_key,
    creation_project,
    is_creation_in_chat,
    wanted_fields,
    writing_account,
)
from chargehand.decisions.section import Inquiry, Part, Section, Talk
from chargehand.decisions.wishes import Plan, place_of
from chargehand.domain.ask import Ask
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Fact
from chargehand.domain.ids import ConnectionId, ProjectKey, WorkItemKey
from chargehand.domain.intent import Intent, IntentKind
from chargehand.domain.work_item import Facts

_FACT_RENDERERS: Final[Mapping[IntentKind, Callable[[Inquiry], Section]]] = {
    IntentKind.STATUS: status_section,
    IntentKind.BLOCKERS: blockers_section,
    IntentKind.SUMMARY: summary_section,
    IntentKind.WHO: who_section,
    IntentKind.DUE: due_section,
}
_TALK_RENDERERS: Final[Mapping[IntentKind, Callable[[Talk], Section]]] = {
    IntentKind.HELP: help_section,
    IntentKind.BARE: bare_section,
    IntentKind.UNCLEAR: unclear_section,
}
_WISH_RENDERERS: Final[Mapping[IntentKind, Callable[[Wish], Section]]] = {
    IntentKind.ASSIGN: assign_section,
    IntentKind.TRANSITION: transition_section,
    IntentKind.LABEL: label_section,
    IntentKind.LINK: link_section,
    IntentKind.SET: set_section,
    IntentKind.CREATE: create_section,
}
_CONTRADICTED_WORDS: Final = {
    IntentKind.ASSIGN: catalogue.WHAT_ASSIGNEE,
    IntentKind.TRANSITION: catalogue.WHAT_STATUS,
}


@dataclass(frozen=True, slots=True)
class Material:
    """What sections are made from, the wording apart.

    Shape: `connection_id` is where it was asked, and `trackers` where the work items of a project
    are changed, if that is another; `facts` is everything that was read, for judging changes;
    `told` is what may be told, for sentences; an item missing from `told` is answered like one
    that does not exist.
    """

    ask: Ask
    connection_id: ConnectionId
    plan: Plan
    facts: Mapping[WorkItemKey, Facts]
    told: Mapping[WorkItemKey, Told]
    trackers: Mapping[ProjectKey, ConnectionId] = field(default_factory=dict)


class Wording(Protocol):
    """What adds the wording of one answer."""

    def inquire(self, intent: Intent, told: Told) -> Inquiry:
        """An intent that asks about an item."""
        ...

    def talk(self, intent: Intent, key: WorkItemKey | None) -> Talk:
        """An intent that needs no facts."""
        ...

    def of_code(self, intent: Intent) -> Section:
        """What is asked about pull requests themselves."""
        ...


def render_sections(material: Material, wording: Wording) -> tuple[Section, ...]:
    """The sections of a reply in the order of the plan."""
    return tuple(_section(intent, material, wording) for intent in material.plan.intents)


def write_sections(material: Material) -> tuple[Section, ...]:
    """The sections of changes alone, in the order of the plan; other intents have none."""
    sections = []
    for intent in material.plan.intents:
        if not intent.is_write or intent.kind in ABOUT_CODE:
            continue
        key = asked_item(intent, material.ask)
        told = material.told.get(key) if key is not None else None
        if key is None:
            sections.append(_which_item(intent))
        elif told is None:
            sections.append(_unknown_item(key, material))
        else:
            sections.append(_write_section(intent, key, told, material))
    return tuple(sections)


def _section(intent: Intent, material: Material, wording: Wording) -> Section:
    key = asked_item(intent, material.ask)
    talk = _TALK_RENDERERS.get(intent.kind)
    if talk is not None:
        return talk(wording.talk(intent, key))
    if is_creation_in_chat(intent, material.ask):
        return _creation(intent, material)
    if intent.kind in ABOUT_CODE:
        return wording.of_code(intent)
    if key is None:
        return _which_item(intent)
    return _section_on_item(intent, key, material, wording)


def _section_on_item(
    intent: Intent, key: WorkItemKey, material: Material, wording: Wording
) -> Section:
    told = material.told.get(key)
    if told is None:
        return _unknown_item(key, material)
    if intent.is_write:
        return _write_section(intent, key, told, material)
    if told.reach is Reach.CUSTOMERS:
        return customer_section(wording.inquire(intent, told))
    return _FACT_RENDERERS[intent.kind](wording.inquire(intent, told))


def _creation(intent: Intent, material: Material) -> Section:
    project = creation_project(intent, material.ask)
    facts = material.facts.get(creation_key(project, intent)) if project is not None else None
    where = material.trackers.get(project) if project is not None else None
    return create_in_chat_section(intent, material.ask, facts, where or material.connection_id)


def _which_item(intent: Intent) -> Section:
    text = catalogue.WHICH_ITEM.format(command=intent.kind.value, example=catalogue.EXAMPLE_KEY)
    return Section(reason=Reason.ITEM_NOT_NAMED, lines=(text,))


def _unknown_item(key: WorkItemKey, material: Material) -> Section:
    facts = material.facts.get(key)
    is_hidden = facts is not None and isinstance(facts.item, Fact)
    text = catalogue.OTHER_ITEM_UNKNOWN.format(key=escape_markdown(key))
    return Section(
        reason=Reason.WITHHELD_FOR_AUDIENCE if is_hidden else Reason.ITEM_NOT_READABLE,
        lines=(text,),
        withheld=reason_catalogue.withheld(reason_catalogue.WITHHELD_OTHER_ITEM, int(is_hidden)),
    )


def _write_section(intent: Intent, key: WorkItemKey, told: Told, material: Material) -> Section:
    # A moved work item is found by the key it was asked by.
    facts = material.facts[key]
    if not isinstance(facts.item, Fact):
        return _unknown_item(key, material)
    if material.ask.place is not None and writing_account(material.ask) is None:
        return said(Reason.WRITE_REFUSED_UNKNOWN_PERSON, catalogue.UNKNOWN_IN_TRACKER)
    place = place_of(intent, key)
    if place in material.plan.contradicted:
        what = _CONTRADICTED_WORDS.get(intent.kind) or _field_words(intent)
        section = said(Reason.CLARIFICATION_ASKED, catalogue.TWO_WISHES.format(what=what, key=key))
    else:
        wish = Wish(
            intent=intent,
            ask=material.ask,
            connection_id=material.trackers.get(facts.item.value.project, material.connection_id),
            facts=facts,
            item=facts.item.value,
            # What a model looked up by itself is told, and was not read for this change.
            others={
                one: material.facts[one]
                for one in material.told
                if one != key and one in material.facts
            },
        )
        section = _WISH_RENDERERS[intent.kind](wish)
    section = replace(section, told=told, looked_at=frozenset({Part.ITEM}))
    return _without_details(section) if told.reach is Reach.CUSTOMERS else section


def _field_words(intent: Intent) -> str:
    return catalogue.listed_with_and([catalogue.FIELD_WORDS[one] for one in wanted_fields(intent)])


def _without_details(section: Section) -> Section:
    # The reasons name people, statuses and rights that customers do not see.
    if not section.lines or section.reason is Reason.WRITE_REFUSED_READ_ONLY_ASKER:
        return section
    return replace(section, lines=(catalogue.CUSTOMER_NO_CHANGE,))
