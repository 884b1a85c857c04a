"""The seam between Bitbucket Cloud and Data Center: everything the two do differently.

`cloud.py` and `data_center.py` keep it; a connection's settings choose once, in `client.py`, and
nothing else asks which of the two it speaks with.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chargehand.connectors.bitbucket.params import CommentParams, PipelineParams
from chargehand.connectors.bitbucket.seen import (
    SeenCheck,
    SeenComment,
    SeenPullRequest,
    SeenRepository,
)
from chargehand.connectors.bitbucket.transport import Call
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject
from chargehand.kit.tolerant import Fields
from chargehand.plugins.connector import AccountState, BotIdentity, Check


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened, in the body of the webhook that tells of it.

    Shape: `name` is the webhook's event key; `key` tells this delivery from all others;
    `is_only_polled` says that no webhook has to tell of it.
    """

    name: str
    key: str
    at: datetime
    body: Mapping[str, object]
    is_only_polled: bool = False


@dataclass(frozen=True, slots=True)
class Builds:
    """What was reported of a commit since a moment, and whether something is under way."""

    news: Sequence[News] = ()
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class SeenPush:
    """A branch with both its ends; one that is empty stands for a branch that is not there.

    Shape: `commits` are the newest that came with it; `is_forced` says that others are gone from
    it, and is None where nobody looked.
    """

    branch: str
    before: str
    after: str
    commits: Sequence[Fields] = ()
    is_forced: bool | None = None


@dataclass(frozen=True, slots=True)
class Heads:
    """The branches of a repository: the newest commit of each, and how many there are.

    Shape: `main` is the branch that work ends in; empty where the list does not mark it.
    """

    commits: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True
    main: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One run of a pipeline."""

    uuid: str
    number: int
    url: str
    is_over: bool
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook registered at a repository."""

    id: str
    url: str
    is_active: bool
    events: frozenset[str]


class PollingDialect(Protocol):
    """How one kind of Bitbucket is asked what happened."""

    def changed(
        self, repository: str, since: datetime
    ) -> AsyncIterator[tuple[tuple[datetime, Fields], ...]]:
        """The pull requests changed since, longest ago first, with when, one page at a time."""
        ...

    async def news_of(
        self, repository: SeenRepository, pull_request: Fields, since: datetime
    ) -> Sequence[News]:
        """What happened to a pull request since."""
        ...

    async def heads(self, repository: str) -> Heads:
        """The newest commit of each branch."""
        ...

    async def commits(self, repository: str, before: str, after: str) -> Sequence[Fields]:
        """The newest commits that are on one and not yet on the other, as webhooks tell them."""
        ...

    def push_news(self, repository: SeenRepository, push: SeenPush, at: datetime) -> News:
        """That a branch has another commit, as its webhook would say it."""
        ...

    def listed(self, pull_request: Fields) -> SeenPullRequest | None:
        """One pull request as `changed` lists it; None when it is none that can be read."""
        ...

    async def builds(self, repository: SeenRepository, commit: str, since: datetime) -> Builds:
        """What was reported of a commit since a moment."""
        ...


class Dialect(Protocol):
    """One kind of Bitbucket; whatever asks raises what `BitbucketTransport.read` raises."""

    # Reading

    async def who(self) -> BotIdentity | None:
        """The account the token belongs to; None where Bitbucket does not tell it."""
        ...

    async def repository(self, name: str) -> SeenRepository:
        """One repository, under the name it has now."""
        ...

    async def pull_request(self, ref: PullRequestRef) -> SeenPullRequest:
        """One pull request with its reviewers."""
        ...

    async def open_pull_requests(self, repository: str, limit: int) -> Sequence[SeenPullRequest]:
        """The open pull requests, longest untouched first."""
        ...

    async def checks(self, ref: PullRequestRef, commit: str) -> Sequence[SeenCheck]:
        """What was reported of the newest commit of a pull request."""
        ...

    async def diff(self, ref: PullRequestRef, now: SeenPullRequest) -> Diff:
        """What a pull request changes, as it was seen before."""
        ...

    async def may_read(self, repository: SeenRepository, account: AccountId) -> bool:
        """Whether an account may read a repository that not everybody may read."""
        ...

    async def account_state(self, account: AccountId) -> AccountState:
        """Whether an account works."""
        ...

    async def comment(self, ref: PullRequestRef, comment_id: str) -> SeenComment | None:
        """One comment; None when it was deleted, or never was."""
        ...

    async def comments_since(self, ref: PullRequestRef, since: datetime) -> Sequence[SeenComment]:
        """The comments of a pull request made since a moment, in any order."""
        ...

    async def has_answers(self, ref: PullRequestRef, comment_id: str) -> bool:
        """Whether somebody answered a comment."""
        ...

    @property
    def polling(self) -> "PollingDialect":
        """The half that finds what happened by asking."""
        ...

    # Writing: the requests

    def sent_text(self, params: CommentParams) -> str:
        """The text of a comment as it is sent."""
        ...

    def add_comment(self, ref: PullRequestRef, params: CommentParams) -> Call:
        """The request that adds a comment."""
        ...

    def read_comment(self, answer: Fields) -> SeenComment | None:
        """The comment an answer to `add_comment` tells of."""
        ...

    def update_comment(self, ref: PullRequestRef, comment: SeenComment, text: str) -> Call:
        """The request that gives a comment another text."""
        ...

    def delete_comment(self, ref: PullRequestRef, comment: SeenComment) -> Call:
        """The request that deletes a comment."""
        ...

    async def change_reviewers(
        self,
        ref: PullRequestRef,
        now: SeenPullRequest,
        *,
        add: Sequence[AccountId],
        remove: Sequence[AccountId],
    ) -> Sequence[Call]:
        """The requests after which the reviewers are as wanted.

        Raises: the errors of plugins/errors.py, before anything is sent.
        """
        ...

    def approve(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that approves."""
        ...

    def unapprove(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that takes an approval back."""
        ...

    def run_pipeline(self, repository: str, params: PipelineParams, action_id: str) -> Call:
        """The request that runs a pipeline, carrying the action's id.

        Raises: NotOnDataCenter.
        """
        ...

    def read_pipeline(self, answer: Fields) -> Pipeline | None:
        """The run an answer tells of."""
        ...

    async def pipeline(self, repository: str, uuid: str) -> Pipeline | None:
        """One run; None when there is none.

        Raises: NotOnDataCenter.
        """
        ...

    async def pipelines_since(self, repository: str, since: datetime) -> Sequence[Pipeline]:
        """The runs begun since a moment, newest first.

        Raises: NotOnDataCenter.
        """
        ...

    def stop_pipeline(self, repository: str, uuid: str) -> Call:
        """The request that stops a run.

        Raises: NotOnDataCenter.
        """
        ...

    # Webhooks and checks

    async def hooks(self, repository: str) -> Sequence[Hook]:
        """The webhooks of a repository."""
        ...

    def put_hook(self, repository: str, url: str, secret: str, *, hook_id: str | None) -> Call:
        """The request that makes a webhook, or sets one that is there anew."""
        ...

    def delete_hook(self, repository: str, hook_id: str) -> Call:
        """The request that takes a webhook away."""
        ...

    def standing_checks(self) -> tuple[Check, ...]:
        """What an operator has to know of this kind of Bitbucket, whatever is found."""
        ...


def pull_path(ref: PullRequestRef) -> tuple[str, str, str]:
    """Owner, name and number of a pull request, as parts of a path."""
    owner, _, name = ref.repository.partition("/")
    return owner, name, str(ref.number)


def as_json(fields: Mapping[str, object]) -> JSONObject:
    """A body that was built of JSON alone."""
    return fields  # type: ignore[return-value] # built here, of texts, numbers, lists and objects.
