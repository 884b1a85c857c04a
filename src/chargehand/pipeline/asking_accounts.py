"""Asks a vendor of one account after the other whether it works: in peace, and in bounds.

What could not be asked is unknown; the caller learns of clear answers alone, or of none.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from chargehand.domain.errors import Fault
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.connector import AccountSource, AccountState
from chargehand.plugins.errors import RequestRefused, TargetMissing, VendorBusy

# Slack, the narrowest, lets an app ask for about a hundred people a minute.
PACE_S: Final = 1.0
# Everything else that is asked of the vendor meanwhile goes before this.
_PATIENCE_S: Final = 900.0
_UNTOLD_WAIT_S: Final = 30.0
# What is wrong with one account alone; anything else is wrong with the connection.
ABOUT_ONE: Final = (RequestRefused, TargetMissing, Fault)

# Rests for some seconds; False when nothing more is wanted.
Pause: TypeAlias = Callable[[float], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class AskedAccounts:
    """What a vendor said of the accounts it was asked about.

    Shape: each account stands in one of the three; `is_proved` says that it called any account a
    working one, the bot's own among them.
    """

    connection_id: ConnectionId
    working: tuple[AccountId, ...] = ()
    gone: tuple[AccountId, ...] = ()
    unclear: tuple[AccountId, ...] = ()
    is_proved: bool = False


async def ask_accounts(
    connection: LiveConnection, account_ids: Sequence[AccountId], *, pause: Pause
) -> AskedAccounts | None:
    """What the vendor says of some accounts, and of the bot's own before them.

    Shape: None when it was told to stop, or where nobody tells of accounts.
    Raises: the errors of plugins/errors.py when the vendor can not be asked; then nothing that it
    said before counts.
    """
    if connection.accounts is None:
        return None
    asking = _Asking(connection.accounts, pause)
    bot = await connection.client.identify_bot()
    own = await asking.ask(bot.account_id)
    found: dict[AccountState, list[AccountId]] = {one: [] for one in AccountState}
    for account_id in account_ids:
        state = await asking.ask(account_id)
        if state is None:
            return None
        found[state].append(account_id)
    working = found[AccountState.WORKS]
    return AskedAccounts(
        connection.id,
        working=tuple(working),
        gone=tuple(found[AccountState.GONE]),
        unclear=tuple(found[AccountState.UNCLEAR]),
        is_proved=own is AccountState.WORKS or bool(working),
    )


class _Asking:
    """Questions to one vendor, with what patience is left for it."""

    def __init__(self, source: AccountSource, pause: Pause) -> None:
        self._source = source
        self._pause = pause
        self._patience_s = _PATIENCE_S

    async def ask(self, account_id: AccountId) -> AccountState | None:
        """What the vendor says of one account; None when told to stop."""
        rest_s = PACE_S
        while await self._pause(rest_s):
            try:
                return await self._source.account_state(account_id)
            except VendorBusy as error:
                rest_s = max(error.retry_after_s or _UNTOLD_WAIT_S, PACE_S)
                self._patience_s -= rest_s
                if self._patience_s < 0:
                    raise
            except ABOUT_ONE:
                return AccountState.UNCLEAR
        return None
