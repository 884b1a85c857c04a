"""What kind of channel something was said in, and whether a guest said it, asked of Slack.

Mentions, buttons and slash commands do not say what channel they come from, and hardly anything
says that somebody is a guest; so it is asked, and believed for a minute.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from chargehand.connectors.slack.accounts import AccountReader, is_outside
from chargehand.connectors.slack.config import SlackConfig
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Place, PlaceKind
from chargehand.domain.ids import AccountId
from chargehand.kit.clock import Clock

T = TypeVar("T")
_BELIEVED_FOR: Final = timedelta(minutes=1)
_MOST_REMEMBERED: Final = 1_000


@dataclass(frozen=True, slots=True)
class PlaceLooker:
    """Looks places up, each channel and each person at most once a minute."""

    config: SlackConfig
    accounts: AccountReader
    clock: Clock
    _kinds: MutableMapping[str, tuple[datetime, PlaceKind]] = field(default_factory=dict)
    _outsiders: MutableMapping[str, tuple[datetime, bool]] = field(default_factory=dict)

    async def read_place(self, place: Place, account_id: AccountId | None) -> Place:
        """The place as Slack knows it; of an unknown kind where Slack can not be asked now."""
        if place.is_outsider or place.kind is PlaceKind.DIRECT or account_id is None:
            return place
        try:
            kind = await self._remembered(self._kinds, place.channel_id, self._kind_of)
            is_outsider = await self._remembered(self._outsiders, account_id, self._is_outsider)
        except ChargehandError:
            return replace(place, kind=PlaceKind.UNKNOWN)
        return replace(place, kind=kind, is_outsider=is_outsider)

    async def _remembered(
        self,
        known: MutableMapping[str, tuple[datetime, T]],
        wanted: str,
        ask: Callable[[str], Awaitable[T]],
    ) -> T:
        now = self.clock.now()
        found = known.get(wanted)
        if found is not None and timedelta() <= now - found[0] < _BELIEVED_FOR:
            return found[1]
        if len(known) >= _MOST_REMEMBERED:
            known.clear()
        value = await ask(wanted)
        known[wanted] = (now, value)
        return value

    async def _kind_of(self, channel_id: str) -> PlaceKind:
        return (await self.accounts.channel(channel_id)).kind

    async def _is_outsider(self, account_id: str) -> bool:
        account = await self.accounts.account(AccountId(account_id))
        return is_outside(account, self.config.team_id)
