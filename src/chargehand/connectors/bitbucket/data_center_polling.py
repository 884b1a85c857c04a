"""What Data Center's lists say happened, in the bodies its webhooks would have had."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket import data_center_shapes as shapes
from chargehand.connectors.bitbucket.cloud_polling import MOST_HEADS
from chargehand.connectors.bitbucket.data_center_events import BUILD
from chargehand.connectors.bitbucket.dialect import Builds, Heads, News, SeenPush
from chargehand.connectors.bitbucket.seen import (
    SeenComment,
    SeenPullRequest,
    SeenRepository,
    flag_in,
    hash_in,
    millis_of,
    moment_in,
    number_in,
    people_in,
    ref_in,
)
from chargehand.connectors.bitbucket.transport import BitbucketTransport, Call, path_of
from chargehand.domain.code import CheckState, PullRequestRef
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in

_API: Final = "/rest/api/1.0"
_PAGE: Final = 100
_DEEPEST: Final = 20
_ACTIONS: Final[Mapping[str, str]] = {
    "APPROVED": "pr:reviewer:approved",
    "UNAPPROVED": "pr:reviewer:unapproved",
    "REVIEWED": "pr:reviewer:needs_work",
    "RESCOPED": "pr:from_ref_updated",
    "UPDATED": "pr:modified",
    "REOPENED": "pr:modified",
    "MERGED": "pr:merged",
    "DECLINED": "pr:declined",
}
_ZEROS: Final = "0" * 40


class DataCenterPolling:
    """Reads what changed in repositories of Bitbucket Data Center."""

    def __init__(self, transport: BitbucketTransport) -> None:
        self._transport = transport

    async def changed(
        self, repository: str, since: datetime
    ) -> AsyncIterator[tuple[tuple[datetime, Fields], ...]]:
        """The pull requests changed since, longest ago first, with when, as one page.

        Raises: the errors of plugins/errors.py, while iterating.
        """
        call = Call(
            "GET",
            f"{repository_path(repository)}/pull-requests",
            "list pull requests",
            f"repository {repository}",
            query={"state": "ALL", "order": "NEWEST", "limit": _PAGE},
        )
        found: list[tuple[datetime, Fields]] = []
        async for page in self._transport.pages(call):
            dated = [(at, one) for one in page if (at := moment_in(one, "updatedDate")) is not None]
            recent = [(at, one) for at, one in dated if at >= since]
            found += recent
            if len(recent) < len(dated):
                break
        # Newest first is the one order that ends early, and oldest first the one a cursor can keep.
        yield tuple(reversed(found))

    async def news_of(
        self, repository: SeenRepository, pull_request: Fields, since: datetime
    ) -> Sequence[News]:
        """What happened to a pull request since.

        Raises: the errors of plugins/errors.py.
        """
        number = number_in(pull_request, "id") or 0
        entries = await self.activities(PullRequestRef(repository.full_name, number))
        news: list[News] = []
        created_at = moment_in(pull_request, "createdDate")
        if created_at is not None and created_at >= since:
            actor = fields_in(fields_in(pull_request, "author"), "user")
            body = _body("pr:opened", created_at, actor, pull_request)
            news.append(News("pr:opened", "opened", created_at, body))
        for raw, comment in comments_in(entries):
            news += _news_of_comment(raw, comment, pull_request, since)
        for entry in entries:
            at, name = moment_in(entry, "createdDate"), _name_of(entry)
            if at is None or at < since or name is None:
                continue
            told = {**pull_request, "updatedDate": entry.get("createdDate")}
            body = _body(name, at, fields_in(entry, "user"), told)
            news.append(News(name, f"{name}:{number_in(entry, 'id') or millis_of(at)}", at, body))
        return news

    async def activities(self, ref: PullRequestRef) -> Sequence[Fields]:
        """Everything that happened to a pull request, newest first.

        An answer stands within the comment that began its thread, however old that is, so nothing
        short of all of it holds every new comment.
        """
        path = f"{pull_path(ref)}/activities"
        call = Call(
            "GET", path, "read what happened", f"pull request {ref}", query={"limit": _PAGE}
        )
        return [one async for page in self._transport.pages(call) for one in page]

    async def heads(self, repository: str) -> Heads:
        """The newest commit of each branch.

        Raises: the errors of plugins/errors.py.
        """
        call = Call(
            "GET",
            f"{repository_path(repository)}/branches",
            "list branches",
            f"repository {repository}",
            query={"orderBy": "MODIFICATION", "limit": _PAGE},
        )
        found: dict[str, str] = {}
        main = ""
        async for page in self._transport.pages(call):
            for one in page:
                name, commit = ref_in(one, "displayId"), hash_in(one, "latestCommit")
                if name and commit:
                    found[name] = commit
                    main = name if flag_in(one, "isDefault") is True else main
            if len(found) >= MOST_HEADS:
                return Heads(dict(list(found.items())[:MOST_HEADS]), is_whole=False, main=main)
        return Heads(found, main=main)

    async def commits(self, repository: str, before: str, after: str) -> Sequence[Fields]:
        """The newest commits that are on one and not yet on the other.

        Raises: the errors of plugins/errors.py.
        """
        path = f"{repository_path(repository)}/commits"
        query: dict[str, str | int] = {"since": before, "until": after, "limit": _PAGE}
        call = Call("GET", path, "list commits", f"repository {repository}", query=query)
        async for page in self._transport.pages(call):
            return page
        return ()

    def push_news(self, repository: SeenRepository, push: SeenPush, at: datetime) -> News:
        """That a branch has another commit, as its webhook would say it."""
        branch, before, after = push.branch, push.before, push.after
        change = {
            "ref": {"id": f"refs/heads/{branch}", "displayId": branch, "type": "BRANCH"},
            "refId": f"refs/heads/{branch}",
            "fromHash": before or _ZEROS,
            "toHash": after or _ZEROS,
            "forced": push.is_forced,
        }
        body = {
            "eventKey": "repo:refs_changed",
            "date": _date(at),
            "repository": _repository_body(repository),
            "changes": [change],
            "commits": push.commits,
        }
        key = f"push:{branch}:{before}:{after}"
        return News("repo:refs_changed", key, at, body, is_only_polled=len(push.commits) != 1)

    def listed(self, pull_request: Fields) -> SeenPullRequest | None:
        """One pull request as `changed` lists it; None for one without a number."""
        return shapes.pull_request_of(pull_request)

    async def builds(self, repository: SeenRepository, commit: str, since: datetime) -> Builds:
        """What was reported of a commit since a moment, of its newest statuses.

        Raises: the errors of plugins/errors.py.
        """
        path = f"/rest/build-status/1.0{path_of('commits', commit)}"
        query: dict[str, str | int] = {"orderBy": "NEWEST", "limit": _PAGE}
        call = Call("GET", path, "list build statuses", f"commit {commit}", query=query)
        listed = people_in(await self._transport.read(call), "values")
        news, is_running = [], False
        for raw in listed:
            check = shapes.check_of(raw, commit=commit)
            if check is None or check.state is CheckState.RUNNING:
                is_running = is_running or check is not None
                continue
            at = check.updated_at
            if at is None or at < since:
                continue
            body = {
                "eventKey": BUILD,
                "repository": _repository_body(repository),
                "commit": commit,
                "buildStatus": raw,
            }
            key = f"check:{commit}:{check.key}:{check.state.value}:{millis_of(at)}"
            news.append(News(BUILD, key, at, body, is_only_polled=True))
        return Builds(news, is_running)


def _name_of(entry: Fields) -> str | None:
    """The webhook that tells of an activity; None for what no webhook tells."""
    if list_in(entry, "addedReviewers") or list_in(entry, "removedReviewers"):
        return "pr:reviewer:updated"
    return _ACTIONS.get(text_in(entry, "action"))


def _repository_body(repository: SeenRepository) -> Mapping[str, object]:
    project, _, slug = repository.full_name.partition("/")
    is_public = None if repository.is_private is None else not repository.is_private
    return {"slug": slug, "project": {"key": project}, "public": is_public}


def comments_in(entries: Sequence[Fields]) -> Iterator[tuple[Fields, SeenComment]]:
    """Every comment of a pull request, each with its raw form, those within others too."""
    for entry in entries:
        if text_in(entry, "action") == "COMMENTED":
            anchor = fields_in(entry, "commentAnchor")
            yield from _walk(fields_in(entry, "comment"), None, anchor, depth=0)


def _walk(
    raw: Fields, parent: int | None, anchor: Fields, *, depth: int
) -> Iterator[tuple[Fields, SeenComment]]:
    seen = shapes.comment_of(raw, parent=parent, anchor=anchor)
    if seen is None or depth > _DEEPEST:
        return
    yield {**raw, "anchor": {**anchor}}, seen
    for one in people_in(raw, "comments"):
        yield from _walk(one, int(seen.id), anchor, depth=depth + 1)


def _news_of_comment(
    raw: Fields, comment: SeenComment, pull_request: Fields, since: datetime
) -> list[News]:
    """The writing and the last edit of a comment, as far as they are not older."""
    news = []
    made, edited = comment.created_at, comment.updated_at
    steps = (
        ("pr:comment:added", "created", made, True),
        ("pr:comment:edited", "updated", edited, made is not None and edited != made),
    )
    for name, step, at, is_news in steps:
        if at is None or at < since or not is_news:
            continue
        body = _body(name, at, fields_in(raw, "author"), pull_request)
        told = {key: value for key, value in raw.items() if key != "comments"}
        parent = int(comment.parent_id) if comment.parent_id else None
        further = {"comment": told, "commentParentId": parent}
        key = f"comment:{comment.id}:{step}:{millis_of(at)}"
        news.append(News(name, key, at, {**body, **further}))
    return news


def _body(name: str, at: datetime, actor: Fields, pull_request: Fields) -> dict[str, object]:
    return {"eventKey": name, "date": _date(at), "actor": {**actor}, "pullRequest": pull_request}


def _date(at: datetime) -> str:
    # Webhooks tell whole seconds; the same moment has to make the same key.
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def repository_path(name: str) -> str:
    """The path of a repository."""
    project, _, slug = name.partition("/")
    return f"{_API}{path_of('projects', project, 'repos', slug)}"


def pull_path(ref: PullRequestRef) -> str:
    """The path of a pull request."""
    return f"{repository_path(ref.repository)}{path_of('pull-requests', str(ref.number))}"
