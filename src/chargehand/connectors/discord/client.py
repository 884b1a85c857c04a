"""One live connection to a Discord server: everything the house may ask of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from time import monotonic

from chargehand.connectors.discord.actions import ActionSender
from chargehand.connectors.discord.answers import MemberAnswer, UserAnswer
from chargehand.connectors.discord.changes import ChangeActions
from chargehand.connectors.discord.check import ConnectionCheck
from chargehand.connectors.discord.commands_sync import (
    CommandChange,
    changes_to,
    registered,
    write_change,
)
from chargehand.connectors.discord.config import DiscordConfig
from chargehand.connectors.discord.errors import AccountUnknown
from chargehand.connectors.discord.messages_reading import MessageReader
from chargehand.connectors.discord.replies import ReplyActions
from chargehand.connectors.discord.schemas import time_of_id
from chargehand.connectors.discord.sending import MessageSender
from chargehand.connectors.discord.text import read_message
from chargehand.connectors.discord.transport import Call, DiscordTransport, path_of
from chargehand.domain.action import ActionResult, ApprovedAction
from chargehand.domain.command import ChatCommand
from chargehand.domain.errors import ChargehandError
from chargehand.domain.event import Place
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.text import plain_text
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
from chargehand.plugins.errors import TargetMissing
from chargehand.plugins.vendor_line import Surroundings


class DiscordClient:
    """Keeps `plugins.connector.ConnectorClient` for one Discord server.

    Shape: `commands` are those the check compares with what Discord has registered.
    """

    def __init__(
        self,
        config: DiscordConfig,
        around: Surroundings,
        *,
        commands: Sequence[ChatCommand] = (),
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        clock = around.clock
        self._config = config
        self._commands = tuple(commands)
        self._sleep = around.sleep
        self.transport = DiscordTransport(config, around, now_s=now_s)
        self._bot: BotIdentity | None = None
        messages = self._messages = MessageReader(self.transport)
        sender = MessageSender(config, clock, messages, self._find_bot)
        self._actions = ActionSender(
            config,
            self.transport,
            sender,
            ReplyActions(config, messages, sender),
            ChangeActions(config, messages, self._find_bot),
        )

    @property
    def connection_id(self) -> ConnectionId:
        """The connection it speaks for."""
        return self._config.connection_id

    @property
    def clock_offset_s(self) -> float | None:
        """What Discord's clock is ahead of ours by its last answer; None before the first."""
        return self.transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account of the bot, asked of Discord.

        Raises: the errors of plugins/errors.py.
        """
        path = path_of("users", "@me")
        call = Call("GET", path, "tell who the bot is", "the bot's account", route=f"GET {path}")
        user = await self.transport.read(call, UserAnswer)
        name = user.global_name or user.username or user.id
        self._bot = BotIdentity(AccountId(user.id), name, user_name=user.username or None)
        return self._bot

    async def is_member(self, account_id: AccountId) -> bool:
        """Whether an account belongs to the server now; a direct message does not say so.

        Raises: the errors of plugins/errors.py.
        """
        try:
            member = await self._member(account_id)
        except TargetMissing:
            return False
        return not member.pending

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account is a member of the server; a server we are not in says nothing.

        Raises: the errors of plugins/errors.py.
        """
        try:
            await self._member(account_id)
        except AccountUnknown:
            return AccountState.GONE
        except TargetMissing:
            return AccountState.UNCLEAR
        return AccountState.WORKS

    async def read_thread(self, place: Place, *, limit: int) -> tuple[ThreadMessage, ...] | None:
        """The newest messages of the thread a place is in, oldest first; None if not told now."""
        if place.thread_id is None:
            return ()
        try:
            bot = await self._find_bot()
            found = await self._messages.newest(place.thread_id, limit)
        except ChargehandError:
            return None
        return tuple(
            ThreadMessage(
                message_id=one.id,
                author=one.author.global_name or one.author.username or one.author.id,
                text=plain_text(read_message(one.content, {}).lines),
                sent_at=time_of_id(one.id),
                is_ours=one.author.id == bot,
                # Of people only members of the server write there; an app may tell of anybody.
                is_outsider=one.author.bot and one.author.id != bot,
            )
            for one in found
        )

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    async def poll(
        self,
        projects: Sequence[ProjectKey],  # noqa: ARG002 - the contract names it.
        cursor: str | None,
        *,
        now: datetime,
    ) -> AsyncIterator[PollPage]:
        """Nothing: what Discord has to tell, it posts to us."""
        yield PollPage((), cursor or now.isoformat())

    async def check(self) -> tuple[Check, ...]:
        """Really call Discord and say, check by check, what works."""
        return await ConnectionCheck(
            self._config, self.transport, self._commands, self.identify_bot
        ).run()

    async def command_changes(self) -> tuple[CommandChange, ...]:
        """What differs between our commands and those Discord has; reading only.

        Raises: the errors of plugins/errors.py.
        """
        return changes_to(self._commands, await registered(self.transport, self._config))

    async def write_command(self, change: CommandChange) -> None:
        """Write one difference, as soon as Discord allows; set-up that was recorded beforehand.

        Raises: the errors of plugins/errors.py.
        """
        await write_change(self.transport, self._config, change, sleep=self._sleep)

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self.transport.aclose()

    async def _member(self, account_id: AccountId) -> MemberAnswer:
        guild_id = self._config.guild_id
        call = Call(
            "GET",
            path_of("guilds", guild_id, "members", account_id),
            "show a member",
            f"account {account_id}",
            route=f"GET /guilds/{guild_id}/members/:id",
        )
        return await self.transport.read(call, MemberAnswer)

    async def _find_bot(self) -> AccountId:
        bot = self._bot or await self.identify_bot()
        return bot.account_id
