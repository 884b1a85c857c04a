"""Who may learn of code: what is private is told only where all readers could read it there.

A repository or space is bound to projects by the team, which lets everybody in them know of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from chargehand.decisions import reason_catalogue
from chargehand.decisions.audience_rules import Reach, Told
from chargehand.decisions.told_code import ItemCode, Shelf, ToldCode
from chargehand.domain.ask import Ask
from chargehand.domain.event import PlaceKind
from chargehand.domain.ids import ProjectKey, WorkItemKey

_OPEN: Final = frozenset({PlaceKind.PUBLIC, PlaceKind.UNKNOWN})


def with_code(
    told: Mapping[WorkItemKey, Told], code: Mapping[WorkItemKey, ItemCode], ask: Ask
) -> dict[WorkItemKey, Told]:
    """What may be told of work items, with what may be told of their code."""
    return {
        key: _with(one, code[key], ask) if key in code and one.reach is Reach.MEMBERS else one
        for key, one in told.items()
    }


def is_shelf_tellable(shelf: Shelf, project: ProjectKey, ask: Ask, *, is_private: bool) -> bool:
    """Whether a repository or space may be told of in an answer about a project.

    Shape: a private one only where it is bound to the project, never where everybody at all reads
    along, and not to an asker whom its own host refuses it.
    """
    if not is_private:
        return True
    place = ask.place
    is_read_by_all = place is not None and place.is_discussion and place.kind in _OPEN
    return project in shelf.projects and not is_read_by_all and not shelf.is_closed_to_asker


def _with(told: Told, code: ItemCode, ask: Ask) -> Told:
    project = told.item.project
    tellable = tuple(
        one
        for one in code.pull_requests
        if is_shelf_tellable(one.shelf, project, ask, is_private=one.is_private)
    )
    references = tuple(
        one
        for one in code.references
        if is_shelf_tellable(one.shelf, project, ask, is_private=one.shelf.is_private)
    )
    hidden = len(code.pull_requests) - len(tellable)
    left_out = len(code.references) - len(references)
    return replace(
        told,
        code=ToldCode(
            pull_requests=tellable,
            references=tuple(one.reference for one in references),
            unread=code.unread,
            hidden=hidden,
        ),
        withheld=(
            *told.withheld,
            *reason_catalogue.withheld(reason_catalogue.WITHHELD_PULL_REQUESTS, hidden),
            *reason_catalogue.withheld(reason_catalogue.WITHHELD_REFERENCES, left_out),
        ),
    )
