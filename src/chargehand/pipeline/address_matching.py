"""Asks vendors for the addresses of accounts that spoke to the bot and are nobody's.

An address is kept only where a member has it, and then it matches the account, which carries no
right before it is confirmed. Of everybody else's nothing is stored, and nobody is asked where every
member with an address has an account.
Source: docs/decisions/0016-a-match-carries-no-right-until-confirmed.md
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from chargehand.domain.account import Account, AccountRef, UnmappedAccount
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId
from chargehand.domain.member import IdentityState
from chargehand.kit.clock import Clock
from chargehand.logs.log import get_logger
from chargehand.pipeline.accounts import match_seen, note_seen
from chargehand.pipeline.asking_accounts import ABOUT_ONE, PACE_S, Pause
from chargehand.pipeline.connection import LiveConnection
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading, Writing

# At the pace of one a second the duty has other things to do within minutes.
_MOST_AT_ONCE: Final = 60
_log = get_logger()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Whose accounts are looked for, by connection, and the accounts that are nobody's."""

    addresses: Mapping[ConnectionId, frozenset[str]]
    unmapped: Sequence[UnmappedAccount]


class AddressMatching:
    """Remembers which accounts were asked about, for as long as nobody else is looked for."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._sources = {
            one.id: one.addresses for one in connections.values() if one.addresses is not None
        }
        self._clock = clock
        self._asked: dict[ConnectionId, set[AccountRef]] = {}
        self._untold: set[ConnectionId] = set()
        self._looked_for: Mapping[ConnectionId, frozenset[str]] = {}

    async def look(self, pause: Pause) -> int:
        """Ask about some accounts of each connection that tells addresses; how many were matched.

        Raises: Retryable when the store is away.
        """
        if not self._sources:
            return 0
        wanted = await self._database.aread(partial(_wanted, self._sources))
        waiting = self._waiting(wanted)
        matched = 0
        for connection_id, accounts in waiting.items():
            found = await self._ask(connection_id, accounts, pause=pause)
            addresses = wanted.addresses[connection_id]
            known = [one for one in found if one.email in addresses]
            if known:
                matched += await self._database.awrite(partial(self._match, accounts=known))
        return matched

    def _waiting(self, wanted: _Wanted) -> Mapping[ConnectionId, Sequence[UnmappedAccount]]:
        """Whom to ask about now; who looks for somebody new asks about everybody again."""
        waiting: dict[ConnectionId, list[UnmappedAccount]] = defaultdict(list)
        here = {one.ref for one in wanted.unmapped}
        for connection_id, addresses in wanted.addresses.items():
            is_known = addresses <= self._looked_for.get(connection_id, frozenset())
            before = self._asked.get(connection_id, set()) if is_known else set[AccountRef]()
            self._asked[connection_id] = before & here
        self._looked_for = wanted.addresses
        for one in wanted.unmapped:
            is_looked_for = bool(wanted.addresses.get(one.connection_id))
            if is_looked_for and one.ref not in self._asked[one.connection_id]:
                waiting[one.connection_id].append(one)
        return {where: accounts[:_MOST_AT_ONCE] for where, accounts in waiting.items()}

    async def _ask(
        self, connection_id: ConnectionId, accounts: Sequence[UnmappedAccount], *, pause: Pause
    ) -> list[Account]:
        """Those whose addresses the vendor tells; with a vendor in trouble the rest can wait."""
        found = list[Account]()
        for one in accounts:
            if not await pause(PACE_S):
                break
            try:
                email = await self._sources[connection_id].account_address(one.account_id)
            except ABOUT_ONE:
                email = None
            except ChargehandError as error:
                # Looked at every few minutes: what lasts is said once.
                if connection_id not in self._untold:
                    _log.warning("addresses.not_told", connection_id=connection_id, code=error.code)
                self._untold.add(connection_id)
                break
            self._untold.discard(connection_id)
            self._asked[connection_id].add(one.ref)
            if email is not None:
                found.append(Account(connection_id, one.account_id, one.name, email.lower()))
        return found

    def _match(self, tx: Writing, *, accounts: Sequence[Account]) -> int:
        now = self._clock.now()
        for one in accounts:
            note_seen(tx, one, now=now)
        return match_seen(tx, now=now)


def _wanted(sources: Collection[ConnectionId], tx: Reading) -> _Wanted:
    """The addresses of members who have no account at a connection."""
    has = {
        (one.connection_id, one.member_id)
        for one in tx.members.all_identities()
        if one.state is not IdentityState.REFUSED
    }
    team = [one for one in tx.members.all() if one.left_at is None and one.email is not None]
    addresses = {
        where: frozenset(
            one.email.lower() for one in team if one.email and (where, one.id) not in has
        )
        for where in sources
    }
    return _Wanted(addresses, tx.members.all_unmapped())
