"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.bitbucket.accounts import BotFinder, is_made_up
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Dialect
from chargehand.connectors.bitbucket.errors import BitbucketConfigWrong, RepositoryMoved
from chargehand.connectors.bitbucket.transport import BitbucketTransport
from chargehand.domain.errors import ChargehandError
from chargehand.plugins.connector import Check, CheckState
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    ScopeMissing,
    TargetMissing,
    VendorUnreachable,
)
from chargehand.plugins.outcomes import VENDOR_FAILURES

_SIGN_IN, _CLOCK, _REPOSITORIES = "sign-in", "clock", "repositories"
_BOT: Final = "bot account"
_CLOCK_WARN_S: Final = 30.0
_PRIVACY: Final[Mapping[bool | None, str]] = {
    True: "private",
    False: "public: everybody may read it",
    None: "of unknown privacy",
}


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection."""

    config: BitbucketConfig
    transport: BitbucketTransport
    dialect: Dialect
    bot: BotFinder

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; never raises what Bitbucket can."""
        try:
            bot = await self.bot.ask()
        except (*VENDOR_FAILURES, BitbucketConfigWrong) as error:
            sign_in = Check(_SIGN_IN, CheckState.FAILED, str(error), _mend_for(error))
            return (sign_in, *self._skipped())
        repositories = await asyncio.gather(
            *(self._repository(one) for one in self.config.repositories)
        )
        is_unknown = is_made_up(bot.account_id, self.config)
        found = f"signed in as {bot.name} ({bot.account_id})"
        if is_unknown or bot.account_id == self.config.bot_account_id:
            # Nothing told who it is; that it reads a repository is what shows that it works.
            works = any(one.state is not CheckState.FAILED for one in repositories)
            state = CheckState.PASSED if works else CheckState.FAILED
            found = "the access token works" if works else "the access token reads no repository"
            sign_in = Check(_SIGN_IN, state, found)
        else:
            sign_in = Check(_SIGN_IN, CheckState.PASSED, found)
        return (
            sign_in,
            *([self._unknown_bot()] if is_unknown else []),
            *(repositories or (_no_repositories(),)),
            *self.dialect.standing_checks(),
            self._clock(),
        )

    def _unknown_bot(self) -> Check:
        found = "Bitbucket does not tell the account of an access token, so nobody can mention it"
        mend = (
            "Let people write the name in user_name, such as @chargehand; the account is known "
            "after the bot's first comment, and account_id in chargehand.toml keeps it."
        )
        return Check(_BOT, CheckState.WARNED, found, mend)

    async def _repository(self, wanted: str) -> Check:
        name = f"repository {wanted}"
        try:
            found = await self.dialect.repository(wanted)
            await self.dialect.open_pull_requests(wanted, 1)
        except VENDOR_FAILURES as error:
            return Check(name, CheckState.FAILED, str(error), _mend_for(error))
        if found.full_name != wanted:
            mend = "Write the new name into repositories in chargehand.toml."
            return Check(name, CheckState.FAILED, f"it is called {found.full_name} now", mend)
        return Check(name, CheckState.PASSED, f"readable, {_PRIVACY[found.is_private]}")

    def _clock(self) -> Check:
        offset_s = self.transport.clock_offset_s
        if offset_s is None:
            return Check(_CLOCK, CheckState.SKIPPED, "not tried: the answers carried no time")
        side = "behind" if offset_s > 0 else "ahead of"
        found = f"this machine is {abs(offset_s):.0f} s {side} Bitbucket"
        if abs(offset_s) <= _CLOCK_WARN_S:
            return Check(_CLOCK, CheckState.PASSED, found)
        return Check(_CLOCK, CheckState.WARNED, found, "Let this machine keep its time by NTP.")

    def _skipped(self) -> tuple[Check, ...]:
        names = [f"repository {one}" for one in self.config.repositories] or [_REPOSITORIES]
        return tuple(
            Check(name, CheckState.SKIPPED, "not tried: the sign-in does not work")
            for name in names
        )


def _no_repositories() -> Check:
    return Check(
        _REPOSITORIES,
        CheckState.WARNED,
        "no repository is bound to a project, so nothing is heard or told",
        'Name them in the settings, such as repositories = { "acme/payments" = ["PAY"] }.',
    )


_MENDS: Final[tuple[tuple[type[ChargehandError], str], ...]] = (
    (CredentialsRefused, "Make a new token and put it into .env."),
    (ScopeMissing, "Make a token with this scope."),
    (PermissionMissing, "Give the token, or the bot's account, access to the repository."),
    (RepositoryMoved, "Correct the name in chargehand.toml."),
    (TargetMissing, "Correct the name in chargehand.toml, or give the bot access."),
    (VendorUnreachable, "Look at this machine's network, its proxy and its certificates."),
    (BitbucketConfigWrong, "Correct the setting."),
)


def _mend_for(error: ChargehandError) -> str:
    return next((mend for kind, mend in _MENDS if isinstance(error, kind)), "")
