"""People and channels of a workspace, as Slack tells of them."""

from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.answers import (
    ChannelAnswer,
    ChannelInfoAnswer,
    UserAnswer,
    UserInfoAnswer,
)
from chargehand.connectors.slack.errors import SlackTargetMissing
from chargehand.connectors.slack.transport import Call, SlackTransport
from chargehand.domain.event import PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.plugins.connector import AccountState

_READ_PERSON: Final = "read a person"
_READ_CHANNEL: Final = "read a channel"
_NO_SUCH_USER: Final = "user_not_found"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a workspace.

    Shape: `email` is None where the token may not read it; `team_id` is the workspace the person
    belongs to.
    """

    id: AccountId
    name: str
    email: str | None
    time_zone: str | None
    team_id: str
    is_active: bool
    is_guest: bool
    is_bot: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel, and who can read it."""

    id: str
    name: str
    kind: PlaceKind
    is_member: bool
    is_archived: bool


def is_outside(account: Account | None, team_id: str) -> bool:
    """Whether an account is a guest's, of another workspace, or unknown.

    Shape: `team_id` is the connection's own workspace, or the organization's, as `E...`.
    """
    if account is None or account.is_guest or not account.is_active:
        return True
    return not team_id.startswith("E") and account.team_id not in ("", team_id)


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Reads people and channels; every method raises what `SlackTransport.read` raises."""

    transport: SlackTransport

    async def account(self, account_id: AccountId) -> Account | None:
        """One account; None when the workspace has none by this id."""
        try:
            return _account_of(await self._user(account_id))
        except SlackTargetMissing:
            return None

    async def state(self, account_id: AccountId) -> AccountState:
        """What Slack says of an account; one that the app is not shown is unclear."""
        try:
            user = await self._user(account_id)
        except SlackTargetMissing as error:
            is_gone = error.fields.get("slack_error") == _NO_SUCH_USER
            return AccountState.GONE if is_gone else AccountState.UNCLEAR
        if user.id != account_id:
            return AccountState.UNCLEAR
        return AccountState.GONE if user.deleted else AccountState.WORKS

    async def channel(self, channel_id: str) -> Channel:
        """One channel.

        Raises: SlackTargetMissing also for a private channel the bot was not let into.
        """
        call = Call("conversations.info", _READ_CHANNEL, {"channel": channel_id})
        found = (await self.transport.read(call, ChannelInfoAnswer)).channel
        return Channel(
            id=found.id,
            name=found.name,
            kind=_kind_of(found),
            is_member=found.is_member or found.is_im or found.is_mpim,
            is_archived=found.is_archived,
        )

    async def _user(self, account_id: AccountId) -> UserAnswer:
        call = Call("users.info", _READ_PERSON, {"user": account_id})
        return (await self.transport.read(call, UserInfoAnswer)).user


def _account_of(user: UserAnswer) -> Account:
    profile = user.profile
    return Account(
        id=AccountId(user.id),
        name=profile.display_name or profile.real_name or user.name or user.id,
        email=profile.email or None,
        time_zone=user.tz or None,
        team_id=user.team_id,
        is_active=not user.deleted,
        is_guest=user.is_restricted or user.is_ultra_restricted,
        is_bot=user.is_bot or user.id == "USLACKBOT",
    )


def _kind_of(channel: ChannelAnswer) -> PlaceKind:
    if channel.is_ext_shared or channel.is_pending_ext_shared:
        return PlaceKind.SHARED
    if channel.is_im:
        return PlaceKind.DIRECT
    if channel.is_mpim:
        return PlaceKind.GROUP
    return PlaceKind.PRIVATE if channel.is_private else PlaceKind.PUBLIC
