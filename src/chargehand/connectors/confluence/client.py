"""One live connection to a Confluence: everything the house may ask of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from chargehand.connectors.confluence.actions import ActionSender
from chargehand.connectors.confluence.check import ConnectionCheck
from chargehand.connectors.confluence.cloud import CloudDialect
from chargehand.connectors.confluence.comment_actions import CommentActions
from chargehand.connectors.confluence.config import ConfluenceConfig
from chargehand.connectors.confluence.data_center import DataCenterDialect
from chargehand.connectors.confluence.dialect import Dialect
from chargehand.connectors.confluence.errors import VENDOR
from chargehand.connectors.confluence.page_actions import PageActions
from chargehand.connectors.confluence.poll import Poller
from chargehand.connectors.confluence.seen import account_in
from chargehand.connectors.confluence.transport import Call, ConfluenceTransport
from chargehand.domain.action import ActionResult, ApprovedAction
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.kit.tolerant import text_in
from chargehand.plugins.connector import (
    AccountState,
    BotIdentity,
    Check,
    LookUp,
    PastEffect,
    PollPage,
    SentAction,
)
from chargehand.plugins.errors import VendorAnswerUnreadable
from chargehand.plugins.vendor_line import Surroundings


class ConfluenceClient:
    """Keeps `plugins.connector.ConnectorClient` for one Confluence."""

    def __init__(self, config: ConfluenceConfig, around: Surroundings) -> None:
        self._config = config
        self._transport = ConfluenceTransport(config, around)
        self._bot: BotIdentity | None = None
        queries: Dialect = CloudDialect(self._transport)
        if config.is_data_center:
            queries = DataCenterDialect(self._transport)
        self._queries = queries
        self._actions = ActionSender(
            config,
            self._transport,
            CommentActions(config, self._transport, queries, self._find_bot),
            PageActions(config, self._transport, queries, self._find_bot),
        )
        self._poller = Poller(config, self._transport, queries)

    @property
    def clock_offset_s(self) -> float | None:
        """What Confluence's clock is ahead of ours by its last answer; None before the first."""
        return self._transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account the sign-in belongs to, asked of Confluence.

        Raises: the errors of plugins/errors.py.
        """
        user = await self._queries.current_user()
        account = account_in(user)
        if not account:
            detail = "the account has no id"
            raise VendorAnswerUnreadable(
                vendor=VENDOR, operation="tell who the bot is", detail=detail
            )
        name = text_in(user, "displayName") or text_in(user, "publicName") or account
        zone = text_in(user, "timeZone") or None
        self._bot = BotIdentity(AccountId(account), name, zone)
        return self._bot

    async def list_spaces(self) -> tuple[tuple[str, str], ...]:
        """Key and name of every space the bot sees, by key.

        Raises: the errors of plugins/errors.py.
        """
        return tuple(sorted(await self._queries.spaces()))

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account is there; Confluence does not tell of those that were deactivated.

        Raises: the errors of plugins/errors.py.
        """
        return await self._queries.account_state(account_id)

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    def poll(
        self,
        projects: Sequence[ProjectKey],  # noqa: ARG002 - spaces are polled, whatever they serve.
        cursor: str | None,
        *,
        now: datetime,
    ) -> AsyncIterator[PollPage]:
        """Everything made or edited in the bound spaces since the cursor, page by page.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        return self._poller.poll(cursor, now=now)

    async def check(self) -> tuple[Check, ...]:
        """Really call Confluence and say, check by check, what works."""
        return await ConnectionCheck(
            self._config, self._transport, self._queries, self.identify_bot
        ).run()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self._transport.aclose()

    async def _find_bot(self) -> AccountId:
        if self._config.bot_account_id is not None:
            return self._config.bot_account_id
        bot = self._bot or await self.identify_bot()
        return bot.account_id


async def with_cloud_id(config: ConfluenceConfig, around: Surroundings) -> ConfluenceConfig:
    """The same connection with the cloud id its site tells to anybody.

    Raises: the errors of plugins/errors.py.
    """
    client = ConfluenceTransport(config, around)
    call = Call(
        "GET",
        "/_edge/tenant_info",
        "tell its cloud id",
        "cloud id of the site",
        base_url=config.site,
    )
    try:
        answer = await client.read(call)
    finally:
        await client.aclose()
    return replace(config, cloud_id=text_in(answer, "cloudId") or None)
