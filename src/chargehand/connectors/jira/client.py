"""One live connection to a Jira site: everything the house may ask of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chargehand.connectors.jira.account_states import (
    read_account_address,
    read_account_state,
)
from chargehand.connectors.jira.actions import ActionSender
from chargehand.connectors.jira.answers import UserAnswer
from chargehand.connectors.jira.check import ConnectionCheck
from chargehand.connectors.jira.cloud import CloudDialect
from chargehand.connectors.jira.comment_actions import CommentActions
from chargehand.connectors.jira.comment_removal import CommentRemoval
from chargehand.connectors.jira.comment_update import CommentUpdate
from chargehand.connectors.jira.comments import CommentReader
from chargehand.connectors.jira.config import Deployment, JiraConfig
from chargehand.connectors.jira.create_actions import CreateActions
from chargehand.connectors.jira.data_center import DataCenterDialect
from chargehand.connectors.jira.dialect import Dialect
from chargehand.connectors.jira.errors import VENDOR
from chargehand.connectors.jira.facts import FactReader
from chargehand.connectors.jira.field_actions import FieldActions
from chargehand.connectors.jira.link_actions import LinkActions
from chargehand.connectors.jira.poll import Poller
from chargehand.connectors.jira.queries import JiraQueries
from chargehand.connectors.jira.set_actions import SetActions
from chargehand.connectors.jira.states import StateReader
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.action import ActionResult, ApprovedAction
from chargehand.domain.ids import AccountId, ProjectKey
from chargehand.domain.work_item import FactNeeds, Facts
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
from chargehand.plugins.outcomes import VENDOR_FAILURES
from chargehand.plugins.vendor_line import Surroundings


@dataclass(frozen=True, slots=True)
class Project:
    """A project the bot can see; `kind` is Jira's word, such as software or service_desk."""

    key: ProjectKey
    name: str
    kind: str


class JiraClient:
    """Keeps `plugins.connector.ConnectorClient` for one Jira site."""

    def __init__(self, config: JiraConfig, around: Surroundings) -> None:
        self._config = config
        self._transport = JiraTransport(config, around)
        self._bot: BotIdentity | None = None
        dialect = dialect_of(config, self._transport)
        self._dialect = dialect
        comments = CommentReader(self._transport, dialect)
        queries = JiraQueries(self._transport, dialect)
        states = StateReader(self._transport, dialect)
        self._comments = comments
        self._facts = FactReader(config, queries, comments, self._find_bot)
        writing = CommentActions(
            config, self._transport, dialect, comments, queries, states, self._find_bot
        )
        self._actions = ActionSender(
            config,
            self._transport,
            writing,
            SetActions(config, queries, states, dialect),
            LinkActions(config, self._transport),
            FieldActions(config, self._transport),
            CreateActions(config, self._transport, dialect, around.clock, self._find_bot),
            CommentRemoval(config, comments, self._find_bot),
            CommentUpdate(writing, self._find_bot),
        )
        self._poller = Poller(config, self._transport, dialect, comments)

    @property
    def clock_offset_s(self) -> float | None:
        """What Jira's clock is ahead of ours by its last answer; None before the first."""
        return self._transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account the sign-in belongs to, asked of Jira.

        Raises: the errors of plugins/errors.py; JiraConfigWrong when people mention it by another
        name than the settings say.
        """
        operation = "tell who the bot is"
        call = Call("GET", path_of("myself"), operation, "the bot's account")
        user = await self._transport.read(call, UserAnswer)
        if not user.account_id:
            detail = "the account has no id"
            raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
        self._dialect.check_bot(user)
        name = user.display_name or user.account_id
        self._bot = BotIdentity(AccountId(user.account_id), name, user.time_zone, user.name)
        return self._bot

    async def list_projects(self) -> tuple[Project, ...]:
        """Every project the bot can see, by key.

        Raises: the errors of plugins/errors.py.
        """
        found = await self._dialect.projects()
        return tuple(Project(ProjectKey(p.key), p.name, p.project_type_key) for p in found)

    async def read_facts(self, needs: FactNeeds, *, now: datetime) -> Facts:
        """Read what an answer needs; what can not be read is Unknown, never raised."""
        return await self._facts.read(needs, now=now)

    async def is_own_comment(
        self,
        work_item: str,  # noqa: ARG002 - the contract names it; Jira finds comments by id alone.
        comment_id: str,
    ) -> bool | None:
        """Whether a comment carries our action's mark; None when it can not be read now."""
        try:
            marks = await self._comments.marks([comment_id])
        except VENDOR_FAILURES:
            return None
        return marks.get(comment_id) is not None

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account works at this site.

        Raises: the errors of plugins/errors.py.
        """
        return await read_account_state(self._transport, account_id, self._dialect.deployment)

    async def account_address(self, account_id: AccountId) -> str | None:
        """The address of an account; None where its owner does not let the bot see it.

        Raises: the errors of plugins/errors.py.
        """
        return await read_account_address(self._transport, account_id, self._dialect.deployment)

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    def poll(
        self, projects: Sequence[ProjectKey], cursor: str | None, *, now: datetime
    ) -> AsyncIterator[PollPage]:
        """Every comment made or edited since the cursor, page by page; None starts at `now`.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        return self._poller.poll(projects, cursor, now=now)

    async def check(self) -> tuple[Check, ...]:
        """Really call Jira and say, check by check, what works."""
        return await ConnectionCheck(
            self._config, self._transport, self._dialect, self.identify_bot
        ).run()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self._transport.aclose()

    async def _find_bot(self) -> AccountId:
        if self._config.bot_account_id is not None:
            return self._config.bot_account_id
        bot = self._bot or await self.identify_bot()
        return bot.account_id


def dialect_of(config: JiraConfig, transport: JiraTransport) -> Dialect:
    """The dialect a site speaks by its settings."""
    if config.deployment is Deployment.CLOUD:
        return CloudDialect(transport)
    return DataCenterDialect(config, transport)
