"""Tries a connection for real and says, check by check, what works and how to mend the rest."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from chargehand.connectors.slack.accounts import AccountReader
from chargehand.connectors.slack.app_manifest import APP_SCOPE, SCOPES
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackConfigWrong
from chargehand.connectors.slack.transport import Call, SlackTransport
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import PlaceKind
from chargehand.plugins.connector import BotIdentity, Check, CheckState
from chargehand.plugins.errors import CredentialsRefused, ScopeMissing, VendorUnreachable
from chargehand.plugins.outcomes import VENDOR_FAILURES

_SIGN_IN, _SCOPES, _CHANNELS = "sign-in", "scopes", "channels"
_SOCKET, _CLOCK = "socket mode", "clock"
_CLOCK_WARN_S, _CLOCK_FAIL_S = 30.0, 300.0
_INSTALL: Final = "Install the app again at api.slack.com/apps and put its bot token into .env."


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """Checks one connection; `identify` asks Slack anew who the bot is."""

    config: SlackConfig
    transport: SlackTransport
    accounts: AccountReader
    identify: Callable[[], Awaitable[BotIdentity]]

    async def run(self) -> tuple[Check, ...]:
        """Every check, in the order they build on each other; never raises what Slack can cause."""
        try:
            bot = await self.identify()
        except (*VENDOR_FAILURES, SlackConfigWrong) as error:
            sign_in = Check(_SIGN_IN, CheckState.FAILED, str(error), _mend_for(error))
            return (sign_in, *self._skipped())
        found = f"signed in as {bot.name} ({bot.account_id}) in {self.config.team_id}"
        channels = await asyncio.gather(*(self._channel(one) for one in self.config.channels))
        socket = (await self._socket(),) if self.config.app_token is not None else ()
        return (
            Check(_SIGN_IN, CheckState.PASSED, found),
            await self._scopes(),
            *(channels or (_no_channels(),)),
            *socket,
            self._clock(),
        )

    async def _scopes(self) -> Check:
        try:
            answer = await self.transport.ask(Call("auth.test", "tell the token's scopes"))
        except VENDOR_FAILURES as error:
            return Check(_SCOPES, CheckState.FAILED, str(error), _mend_for(error))
        if not answer.scopes:
            found = "Slack did not say which scopes the token has"
            return Check(_SCOPES, CheckState.WARNED, found)
        missing = [scope for scope in SCOPES if scope not in answer.scopes]
        if not missing:
            return Check(_SCOPES, CheckState.PASSED, f"all {len(SCOPES)} are there")
        words = "; ".join(f"{scope}, to {SCOPES[scope]}" for scope in missing)
        mend = "Add them under OAuth & Permissions at api.slack.com/apps and install the app again."
        return Check(_SCOPES, CheckState.FAILED, f"missing: {words}", mend)

    async def _channel(self, channel_id: str) -> Check:
        name = f"channel {channel_id}"
        try:
            channel = await self.accounts.channel(channel_id)
        except VENDOR_FAILURES as error:
            mend = "Correct the id in the settings, or invite the bot with /invite."
            return Check(name, CheckState.FAILED, str(error), mend)
        if channel.is_archived:
            mend = "Unarchive it, or take it out of the settings."
            return Check(name, CheckState.FAILED, f"#{channel.name} is archived", mend)
        if not channel.is_member:
            mend = f"Write /invite @chargehand in #{channel.name}."
            return Check(name, CheckState.FAILED, f"the bot is not in #{channel.name}", mend)
        if channel.kind is PlaceKind.SHARED:
            found = f"#{channel.name} is shared with other workspaces; nothing is told there"
            return Check(name, CheckState.WARNED, found)
        return Check(name, CheckState.PASSED, f"#{channel.name}, {channel.kind.value}")

    async def _socket(self) -> Check:
        call = Call("apps.connections.open", "open a socket", with_app_token=True)
        try:
            await self.transport.write(call)
        except VENDOR_FAILURES as error:
            mend = (
                f"Switch Socket Mode on at api.slack.com/apps, and make an app token with the "
                f"scope {APP_SCOPE}."
            )
            return Check(_SOCKET, CheckState.FAILED, str(error), mend)
        return Check(_SOCKET, CheckState.PASSED, "Slack opens a socket")

    def _clock(self) -> Check:
        offset_s = self.transport.clock_offset_s
        if offset_s is None:
            return Check(_CLOCK, CheckState.SKIPPED, "not tried: Slack's answers carried no time")
        side = "behind" if offset_s > 0 else "ahead of"
        found = f"this machine is {abs(offset_s):.0f} s {side} Slack"
        if abs(offset_s) <= _CLOCK_WARN_S:
            return Check(_CLOCK, CheckState.PASSED, found)
        # From five minutes on every request of Slack is refused as a replay.
        state = CheckState.FAILED if abs(offset_s) >= _CLOCK_FAIL_S else CheckState.WARNED
        return Check(_CLOCK, state, found, "Let this machine keep its time by NTP.")

    def _skipped(self) -> tuple[Check, ...]:
        channels = [f"channel {one}" for one in self.config.channels] or [_CHANNELS]
        return tuple(
            Check(name, CheckState.SKIPPED, "not tried: the sign-in does not work")
            for name in (_SCOPES, *channels)
        )


def _no_channels() -> Check:
    return Check(
        _CHANNELS,
        CheckState.WARNED,
        "no channel is bound to a project, so nothing is told anywhere",
        'Name them in the settings, such as channels = { C0123ABCD = ["PAY"] }.',
    )


def _mend_for(error: ChargehandError) -> str:
    match error:
        case CredentialsRefused():
            return _INSTALL
        case ScopeMissing():
            return "Add the scope at api.slack.com/apps and install the app again."
        case VendorUnreachable():
            return "Look at this machine's network, its proxy and its certificates."
        case SlackConfigWrong():
            return "Correct the setting."
        case _:
            return ""
