"""Bitbucket Data Center: what it is asked and told.

Source: developer.atlassian.com/server/bitbucket/rest (9.x, read 2026-11)
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from chargehand.connectors.bitbucket import data_center_shapes as shapes
from chargehand.connectors.bitbucket.config import BitbucketConfig
from chargehand.connectors.bitbucket.data_center_polling import (
    DataCenterPolling,
    comments_in,
    pull_path,
    repository_path,
)
from chargehand.connectors.bitbucket.dialect import Hook, Pipeline
from chargehand.connectors.bitbucket.diffs import data_center_diff
from chargehand.connectors.bitbucket.errors import NotOnDataCenter, unreadable
from chargehand.connectors.bitbucket.params import CommentParams, PipelineParams
from chargehand.connectors.bitbucket.render import render_comment
from chargehand.connectors.bitbucket.seen import (
    SeenCheck,
    SeenComment,
    SeenPullRequest,
    SeenRepository,
    number_in,
    people_in,
)
from chargehand.connectors.bitbucket.transport import (
    BitbucketTransport,
    Call,
    decode_object,
    path_of,
)
from chargehand.domain.action import ActionKind
from chargehand.domain.code import PullRequestRef
from chargehand.domain.diff import Diff
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.tolerant import NO_FIELDS, Fields, list_in, text_in
from chargehand.plugins.connector import AccountState, BotIdentity, Check, CheckState
from chargehand.plugins.errors import TargetMissing

HOOK_EVENTS: Final = frozenset(
    {
        "pr:comment:added",
        "pr:comment:deleted",
        "pr:comment:edited",
        "pr:declined",
        "pr:deleted",
        "pr:from_ref_updated",
        "pr:merged",
        "pr:modified",
        "pr:opened",
        "pr:reviewer:approved",
        "pr:reviewer:needs_work",
        "pr:reviewer:unapproved",
        "pr:reviewer:updated",
        "pr:to_ref_updated",
        "repo:refs_changed",
    }
)
_API: Final = "/rest/api/1.0"
_PAGE: Final = 100
_USER_HEADER: Final = "x-ausername"
_HOOK_NAME: Final = "chargehand"
_WHO: Final = "tell who the bot is"


class DataCenterDialect:
    """Keeps `dialect.Dialect` for Bitbucket Data Center."""

    def __init__(self, config: BitbucketConfig, transport: BitbucketTransport) -> None:
        self._config = config
        self._transport = transport
        self.polling = DataCenterPolling(transport)

    # Reading

    async def who(self) -> BotIdentity | None:
        """The user of the token, whom every answer names in a header.

        None for the token of a project or repository, behind which no user stands.
        """
        call = Call("GET", f"{_API}/application-properties", _WHO, "the token's user")
        answer = await self._transport.ask(call)
        decode_object(answer.body, operation=_WHO)
        name = unquote(answer.headers.get(_USER_HEADER, ""))
        if not name:
            return None
        path = f"{_API}{path_of('users', shapes.slug_of(name))}"
        try:
            found = await self._transport.read(Call("GET", path, _WHO, f"user {name}"))
        except TargetMissing:
            return None
        account = shapes.account_in({"user": found}, "user")
        if account is None:
            raise unreadable(_WHO, "the user has no name")
        return BotIdentity(account.id, account.name, user_name=account.uuid or None)

    async def repository(self, name: str) -> SeenRepository:
        """One repository, under the name it has now."""
        call = Call("GET", repository_path(name), "show the repository", f"repository {name}")
        found = shapes.repository_of(await self._transport.read(call))
        if found is None:
            raise unreadable(call.operation, "the repository has no name")
        return found

    async def pull_request(self, ref: PullRequestRef) -> SeenPullRequest:
        """One pull request with its reviewers."""
        call = Call("GET", pull_path(ref), "show the pull request", f"pull request {ref}")
        found = shapes.pull_request_of(await self._transport.read(call))
        if found is None:
            raise unreadable(call.operation, "the pull request has no number")
        return found

    async def open_pull_requests(self, repository: str, limit: int) -> Sequence[SeenPullRequest]:
        """The open pull requests, longest untouched first."""
        call = Call(
            "GET",
            f"{repository_path(repository)}/pull-requests",
            "list pull requests",
            f"repository {repository}",
            query={"state": "OPEN", "order": "OLDEST", "limit": min(limit, _PAGE)},
        )
        found: list[SeenPullRequest] = []
        async for page in self._transport.pages(call):
            found += [one for one in map(shapes.pull_request_of, page) if one is not None]
            if len(found) >= limit:
                break
        return found[:limit]

    async def checks(self, ref: PullRequestRef, commit: str) -> Sequence[SeenCheck]:
        """What builds reported of a commit."""
        path = f"/rest/build-status/1.0{path_of('commits', commit)}"
        call = Call("GET", path, "list build statuses", f"commit {commit} of {ref}")
        found: dict[str, SeenCheck] = {}
        async for page in self._transport.pages(call):
            for one in page:
                check = shapes.check_of(one, commit=commit)
                if check is not None:
                    found.setdefault(check.key, check)
        return tuple(found.values())

    async def diff(self, ref: PullRequestRef, now: SeenPullRequest) -> Diff:
        """What a pull request changes."""
        return await data_center_diff(self._transport, pull_path(ref), ref, now)

    async def may_read(self, repository: SeenRepository, account: AccountId) -> bool:
        """Whether a user may read a repository that not everybody may read."""
        project, _, name = repository.full_name.partition("/")
        call = Call(
            "GET",
            f"{_API}/users",
            "tell another person's permission",
            f"repository {repository.full_name}",
            query={
                "filter": account,
                "permission.1": "REPO_READ",
                "permission.1.projectKey": project,
                "permission.1.repositorySlug": name,
                "limit": _PAGE,
            },
        )
        async for page in self._transport.pages(call):
            for one in page:
                who = shapes.account_in({"user": one}, "user")
                if who is not None and who.id == account and one.get("active") is not False:
                    return True
        return False

    async def account_state(self, account: AccountId) -> AccountState:
        """Whether a user is active; one who was deleted is not there."""
        path, operation = path_of("users", account), "tell whether an account works"
        call = Call("GET", f"{_API}{path}", operation, f"user {account}")
        try:
            found = await self._transport.read(call)
        except TargetMissing:
            return AccountState.GONE
        who, is_active = shapes.account_in({"user": found}, "user"), found.get("active")
        if who is None or who.id != account or not isinstance(is_active, bool):
            return AccountState.UNCLEAR
        return AccountState.WORKS if is_active else AccountState.GONE

    async def comment(self, ref: PullRequestRef, comment_id: str) -> SeenComment | None:
        """One comment; None when it was deleted, or never was."""
        found = await self._comment(ref, comment_id)
        return shapes.comment_of(found, parent=None, anchor=NO_FIELDS) if found else None

    async def comments_since(self, ref: PullRequestRef, since: datetime) -> Sequence[SeenComment]:
        """The comments of a pull request made since a moment, in any order."""
        entries = await self.polling.activities(ref)
        return [
            one
            for _, one in comments_in(entries)
            if one.created_at is not None and one.created_at >= since
        ]

    async def has_answers(self, ref: PullRequestRef, comment_id: str) -> bool:
        """Whether somebody answered a comment."""
        found = await self._comment(ref, comment_id)
        return found is not None and bool(people_in(found, "comments"))

    async def _comment(self, ref: PullRequestRef, comment_id: str) -> Fields | None:
        path = f"{pull_path(ref)}{path_of('comments', comment_id)}"
        call = Call("GET", path, "show a comment", f"comment {comment_id} of {ref}")
        try:
            return await self._transport.read(call)
        except TargetMissing:
            return None

    # Writing

    def sent_text(self, params: CommentParams) -> str:
        """The text of a comment as it is sent."""
        return render_comment(params, is_cloud=False)

    def add_comment(self, ref: PullRequestRef, params: CommentParams) -> Call:
        """The request that adds a comment."""
        body: dict[str, JSONValue] = {"text": self.sent_text(params)}
        if params.in_reply_to is not None:
            body["parent"] = {"id": int(params.in_reply_to)}
        if params.path is not None:
            body["anchor"] = {
                "diffType": "EFFECTIVE",
                "fileType": "TO",
                "line": params.line,
                "lineType": "ADDED",
                "path": params.path,
            }
        path = f"{pull_path(ref)}/comments"
        return Call("POST", path, "add a comment", f"pull request {ref}", body=body)

    def read_comment(self, answer: Fields) -> SeenComment | None:
        """The comment an answer to `add_comment` tells of."""
        return shapes.comment_of(answer, parent=None, anchor=NO_FIELDS)

    def update_comment(self, ref: PullRequestRef, comment: SeenComment, text: str) -> Call:
        """The request that gives a comment another text, in the version it was looked at."""
        path = f"{pull_path(ref)}{path_of('comments', comment.id)}"
        body: JSONObject = {"text": text, "version": comment.version or 0}
        return Call("PUT", path, "update a comment", f"comment {comment.id} of {ref}", body=body)

    def delete_comment(self, ref: PullRequestRef, comment: SeenComment) -> Call:
        """The request that deletes a comment, in the version it was looked at."""
        path = f"{pull_path(ref)}{path_of('comments', comment.id)}"
        query = {"version": comment.version or 0}
        target = f"comment {comment.id} of {ref}"
        return Call("DELETE", path, "delete a comment", target, query=query)

    async def change_reviewers(
        self,
        ref: PullRequestRef,
        now: SeenPullRequest,
        *,
        add: Sequence[AccountId],
        remove: Sequence[AccountId],
    ) -> Sequence[Call]:
        """One request for each reviewer who comes or goes.

        Who comes is added by user name, which only the user's own page tells: an account is known
        here by its slug, which may read otherwise.
        Raises: the errors of plugins/errors.py.
        """
        path, target = f"{pull_path(ref)}/participants", f"pull request {ref}"
        there = {account.id for account, _ in now.reviewers}
        coming = [
            Call(
                "POST",
                path,
                "add a reviewer",
                target,
                body={"user": {"name": await self._user_name(one)}, "role": "REVIEWER"},
            )
            for one in add
        ]
        going = [
            Call("DELETE", f"{path}{path_of(one)}", "remove a reviewer", target)
            for one in remove
            if one in there
        ]
        return [*coming, *going]

    async def _user_name(self, account: AccountId) -> str:
        call = Call("GET", f"{_API}{path_of('users', account)}", _WHO, f"user {account}")
        return text_in(await self._transport.read(call), "name") or account

    def approve(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that sets the bot's own status to approved."""
        return self._set_status(ref, bot, "APPROVED", "approve")

    def unapprove(self, ref: PullRequestRef, bot: AccountId) -> Call:
        """The request that takes an approval back."""
        return self._set_status(ref, bot, "UNAPPROVED", "take an approval back")

    def _set_status(self, ref: PullRequestRef, bot: AccountId, status: str, operation: str) -> Call:
        path = f"{pull_path(ref)}/participants{path_of(bot)}"
        body: JSONObject = {"status": status}
        return Call("PUT", path, operation, f"pull request {ref}", body=body)

    def run_pipeline(self, repository: str, params: PipelineParams, action_id: str) -> Call:
        """There are none.

        Raises: NotOnDataCenter, always.
        """
        _ = repository, params, action_id
        raise NotOnDataCenter(kind=ActionKind.BITBUCKET_RUN_PIPELINE.value)

    def read_pipeline(self, answer: Fields) -> Pipeline | None:
        """There are none."""
        _ = answer
        return None

    async def pipeline(self, repository: str, uuid: str) -> Pipeline | None:
        """There are none.

        Raises: NotOnDataCenter, always.
        """
        _ = repository, uuid
        raise NotOnDataCenter(kind=ActionKind.BITBUCKET_STOP_PIPELINE.value)

    async def pipelines_since(self, repository: str, since: datetime) -> Sequence[Pipeline]:
        """There are none.

        Raises: NotOnDataCenter, always.
        """
        _ = repository, since
        raise NotOnDataCenter(kind=ActionKind.BITBUCKET_RUN_PIPELINE.value)

    def stop_pipeline(self, repository: str, uuid: str) -> Call:
        """There are none.

        Raises: NotOnDataCenter, always.
        """
        _ = repository, uuid
        raise NotOnDataCenter(kind=ActionKind.BITBUCKET_STOP_PIPELINE.value)

    # Webhooks and checks

    async def hooks(self, repository: str) -> Sequence[Hook]:
        """The webhooks of a repository."""
        path = f"{repository_path(repository)}/webhooks"
        query = {"limit": _PAGE}
        call = Call("GET", path, "list webhooks", f"repository {repository}", query=query)
        found: list[Hook] = []
        async for page in self._transport.pages(call):
            for one in page:
                events = frozenset(e for e in list_in(one, "events") if isinstance(e, str))
                number, is_active = number_in(one, "id"), one.get("active") is True
                found.append(Hook(str(number), text_in(one, "url", 2_000), is_active, events))
        return found

    def put_hook(self, repository: str, url: str, secret: str, *, hook_id: str | None) -> Call:
        """The request that makes a webhook, or sets one that is there anew."""
        body: JSONObject = {
            "name": _HOOK_NAME,
            "url": url,
            "active": True,
            "events": sorted(HOOK_EVENTS),
            "configuration": {"secret": secret},
        }
        path, target = f"{repository_path(repository)}/webhooks", f"webhook of {repository}"
        if hook_id is None:
            return Call("POST", path, "make a webhook", target, body=body)
        return Call("PUT", f"{path}{path_of(hook_id)}", "set a webhook", target, body=body)

    def delete_hook(self, repository: str, hook_id: str) -> Call:
        """The request that takes a webhook away."""
        path = f"{repository_path(repository)}/webhooks{path_of(hook_id)}"
        return Call("DELETE", path, "take a webhook away", f"webhook of {repository}")

    def standing_checks(self) -> tuple[Check, ...]:
        """What Data Center does not tell."""
        found = (
            "Bitbucket Data Center posts no build statuses: polling finds those that end within "
            "two hours of a push; all are read when somebody asks"
        )
        return (Check("build statuses", CheckState.WARNED, found),)
