"""Where in Discord something happened, and who can read it there; unclear is read narrowly."""

from collections.abc import Mapping
from typing import Final

from chargehand.connectors.discord.schemas import (
    Account,
    ChannelType,
    Context,
    account_in,
    channel_in,
    id_in,
    number_in,
)
from chargehand.domain.event import Actor, ActorKind, Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.kit.tolerant import Fields

NOBODY: Final = Actor(account_id=None, name="", kind=ActorKind.ANONYMOUS)
_KINDS: Final[Mapping[int, PlaceKind]] = {
    ChannelType.DIRECT: PlaceKind.DIRECT,
    ChannelType.GROUP: PlaceKind.GROUP,
    ChannelType.PRIVATE_THREAD: PlaceKind.PRIVATE,
}


def actor_of(account: Account | None) -> Actor:
    """Who did it, as the domain says it."""
    if account is None:
        return NOBODY
    kind = ActorKind.BOT if account.is_bot else ActorKind.PERSON
    return Actor(AccountId(account.id), account.name or account.id, kind)


def place_of(
    fields: Fields, *, guild_id: str | None, message_id: str | None, reply_token: str | None = None
) -> Place | None:
    """The place of an interaction or a message; None when the payload names no channel.

    Shape: `guild_id` is the one the connection serves, None where nobody said. In a thread
    `channel_id` is the channel the thread belongs to, where the payload says so.
    """
    channel = channel_in(fields)
    if not channel.id:
        return None
    account = account_in(fields)
    kind = _kind_of(fields, guild_id=guild_id)
    is_elsewhere = number_in(fields, "context") == Context.ELSEWHERE
    is_guest = account is not None and account.is_guest
    return Place(
        channel_id=channel.parent_id if channel.is_thread else channel.id,
        kind=kind,
        message_id=message_id,
        thread_id=channel.id if channel.is_thread else None,
        is_outsider=is_elsewhere or is_guest or kind is PlaceKind.SHARED,
        reply_token=reply_token,
    )


def _kind_of(fields: Fields, *, guild_id: str | None) -> PlaceKind:
    guild, kind = id_in(fields, "guild_id"), channel_in(fields).type
    if guild and guild_id is not None and guild != guild_id:
        return PlaceKind.SHARED
    if number_in(fields, "context") == Context.ELSEWHERE:
        # A conversation of people among themselves: the bot was called in and reads nothing there.
        return PlaceKind.UNKNOWN
    is_contradictory = guild and kind in (ChannelType.DIRECT, ChannelType.GROUP)
    if kind is not None and kind in _KINDS and not is_contradictory:
        return _KINDS[kind]
    # Whoever is in the guild may be let into its channels; payloads do not say who is.
    return PlaceKind.PUBLIC if guild else PlaceKind.DIRECT
