"""One live connection to a Slack workspace: everything the house may ask of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chargehand.connectors.slack.accounts import Account, AccountReader, Channel
from chargehand.connectors.slack.actions import ActionSender
from chargehand.connectors.slack.answers import AuthAnswer
from chargehand.connectors.slack.check import ConnectionCheck
from chargehand.connectors.slack.config import SlackConfig
from chargehand.connectors.slack.errors import SlackConfigWrong, unreadable
from chargehand.connectors.slack.message_actions import MessageActions
from chargehand.connectors.slack.message_reader import MessageReader
from chargehand.connectors.slack.other_actions import OtherActions
from chargehand.connectors.slack.places import PlaceLooker
from chargehand.connectors.slack.poll import Poller
from chargehand.connectors.slack.threads import ThreadLooker
from chargehand.connectors.slack.transport import Call, SlackTransport
from chargehand.domain.action import ActionResult, ApprovedAction
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Place
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.domain.thread import ThreadMessage
from chargehand.plugins.connector import (
    AccountState,
    BotIdentity,
    Check,
    LookUp,
    PastEffect,
    PollPage,
    SentAction,
)
from chargehand.plugins.vendor_line import Surroundings

_WHO = "tell who the bot is"


class SlackClient:
    """Keeps `plugins.connector.ConnectorClient` for one Slack workspace."""

    def __init__(self, config: SlackConfig, around: Surroundings) -> None:
        clock = around.clock
        self._config = config
        self._transport = SlackTransport(config, around)
        self._bot: BotIdentity | None = None
        reader = MessageReader(self._transport)
        self._accounts = AccountReader(self._transport)
        self._actions = ActionSender(
            MessageActions(config, self._transport, reader, clock),
            OtherActions(config, self._transport, reader),
            self._find_bot,
        )
        self._poller = Poller(config, self._transport, self._accounts)
        self._places = PlaceLooker(config, self._accounts, clock)
        self._threads = ThreadLooker(self._transport, self._accounts, config.team_id)

    @property
    def clock_offset_s(self) -> float | None:
        """What Slack's clock is ahead of ours by its last answer; None before the first."""
        return self._transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account the token belongs to, asked of Slack.

        Raises: the errors of plugins/errors.py; SlackConfigWrong for another workspace's token.
        """
        found = await self._transport.read(Call("auth.test", _WHO), AuthAnswer)
        if not found.user_id:
            raise unreadable(_WHO, "the account has no id")
        if self._config.team_id not in (found.team_id, found.enterprise_id):
            problem = f"is {self._config.team_id}, and the token belongs to {found.team_id}"
            raise SlackConfigWrong(field="team_id", problem=problem)
        self._bot = BotIdentity(AccountId(found.user_id), found.user or found.user_id)
        return self._bot

    async def read_account(self, account_id: AccountId) -> Account | None:
        """One account of the workspace; None when there is none by this id.

        Raises: the errors of plugins/errors.py.
        """
        return await self._accounts.account(account_id)

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account works in the workspace.

        Raises: the errors of plugins/errors.py.
        """
        return await self._accounts.state(account_id)

    async def account_address(self, account_id: AccountId) -> str | None:
        """The address of an account; None also without the scope that lets the bot see it.

        Raises: the errors of plugins/errors.py.
        """
        account = await self._accounts.account(account_id)
        return account.email if account is not None else None

    async def read_channel(self, channel_id: str) -> Channel:
        """One channel, and who can read it.

        Raises: the errors of plugins/errors.py.
        """
        return await self._accounts.channel(channel_id)

    async def read_place(self, place: Place, account_id: AccountId | None) -> Place:
        """The place as Slack knows it; of an unknown kind where Slack can not be asked now."""
        return await self._places.read_place(place, account_id)

    async def read_thread(self, place: Place, *, limit: int) -> tuple[ThreadMessage, ...] | None:
        """The newest messages of the thread a place is in, oldest first; None if not told now."""
        try:
            bot = await self._find_bot()
        except ChargehandError:
            return None
        return await self._threads.read_thread(place, bot, limit=limit)

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    def poll(
        self,
        projects: Sequence[ProjectKey],  # noqa: ARG002 - the contract names them; channels are bound.
        cursor: str | None,
        *,
        now: datetime,
    ) -> AsyncIterator[PollPage]:
        """Every message of the bound channels since the cursor, page by page; None starts at `now`.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        return self._poller.poll(cursor, now=now)

    async def check(self) -> tuple[Check, ...]:
        """Really call Slack and say, check by check, what works."""
        return await ConnectionCheck(
            self._config, self._transport, self._accounts, self.identify_bot
        ).run()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self._transport.aclose()

    async def _find_bot(self) -> AccountId:
        bot = self._bot or await self.identify_bot()
        return bot.account_id
