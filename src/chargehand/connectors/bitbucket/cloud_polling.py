"""What Bitbucket Cloud's lists say happened, in the bodies its webhooks would have had."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket import cloud_shapes as shapes
from chargehand.connectors.bitbucket.cloud_events import CHECKS
from chargehand.connectors.bitbucket.dialect import Builds, Heads, News, SeenPush
from chargehand.connectors.bitbucket.seen import (
    SeenPullRequest,
    SeenRepository,
    flag_in,
    hash_in,
    iso_in,
    people_in,
    ref_in,
)
from chargehand.connectors.bitbucket.transport import BitbucketTransport, Call, path_of
from chargehand.domain.code import CheckState
from chargehand.kit.tolerant import Fields, fields_in, text_in

_PAGE: Final = 50
_COMMENTS_PAGE: Final = 100
# They stand in the cursor, whole, because a push is known by both its ends.
MOST_HEADS: Final = 300
_STATES: Final = {"MERGED": "pullrequest:fulfilled", "DECLINED": "pullrequest:rejected"}


class CloudPolling:
    """Reads what changed in repositories of Bitbucket Cloud."""

    def __init__(self, transport: BitbucketTransport) -> None:
        self._transport = transport

    async def changed(
        self, repository: str, since: datetime
    ) -> AsyncIterator[tuple[tuple[datetime, Fields], ...]]:
        """The pull requests changed since, longest ago first, with when, one page at a time.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        # One of `state` and `q` may name the state; `q` says both, and all of them in one list.
        states = " OR ".join(
            f'state="{one}"' for one in ("OPEN", "MERGED", "DECLINED", "SUPERSEDED")
        )
        query: dict[str, str | int] = {
            "q": f"updated_on>={since.isoformat()} AND ({states})",
            "sort": "updated_on",
            "pagelen": _PAGE,
            "fields": "+values.participants,+values.reviewers",
        }
        path = f"{_repository(repository)}/pullrequests"
        call = Call("GET", path, "list pull requests", f"repository {repository}", query=query)
        async for page in self._transport.pages(call):
            yield tuple((at, one) for one in page if (at := iso_in(one, "updated_on")) is not None)

    async def news_of(
        self, repository: SeenRepository, pull_request: Fields, since: datetime
    ) -> Sequence[News]:
        """What happened to a pull request since.

        Raises: the errors of plugins/errors.py.
        """
        number = pull_request.get("id")
        path = f"{_repository(repository.full_name)}{path_of('pullrequests', str(number))}"
        comments, activity = await asyncio.gather(
            self._comments(path, since), self._activity(path, since)
        )
        scene: dict[str, object] = {
            "repository": repository_body(repository),
            "pullrequest": pull_request,
        }
        news: list[News] = []
        created_at = iso_in(pull_request, "created_on")
        if created_at is not None and created_at >= since:
            body = {**scene, "actor": pull_request.get("author")}
            key = f"pull:{repository.full_name}:{number}:opened"
            news.append(News("pullrequest:created", key, created_at, body))
        for one in comments:
            news += _news_of_comment(one, scene, since)
        for one in activity:
            news += _news_of_activity(one, scene, created_at)
        return news

    async def heads(self, repository: str) -> Heads:
        """The newest commit of each branch.

        Raises: the errors of plugins/errors.py.
        """
        call = Call(
            "GET",
            f"{_repository(repository)}/refs/branches",
            "list branches",
            f"repository {repository}",
            query={"sort": "-target.date", "pagelen": _COMMENTS_PAGE},
        )
        found: dict[str, str] = {}
        async for page in self._transport.pages(call):
            for one in page:
                name, commit = ref_in(one, "name"), hash_in(fields_in(one, "target"), "hash")
                if name and commit:
                    found[name] = commit
            if len(found) >= MOST_HEADS:
                return Heads(dict(list(found.items())[:MOST_HEADS]), is_whole=False)
        return Heads(found)

    async def commits(self, repository: str, before: str, after: str) -> Sequence[Fields]:
        """The newest commits that are on one and not yet on the other.

        Raises: the errors of plugins/errors.py.
        """
        path = f"{_repository(repository)}{path_of('commits', after)}"
        query: dict[str, str | int] = {"exclude": before, "pagelen": _PAGE}
        call = Call("GET", path, "list commits", f"repository {repository}", query=query)
        async for page in self._transport.pages(call):
            return page
        return ()

    def push_news(self, repository: SeenRepository, push: SeenPush, at: datetime) -> News:
        """That a branch has another commit, as its webhook would say it."""
        branch, before, after = push.branch, push.before, push.after
        change = {
            "forced": push.is_forced,
            "created": not before,
            "closed": not after,
            "old": _end(branch, before),
            "new": _end(branch, after),
            "truncated": True,
            "commits": push.commits,
        }
        body = {"repository": repository_body(repository), "push": {"changes": [change]}}
        key = f"push:{repository.full_name}:{branch}:{before}:{after}"
        return News("repo:push", key, at, body, is_only_polled=len(push.commits) != 1)

    def listed(self, pull_request: Fields) -> SeenPullRequest | None:
        """One pull request as `changed` lists it, its commits cut short; None for no number."""
        return shapes.pull_request_of(pull_request)

    async def builds(self, repository: SeenRepository, commit: str, since: datetime) -> Builds:
        """What was reported of a commit since a moment, of the statuses that changed last.

        Raises: the errors of plugins/errors.py.
        """
        call = Call(
            "GET",
            f"{_repository(repository.full_name)}{path_of('commit', commit, 'statuses')}",
            "list build statuses",
            f"commit {commit}",
            query={"sort": "-updated_on", "pagelen": _COMMENTS_PAGE},
        )
        listed = people_in(await self._transport.read(call), "values")
        found = [(one, check) for one in listed if (check := shapes.check_of(one)) is not None]
        news = []
        for raw, check in found:
            at = check.updated_at
            if check.state is CheckState.RUNNING or at is None or at < since:
                continue
            body = {"repository": repository_body(repository), "commit_status": raw}
            key = f"check:{check.commit}:{check.key}:{check.state.value}:{at.isoformat()}"
            news.append(News(CHECKS[1], key, at, body))
        return Builds(news, any(one.state is CheckState.RUNNING for _, one in found))

    async def _comments(self, path: str, since: datetime) -> Sequence[Fields]:
        query: dict[str, str | int] = {
            "q": f"updated_on>={since.isoformat()}",
            "sort": "created_on",
            "pagelen": _COMMENTS_PAGE,
        }
        call = Call("GET", f"{path}/comments", "list comments", "the pull request", query=query)
        return [one async for page in self._transport.pages(call) for one in page]

    async def _activity(self, path: str, since: datetime) -> Sequence[Fields]:
        """The entries since, newest first."""
        call = Call(
            "GET",
            f"{path}/activity",
            "read what happened",
            "the pull request",
            query={"pagelen": _PAGE},
        )
        found: list[Fields] = []
        async for page in self._transport.pages(call):
            for one in page:
                at = _moment_of(one)
                if at is not None and at < since:
                    return found
                found.append(one)
        return found


def repository_body(repository: SeenRepository) -> Mapping[str, object]:
    """A repository as webhooks name it."""
    return {
        "type": "repository",
        "full_name": repository.full_name,
        "is_private": repository.is_private,
        "links": {"html": {"href": repository.url}},
    }


def _news_of_comment(comment: Fields, scene: Mapping[str, object], since: datetime) -> list[News]:
    """The writing and the last edit of a comment, as far as they are not older.

    Both are told when both are new: whoever saw only the writing would miss the edit.
    """
    seen = shapes.comment_of(comment)
    if seen is None or flag_in(comment, "pending") is True:
        return []
    body = {**scene, "comment": comment, "actor": comment.get("user")}
    place = f"comment:{seen.id}"
    made, edited = seen.created_at, seen.updated_at
    if seen.is_deleted:
        at = edited or made
        key = f"{place}:deleted"
        return [] if at is None else [News("pullrequest:comment_deleted", key, at, body)]
    news = []
    if made is not None and made >= since:
        news.append(News("pullrequest:comment_created", f"{place}:created", made, body))
    name = "pullrequest:comment_updated"
    if edited is not None and edited >= since and shapes.is_later(made, edited):
        news.append(News(name, f"{place}:updated:{edited.isoformat()}", edited, body))
    return news


def _news_of_activity(
    entry: Fields, scene: Mapping[str, object], created_at: datetime | None
) -> list[News]:
    at = _moment_of(entry)
    if at is None:
        return []
    for name, told in (
        ("approval", "pullrequest:approved"),
        ("changes_requested", "pullrequest:changes_request_created"),
    ):
        found = fields_in(entry, name)
        if found:
            field = "changes_request" if name == "changes_requested" else name
            body = {**scene, field: found, "actor": found.get("user")}
            who = shapes.account_in(found, "user")
            return [News(told, f"{name}:{who.id if who else ''}:{at.isoformat()}", at, body)]
    update = fields_in(entry, "update")
    if not update:
        return []
    told = _STATES.get(text_in(update, "state"), "pullrequest:updated")
    if told == "pullrequest:updated" and not shapes.is_later(created_at, at):
        # The first entry is the making itself, which is told as such.
        return []
    # The update's own time, which the webhook told as the pull request's.
    pull_request = {**_as_mapping(scene["pullrequest"]), "updated_on": update.get("date")}
    body = {**scene, "pullrequest": pull_request, "actor": update.get("author")}
    return [News(told, f"{told}:{at.isoformat()}", at, body)]


def _as_mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _moment_of(entry: Fields) -> datetime | None:
    for name, field in (
        ("update", "date"),
        ("approval", "date"),
        ("changes_requested", "date"),
        ("comment", "created_on"),
    ):
        found = fields_in(entry, name)
        if found:
            return iso_in(found, field)
    return None


def _end(branch: str, commit: str) -> object:
    if not commit:
        return None
    return {"type": "branch", "name": branch, "target": {"type": "commit", "hash": commit}}


def _repository(name: str) -> str:
    owner, _, slug = name.partition("/")
    return path_of("repositories", owner, slug)
