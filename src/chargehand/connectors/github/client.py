"""One live connection to GitHub: everything the house may ask of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chargehand.connectors.github.account_states import read_account_state
from chargehand.connectors.github.actions import ActionSender
from chargehand.connectors.github.answers import AppAnswer, UserAnswer
from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.check import ConnectionCheck
from chargehand.connectors.github.comment_actions import CommentActions
from chargehand.connectors.github.comment_update import CommentUpdate
from chargehand.connectors.github.config import GitHubConfig
from chargehand.connectors.github.diffs import DiffReader
from chargehand.connectors.github.errors import unreadable
from chargehand.connectors.github.facts import CodeReader
from chargehand.connectors.github.hooks import HookKeeper
from chargehand.connectors.github.poll import Poller
from chargehand.connectors.github.review_actions import ReviewActions
from chargehand.connectors.github.sending import Sender
from chargehand.connectors.github.set_actions import SetActions
from chargehand.connectors.github.transport import Call, GitHubTransport, convert
from chargehand.connectors.github.workflow_actions import WorkflowActions
from chargehand.domain.action import ActionResult, ApprovedAction
from chargehand.domain.code import PullRequest, PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.domain.fact import Known
from chargehand.domain.ids import AccountId, ProjectKey
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


class GitHubClient:
    """Keeps `plugins.connector.ConnectorClient` and `CodeSource` for one GitHub."""

    def __init__(self, config: GitHubConfig, around: Surroundings) -> None:
        clock = around.clock
        self._transport = GitHubTransport(config, around)
        self._api = GitHubAPI(config, self._transport, clock)
        self._bot: BotIdentity | None = None
        sender = Sender(self._api)
        self._code = CodeReader(self._api)
        self._diffs = DiffReader(self._api)
        comments = CommentActions(sender, self._find_bot)
        self._actions = ActionSender(
            comments,
            CommentUpdate(comments),
            SetActions(sender),
            ReviewActions(sender, self._find_bot),
            WorkflowActions(sender, around.sleep),
        )
        self._poller = Poller(self._api)
        self.hooks = HookKeeper(self._api)

    @property
    def clock_offset_s(self) -> float | None:
        """What GitHub's clock is ahead of ours by its last answer; None before the first."""
        return self._transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account the sign-in belongs to; an App is `name[bot]`, and mentioned as `@name`.

        Raises: the errors of plugins/errors.py.
        """
        if self._api.config.app is None:
            answer = await self._api.get(Call("GET", "/user", _WHO))
            user = convert(answer.data, UserAnswer, operation=_WHO)
            if not user.login:
                raise unreadable(_WHO, "the account has no login")
            self._bot = BotIdentity(AccountId(user.login.lower()), user.login)
            return self._bot
        answer = await self._api.get_as_app(Call("GET", "/app", _WHO))
        app = convert(answer.data, AppAnswer, operation=_WHO)
        if not app.slug:
            raise unreadable(_WHO, "the App has no name")
        self._bot = BotIdentity(
            AccountId(f"{app.slug.lower()}[bot]"), app.name or app.slug, user_name=app.slug
        )
        return self._bot

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        """One pull request with its reviewers and the checks of its newest commit."""
        return await self._code.read_pull_request(ref, now=now)

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        """What a pull request changes; of more than a thousand files no paths."""
        return await self._diffs.read_diff(ref, now=now)

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        """The open pull requests of a repository, longest untouched first, at most `limit`."""
        return await self._code.read_open_pull_requests(repository, limit=limit, now=now)

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        """Whether an account of GitHub may read a repository."""
        return await self._code.may_read(repository, account_id, now=now)

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account of GitHub works.

        Raises: the errors of plugins/errors.py.
        """
        return await read_account_state(self._api, account_id)

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    def poll(
        self,
        projects: Sequence[ProjectKey],  # noqa: ARG002 - the contract names them; repositories are bound.
        cursor: str | None,
        *,
        now: datetime,
    ) -> AsyncIterator[PollPage]:
        """What changed in the bound repositories since the cursor; None starts at `now`.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        return self._poller.poll(cursor, now=now)

    async def check(self) -> tuple[Check, ...]:
        """Really call GitHub and say, check by check, what works."""
        return await ConnectionCheck(self._api, self.identify_bot, self.hooks).run()

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self._transport.aclose()

    async def _find_bot(self) -> str:
        bot = self._bot or await self.identify_bot()
        return bot.account_id
