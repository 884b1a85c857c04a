"""Jira Cloud: REST v3, account ids, documents in ADF."""

import html
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from chargehand.connectors.jira.answers import (
    BulkStatesAnswer,
    CommentAnswer,
    CommentListAnswer,
    GrantsAnswer,
    HistoryAnswer,
    HistoryPageAnswer,
    IssueAnswer,
    ProjectAnswer,
    ProjectPageAnswer,
    RawSearchAnswer,
    SearchAnswer,
    StateAnswer,
    UserAnswer,
)
from chargehand.connectors.jira.config import Deployment
from chargehand.connectors.jira.dialect import Place, Search
from chargehand.connectors.jira.errors import VENDOR
from chargehand.connectors.jira.jql import changed_jql, created_jql
from chargehand.connectors.jira.marks import MARK_KEY
from chargehand.connectors.jira.mending import mend_for
from chargehand.connectors.jira.params import CommentParams
from chargehand.connectors.jira.render import (
    render_comment,
    render_description,
    render_service_comment,
)
from chargehand.connectors.jira.transport import Call, JiraTransport, path_of
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import Check
from chargehand.plugins.errors import VendorAnswerUnreadable

_PROJECTS_PER_PAGE: Final = 50
_ISSUES_PER_SEARCH: Final = 50
_CREATED_PER_SEARCH: Final = 100
_COMMENTS_PER_REQUEST: Final = 500
_PEOPLE_LIMIT: Final = 20
_LONGEST_PLAIN_NAME: Final = 15
_READ_HISTORY: Final = "read the history"
_OPERATION_STATES: Final = "read the state of a work item"


class CloudDialect:
    """Keeps `dialect.Dialect` for Jira Cloud."""

    deployment = Deployment.CLOUD
    marks_are_sure = True

    def __init__(self, transport: JiraTransport) -> None:
        self._transport = transport

    # Reading

    async def projects(self) -> tuple[ProjectAnswer, ...]:
        """Every project the bot can see, by key."""
        found: list[ProjectAnswer] = []
        while True:
            query: dict[str, str | int] = {
                "startAt": len(found),
                "maxResults": _PROJECTS_PER_PAGE,
                "orderBy": "key",
            }
            path = path_of("project", "search")
            call = Call("GET", path, "list the projects", "projects", query=query)
            page = await self._transport.read(call, ProjectPageAnswer)
            found += page.values
            if page.is_last or not page.values:
                return tuple(found)

    async def search(self, search: Search) -> tuple[IssueAnswer, ...]:
        """The first work items that a search finds."""
        body: JSONObject = {
            "jql": search.jql,
            "fields": list(search.fields),
            "maxResults": search.limit,
        }
        call = _search_call(body, search.operation, search.target)
        return (await self._transport.read(call, SearchAnswer)).issues

    async def changed_since(
        self, projects: Sequence[str], floor_ms: int, *, fields: Sequence[str], operation: str
    ) -> AsyncIterator[tuple[msgspec.Raw, ...]]:
        """Work items changed since, longest ago first, one page of the search at a time."""
        tokens: set[str] = set()
        body: dict[str, JSONValue] = {
            "jql": changed_jql(projects, floor_ms),
            "fields": fields,
            "maxResults": _ISSUES_PER_SEARCH,
        }
        while True:
            call = _search_call(body, operation, "the projects")
            answer = await self._transport.read(call, RawSearchAnswer)
            yield answer.issues
            token = answer.next_page_token
            if token is None:
                return
            if token in tokens:
                detail = "the same page token came twice"
                raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
            tokens.add(token)
            body = {**body, "nextPageToken": token}

    async def created_by(
        self, bot: AccountId, project: str, *, since_ms: int, operation: str
    ) -> AsyncIterator[tuple[str, object]]:
        """Key and mark of each work item an account created since; the mark is None without one.

        Jira searches properties only for apps that declare them, and a token is no app, so what
        the bot created since is listed and every mark is read.
        """
        body: dict[str, JSONValue] = {
            "jql": created_jql(project, bot, since_ms),
            "fields": ["created"],
            "properties": [MARK_KEY],
            "maxResults": _CREATED_PER_SEARCH,
        }
        while True:
            call = _search_call(body, operation, "the project")
            page = await self._transport.read(call, SearchAnswer)
            for issue in page.issues:
                yield issue.key, issue.properties.get(MARK_KEY)
            if page.next_page_token is None:
                return
            body = {**body, "nextPageToken": page.next_page_token}

    async def comments(self, comment_ids: Sequence[int]) -> Mapping[str, CommentAnswer]:
        """Several comments, wherever they are; those left out have to be asked for alone."""
        call = Call(
            "POST",
            path_of("comment", "list"),
            "read comments together",
            "the comments",
            body={"ids": list(comment_ids)},
        )
        answer = await self._transport.read(call, CommentListAnswer)
        return {comment.id: comment for comment in answer.values}

    async def marks(self, comment_ids: Sequence[int]) -> Mapping[str, object]:
        """The mark of each comment, None for those without; missing ones were deleted."""
        marks: dict[str, object] = {}
        for start in range(0, len(comment_ids), _COMMENTS_PER_REQUEST):
            call = Call(
                "POST",
                path_of("comment", "list"),
                "read the marks of comments",
                "the comments",
                query={"expand": "properties"},
                body={"ids": list(comment_ids[start : start + _COMMENTS_PER_REQUEST])},
            )
            answer = await self._transport.read(call, CommentListAnswer)
            marks.update({comment.id: _mark(comment) for comment in answer.values})
        return marks

    async def states(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, StateAnswer]:
        """The states of several work items; those left out have to be asked for alone."""
        body: JSONObject = {"issueIdsOrKeys": list(keys), "fields": list(fields)}
        path = path_of("issue", "bulkfetch")
        call = Call("POST", path, _OPERATION_STATES, ", ".join(keys), body=body)
        answer = await self._transport.read(call, BulkStatesAnswer)
        return {state.key: state for state in answer.issues}

    async def history(self, key: str, *, limit: int) -> Sequence[HistoryAnswer]:
        """The last changes of a work item, in any order."""
        page = await self._history_page(key, 0, limit)
        if page.total > len(page.values):
            # Jira counts from the oldest; the newest are at the end.
            page = await self._history_page(key, max(page.total - limit, 0), limit)
        return page.values

    async def _history_page(self, key: str, start: int, limit: int) -> HistoryPageAnswer:
        query: dict[str, str | int] = {"startAt": start, "maxResults": limit}
        path = path_of("issue", key, "changelog")
        call = Call("GET", path, _READ_HISTORY, f"work item {key}", query=query)
        return await self._transport.read(call, HistoryPageAnswer)

    async def granted(
        self, account: AccountId, asked: Mapping[Place, Sequence[str]]
    ) -> frozenset[str]:
        """Those of the permissions an account has at the places they are asked for."""
        wanted: list[JSONValue] = [
            {
                "permissions": list(permissions),
                "projects" if place.is_project else "issues": [place.number],
            }
            for place, permissions in asked.items()
        ]
        call = Call(
            "POST",
            path_of("permissions", "check"),
            "ask for another person's permissions",
            f"account {account}",
            body={"accountId": account, "projectPermissions": wanted},
        )
        answer = await self._transport.read(call, GrantsAnswer)
        return frozenset(
            grant.permission
            for grant in answer.project_permissions
            for place, permissions in asked.items()
            if grant.permission in permissions
            and place.number in (grant.projects if place.is_project else grant.issues)
        )

    async def assignable(self, key: str, text: str) -> tuple[UserAnswer, ...]:
        """Whom a name, an id or a mention may mean among those a work item can be assigned to."""
        looks_like_id = " " not in text and (":" in text or len(text) > _LONGEST_PLAIN_NAME)
        found = await self._assignable(key, "accountId", text) if looks_like_id else ()
        return found or await self._assignable(key, "query", text)

    async def _assignable(self, key: str, by: str, text: str) -> tuple[UserAnswer, ...]:
        query: dict[str, str | int] = {"issueKey": key, by: text, "maxResults": _PEOPLE_LIMIT}
        path = path_of("user", "assignable", "search")
        call = Call("GET", path, "look up people", f"work item {key}", query=query)
        return await self._transport.read(call, tuple[UserAnswer, ...])

    # Writing

    async def comment_body(self, params: CommentParams) -> JSONValue:
        """The body of a platform comment."""
        return render_comment(params)

    async def service_comment_text(self, params: CommentParams) -> str:
        """The text of a comment for the service-desk API."""
        return render_service_comment(params)

    def description(self, markdown: str) -> JSONValue:
        """The description of a work item."""
        return render_description(markdown)

    def sent_words(self, params: CommentParams) -> str:
        """The words of a comment as it reads once stored, without the mention."""
        # Jira shows the mention under a name of its own.
        return html.unescape(render_service_comment(replace(params, mention=None)))

    async def assignee(self, account: AccountId | None) -> JSONObject:
        """The body of a request that assigns."""
        return {"accountId": account}

    # Checking

    def check_bot(self, bot: UserAnswer) -> None:
        """Pass: on Cloud people reach the bot by its account, whatever its name."""

    def mend_for(self, error: ChargehandError) -> str:
        """One sentence on how to mend a failed call."""
        return mend_for(error)

    def standing_checks(self) -> tuple[Check, ...]:
        """Nothing: Cloud tells all that is needed."""
        return ()


def _search_call(body: JSONObject, operation: str, target: str) -> Call:
    return Call("POST", path_of("search", "jql"), operation, target, body=body)


def _mark(comment: CommentAnswer) -> object:
    # A mark without a value still says that the comment is not a person's.
    found = (entry for entry in comment.properties if entry.key == MARK_KEY)
    return next((entry.value or {} for entry in found), None)
