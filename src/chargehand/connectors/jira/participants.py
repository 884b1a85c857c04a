"""Who acted and who may read, as the domain says it; what is unclear is read the narrow way."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from zoneinfo import available_timezones

from chargehand.connectors.jira.schemas import Note, User
from chargehand.domain.event import EVERYONE, Actor, ActorKind, Visibility, VisibilityKind
from chargehand.domain.ids import AccountId
from chargehand.kit.hidden import one_line
from chargehand.kit.tolerant import MAX_NAME_CHARS, text_in

SERVICE_PROJECT = "service_desk"
NOBODY = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)

_ACTOR_KINDS: Mapping[str, ActorKind] = {"app": ActorKind.BOT, "customer": ActorKind.CUSTOMER}
_RESTRICTIONS: Mapping[str, VisibilityKind] = {
    "role": VisibilityKind.ROLE,
    "group": VisibilityKind.GROUP,
}


class VisibilityState(StrEnum):
    """How sure a visibility is: told by Jira, filled in because Jira was silent, or unreadable."""

    TOLD = "told"
    ASSUMED = "assumed"
    UNREADABLE = "unreadable"


def actor_of(*candidates: User | None) -> Actor:
    """The first candidate with an account; without one the actor is anonymous."""
    named = [candidate for candidate in candidates if candidate is not None]
    user = next((candidate for candidate in named if candidate.account_id), None)
    if user is None:
        return Actor(None, named[0].name, ActorKind.ANONYMOUS) if named else NOBODY
    return Actor(
        account_id=AccountId(user.account_id),
        name=user.name,
        kind=_ACTOR_KINDS.get(user.account_type, ActorKind.PERSON),
        time_zone=user.time_zone if user.time_zone in _time_zones() else None,
    )


def visibility_of(note: Note, project_type: str) -> tuple[Visibility, VisibilityState]:
    """Who may read a comment or worklog, and how sure that is.

    Shape: a restriction of an unknown type becomes a group no reader is in, with Jira's own word
    as its value; a flag that is no flag, and a service project's missing one, count as internal.
    """
    if note.visibility is not None:
        return _restriction_of(note.visibility)
    is_service_project = project_type == SERVICE_PROJECT
    if note.jsd_public is True:
        # Jira sends the flag from every project; it means a customer only in service projects.
        kind = VisibilityKind.CUSTOMER if is_service_project else VisibilityKind.EVERYONE
        return Visibility(kind), VisibilityState.TOLD
    if note.jsd_public is None and not is_service_project:
        return EVERYONE, VisibilityState.TOLD
    if note.jsd_public is None:
        return Visibility(VisibilityKind.INTERNAL), VisibilityState.ASSUMED
    is_told = note.jsd_public is False
    state = VisibilityState.TOLD if is_told else VisibilityState.UNREADABLE
    return Visibility(VisibilityKind.INTERNAL), state


def _restriction_of(raw: object) -> tuple[Visibility, VisibilityState]:
    if not isinstance(raw, Mapping):
        shown = one_line(raw, MAX_NAME_CHARS) if isinstance(raw, str) else ""
        return Visibility(VisibilityKind.GROUP, shown), VisibilityState.UNREADABLE
    name, identifier = text_in(raw, "value"), text_in(raw, "identifier")
    kind = _RESTRICTIONS.get(text_in(raw, "type").lower())
    if kind is None:
        return (
            Visibility(VisibilityKind.GROUP, name or text_in(raw, "type"), identifier),
            VisibilityState.UNREADABLE,
        )
    is_named = bool(name or identifier)
    state = VisibilityState.TOLD if is_named else VisibilityState.UNREADABLE
    return Visibility(kind, name, identifier), state


@cache
def _time_zones() -> frozenset[str]:
    """Every IANA name this machine knows; looked up once, it would cost a folder walk each time."""
    return frozenset(available_timezones())
