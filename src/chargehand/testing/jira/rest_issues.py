"""REST: issues, their history, transitions, assignee, fields, and searching for them."""

import base64
import binascii
from typing import Any, Final

import msgspec

from chargehand.kit.canonical import digest_of
from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.edits import (
    assign_issue,
    available_moves,
    edit_issue,
    transition_issue,
)
from chargehand.testing.jira.jql import search
from chargehand.testing.jira.records import Issue
from chargehand.testing.jira.refusals import JiraRefused
from chargehand.testing.jira.shapes import Shape, page

_MOST_ISSUES: Final = 100


class AssigneeBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT assignee; null unassigns."""

    accountId: str | None  # noqa: N815 - the vendor's name.


class NamedId(msgspec.Struct, forbid_unknown_fields=True):
    """A thing named by its id."""

    id: str


class TransitionBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST transitions."""

    transition: NamedId
    fields: dict[str, Any] = {}


class EditBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT issue."""

    fields: dict[str, Any] = {}
    update: dict[str, list[dict[str, Any]]] = {}


class SearchBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST search/jql."""

    jql: str = ""
    nextPageToken: str | None = None  # noqa: N815 - the vendor's name.
    maxResults: int = 50  # noqa: N815 - the vendor's name.
    fields: list[str] = []
    properties: list[str] = []
    expand: str = ""


class BulkFetchBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST issue/bulkfetch."""

    issueIdsOrKeys: list[str]  # noqa: N815 - the vendor's name.
    fields: list[str] = []
    expand: list[str] = []


def get_issue(call: Call) -> Answer:
    """One issue."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    fields = call.words("fields") or ["*all"]
    return Answer(200, call.issues.issue(issue, fields=fields, expand=call.words("expand")))


def post_bulk_fetch(call: Call) -> Answer:
    """Several issues; those the caller can not see are left out without a word."""
    body = call.body(BulkFetchBody)
    if len(body.issueIdsOrKeys) > _MOST_ISSUES:
        raise JiraRefused(400, f"The maximum number of issues is {_MOST_ISSUES}.")
    found = {}
    for key in body.issueIdsOrKeys:
        try:
            issue = call.site.visible_issue(key, call.caller)
        except JiraRefused:
            continue
        found[issue.id] = call.issues.issue(
            issue, fields=body.fields or ["*navigable"], expand=body.expand
        )
    in_order = [found[number] for number in sorted(found, key=int)]
    return Answer(200, {"issues": in_order, "issueErrors": []})


def put_issue(call: Call) -> Answer:
    """Edit fields and labels."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    body = call.body(EditBody)
    edit_issue(call.site, issue, caller=call.caller, fields=body.fields, update=body.update)
    return Answer(204)


def put_assignee(call: Call) -> Answer:
    """Assign or unassign."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    account_id = call.body(AssigneeBody).accountId
    assign_issue(call.site, issue, caller=call.caller, account_id=account_id)
    return Answer(204)


def get_transitions(call: Call) -> Answer:
    """The transitions the caller could do now."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    project = call.site.project_of(issue)
    wanted = call.text("transitionId")
    moves = [m for m in available_moves(call.site, issue, call.caller) if wanted in (None, m.id)]
    shapes = [call.shapes.transition(move, project) for move in moves]
    if "transitions.fields" in call.words("expand"):
        for shape, move in zip(shapes, moves, strict=True):
            shape["fields"] = call.shapes.transition_fields(move)
    return Answer(200, {"expand": "transitions", "transitions": shapes})


def post_transition(call: Call) -> Answer:
    """Move an issue through its workflow."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    body = call.body(TransitionBody)
    transition_issue(
        call.site, issue, caller=call.caller, move_id=body.transition.id, fields=body.fields
    )
    return Answer(204)


def get_changelog(call: Call) -> Answer:
    """The history, oldest first."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    changes = [change for change in call.site.state.changes if change.issue == issue.key]
    ordered = sorted(changes, key=lambda change: change.at)
    return Answer(
        200,
        page(
            [call.shapes.change(change) for change in ordered],
            start=call.number("startAt", 0),
            limit=min(call.number("maxResults", 100), 100),
            self_url=call.shapes.link(f"issue/{issue.key}/changelog"),
        ),
    )


def get_search(call: Call) -> Answer:
    """Search with the query in the address."""
    body = SearchBody(
        jql=call.text("jql") or "",
        nextPageToken=call.text("nextPageToken"),
        maxResults=call.number("maxResults", 50),
        fields=call.words("fields"),
        expand=call.text("expand") or "",
    )
    return Answer(200, _found(call, body))


def post_search(call: Call) -> Answer:
    """Search with the query in the body."""
    return Answer(200, _found(call, call.body(SearchBody)))


def _found(call: Call, body: SearchBody) -> Shape:
    if body.maxResults < 1:
        raise JiraRefused(400, "The value of 'maxResults' must be at least 1.")
    issues = search(call.site, body.jql, call.caller)
    start = _start_of(body.nextPageToken, body.jql)
    end = start + min(body.maxResults, _MOST_ISSUES)
    expand = [part.strip() for part in body.expand.split(",") if part.strip()]
    per_issue = [part for part in expand if part == "changelog"]
    # Without `fields` this resource gives ids only, unlike reading a single issue.
    shapes = [
        _found_issue(call.issues.issue(issue, fields=body.fields, expand=per_issue), body)
        | _properties_of(issue, body.properties)
        for issue in issues[start:end]
    ]
    found: Shape = {"issues": shapes, "isLast": end >= len(issues)}
    if end < len(issues):
        found["nextPageToken"] = _token(end, body.jql)
    return found


def _found_issue(shape: Shape, body: SearchBody) -> Shape:
    return shape if body.fields else {"id": shape["id"]}


def _properties_of(issue: Issue, wanted: list[str]) -> Shape:
    if not wanted:
        return {}
    return {"properties": {key: issue.properties[key] for key in wanted if key in issue.properties}}


def _token(start: int, jql: str) -> str:
    return base64.urlsafe_b64encode(f"{start}:{digest_of(jql)[:16]}".encode()).decode()


def _start_of(token: str | None, jql: str) -> int:
    if token is None:
        return 0
    try:
        start, _, digest = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        number = int(start)
    except (binascii.Error, ValueError) as error:
        raise JiraRefused(400, "The provided next page token is invalid.") from error
    if digest != digest_of(jql)[:16]:
        raise JiraRefused(400, "The provided next page token belongs to another query.")
    return number


ENDPOINTS: Final = (
    Endpoint("GET", "/rest/api/3/issue/{key}", get_issue),
    Endpoint("POST", "/rest/api/3/issue/bulkfetch", post_bulk_fetch),
    Endpoint("PUT", "/rest/api/3/issue/{key}", put_issue),
    Endpoint("PUT", "/rest/api/3/issue/{key}/assignee", put_assignee),
    Endpoint("GET", "/rest/api/3/issue/{key}/transitions", get_transitions),
    Endpoint("POST", "/rest/api/3/issue/{key}/transitions", post_transition),
    Endpoint("GET", "/rest/api/3/issue/{key}/changelog", get_changelog),
    Endpoint("GET", "/rest/api/3/search/jql", get_search),
    Endpoint("POST", "/rest/api/3/search/jql", post_search),
)
