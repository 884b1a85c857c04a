"""Giving a work item to a person, or to nobody."""

import re
from typing import Final

from chargehand.decisions import catalogue
from chargehand.decisions.answers.parts import could_not_read
from chargehand.decisions.answers.wish import Wish, asker_account, proposed, refusal, said
from chargehand.decisions.markdown import bounded, shown
from chargehand.decisions.needs import ME, NOBODY, wanted_person
from chargehand.decisions.section import Section
from chargehand.domain.action import ActionKind
from chargehand.domain.decision import Reason
from chargehand.domain.fact import Unknown
from chargehand.domain.work_item import NOT_ASKED, Person

_CANDIDATES_SHOWN: Final = 5
# The forms Jira has used for account ids; such an id in a sentence would mean nothing to a person.
_ACCOUNT_ID: Final = re.compile(r"\A(?:\d+:[\w-]+|[0-9a-f]{24}|qm:[\w:-]+|unknown:[\w-]+)\Z")


def assign_section(wish: Wish) -> Section:
    """The assignment as an action, or one sentence why there is none."""
    account = asker_account(wish)
    refused = refusal(wish)
    if refused is not None or account is None:
        return refused or said(Reason.WRITE_REFUSED_READ_ONLY_ASKER, catalogue.READ_ONLY_ASKER)
    if wish.wanted == NOBODY:
        return _unassign(wish)
    looked_up = wish.facts.people.get(wanted_person(wish.intent, account) or "", NOT_ASKED)
    if isinstance(looked_up, Unknown):
        text = could_not_read(catalogue.PART_PEOPLE, looked_up)[0]
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    candidates = tuple(one for one in looked_up.value if one.is_active)
    match matching_people(wish.wanted, candidates):
        case ():
            return _nobody_found(wish)
        case (person,):
            return _assign(wish, person)
        case several:
            return _several(wish, several)


def matching_people(wanted: str, candidates: tuple[Person, ...]) -> tuple[Person, ...]:
    """The people a name can mean: the one with exactly that id or name, else all candidates."""
    for exact in (
        [one for one in candidates if one.account_id == wanted],
        [one for one in candidates if one.name.casefold() == wanted.casefold()],
    ):
        if len(exact) == 1:
            return tuple(exact)
    return candidates


def _unassign(wish: Wish) -> Section:
    if wish.item.assignee is None:
        text = catalogue.ALREADY_UNASSIGNED.format(key=wish.item.key)
        return said(Reason.WRITE_ALREADY_SO, text)
    return proposed(
        wish,
        ActionKind.JIRA_ASSIGN_ISSUE,
        params={"account_id": None, "name": ""},
        base={"assignee": wish.item.assignee.account_id, "name": wish.item.assignee.name},
    )


def _assign(wish: Wish, person: Person) -> Section:
    present = wish.item.assignee
    if present is not None and present.account_id == person.account_id:
        text = catalogue.ALREADY_ASSIGNED.format(key=wish.item.key, name=shown(person.name))
        return said(Reason.WRITE_ALREADY_SO, text)
    return proposed(
        wish,
        ActionKind.JIRA_ASSIGN_ISSUE,
        params={
            "account_id": person.account_id,
            "name": bounded(person.name) or person.account_id,
        },
        base={
            "assignee": None if present is None else present.account_id,
            "name": "" if present is None else present.name,
        },
    )


def _nobody_found(wish: Wish) -> Section:
    key = wish.item.key
    if wish.wanted == ME:
        text = catalogue.ASKER_NOT_ASSIGNABLE.format(key=key)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    if _ACCOUNT_ID.match(wish.wanted):
        text = catalogue.ACCOUNT_NOT_ASSIGNABLE.format(key=key)
        return said(Reason.WRITE_REFUSED_NOT_POSSIBLE, text)
    name = catalogue.EXCERPT.format(text=shown(wish.wanted))
    return said(Reason.CLARIFICATION_ASKED, catalogue.NOBODY_FOUND.format(name=name, key=key))


def _several(wish: Wish, people: tuple[Person, ...]) -> Section:
    names = tuple(dict.fromkeys(shown(one.name) for one in people))
    is_cut = len(names) > _CANDIDATES_SHOWN
    text = catalogue.SEVERAL_PEOPLE_AND_MORE if is_cut else catalogue.SEVERAL_PEOPLE
    listed = (
        catalogue.COMMA.join(names[:_CANDIDATES_SHOWN])
        if is_cut
        else catalogue.listed_with_or(names)
    )
    name = catalogue.EXCERPT.format(text=shown(wish.wanted))
    return said(Reason.CLARIFICATION_ASKED, text.format(name=name, candidates=listed))
