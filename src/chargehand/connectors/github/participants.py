"""Who acted and where, as the domain says it; what GitHub does not say is read the narrow way."""

from collections.abc import Mapping, Sequence
from typing import Final

from chargehand.connectors.github.schemas import flag_in, login_in, number_in, repository_in
from chargehand.domain.event import Actor, ActorKind, Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

NOBODY: Final = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)
BOT_SUFFIX: Final = "[bot]"
# Somebody who was never let into the repository; a contributor had a change taken once, no more.
_OUTSIDERS: Final = frozenset({"FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE"})
_BOTS: Final = frozenset({"Bot", "Mannequin"})


def actor_of(user: Fields) -> Actor:
    """The account of a payload's `user` or `sender`.

    Shape: the login in lower case is the account, since a mention carries nothing else; a login
    that was given up and taken by somebody else is another person's from then on.
    """
    login = login_in(user)
    if not login:
        return NOBODY
    is_bot = text_in(user, "type") in _BOTS or login.endswith(BOT_SUFFIX)
    name = text_in(user, "login")
    return Actor(AccountId(login), name, ActorKind.BOT if is_bot else ActorKind.PERSON)


def is_outsider(thing: Fields) -> bool:
    """Whether who wrote a comment or pull request is known to be no collaborator."""
    return text_in(thing, "author_association") in _OUTSIDERS


def kind_of_repository(fields: Fields) -> PlaceKind:
    """Who can read the repository of a payload."""
    is_private = flag_in(fields_in(fields, "repository"), "private")
    if is_private is None:
        return PlaceKind.UNKNOWN
    return PlaceKind.PRIVATE if is_private else PlaceKind.PUBLIC


def place_of(
    fields: Fields,
    thread_id: str | None = None,
    *,
    message_id: str | None = None,
    root_id: str | None = None,
    said: Fields | None = None,
) -> Place:
    """A place in the repository of a payload; `said` is what its author's standing is read from."""
    return Place(
        channel_id=repository_in(fields),
        kind=kind_of_repository(fields),
        message_id=message_id,
        thread_id=thread_id,
        is_outsider=said is not None and is_outsider(said),
        root_id=root_id,
    )


def people_in(fields: Fields, name: str) -> Sequence[JSONObject]:
    """The accounts in a list, at most fifty."""
    found = (one for one in list_in(fields, name) if isinstance(one, Mapping))
    return [
        {"id": login, "name": text_in(one, "login"), "number": number_in(one, "id")}
        for one in found
        if (login := login_in(one))
    ][:50]
