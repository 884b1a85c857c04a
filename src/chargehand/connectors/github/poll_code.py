"""Finds pushes, and checks that ended, by asking: what the webhooks about commits missed.

GitHub keeps a history of the changes of each branch, with both ends of every push, which is what
the key of a push is made of. Checks are asked for the newest commit of each open pull request and
of the default branch.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.polled import FIRST, News, Round, Told, news_of
from chargehand.connectors.github.schemas import commit_in, iso_of, moment_in
from chargehand.connectors.github.transport import Call, path_of
from chargehand.kit.tolerant import Fields, fields_in, list_in, text_in
from chargehand.plugins.errors import (
    PermissionMissing,
    RequestRefused,
    TargetMissing,
    VendorAnswerUnreadable,
)

# Each push costs a request for its commits; what is beyond is told without them.
MOST_COMPARED: Final = 30
# Those changed last; each costs two requests when its checks changed, and nothing when not.
MOST_CHECKED: Final = 30
_HISTORY_PAGES: Final = 20
_COMMITS: Final = 50
_AT_ONCE: Final = 8
_NULL_COMMIT: Final = "0" * 40
_FORCED: Final = "force_push"
# Tells the name of a branch from a commit.
_HEADS: Final = "heads/"
_BEFORE: Final = timedelta(days=1)
# A server that does not know the history, or a sign-in that may not read it.
_NOT_FOR_US: Final = (PermissionMissing, TargetMissing, RequestRefused)


@dataclass(frozen=True, slots=True)
class CodePoller:
    """Polls what happened to commits; every method raises the errors of plugins/errors.py."""

    api: GitHubAPI

    async def pushes(self, turn: Round) -> Sequence[News]:
        """The pushes since, with their commits; nothing where the sign-in may not read them."""
        try:
            changes = await self._changes(turn)
        except _NOT_FOR_US:
            return ()
        news = []
        for number, change in enumerate(changes):
            commits: Sequence[object] | None = None
            if number < MOST_COMPARED:
                commits = await self._commits(turn, change)
            news.append(_of_push(turn, change, commits))
        return news

    async def checks(self, turn: Round) -> Sequence[News]:
        """The checks of open pull requests and of the default branch that ended since."""
        try:
            heads = await self._heads(turn)
            if turn.default_branch:
                heads.append(f"{_HEADS}{turn.default_branch}")
            news: list[News] = []
            for start in range(0, len(heads), _AT_ONCE):
                part = heads[start : start + _AT_ONCE]
                for found in await asyncio.gather(*(self._of_head(turn, one) for one in part)):
                    news.extend(found)
        except _NOT_FOR_US:
            turn.heads.clear()
            # Without the commits that were looked at, the list has to be read again.
            turn.etags[_open_pulls(turn)] = ""
            return ()
        return news

    async def _changes(self, turn: Round) -> list[Fields]:
        """The changes of branches since, newest first."""
        path = path_of("repos", turn.repository, "activity")
        call = Call("GET", path, FIRST, turn.repository, etag=turn.old_etags.get(path, ""))
        found: list[Fields] = []
        async for page in self.api.pages(call, most=_HISTORY_PAGES):
            if not page.is_new:
                return []
            turn.etags.setdefault(path, page.etag)
            for one in page.data or ():
                at = moment_in(one, "timestamp") if isinstance(one, Mapping) else None
                if at is None:
                    continue
                if at < turn.floor:
                    return found
                found.append(one)
        return found

    async def _commits(self, turn: Round, change: Fields) -> Sequence[object] | None:
        """The commits of a push, oldest first; None when nobody can say which."""
        before, after = commit_in(change, "before"), commit_in(change, "after")
        if not after or after == _NULL_COMMIT:
            return ()
        base = turn.default_branch if before == _NULL_COMMIT else before
        if not base:
            return None
        path = path_of("repos", turn.repository, "compare", f"{base}...{after}")
        call = Call("GET", path, FIRST, turn.repository, {"per_page": str(_COMMITS)})
        try:
            answer = (await self.api.get(call)).data
        except (*_NOT_FOR_US, VendorAnswerUnreadable):
            # Gone since, without a common past, or more than anybody reads.
            return None
        commits = list_in(answer, "commits") if isinstance(answer, Mapping) else ()
        return [_commit(one) for one in commits if isinstance(one, Mapping)]

    async def _heads(self, turn: Round) -> list[str]:
        """The newest commits of the open pull requests that are looked at."""
        path = path_of("repos", turn.repository, "pulls")
        name = _open_pulls(turn)
        query = {
            "state": "open",
            "sort": "updated",
            "direction": "desc",
            "per_page": str(MOST_CHECKED),
        }
        etag = turn.old_etags.get(name, "")
        answer = await self.api.get(Call("GET", path, FIRST, turn.repository, query, etag=etag))
        if not answer.is_new:
            return [one for one in turn.old_heads if not one.startswith(_HEADS)]
        turn.etags[name] = answer.etag
        pulls = [one for one in answer.data or () if isinstance(one, Mapping)]
        heads = (commit_in(fields_in(one, "head"), "sha") for one in pulls)
        return list(dict.fromkeys(filter(None, heads)))

    async def _of_head(self, turn: Round, head: str) -> list[News]:
        path = path_of("repos", turn.repository, "commits", head.removeprefix(_HEADS))
        old_runs, old_status = [*turn.old_heads.get(head, ()), "", ""][:2]
        about = f"commit {head}"
        query = {"filter": "latest", "per_page": "100"}
        runs, status = await asyncio.gather(
            self.api.get(Call("GET", f"{path}/check-runs", FIRST, about, query, etag=old_runs)),
            self.api.get(Call("GET", f"{path}/status", FIRST, about, etag=old_status)),
        )
        turn.heads[head] = [runs.etag, status.etag]
        # Checks may have ended before the pull request was opened.
        floor = turn.floor if head in turn.old_heads else max(turn.origin, turn.floor - _BEFORE)
        told = status.data if isinstance(status.data, Mapping) else {}
        commit = commit_in(told, "sha") or head
        return [
            *(_of_run(turn, one) for one in _ended(floor, runs.data, "check_runs")),
            *(_of_status(turn, commit, one) for one in _ended(floor, told, "statuses")),
        ]


def _open_pulls(turn: Round) -> str:
    """The name of the etag of the list of open pull requests."""
    return f"{path_of('repos', turn.repository, 'pulls')}?open"


def _ended(floor: datetime, data: object, name: str) -> Iterator[Fields]:
    """What ended since the floor, of a list of checks or reports."""
    for one in list_in(data, name) if isinstance(data, Mapping) else ():
        if not isinstance(one, Mapping) or text_in(one, "state") == "pending":
            continue
        at = moment_in(one, "completed_at", "updated_at", "created_at")
        is_under_way = text_in(one, "status") not in ("", "completed")
        if at is not None and at >= floor and not is_under_way:
            yield one


def _of_push(turn: Round, change: Fields, commits: Sequence[object] | None) -> News:
    before, after, ref = (text_in(change, name, 500) for name in ("before", "after", "ref"))
    at = moment_in(change, "timestamp") or turn.floor
    parts: dict[str, object] = {
        "ref": ref,
        "before": before,
        "after": after,
        "created": before == _NULL_COMMIT,
        "deleted": after == _NULL_COMMIT,
        "forced": text_in(change, "activity_type") == _FORCED,
        "commits": commits or [],
        "repository": {**turn.shown, "pushed_at": iso_of(at)},
        "sender": change.get("actor"),
    }
    key = f"{turn.repository}:push:{ref}:{before}:{after}"
    return news_of(turn, Told("push", key, at), "", parts)


def _of_run(turn: Round, run: Fields) -> News:
    at = moment_in(run, "completed_at") or turn.floor
    key = f"{turn.repository}:check:{run.get('id')}:{text_in(run, 'conclusion')}"
    return news_of(turn, Told("check_run", key, at), "completed", {"check_run": run})


def _of_status(turn: Round, commit: str, status: Fields) -> News:
    at = moment_in(status, "updated_at", "created_at") or turn.floor
    key = f"{turn.repository}:status:{status.get('id')}:{text_in(status, 'state')}"
    parts = {str(name): value for name, value in status.items()}
    return news_of(turn, Told("status", key, at), "", {**parts, "sha": commit})


def _commit(listed: Fields) -> Mapping[str, Any]:
    """A commit of a list as a push names it."""
    inner = fields_in(listed, "commit")
    return {
        "id": listed.get("sha"),
        "message": inner.get("message"),
        "url": listed.get("html_url"),
        "author": {
            "name": fields_in(inner, "author").get("name"),
            "username": fields_in(listed, "author").get("login"),
        },
    }
