"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.dialect import Dialect
from chargehand.connectors.confluence.errors import ConfluenceConfigWrong
from chargehand.connectors.confluence.transport import ConfluenceTransport
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.connector import BotIdentity, Check, CheckState
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    ScopeMissing,
    TargetMissing,
    VendorUnreachable,
)
from chargehand.plugins.outcomes import VENDOR_FAILURES

_SIGN_IN, _SEARCH, _READING, _CLOCK = "sign-in", "search", "reading", "clock"
_NO_TITLE, _NO_COMMENT = "chargehand doctor looks for this page", "1"
_CLOCK_WARN_S, _CLOCK_FAIL_S = 30.0, 300.0


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection; `identify` asks Confluence anew who the bot is."""

    config: ConfluenceConfig
    transport: ConfluenceTransport
    queries: Dialect
    identify: Callable[[], Awaitable[BotIdentity]]

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; never raises what is outside."""
        try:
            bot = await self.identify()
        except (*VENDOR_FAILURES, ConfluenceConfigWrong) as error:
            found = f"not tried, because the {_SIGN_IN} failed"
            failed = Check(_SIGN_IN, CheckState.FAILED, str(error), self._mend_for(error))
            return (failed, Check("spaces", CheckState.SKIPPED, found))
        signed_in = f"signed in as {bot.name} ({bot.account_id})"
        return (
            Check(_SIGN_IN, CheckState.PASSED, signed_in),
            *[await self._space(key) for key in self.config.spaces],
            await self._search(),
            *await self._reading(),
            self._clock(),
        )

    async def _space(self, key: str) -> Check:
        name = f"space {key}"
        try:
            space_id = await self.queries.space_id(key)
        except TargetMissing as error:
            mend = "Correct the key in the settings, or let the bot's account see the space."
            return Check(name, CheckState.FAILED, str(error), mend)
        except VENDOR_FAILURES as error:
            return Check(name, CheckState.FAILED, str(error), self._mend_for(error))
        return Check(name, CheckState.PASSED, f"the bot sees it (id {space_id})")

    async def _search(self) -> Check:
        spaces = ", ".join(f'"{key}"' for key in self.config.spaces)
        if not spaces:
            found = "no space is bound, so nothing is read"
            mend = "Name spaces under [connections.spaces] in chargehand.toml."
            return Check(_SEARCH, CheckState.WARNED, found, mend)
        cql = f'space in ({spaces}) and type in (page, comment) and lastmodified >= now("-2m")'
        try:
            async for _ in self.queries.search(cql, expand="version"):
                break
        except VENDOR_FAILURES as error:
            return Check(_SEARCH, CheckState.FAILED, str(error), self._mend_for(error))
        return Check(_SEARCH, CheckState.PASSED, "changed pages and comments can be looked for")

    async def _reading(self) -> tuple[Check, ...]:
        """Whether pages and comments may be read, by asking for some that need not be there.

        What may be written is told by no request but a write.
        """
        for key in self.config.spaces:
            try:
                await self.queries.find_page(await self.queries.space_id(key), _NO_TITLE)
                await self.queries.comment(_NO_COMMENT)
            except TargetMissing:
                # The space is told of above.
                continue
            except VENDOR_FAILURES as error:
                return (Check(_READING, CheckState.FAILED, str(error), self._mend_for(error)),)
            found = "pages and comments can be read; whether the token may write is seen by writing"
            return (Check(_READING, CheckState.PASSED, found),)
        return ()

    def _clock(self) -> Check:
        offset_s = self.transport.clock_offset_s
        if offset_s is None:
            return Check(_CLOCK, CheckState.SKIPPED, "Confluence did not tell its time")
        found = f"{abs(offset_s):.0f} s apart from Confluence's"
        if abs(offset_s) < _CLOCK_WARN_S:
            return Check(_CLOCK, CheckState.PASSED, found)
        state = CheckState.FAILED if abs(offset_s) >= _CLOCK_FAIL_S else CheckState.WARNED
        return Check(_CLOCK, state, found, "Set this machine's clock by NTP.")

    def _mend_for(self, error: ChargehandError) -> str:
        if isinstance(error, CredentialsRefused) and self.config.is_data_center:
            return "Make a new personal access token in the bot's profile and put it into .env."
        return _mend_for(error)


def _mend_for(error: ChargehandError) -> str:
    if isinstance(error, CredentialsRefused):
        return "Make a new API token at id.atlassian.com and put it into .env."
    if isinstance(error, ScopeMissing):
        return "Make the token anew with this scope and the others of the guide."
    if isinstance(error, PermissionMissing):
        return "Give the bot's account access to Confluence, and the token the scopes of the guide."
    if isinstance(error, VendorUnreachable):
        return "Check the site's address, the network and the proxy."
    return ""
