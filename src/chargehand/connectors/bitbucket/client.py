"""One live connection to a Bitbucket: everything the house may ask of it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chargehand.connectors.bitbucket.accounts import BotFinder
from chargehand.connectors.bitbucket.actions import ActionSender
from chargehand.connectors.bitbucket.check import ConnectionCheck
from chargehand.connectors.bitbucket.cloud import CloudDialect
from chargehand.connectors.bitbucket.comment_actions import CommentActions
from chargehand.connectors.bitbucket.comment_update import CommentUpdate
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.data_center import DataCenterDialect
from chargehand.connectors.bitbucket.dialect import Dialect, Hook
from chargehand.connectors.bitbucket.facts import CodeReader
from chargehand.connectors.bitbucket.other_actions import OtherActions
from chargehand.connectors.bitbucket.poll import Poller
from chargehand.connectors.bitbucket.transport import BitbucketTransport
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


class BitbucketClient:
    """Keeps `plugins.connector.ConnectorClient` and `CodeSource` for one Bitbucket."""

    def __init__(self, config: BitbucketConfig, around: Surroundings) -> None:
        self._transport = BitbucketTransport(config, around)
        self._dialect = _dialect_of(config, self._transport)
        self._bot = BotFinder(config, self._dialect)
        parts = (config, self._transport, self._dialect, self._bot)
        comments = CommentActions(*parts)
        self._actions = ActionSender(comments, CommentUpdate(comments), OtherActions(*parts))
        self._check = ConnectionCheck(*parts)
        self._code = CodeReader(self._dialect)
        self._poller = Poller(config, self._transport, self._dialect)

    @property
    def clock_offset_s(self) -> float | None:
        """What Bitbucket's clock is ahead of ours by its last answer; None before the first."""
        return self._transport.clock_offset_s

    async def identify_bot(self) -> BotIdentity:
        """The account the token belongs to, as far as anything tells it.

        Raises: the errors of plugins/errors.py; BitbucketConfigWrong for another account's token.
        """
        return await self._bot.ask()

    async def read_pull_request(self, ref: PullRequestRef, *, now: datetime) -> Known[PullRequest]:
        """One pull request with its reviewers and the checks of its newest commit."""
        return await self._code.read_pull_request(ref, now=now)

    async def read_diff(self, ref: PullRequestRef, *, now: datetime) -> Known[Diff]:
        """What a pull request changes; of more than a thousand files no paths."""
        return await self._code.read_diff(ref, now=now)

    async def read_open_pull_requests(
        self, repository: str, *, limit: int, now: datetime
    ) -> Known[tuple[PullRequest, ...]]:
        """The open pull requests of a repository, longest untouched first, at most `limit`."""
        return await self._code.read_open_pull_requests(repository, limit=limit, now=now)

    async def may_read(
        self, repository: str, account_id: AccountId, *, now: datetime
    ) -> Known[bool]:
        """Whether an account may read a repository."""
        return await self._code.may_read(repository, account_id, now=now)

    async def account_state(self, account_id: AccountId) -> AccountState:
        """Whether an account works.

        Raises: the errors of plugins/errors.py.
        """
        return await self._dialect.account_state(account_id)

    async def perform(self, action: ApprovedAction) -> ActionResult:
        """Send one approved action; the only write there is, but for `put_hook`."""
        return await self._actions.perform(action)

    async def look_up(self, action: SentAction, past: PastEffect) -> LookUp:
        """Find out whether an earlier send of this action landed."""
        return await self._actions.look_up(action, past)

    def poll(
        self,
        projects: Sequence[ProjectKey],  # noqa: ARG002 - the contract's; repositories are bound.
        cursor: str | None,
        *,
        now: datetime,
    ) -> AsyncIterator[PollPage]:
        """What happened in the bound repositories since the cursor; None starts at `now`.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        return self._poller.poll(cursor, now=now)

    async def check(self) -> tuple[Check, ...]:
        """Really call Bitbucket and say, check by check, what works."""
        return await self._check.run()

    async def find_hook(self, repository: str, url: str) -> Hook | None:
        """The webhook of a repository that posts to an address.

        Raises: the errors of plugins/errors.py.
        """
        found = await self._dialect.hooks(repository)
        return next((one for one in found if one.url == url), None)

    async def put_hook(self, repository: str, url: str, secret: str) -> bool:
        """Have a webhook post to an address, signed; whether it had to be made.

        A listed exception to "no change without an approved action": operator set-up.
        Raises: the errors of plugins/errors.py.
        """
        hook = await self.find_hook(repository, url)
        hook_id = hook.id if hook is not None else None
        await self._transport.write(
            self._dialect.put_hook(repository, url, secret, hook_id=hook_id)
        )
        return hook is None

    async def delete_hook(self, repository: str, url: str) -> bool:
        """Take the webhook that posts to an address away; whether there was one.

        Raises: the errors of plugins/errors.py.
        """
        hook = await self.find_hook(repository, url)
        if hook is None:
            return False
        await self._transport.write(self._dialect.delete_hook(repository, hook.id))
        return True

    async def aclose(self) -> None:
        """Close the connections; safe to call twice."""
        await self._transport.aclose()


def _dialect_of(config: BitbucketConfig, transport: BitbucketTransport) -> Dialect:
    if config.is_cloud:
        return CloudDialect(config, transport)
    return DataCenterDialect(config, transport)
