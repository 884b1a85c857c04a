"""Bitbucket Cloud: what it is asked and told.

Source: developer.atlassian.com/cloud/bitbucket/rest (version 2.0, read 2026-11)
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket import cloud_shapes as shapes
from chargehand.connectors.bitbucket.cloud_pipelines import (
    pipeline_of,
    pipelines_since,
    run_call,
    stop_call,
)
from chargehand.connectors.bitbucket.cloud_polling import CloudPolling
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.dialect import Hook, Pipeline, pull_path
from chargehand.connectors.bitbucket.diffs import cloud_diff
from chargehand.connectors.bitbucket.errors import unreadable
from chargehand.connectors.bitbucket.params import CommentParams, PipelineParams
from chargehand.connectors.bitbucket.render import render_comment
from chargehand.connectors.bitbucket.seen import (
    SeenCheck,
    SeenComment,
    SeenPullRequest,
    SeenRepository,
    people_in,
)
from chargehand.connectors.bitbucket.transport import BitbucketTransport, Call, path_of
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.tolerant import Fields, list_in, text_in
from chargehand.plugins.connector import AccountState, BotIdentity, Check
from chargehand.plugins.errors import (
    CredentialsRefused,
    PermissionMissing,
    ScopeMissing,
    TargetMissing,
)

HOOK_EVENTS: Final = frozenset(
    {
        "pullrequest:approved",
        "pullrequest:changes_request_created",
        "pullrequest:changes_request_removed",
        "pullrequest:comment_created",
        "pullrequest:comment_deleted",
        "pullrequest:comment_updated",
        "pullrequest:created",
        "pullrequest:fulfilled",
        "pullrequest:rejected",
        "pullrequest:unapproved",
        "pullrequest:updated",
        "repo:commit_status_created",
        "repo:commit_status_updated",
        "repo:push",
    }
)
_PAGE: Final = 50
_COMMENTS_PAGE: Final = 100
_HOOK_NAME: Final = "chargehand"
# Bitbucket documents "active", and that more may come; the last two are the ends that Atlassian
# documents for accounts of all its products. One without a status is known and not called ended.
_STATES: Final[Mapping[str, AccountState]] = {
    "active": AccountState.WORKS,
    "": AccountState.WORKS,
    "inactive": AccountState.GONE,
    "closed": AccountState.GONE,
}


class CloudDialect:
    """Keeps `dialect.Dialect` for Bitbucket Cloud."""

    def __init__(self, config: BitbucketConfig, transport: BitbucketTransport) -> None:
        self._config = config
        self._transport = transport
        self.polling = CloudPolling(transport)

    # Reading

    async def who(self) -> BotIdentity | None:
        """The account of an API token; an access token has none that Bitbucket would tell."""
        call = Call("GET", "/user", "tell who the bot is", "the token's account")
        try:
            found = await self._transport.read(call)
        except (CredentialsRefused, PermissionMissing, ScopeMissing, TargetMissing):
            if self._config.email is not None:
                raise
            return None
        account = shapes.account_in({"user": found}, "user")
        if account is None:
            raise unreadable(call.operation, "the account has no id")
        return BotIdentity(account.id, account.name or account.id)

    async def repository(self, name: str) -> SeenRepository:
        """One repository, under the name it has now."""
        call = Call("GET", _repository(name), "show the repository", f"repository {name}")
        found = shapes.repository_in({"repository": await self._transport.read(call)})
        if found is None:
            raise unreadable(call.operation, "the repository has no full name")
        return found

    async def pull_request(self, ref: PullRequestRef) -> SeenPullRequest:
        """One pull request with its reviewers."""
        call = Call("GET", _pull(ref), "show the pull request", f"pull request {ref}")
        found = shapes.pull_request_of(await self._transport.read(call))
        if found is None:
            raise unreadable(call.operation, "the pull request has no number")
        return found

    async def open_pull_requests(self, repository: str, limit: int) -> Sequence[SeenPullRequest]:
        """The open pull requests, longest untouched first."""
        query: dict[str, str | int] = {
            "state": "OPEN",
            "sort": "updated_on",
            "pagelen": min(limit, _PAGE),
            # Lists leave out who looks at a pull request unless they are asked for it.
            "fields": "+values.participants,+values.reviewers",
        }
        call = Call(
            "GET",
            f"{_repository(repository)}/pullrequests",
            "list pull requests",
            f"repository {repository}",
            query=query,
        )
        found: list[SeenPullRequest] = []
        async for page in self._transport.pages(call):
            found += [one for one in map(shapes.pull_request_of, page) if one is not None]
            if len(found) >= limit:
                break
        return found[:limit]

    async def checks(self, ref: PullRequestRef, commit: str) -> Sequence[SeenCheck]:
        """The build statuses of a pull request, as far as they are of its newest commit."""
        call = Call(
            "GET",
            f"{_pull(ref)}/statuses",
            "list build statuses",
            f"pull request {ref}",
            query={"pagelen": _COMMENTS_PAGE},
        )
        found: dict[str, SeenCheck] = {}
        async for page in self._transport.pages(call):
            for one in map(shapes.check_of, page):
                if one is not None and (one.commit.startswith(commit) or not commit):
                    found.setdefault(one.key, one)
        return tuple(found.values())

    async def diff(self, ref: PullRequestRef, now: SeenPullRequest) -> Diff:
        """What a pull request changes."""
        return await cloud_diff(self._transport, _pull(ref), ref, now)

    async def may_read(self, repository: SeenRepository, account: AccountId) -> bool:
        """Whether an account may read a repository that not everybody may read."""
        workspace, _, name = repository.full_name.partition("/")
        field = "uuid" if account.startswith("{") else "account_id"
        call = Call(
            "GET",
            path_of("workspaces", workspace, "permissions", "repositories", name),
            "tell another person's permission",
            f"repository {repository.full_name}",
            query={"q": f"user.{field}={json.dumps(account)}"},
        )
        found = await self._transport.read(call)
        return any(
            who is not None and account in (who.id, who.uuid)
            for who in (shapes.account_in(one, "user") for one in people_in(found, "values"))
        )

    async def account_state(self, account: AccountId) -> AccountState:
        """Whether an account works; one that only left the workspace does."""
        path, operation = path_of("users", account), "tell whether an account works"
        try:
            found = await self._transport.read(Call("GET", path, operation, f"account {account}"))
        except TargetMissing:
            return AccountState.GONE
        who = shapes.account_in({"user": found}, "user")
        if who is None or account not in (who.id, who.uuid):
            return AccountState.UNCLEAR
        return _STATES.get(text_in(found, "account_status"), AccountState.UNCLEAR)

    async def comment(self, ref: PullRequestRef, comment_id: str) -> SeenComment | None:
        """One comment; None when it was deleted, or never was."""
        call = Call(
            "GET",
            f"{_pull(ref)}{path_of('comments', comment_id)}",
            "show a comment",
            f"comment {comment_id} of {ref}",
        )
        try:
            found = shapes.comment_of(await self._transport.read(call))
        except TargetMissing:
            return None
        # Cloud keeps a deleted comment that was answered, without its words.
        return None if found is None or found.is_deleted else found

    async def comments_since(self, ref: PullRequestRef, since: datetime) -> Sequence[SeenComment]:
        """The comments of a pull request made since a moment, in any order."""
        query: dict[str, str | int] = {
            "q": f"created_on>={since.isoformat()}",
            "sort": "created_on",
            "pagelen": _COMMENTS_PAGE,
        }
        return await self._comments(ref, query)

    async def has_answers(self, ref: PullRequestRef, comment_id: str) -> bool:
        """Whether somebody answered a comment."""
        found = await self._comments(ref, {"pagelen": _COMMENTS_PAGE})
        return any(one.parent_id == comment_id for one in found)

    async def _comments(
        self, ref: PullRequestRef, query: dict[str, str | int]
    ) -> Sequence[SeenComment]:
        path = f"{_pull(ref)}/comments"
        call = Call("GET", path, "list comments", f"pull request {ref}", query=query)
        found: list[SeenComment] = []
        async for page in self._transport.pages(call):
            found += [
                one
                for one in map(shapes.comment_of, page)
                if one is not None and not one.is_deleted
            ]
        return found

    # Writing

    def sent_text(self, params: CommentParams) -> str:
        """The text of a comment as it is sent."""
        return render_comment(params, is_cloud=True)

    def add_comment(self, ref: PullRequestRef, params: CommentParams) -> Call:
        """The request that adds a comment."""
        body: dict[str, JSONValue] = {
            "type": "pullrequest_comment",
            "content": {"raw": self.sent_text(params)},
        }
        if params.in_reply_to is not None:
            body["parent"] = {"type": "pullrequest_comment", "id": int(params.in_reply_to)}
        if params.path is not None:
            body["inline"] = {"path": params.path, "to": params.line}
        return Call(
            "POST", f"{_pull(ref)}/comments", "add a comment", f"pull request {ref}", body=body
        )

    def read_comment(self, answer: Fields) -> SeenComment | None:
        """The comment an answer to `add_comment` tells of."""
        return shapes.comment_of(answer)

    def update_comment(self, ref: PullRequestRef, comment: SeenComment, text: str) -> Call:
        """The request that gives a comment another text; it stays where it is."""
        path = f"{_pull(ref)}{path_of('comments', comment.id)}"
        body: JSONObject = {"type": "pullrequest_comment", "content": {"raw": text}}
        return Call("PUT", path, "update a comment", f"comment {comment.id} of {ref}", body=body)

    def delete_comment(self, ref: PullRequestRef, comment: SeenComment) -> Call:
        """The request that deletes a comment."""
        path = f"{_pull(ref)}{path_of('comments', comment.id)}"
        return Call("DELETE", path, "delete a comment", f"comment {comment.id} of {ref}")

    async def change_reviewers(
        self,
        ref: PullRequestRef,
        now: SeenPullRequest,
        *,
        add: Sequence[AccountId],
        remove: Sequence[AccountId],
    ) -> Sequence[Call]:
        """One request with all reviewers there shall be, since Bitbucket takes no single ones."""
        kept = [account.id for account, _ in now.reviewers if account.id not in remove]
        wanted = list(dict.fromkeys([*kept, *add]))
        body: JSONObject = {
            "type": "pullrequest",
            # It refuses a change without the title.
            "title": now.title,
            "reviewers": [_account(one) for one in wanted],
        }
        call = Call("PUT", _pull(ref), "change the reviewers", f"pull request {ref}", body=body)
        return (call,)

    def approve(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that approves, which needs no account."""
        _ = bot
        return Call("POST", f"{_pull(ref)}/approve", "approve", f"pull request {ref}")

    def unapprove(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that takes an approval back."""
        _ = bot
        path = f"{_pull(ref)}/approve"
        return Call("DELETE", path, "take an approval back", f"pull request {ref}")

    def run_pipeline(self, repository: str, params: PipelineParams, action_id: str) -> Call:
        """The request that runs a pipeline, carrying the action's id."""
        return run_call(_repository(repository), repository, params, action_id)

    def read_pipeline(self, answer: Fields) -> Pipeline | None:
        """The run an answer tells of."""
        return pipeline_of(answer)

    async def pipeline(self, repository: str, uuid: str) -> Pipeline | None:
        """One run; None when there is none."""
        path = f"{_repository(repository)}{path_of('pipelines', uuid)}"
        call = Call("GET", path, "show a pipeline", f"pipeline {uuid}")
        try:
            return pipeline_of(await self._transport.read(call))
        except TargetMissing:
            return None

    async def pipelines_since(self, repository: str, since: datetime) -> Sequence[Pipeline]:
        """The runs begun since a moment, newest first."""
        return await pipelines_since(self._transport, _repository(repository), since)

    def stop_pipeline(self, repository: str, uuid: str) -> Call:
        """The request that stops a run."""
        return stop_call(_repository(repository), uuid)

    # Webhooks and checks

    async def hooks(self, repository: str) -> Sequence[Hook]:
        """The webhooks of a repository."""
        path = f"{_repository(repository)}/hooks"
        call = Call("GET", path, "list webhooks", f"repository {repository}", {"pagelen": _PAGE})
        found: list[Hook] = []
        async for page in self._transport.pages(call):
            found += [_hook_of(one) for one in page]
        return found

    def put_hook(self, repository: str, url: str, secret: str, *, hook_id: str | None) -> Call:
        """The request that makes a webhook, or sets one that is there anew."""
        body: JSONObject = {
            "description": _HOOK_NAME,
            "url": url,
            "active": True,
            "secret": secret,
            "events": sorted(HOOK_EVENTS),
        }
        path = f"{_repository(repository)}/hooks"
        target = f"webhook of {repository}"
        if hook_id is None:
            return Call("POST", path, "make a webhook", target, body=body)
        return Call("PUT", f"{path}{path_of(hook_id)}", "set a webhook", target, body=body)

    def delete_hook(self, repository: str, hook_id: str) -> Call:
        """The request that takes a webhook away."""
        path = f"{_repository(repository)}/hooks{path_of(hook_id)}"
        return Call("DELETE", path, "take a webhook away", f"webhook of {repository}")

    def standing_checks(self) -> tuple[Check, ...]:
        """Nothing has to be known beyond what is found."""
        return ()


def _repository(name: str) -> str:
    owner, _, slug = name.partition("/")
    return path_of("repositories", owner, slug)


def _pull(ref: PullRequestRef) -> str:
    owner, slug, number = pull_path(ref)
    return path_of("repositories", owner, slug, "pullrequests", number)


def _account(account: AccountId) -> JSONObject:
    name = "uuid" if account.startswith("{") else "account_id"
    return {"type": "user", name: account}


def _hook_of(found: Fields) -> Hook:
    events = frozenset(one for one in list_in(found, "events") if isinstance(one, str))
    is_active = found.get("active") is True
    return Hook(text_in(found, "uuid"), text_in(found, "url", 2_000), is_active, events)
