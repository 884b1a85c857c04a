"""Jira Data Center: REST v2, user keys and user names, wiki markup, personal access tokens.

Nothing here is checked against a vendor contract: Atlassian publishes none that a machine reads.
Source: Atlassian's Jira Data Center REST API reference, 8.20 to 10.3, read 2026-11.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from chargehand.connectors.jira.answers import (
    CommentAnswer,
    ExpandedHistoryAnswer,
    HistoryAnswer,
    IssueAnswer,
    ProjectAnswer,
    PropertyAnswer,
    PropertyKeysAnswer,
    RawSearchAnswer,
    SearchAnswer,
    StateAnswer,
    UpdatedFieldsAnswer,
    UserAnswer,
    jira_time,
)
from chargehand.connectors.jira.config import Deployment, JiraConfig
from chargehand.connectors.jira.data_center_mending import mend_for
from chargehand.connectors.jira.dialect import Place, Search
from chargehand.connectors.jira.errors import VENDOR, JiraConfigWrong
from chargehand.connectors.jira.jql import changed_jql, created_jql
from chargehand.connectors.jira.marks import MARK_KEY
from chargehand.connectors.jira.params import CommentParams
from chargehand.connectors.jira.render import render_wiki_comment, render_wiki_description
from chargehand.connectors.jira.schemas import to_millis
from chargehand.connectors.jira.text.body import body_to_text
from chargehand.connectors.jira.transport import Call, JiraTransport, decode, path_of
from chargehand.connectors.jira.user_names import mentioned_name
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import AccountId
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.plugins.connector import Check, CheckState
from chargehand.plugins.errors import RequestRefused, TargetMissing, VendorAnswerUnreadable

_ISSUES_PER_SEARCH: Final = 50
_CREATED_PER_SEARCH: Final = 100
_PEOPLE_LIMIT: Final = 100
_SECOND_MS: Final = 1000
_OLDER_NAMES: Final[Mapping[str, str]] = {
    "ADD_COMMENTS": "COMMENT_ISSUE",
    "TRANSITION_ISSUES": "TRANSITION_ISSUE",
    "ASSIGN_ISSUES": "ASSIGN_ISSUE",
    "EDIT_ISSUES": "EDIT_ISSUE",
    "LINK_ISSUES": "LINK_ISSUE",
    "SCHEDULE_ISSUES": "SCHEDULE_ISSUE",
    "RESOLVE_ISSUES": "RESOLVE_ISSUE",
    "CREATE_ISSUES": "CREATE_ISSUE",
    "BROWSE_PROJECTS": "BROWSE",
}
_PERMISSIONS: Final = "ask for another person's permissions"
_BAD_REQUEST: Final = 400


class DataCenterDialect:
    """Keeps `dialect.Dialect` for Jira Data Center."""

    deployment = Deployment.DATA_CENTER
    # A release that ignores properties of a new comment would store it all the same.
    marks_are_sure = False

    def __init__(self, config: JiraConfig, transport: JiraTransport) -> None:
        self._config = config
        self._transport = transport

    # Reading

    async def projects(self) -> tuple[ProjectAnswer, ...]:
        """Every project the bot can see, by key."""
        call = Call("GET", path_of("project"), "list the projects", "projects")
        found = await self._transport.read(call, tuple[ProjectAnswer, ...])
        return tuple(sorted(found, key=lambda project: project.key))

    async def search(self, search: Search) -> tuple[IssueAnswer, ...]:
        """The first work items that a search finds."""
        call = _search_call(search, start=0)
        return (await self._transport.read(call, SearchAnswer)).issues

    async def changed_since(
        self, projects: Sequence[str], floor_ms: int, *, fields: Sequence[str], operation: str
    ) -> AsyncIterator[tuple[msgspec.Raw, ...]]:
        """Work items changed since, longest ago first, one page of the search at a time.

        A work item that changes between two pages moves to the end and would pull another one
        over the edge unseen, so each page begins at the last time of the page before. The search
        knows times to the second; only within one second its pages are counted.
        """
        seen: set[tuple[str, int]] = set()
        start = 0
        while True:
            search = Search(
                changed_jql(projects, floor_ms),
                fields,
                _ISSUES_PER_SEARCH,
                operation,
                "the projects",
            )
            answer = await self._transport.read(_search_call(search, start=start), RawSearchAnswer)
            stamps = [_stamp(raw, operation=operation) for raw in answer.issues]
            fresh = [
                raw for raw, stamp in zip(answer.issues, stamps, strict=True) if stamp not in seen
            ]
            seen.update(stamps)
            yield tuple(fresh)
            if start + len(stamps) >= answer.total or not stamps:
                return
            newest_ms = max(at for _, at in stamps) // _SECOND_MS * _SECOND_MS
            floor_ms, start = (
                (newest_ms, 0) if newest_ms > floor_ms else (floor_ms, start + len(stamps))
            )

    async def created_by(
        self, bot: AccountId, project: str, *, since_ms: int, operation: str
    ) -> AsyncIterator[tuple[str, object]]:
        """Key and mark of each work item an account created since; the mark is None without one."""
        jql = created_jql(project, await self._name_of(bot), since_ms)
        search = Search(jql, ("created",), _CREATED_PER_SEARCH, operation, "the project")
        start = 0
        while True:
            page = await self._transport.read(_search_call(search, start=start), SearchAnswer)
            for issue in page.issues:
                yield issue.key, await self._mark_at("issue", issue.key)
            start += len(page.issues)
            if not page.issues or start >= page.total:
                return

    async def comments(
        self,
        comment_ids: Sequence[int],  # noqa: ARG002 - the seam's; Data Center has no such question.
    ) -> Mapping[str, CommentAnswer]:
        """Nothing: each has to be asked for at its work item."""
        return {}

    async def marks(self, comment_ids: Sequence[int]) -> Mapping[str, object]:
        """The mark of each comment, None for those without; missing ones were deleted."""
        found = await asyncio.gather(*(self._mark_of_comment(number) for number in comment_ids))
        return {
            str(number): mark
            for number, (is_there, mark) in zip(comment_ids, found, strict=True)
            if is_there
        }

    async def _mark_of_comment(self, number: int) -> tuple[bool, object]:
        mark = await self._mark_at("comment", str(number))
        if mark is not None:
            return True, mark
        # "No such mark" and "no such comment" are one answer; the list of keys tells them apart.
        path = path_of("comment", str(number), "properties")
        call = Call("GET", path, "read the marks of comments", f"comment {number}")
        try:
            await self._transport.read(call, PropertyKeysAnswer)
        except TargetMissing:
            return False, None
        return True, None

    async def _mark_at(self, kind: str, owner: str) -> object:
        path = path_of(kind, owner, "properties", MARK_KEY)
        call = Call("GET", path, "read a mark", f"{kind} {owner}")
        try:
            return (await self._transport.read(call, PropertyAnswer)).value or {}
        except TargetMissing:
            return None

    async def states(
        self,
        keys: Sequence[str],  # noqa: ARG002 - the seam's; Data Center has no such question.
        fields: Sequence[str],  # noqa: ARG002 - as above.
    ) -> Mapping[str, StateAnswer]:
        """Nothing: only its search knows several at once, and the search may be behind."""
        return {}

    async def history(self, key: str, *, limit: int) -> Sequence[HistoryAnswer]:
        """The last changes of a work item, in any order."""
        query = {"fields": "updated", "expand": "changelog"}
        call = Call(
            "GET", path_of("issue", key), "read the history", f"work item {key}", query=query
        )
        found = (await self._transport.read(call, ExpandedHistoryAnswer)).changelog.histories
        by_time = sorted(found, key=lambda one: jira_time(one.created, operation=call.operation))
        return by_time[-limit:]

    async def granted(
        self, account: AccountId, asked: Mapping[Place, Sequence[str]]
    ) -> frozenset[str]:
        """Those of the permissions an account has at the places they are asked for."""
        name = await self._name_of(account)
        wanted = [(place, key) for place, keys in asked.items() for key in keys]
        has = await asyncio.gather(
            *(self._has(account, name, key, place=place) for place, key in wanted)
        )
        return frozenset(key for (_, key), has_it in zip(wanted, has, strict=True) if has_it)

    async def _has(self, account: AccountId, name: str, permission: str, *, place: Place) -> bool:
        try:
            found = await self._permitted(name, permission, place)
        except RequestRefused as error:
            older = _OLDER_NAMES.get(permission)
            if older is None or error.fields.get("status") != _BAD_REQUEST:
                raise
            found = await self._permitted(name, older, place)
        return any(user.account_id == account and user.active is not False for user in found)

    async def _permitted(self, name: str, permission: str, place: Place) -> tuple[UserAnswer, ...]:
        query: dict[str, str | int] = {
            "username": name,
            "permissions": permission,
            "projectKey" if place.is_project else "issueKey": place.key,
            "maxResults": _PEOPLE_LIMIT,
        }
        path = path_of("user", "permission", "search")
        call = Call("GET", path, _PERMISSIONS, f"user {name}", query=query)
        return await self._transport.read(call, tuple[UserAnswer, ...])

    async def assignable(self, key: str, text: str) -> tuple[UserAnswer, ...]:
        """Whom a name, an id or a mention may mean among those a work item can be assigned to.

        A mention holds the user name, everything else a user key or part of a name; a key may
        read like the name of another user, so both are looked for.
        """
        name = mentioned_name(text)
        if name is not None:
            found = await self._assignable(key, name)
            return tuple(user for user in found if (user.name or "").casefold() == name.casefold())
        found = await self._assignable(key, text)
        owner = None if " " in text else await self._user(text)
        if owner is None or not owner.name:
            return found
        own = await self._assignable(key, owner.name)
        others = [user for user in found if user.account_id != text]
        return (*(user for user in own if user.account_id == text), *others)

    async def _assignable(self, key: str, text: str) -> tuple[UserAnswer, ...]:
        query: dict[str, str | int] = {
            "issueKey": key,
            "username": text,
            "maxResults": _PEOPLE_LIMIT,
        }
        path = path_of("user", "assignable", "search")
        call = Call("GET", path, "look up people", f"work item {key}", query=query)
        return await self._transport.read(call, tuple[UserAnswer, ...])

    async def _user(self, account: str) -> UserAnswer | None:
        query = {"key": account}
        call = Call("GET", path_of("user"), "look up a user", f"user key {account}", query=query)
        try:
            return await self._transport.read(call, UserAnswer)
        except TargetMissing:
            return None

    async def _name_of(self, account: AccountId) -> str:
        """The name the user has now; it is never remembered, since another may get it.

        Raises: TargetMissing for nobody's key; else as `JiraTransport.read`.
        """
        user = await self._user(account)
        if user is None:
            raise TargetMissing(vendor=VENDOR, target=f"user key {account}")
        if not user.name:
            detail = "the user has no name"
            operation = "look up a user"
            raise VendorAnswerUnreadable(vendor=VENDOR, operation=operation, detail=detail)
        return user.name

    # Writing

    async def comment_body(self, params: CommentParams) -> JSONValue:
        """The body of a platform comment."""
        return await self._comment(params)

    async def service_comment_text(self, params: CommentParams) -> str:
        """The text of a comment for the service-desk API."""
        return await self._comment(params)

    async def _comment(self, params: CommentParams) -> str:
        if params.mention is None:
            return render_wiki_comment(params, user_name=None)
        user = await self._user(params.mention.account_id)
        # Whoever is gone can not be notified; the answer stands for those who stayed.
        return render_wiki_comment(params, user_name=None if user is None else user.name)

    def description(self, markdown: str) -> JSONValue:
        """The description of a work item."""
        return render_wiki_description(markdown)

    def sent_words(self, params: CommentParams) -> str:
        """The words of a comment as it reads once stored, without the mention."""
        plain = replace(params, mention=None)
        return body_to_text(render_wiki_comment(plain, user_name=None))

    async def assignee(self, account: AccountId | None) -> JSONObject:
        """The body of a request that assigns."""
        return {"name": None if account is None else await self._name_of(account)}

    # Checking

    def check_bot(self, bot: UserAnswer) -> None:
        """Pass when people reach the bot under this name.

        Raises: JiraConfigWrong.
        """
        wanted = self._config.user_name
        if wanted is not None and (bot.name or "").casefold() != wanted.casefold():
            raise JiraConfigWrong(
                field="user_name",
                problem=f"is {wanted!r}, but the token belongs to {bot.name!r}; "
                "people mention the bot by that name",
            )

    def mend_for(self, error: ChargehandError) -> str:
        """One sentence on how to mend a failed call."""
        return mend_for(error, token=self._config.api_token)

    def standing_checks(self) -> tuple[Check, ...]:
        """What Data Center can not be asked."""
        found = (
            "Jira Data Center does not tell which transitions have conditions, so a person's "
            "permission is asked for and a condition on that person is not"
        )
        mend = "Where workflows have conditions, keep `jira.transition_issue` in approve mode."
        return (Check("workflow conditions", CheckState.WARNED, found, mend),)


def _search_call(search: Search, *, start: int) -> Call:
    body: JSONObject = {
        "jql": search.jql,
        "fields": list(search.fields),
        "startAt": start,
        "maxResults": search.limit,
    }
    return Call("POST", path_of("search"), search.operation, search.target, body=body)


def _stamp(raw: msgspec.Raw, *, operation: str) -> tuple[str, int]:
    issue = decode(bytes(raw), IssueAnswer, operation=operation)
    fields = decode(bytes(issue.fields), UpdatedFieldsAnswer, operation=operation)
    return issue.key, to_millis(jira_time(fields.updated, operation=operation))
