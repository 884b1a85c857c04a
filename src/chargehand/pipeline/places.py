"""Which projects may be spoken of at a place, and what an event there is about."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from chargehand.domain.decision import Reason
from chargehand.domain.event import Event, Place, PlaceKind
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey, WorkItemKey
from chargehand.domain.keys import first_key_in, keys_named_in, project_of_key
from chargehand.domain.member import Member
from chargehand.domain.text import Line, RichText, Span, mentioned_accounts
from chargehand.storage.transaction import Reading, Writing

# What can only happen in a chat.
_OF_CHATS: Final = ("message.", "reaction.", "command.", "button.", "form.")


class ChatScope(Protocol):
    """What is looked up of a connection to know who may be told what at its places."""

    @property
    def id(self) -> ConnectionId:
        """The connection."""
        ...

    @property
    def connector(self) -> str:
        """The kind of chat, code host or wiki."""
        ...

    @property
    def projects(self) -> frozenset[ProjectKey]:
        """Every project the connection serves."""
        ...

    @property
    def channels(self) -> Mapping[str, frozenset[ProjectKey]]:
        """The projects each channel, repository or space serves."""
        ...

    @property
    def tells_in_public(self) -> bool:
        """Whether facts may be told where everybody at all can read them."""
        ...


def served_at(
    tx: Reading | Writing, place: Place, connection: ChatScope, account_id: AccountId | None
) -> frozenset[ProjectKey]:
    """The projects of which may be told at a place; none where strangers read along.

    A channel serves what it is bound to. In a direct conversation a member whose account is
    confirmed is told of the projects they have a role in. Where the vendor does not say who reads
    along, as with Slack's buttons and slash commands, a confirmed member is told what the channel
    serves, and answers are shown to them alone. On pull requests, issues and pages nobody is
    alone: where everybody can read along, or nobody says who can, something is told only where the
    operator allowed it.
    """
    if is_outside(place, connection):
        return frozenset()
    bound = bound_at(connection, place.channel_id)
    if place.is_discussion or place.kind not in (PlaceKind.DIRECT, PlaceKind.UNKNOWN):
        return bound
    member = confirmed_member(tx, connection.id, account_id)
    if member is None:
        return frozenset()
    if place.kind is PlaceKind.UNKNOWN:
        return bound
    return frozenset(key for key in connection.projects if member.roles_in(key))


def bound_at(connection: ChatScope, name: str) -> frozenset[ProjectKey]:
    """The projects a channel, repository or space is bound to; hosts keep to no case of names."""
    bound = connection.channels.get(name)
    if bound is not None:
        return bound
    wanted = name.casefold()
    found = (served for one, served in connection.channels.items() if one.casefold() == wanted)
    return next(found, frozenset())


def confirmed_member(
    tx: Reading | Writing, connection_id: ConnectionId, account_id: AccountId | None
) -> Member | None:
    """The member of the team behind an account; None while that is not sure."""
    known = tx.members.by_account(connection_id, account_id) if account_id is not None else None
    if known is None or not known[1].carries_rights or known[0].left_at is not None:
        return None
    return known[0]


def why_unserved(place: Place, connection: ChatScope) -> Reason:
    """Why nothing is told at a place that serves no project to whoever asks there."""
    is_bound = bool(bound_at(connection, place.channel_id))
    if place.is_discussion:
        return Reason.OUTSIDE_AUDIENCE if is_bound else Reason.CHANNEL_NOT_BOUND
    if is_outside(place, connection):
        return Reason.OUTSIDE_AUDIENCE
    return (
        Reason.ASKER_UNKNOWN
        if is_bound or place.kind is PlaceKind.DIRECT
        else Reason.CHANNEL_NOT_BOUND
    )


def is_outside(place: Place, connection: ChatScope) -> bool:
    """Whether people from outside the team can read along, or are asking."""
    if place.is_outsider or place.kind is PlaceKind.SHARED:
        return True
    is_public = place.kind in (PlaceKind.PUBLIC, PlaceKind.UNKNOWN)
    return place.is_discussion and is_public and not connection.tells_in_public


def situate(tx: Reading | Writing, event: Event, connection: ChatScope) -> Event:
    """The event of a place with the project and the work item it is about, as far as it says.

    Shape: the work item is the first that is named of a project bound to the channel, else the
    first in the message a shortcut was used on, else the one the message was about that the thread
    hangs on. On a pull request or a page it is the first that is named, else the first in its
    branch and its title, else the one that refers to it. It says nothing of who may be told of it.
    """
    if event.place is None:
        return event
    if not is_chat(event):
        return _situate_beside_code(tx, event, event.place, connection)
    is_direct = event.place.kind is PlaceKind.DIRECT
    bound = connection.channels.get(event.place.channel_id, frozenset())
    served = connection.projects if is_direct else bound
    named = first_key_in(event.text or "", served) or _item_in_message(event, served)
    item = named or _item_of_thread(tx, event.place, connection.id)
    if item is not None and project_of_key(item) in served:
        return replace(event, project=project_of_key(item), work_item=item)
    only = next(iter(served)) if len(served) == 1 else None
    return replace(event, project=only)


def is_chat(event: Event) -> bool:
    """Whether an event happened in a chat, and not at a code host or in a wiki."""
    # Pushes and checks have a repository and no thread.
    place = event.place
    return place is not None and not place.is_discussion and event.kind.value.startswith(_OF_CHATS)


def _situate_beside_code(
    tx: Reading | Writing, event: Event, place: Place, connection: ChatScope
) -> Event:
    bound = bound_at(connection, place.channel_id)
    told = (event.text, event.data.get("source_branch"), event.data.get("title"))
    named = (key for one in told if isinstance(one, str) for key in keys_named_in(one, bound))
    item = next(named, None)
    if item is None and place.thread_id is not None:
        referring = tx.references.items_of(connection.id, place.channel_id, place.thread_id)
        item = next((key for key in referring if project_of_key(key) in bound), None)
    if item is not None:
        return replace(event, project=project_of_key(item), work_item=item)
    only = next(iter(bound)) if len(bound) == 1 else None
    return replace(event, project=only)


def spoken_to_bot(event: Event, bot: AccountId) -> RichText:
    """The lines of an event, with the mention that a command and a direct message do without.

    Shape: empty for what nobody said, as a push or what a pull request describes.
    """
    if event.place is not None and not is_chat(event) and not is_message(event):
        return ()
    is_direct = event.place is not None and event.place.kind is PlaceKind.DIRECT
    is_said_to_us = is_chat(event) and (is_direct or not is_message(event))
    lines = event.lines or ((Line((Span(event.text),)),) if event.text else ())
    if not is_said_to_us or not lines or bot in mentioned_accounts(lines):
        return lines
    first, *others = lines
    mention = Span("@", mention=bot)
    return (replace(first, spans=(mention, Span(" "), *first.spans)), *others)


def is_message(event: Event) -> bool:
    """Whether an event tells of words somebody posted at a place, or took back."""
    return event.kind.value.startswith(("message.", "comment."))


def ask_key_of(event: Event) -> str:
    """The natural key of the ask an event would make."""
    if event.place is None:
        return f"{event.connection_id}:comment:{event.data.get('comment_id', '')}"
    if not is_message(event):
        return event.event_key
    return _message_key(event.connection_id, event.place.channel_id, event.data.get("message_id"))


def ask_key_of_thread(connection_id: ConnectionId, place: Place) -> str | None:
    """The natural key of the ask a thread began with; None outside of a thread."""
    began_with = place.root_id if place.is_discussion else place.thread_id
    if began_with is None:
        return None
    return _message_key(connection_id, place.channel_id, began_with)


def _message_key(connection_id: ConnectionId, channel_id: str, message_id: object) -> str:
    return f"{connection_id}:message:{channel_id}:{message_id}"


def _item_in_message(event: Event, served: frozenset[ProjectKey]) -> WorkItemKey | None:
    """The work item that the message names on which a shortcut was used."""
    text = event.data.get("message_text")
    return first_key_in(text, served) if isinstance(text, str) else None


def _item_of_thread(
    tx: Reading | Writing, place: Place, connection_id: ConnectionId
) -> WorkItemKey | None:
    key = ask_key_of_thread(connection_id, place)
    root = tx.asks.find_by_key(key) if key is not None else None
    return root.ask.work_item if root is not None else None
