"""Discord's payloads, tamed: every field has the type we say or counts as absent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import NO_FIELDS, Fields, decode_json, fields_in, list_in, text_in

MAX_TEXT_CHARS: Final = 8_000
_ID: Final = re.compile(r"[0-9]{1,20}")
# Discord counts its ids from the first second of 2015; 22 bits below the time tell them apart.
_FIRST_MS: Final = 1_420_070_400_000
_BELOW_TIME_BITS: Final = 22
_GUEST: Final = 1 << 4
_PRIVATE: Final = 1 << 6
_MILLISECOND: Final = timedelta(milliseconds=1)


class Unreadable(StrEnum):
    """Why a body is no payload."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"


class InteractionType(IntEnum):
    """What a person did."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    FORM = 5


class ChannelType(IntEnum):
    """The kinds of channels that matter here."""

    DIRECT = 1
    GROUP = 3
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12


class Context(IntEnum):
    """Where an interaction began; `ELSEWHERE` is a conversation the bot is no part of."""

    GUILD = 0
    BOT_DIRECT = 1
    ELSEWHERE = 2


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a payload names it; `is_guest` for those who are not really members."""

    id: str
    name: str
    is_bot: bool
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; `parent_id` is the channel a thread belongs to, empty for every other kind."""

    id: str
    type: int | None
    parent_id: str

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread whose channel is known."""
        threads = (ChannelType.NEWS_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)
        return self.type in threads and bool(self.parent_id)


def read_body(body: bytes) -> Fields | Unreadable:
    """The object a body holds; never raises, whatever the bytes."""
    try:
        decoded = decode_json(body)
    except ValueError:
        return Unreadable.NOT_JSON
    return decoded if isinstance(decoded, Mapping) else Unreadable.NOT_AN_OBJECT


def id_in(fields: Fields, name: str) -> str:
    """The id under a name, empty unless Discord could have made it."""
    value = fields.get(name)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def number_in(fields: Fields, name: str) -> int | None:
    """The whole number under a name, None when there is none."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def long_text_in(fields: Fields, name: str) -> str:
    """The text under a name as it was written, empty when there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def time_in(fields: Fields, name: str) -> datetime | None:
    """The moment under a name, UTC."""
    value = fields.get(name)
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def time_of_id(identifier: str) -> datetime | None:
    """The UTC moment Discord made an id at, None outside the calendar."""
    if _ID.fullmatch(identifier) is None:
        return None
    try:
        return EPOCH + (_FIRST_MS + (int(identifier) >> _BELOW_TIME_BITS)) * _MILLISECOND
    except OverflowError:
        return None


def first_id_at(moment: datetime) -> str:
    """The smallest id Discord makes at a moment or later."""
    since_first_ms = (moment - EPOCH) // _MILLISECOND - _FIRST_MS
    return str(max(since_first_ms, 0) << _BELOW_TIME_BITS)


def account_in(fields: Fields) -> Account | None:
    """Who did something: the member of a guild, the user in a direct message."""
    member = fields_in(fields, "member")
    user = fields_in(member, "user") or fields_in(fields, "user") or fields_in(fields, "author")
    account = account_of(user, member)
    # What a webhook posts carries the name and the picture somebody gave it, and no sign of a bot.
    is_webhook = "webhook_id" in fields
    return account if account is None or not is_webhook else replace(account, is_bot=True)


def account_of(user: Fields, member: Fields = NO_FIELDS) -> Account | None:
    """The account a user object names; None when it names none."""
    identifier = id_in(user, "id")
    if not identifier:
        return None
    names = (text_in(member, "nick"), text_in(user, "global_name"), text_in(user, "username"))
    flags = number_in(member, "flags") or 0
    return Account(
        id=identifier,
        name=next(filter(None, names), ""),
        is_bot=user.get("bot") is True or user.get("system") is True,
        # One who has not agreed to the rules yet may not take part, so counts as a guest.
        is_guest=bool(flags & _GUEST) or member.get("pending") is True,
    )


def channel_in(fields: Fields) -> Channel:
    """The channel something happened in; its id is empty when the payload names none."""
    channel = fields_in(fields, "channel")
    return Channel(
        id=id_in(fields, "channel_id") or id_in(channel, "id"),
        type=number_in(channel, "type"),
        parent_id=id_in(channel, "parent_id"),
    )


def is_private(message: Fields) -> bool:
    """Whether only one person sees a message."""
    return bool((number_in(message, "flags") or 0) & _PRIVATE)


def names_in(fields: Fields) -> dict[str, str]:
    """The names of the mentioned accounts by id, from a message or from a command's options."""
    found: dict[str, str] = {}
    for user in list_in(fields, "mentions"):
        if isinstance(user, Mapping):
            account = account_of(user, fields_in(user, "member"))
            if account is not None:
                found[account.id] = account.name
    resolved = fields_in(fields_in(fields, "data"), "resolved")
    members = fields_in(resolved, "members")
    for identifier, user in fields_in(resolved, "users").items():
        if isinstance(identifier, str) and isinstance(user, Mapping):
            account = account_of(user, fields_in(members, identifier))
            if account is not None:
                found[account.id] = account.name
    return found
