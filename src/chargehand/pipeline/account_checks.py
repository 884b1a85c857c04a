"""Whether the accounts of members still work: asked of every vendor once a day.

A deactivated account carries nothing from the moment its vendor says so. Only a clear answer ends
rights, and one that would end most of a connection's at once is put before a person instead.
Source: docs/decisions/0016-a-match-carries-no-right-until-confirmed.md
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from chargehand.domain.account import AccountRef
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.domain.member import Identity
from chargehand.kit.clock import Clock, from_micros, to_micros
from chargehand.logs.log import get_logger
from chargehand.members.vanishing import is_doubtful
from chargehand.pipeline.accounts import MATCHED_BY, note_activated, note_deactivated
from chargehand.pipeline.asking_accounts import AskedAccounts, Pause, ask_accounts
from chargehand.pipeline.connection import LiveConnection
from chargehand.pipeline.guarding import (
    ACCOUNTS_VANISHED,
    drop_guard,
    guard_subjects,
    lower_guard,
    raise_guard,
    up_since,
)
from chargehand.pipeline.noticing import tell_operator
from chargehand.storage.database import Database
from chargehand.storage.transaction import Reading, Writing

# Of more accounts than these another part is asked about each day.
MOST_ACCOUNTS: Final = 500
_EVERY: Final = timedelta(days=1)
_AGAIN_AFTER: Final = timedelta(hours=1)
# A write transaction has to be short.
_AT_ONCE: Final = 20
_ASKED: Final = "accounts_asked"
_UNTOLD: Final = "accounts_untold"
_log = get_logger()


@dataclass(frozen=True, slots=True)
class Findings:
    """What a vendor's answers mean for the accounts of members.

    Shape: `gone` would lose their rights, `back` would be matched again; `is_doubted` says that so
    many are gone at once that a person has to look first.
    """

    connection_id: ConnectionId
    asked: AskedAccounts
    gone: tuple[Identity, ...]
    back: tuple[Identity, ...]
    is_doubted: bool


@dataclass(frozen=True, slots=True)
class AccountsSeen:
    """When a connection's vendor told last whether accounts work.

    Shape: `untold_since` is since when it does not tell, None while it does; `doubted_since` since
    when so many are gone at once that none of them was taken for deactivated.
    """

    asked_at: datetime | None
    untold_since: datetime | None
    doubted_since: datetime | None


class AccountChecks:
    """The daily look at the accounts of every connection."""

    def __init__(
        self,
        database: Database,
        connections: Mapping[ConnectionId, LiveConnection],
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._clock = clock
        self._not_before: dict[ConnectionId, datetime] = {}

    async def look(self, pause: Pause) -> None:
        """Ask about the accounts of each connection whose day is over, one after the other.

        Raises: Retryable when the store is away.
        """
        await self._forget_others()
        for connection in self._connections.values():
            if connection.accounts is not None and await self._is_due(connection.id):
                await self._check(connection, pause)

    async def _forget_others(self) -> None:
        """Let no doubt outlast its connection."""
        here = {one.id for one in self._connections.values() if one.accounts is not None}
        doubted = await self._database.aread(lambda tx: guard_subjects(tx, ACCOUNTS_VANISHED))
        for other in doubted - here:
            await self._database.awrite(partial(drop_guard, code=ACCOUNTS_VANISHED, subject=other))

    async def _is_due(self, connection_id: ConnectionId) -> bool:
        now = self._clock.now()
        if now < self._not_before.get(connection_id, now):
            return False
        seen = await self._database.aread(lambda tx: accounts_seen(tx, connection_id))
        return seen.asked_at is None or now - seen.asked_at >= _EVERY

    async def _check(self, connection: LiveConnection, pause: Pause) -> None:
        now = self._clock.now()
        wanted = await self._database.aread(lambda tx: accounts_to_ask(tx, connection.id, now=now))
        if not wanted:
            return
        try:
            asked = await ask_accounts(connection, wanted, pause=pause)
        except ChargehandError as error:
            self._not_before[connection.id] = now + _AGAIN_AFTER
            if await self._database.awrite(lambda tx: _note_untold(tx, connection.id, now=now)):
                _log.warning("accounts.not_told", connection_id=connection.id, code=error.code)
            return
        if asked is None:
            return
        found = await self._database.aread(lambda tx: findings(tx, asked))
        await carry_out(self._database, found, by=MATCHED_BY, clock=self._clock)


def accounts_to_ask(
    tx: Reading | Writing, connection_id: ConnectionId, *, now: datetime
) -> tuple[AccountId, ...]:
    """The accounts of members that a vendor is asked about on a day, by account."""
    mapped = [one.account_id for one in tx.members.mapped_at(connection_id)]
    parts = -(-len(mapped) // MOST_ACCOUNTS) or 1
    return tuple(mapped[now.toordinal() % parts :: parts])


def findings(tx: Reading | Writing, asked: AskedAccounts) -> Findings:
    """What a vendor's answers mean, by what is known of the accounts now."""
    mapped = {one.account_id: one for one in tx.members.mapped_at(asked.connection_id)}
    gone = _those(mapped, asked.gone, is_active=True)
    back = _those(mapped, asked.working, is_active=False)
    working = _those(mapped, asked.working, is_active=True)
    is_doubted = is_doubtful(gone=len(gone), working=len(working), is_proved=asked.is_proved)
    return Findings(asked.connection_id, asked, gone, back, is_doubted)


async def carry_out(
    database: Database, found: Findings, *, by: str, clock: Clock, believes_all: bool = False
) -> None:
    """End the rights of accounts that are gone, and match those that work again.

    Shape: where so many are gone that it is doubted, none of them loses anything, unless whoever
    asked looked at them and believes it.
    Raises: Retryable when the store is away.
    """
    is_believed = believes_all or not found.is_doubted
    gone = found.gone if is_believed else ()
    for part in _parts(gone):
        await database.awrite(partial(_end, identities=part, by=by, now=clock.now()))
    for part in _parts(found.back):
        await database.awrite(partial(_bring_back, identities=part, by=by, now=clock.now()))
    await database.awrite(lambda tx: _note(tx, found, is_believed=is_believed, now=clock.now()))
    _log.info(
        "accounts.checked",
        connection_id=found.connection_id,
        working=len(found.asked.working),
        deactivated=len(gone),
        activated=len(found.back),
        unclear=len(found.asked.unclear),
        is_doubted=found.is_doubted,
    )


def accounts_seen(tx: Reading | Writing, connection_id: ConnectionId) -> AccountsSeen:
    """When a connection's vendor told last whether accounts work."""
    asked = tx.observations.find(_ASKED, connection_id)
    untold = tx.observations.find(_UNTOLD, connection_id)
    return AccountsSeen(
        asked_at=asked.observed_at if asked is not None else None,
        untold_since=from_micros(untold.value) if untold is not None else None,
        doubted_since=up_since(tx, ACCOUNTS_VANISHED, connection_id),
    )


def _those(
    mapped: Mapping[AccountId, Identity], wanted: Collection[AccountId], *, is_active: bool
) -> tuple[Identity, ...]:
    found = (mapped[one] for one in wanted if one in mapped)
    return tuple(one for one in found if one.is_active is is_active)


def _parts(identities: Sequence[Identity]) -> list[Sequence[Identity]]:
    return [identities[at : at + _AT_ONCE] for at in range(0, len(identities), _AT_ONCE)]


def _end(tx: Writing, *, identities: Sequence[Identity], by: str, now: datetime) -> None:
    for one in identities:
        if note_deactivated(tx, _ref(one), by=by, now=now):
            _tell_deactivated(tx, one, now=now)


def _bring_back(tx: Writing, *, identities: Sequence[Identity], by: str, now: datetime) -> None:
    for one in identities:
        note_activated(tx, _ref(one), by=by, now=now)


def _ref(identity: Identity) -> AccountRef:
    return AccountRef(identity.connection_id, identity.account_id)


def _note(tx: Writing, found: Findings, *, is_believed: bool, now: datetime) -> None:
    where = found.connection_id
    clear = len(found.asked.working) + len(found.gone)
    tx.observations.note(_ASKED, where, clear, now=now)
    tx.observations.forget(_UNTOLD, where)
    is_up = up_since(tx, ACCOUNTS_VANISHED, where) is not None
    if is_believed and is_up:
        lower_guard(tx, ACCOUNTS_VANISHED, where, now=now)
    if is_believed or is_up:
        return
    tell_operator(
        tx,
        "accounts_vanished",
        subject_id=raise_guard(tx, ACCOUNTS_VANISHED, where, now=now),
        text=f"{where} says that {len(found.gone)} of {clear} accounts of members are deactivated "
        "or gone, all at once. None of them was taken for deactivated: does the connection point "
        f"at another site? See `chargehand members check-accounts {where}`.",
        now=now,
    )


def _note_untold(tx: Writing, connection_id: ConnectionId, *, now: datetime) -> bool:
    """Remember since when a vendor does not tell; False where that is known."""
    is_new = tx.observations.find(_UNTOLD, connection_id) is None
    if is_new:
        tx.observations.note(_UNTOLD, connection_id, to_micros(now), now=now)
    return is_new


def _tell_deactivated(tx: Writing, identity: Identity, *, now: datetime) -> None:
    who, where = identity.member_id, identity.connection_id
    tell_operator(
        tx,
        "account_deactivated",
        subject_id=f"{where}:{who}:{now:%Y-%m-%d}",
        text=f"{where} says that the account of {who} is deactivated or gone, so it carries no "
        "rights any more. Other accounts, sign-ins and API keys of theirs do: if they left, "
        f"`chargehand members leave {who}` ends all of it.",
        now=now,
    )
