"""Finds what happened by asking: what webhooks missed, or all there is without them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from chargehand.connectors.github.api import GitHubAPI
from chargehand.connectors.github.poll_code import CodePoller
from chargehand.connectors.github.poll_runs import RunPoller
from chargehand.connectors.github.poll_tags import TagPoller
from chargehand.connectors.github.polled import FIRST, News, Round, Told, news_of
from chargehand.connectors.github.schemas import millis_of, moment_in, number_in
from chargehand.connectors.github.transport import Call, path_of
from chargehand.connectors.github.webhook import CONNECTOR, EVENT_HEADER, lane_of
from chargehand.domain.delivery import ONLY_POLLED, POLLED, DeliverySource, VerifiedDelivery
from chargehand.kit.clock import EPOCH
from chargehand.kit.tolerant import Fields, fields_in, text_in
from chargehand.plugins.connector import PollPage
from chargehand.plugins.errors import CursorUnreadable, PermissionMissing, TargetMissing

# What was stored a moment ago may not be told yet; what was seen already is dropped by its key.
_OVERLAP: Final = timedelta(minutes=2)
_DELIVERIES_PER_PAGE: Final = 200
_LIST_PAGES: Final = 100
_AT_ONCE: Final = 8


class _Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far polling came in each repository.

    Shape: `etags` are those of the first page of each list, so that what did not change costs
    nothing; `heads` has, for each repository, the etags of both lists of checks by the newest
    commit of each open pull request that is looked at, and by the name of the default branch;
    `tags` has what each tag of a repository names.
    Units: seconds since 1970; before `origin_s`, the first connection, nothing is ever told.
    """

    origin_s: int
    since_s: dict[str, int] = {}
    etags: dict[str, str] = {}
    heads: dict[str, dict[str, list[str]]] = {}
    tags: dict[str, dict[str, str]] = {}

    def text(self) -> str:
        return msgspec.json.encode(self).decode()

    def floor(self, repository: str) -> datetime:
        floor_s = max(self.since_s.get(repository, self.origin_s), self.origin_s)
        begin = EPOCH + timedelta(seconds=floor_s) - _OVERLAP
        return max(begin, EPOCH + timedelta(seconds=self.origin_s))

    @property
    def origin(self) -> datetime:
        return EPOCH + timedelta(seconds=self.origin_s)

    def moved(self, turn: Round, to_s: int) -> "_Cursor":
        repository = turn.repository
        before = self.since_s.get(repository, self.origin_s)
        since_s = {**self.since_s, repository: max(before, to_s)}
        etags = {**self.etags, **turn.etags}
        heads = {**self.heads, repository: turn.heads}
        tags = {one: known for one, known in self.tags.items() if one != repository}
        if turn.tags is not None:
            tags[repository] = {**turn.tags}
        return _Cursor(self.origin_s, since_s, etags, heads, tags)


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls the bound repositories of one connection."""

    api: GitHubAPI

    async def poll(self, cursor: str | None, *, now: datetime) -> AsyncIterator[PollPage]:
        """What was written or changed since the cursor, in the shape of GitHub's webhooks.

        Shape: every page is complete up to its cursor, so storing both together loses nothing.
        None for a cursor gives one empty page. A repository the bot can not read is passed over,
        and read from where it was when it can again.
        Raises: the errors of plugins/errors.py.
        """
        present_s = self._present_s(now)
        if cursor is None:
            yield PollPage((), _Cursor(present_s).text())
            return
        position = self._read_cursor(cursor)
        for repository in self.api.config.repositories:
            try:
                turn = await self._begin(repository, position)
                news = [
                    *await self._comments(turn),
                    *await self._line_comments(turn),
                    *await self._issues(turn),
                    *await self._pulls(turn),
                    *await CodePoller(self.api).pushes(turn),
                    *await TagPoller(self.api).tags(turn),
                    *await CodePoller(self.api).checks(turn),
                    *await RunPoller(self.api).runs(turn),
                    *await RunPoller(self.api).releases(turn),
                ]
            except (TargetMissing, PermissionMissing):
                # Gone, or the bot was sent out of it: `doctor` says so.
                continue
            before, position = position, position.moved(turn, present_s)
            news.sort(key=lambda one: one.at)
            deliveries = [self._delivery(one, now) for one in news]
            for start in range(0, len(deliveries), _DELIVERIES_PER_PAGE):
                end = start + _DELIVERIES_PER_PAGE
                # Only the last page of a repository moves the cursor.
                reached = position if end >= len(deliveries) else before
                yield PollPage(tuple(deliveries[start:end]), reached.text())
        yield PollPage((), position.text())

    def _read_cursor(self, text: str) -> _Cursor:
        try:
            return msgspec.json.decode(text, type=_Cursor)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise CursorUnreadable(connection_id=self.api.config.connection_id) from error

    def _present_s(self, now: datetime) -> int:
        """The present by GitHub's clock when ours is ahead: its times are what we compare with."""
        offset_s = self.api.transport.clock_offset_s or 0.0
        return int((now - EPOCH).total_seconds() + min(offset_s, 0.0))

    async def _begin(self, repository: str, position: _Cursor) -> Round:
        call = Call("GET", path_of("repos", repository), FIRST, repository)
        shown = (await self.api.get(call)).data
        if not isinstance(shown, Mapping):
            shown = {}
        # An event is known by the name the repository has in the settings, as in webhooks.
        kept = {"full_name": repository, "private": shown.get("private", True)}
        return Round(
            repository,
            kept,
            text_in(shown, "default_branch", 500),
            floor=position.floor(repository),
            origin=position.origin,
            old_etags=position.etags,
            old_heads=position.heads.get(repository, {}),
            old_tags=position.tags.get(repository),
        )

    async def _comments(self, turn: Round) -> list[News]:
        """Comments under issues and pull requests, which do not say of which kind the thing is."""
        news: list[News] = []
        path = path_of("repos", turn.repository, "issues", "comments")
        for comment in await self._changed(turn, path, {"since": _iso(turn.floor)}):
            number = _number_at_end(text_in(comment, "issue_url", 500))
            is_pull = f"/pull/{number}#" in text_in(comment, "html_url", 500)
            issue: dict[str, Any] = {"number": number}
            if is_pull:
                issue["pull_request"] = {}
            news.extend(_of_comment(turn, "issue_comment", comment, {"issue": issue}))
        return news

    async def _line_comments(self, turn: Round) -> list[News]:
        news: list[News] = []
        path = path_of("repos", turn.repository, "pulls", "comments")
        for comment in await self._changed(turn, path, {"since": _iso(turn.floor)}):
            number = _number_at_end(text_in(comment, "pull_request_url", 500))
            parts = {"pull_request": {"number": number}}
            news.extend(_of_comment(turn, "pull_request_review_comment", comment, parts))
        return news

    async def _issues(self, turn: Round) -> list[News]:
        """What was opened, changed or closed; the list has pull requests among them."""
        path = path_of("repos", turn.repository, "issues")
        query = {"state": "all", "since": _iso(turn.floor)}
        return [
            new
            for issue in await self._changed(turn, path, query)
            if not isinstance(issue.get("pull_request"), Mapping)
            for new in _of_issue(turn, issue)
        ]

    async def _pulls(self, turn: Round) -> list[News]:
        """The pull requests that changed, with their reviews; the list takes no moment."""
        path = path_of("repos", turn.repository, "pulls")
        query = {"state": "all", "sort": "updated", "direction": "desc"}
        etag = turn.old_etags.get(path, "")
        call = Call("GET", path, FIRST, turn.repository, query, etag=etag)
        pulls: list[Fields] = []
        async for page in self.api.pages(call, most=_LIST_PAGES):
            if not page.is_new:
                return []
            turn.etags.setdefault(path, page.etag)
            found = [one for one in page.data or () if isinstance(one, Mapping)]
            changed = [one for one in found if _is_since(one, turn.floor)]
            pulls.extend(changed)
            if len(changed) < len(found):
                break
        news = [new for pull in pulls for new in _of_pull(turn, pull)]
        for start in range(0, len(pulls), _AT_ONCE):
            part = pulls[start : start + _AT_ONCE]
            for reviews in await asyncio.gather(*(self._reviews(turn, one) for one in part)):
                news.extend(reviews)
        return news

    async def _reviews(self, turn: Round, pull: Fields) -> list[News]:
        number = number_in(pull, "number") or 0
        path = path_of("repos", turn.repository, "pulls", number, "reviews")
        news: list[News] = []
        for review in await self.api.items(Call("GET", path, FIRST, f"pull {number}"), most=10):
            if not isinstance(review, Mapping):
                continue
            state, at = text_in(review, "state").lower(), moment_in(review, "submitted_at")
            # A dismissed one keeps the time it was handed in; its key drops what was seen.
            is_old = at is None or (at < turn.floor and state != "dismissed")
            if at is None or is_old or at < turn.origin or state == "pending":
                continue
            told = Told("pull_request_review", f"review:{review.get('id')}:{state}", at)
            parts = {"review": {**review, "state": state}, "pull_request": pull}
            action = "dismissed" if state == "dismissed" else "submitted"
            news.append(news_of(turn, told, action, parts))
        return news

    async def _changed(self, turn: Round, path: str, query: Mapping[str, str]) -> Sequence[Fields]:
        """What a list holds that changed since, oldest change first, to its end.

        The first look has no moment in it, so that its etag stays good while nothing happens.
        """
        newest = {key: value for key, value in query.items() if key != "since"}
        probe = Call(
            "GET",
            path,
            FIRST,
            turn.repository,
            {**newest, "sort": "updated", "direction": "desc", "per_page": "1"},
            etag=turn.old_etags.get(path, ""),
        )
        answer = await self.api.get(probe)
        if not answer.is_new:
            return ()
        turn.etags[path] = answer.etag
        ordered = {**query, "sort": "updated", "direction": "asc"}
        call = Call("GET", path, FIRST, turn.repository, ordered)
        found = await self.api.items(call, most=_LIST_PAGES)
        return [one for one in found if isinstance(one, Mapping)]

    def _delivery(self, new: News, now: datetime) -> VerifiedDelivery:
        way = ONLY_POLLED if new.is_only_polled else POLLED
        return VerifiedDelivery(
            connection_id=self.api.config.connection_id,
            connector=CONNECTOR,
            delivery_key=f"{way}{new.key}",
            source=DeliverySource.POLL,
            lane=lane_of(new.event),
            received_at=now,
            body=new.body,
            headers={EVENT_HEADER: new.event},
        )


def _of_comment(
    turn: Round, event: str, comment: Fields, parts: Mapping[str, object]
) -> list[News]:
    """The writing and the last edit of a comment.

    Both are told when both may be new: whoever saw only the writing would miss the edit. When it
    was written says little beside a line, since a draft keeps the time it was begun.
    """
    created, updated = moment_in(comment, "created_at"), moment_in(comment, "updated_at")
    if created is None:
        return []
    body = {**parts, "comment": comment}
    name = f"{turn.repository}:{event}:{comment.get('id')}"
    news: list[News] = []
    if created >= turn.origin:
        news.append(news_of(turn, Told(event, f"{name}:created", created), "created", body))
    if updated is not None and updated > created:
        told = Told(event, f"{name}:edited:{millis_of(updated)}", updated)
        news.append(news_of(turn, told, "edited", body))
    return news


def _of_issue(turn: Round, issue: Fields) -> list[News]:
    created, updated = moment_in(issue, "created_at"), moment_in(issue, "updated_at")
    name, parts = f"{turn.repository}:issue:{issue.get('number')}", {"issue": issue}
    news: list[News] = []
    if created is not None and created >= turn.origin:
        told = Told("issues", f"{name}:opened", created)
        news.append(news_of(turn, told, "opened", parts))
    if updated is not None and (created is None or updated > created):
        # The list does not say what changed: a comment or a mention elsewhere may be all.
        key = f"{name}:updated:{millis_of(updated)}"
        told = Told("issues", key, updated, is_only_polled=True)
        news.append(news_of(turn, told, "edited", parts))
    return news


def _of_pull(turn: Round, pull: Fields) -> list[News]:
    """The opening, the newest commit, and the end of a pull request.

    GitHub does not tell by asking what else was changed, and every comment changes the time of it.
    A commit that the look before knew is not told again; of those the first look finds, and of one
    in a new pull request, nobody knows whether it came later.
    """
    created, updated = moment_in(pull, "created_at"), moment_in(pull, "updated_at")
    if created is None or updated is None:
        return []
    name = f"{turn.repository}:pull:{pull.get('number')}"
    parts = {"pull_request": pull, "number": pull.get("number")}
    news: list[News] = []
    if created >= turn.origin:
        told = Told("pull_request", f"{name}:opened", created)
        news.append(news_of(turn, told, "opened", parts))
    head = text_in(fields_in(pull, "head"), "sha")
    if head and updated > created and head not in turn.old_heads:
        is_unsure = not turn.old_heads or created >= turn.floor
        told = Told("pull_request", f"{name}:head:{head}", updated, is_only_polled=is_unsure)
        news.append(news_of(turn, told, "synchronize", parts))
    closed = moment_in(pull, "closed_at")
    if closed is not None and closed >= turn.floor:
        told = Told("pull_request", f"{name}:closed:{millis_of(closed)}", closed)
        news.append(news_of(turn, told, "closed", parts))
    return news


def _is_since(thing: Fields, floor: datetime) -> bool:
    updated = moment_in(thing, "updated_at")
    return updated is not None and updated >= floor


def _number_at_end(url: str) -> int | None:
    text = url.rpartition("/")[2]
    return int(text) if text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004 - a bound.


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
