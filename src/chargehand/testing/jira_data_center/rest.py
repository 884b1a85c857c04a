"""REST v2 as Data Center answers it: what differs from Cloud, the rest is Cloud's own."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec

from chargehand.testing.jira import (
    app,
    rest_comments,
    rest_creating,
    rest_issues,
    rest_people,
    rest_site,
)
from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.calls import Answer, Call, Endpoint, Handler
from chargehand.testing.jira.edits import assign_issue
from chargehand.testing.jira.jql import search
from chargehand.testing.jira.records import CommentVisibility, Person
from chargehand.testing.jira.refusals import NO_USER, JiraRefused
from chargehand.testing.jira.shapes import Shape
from chargehand.testing.jira.site import CommentDraft

_MOST_ISSUES: Final = 1000
_NEWER_NAMES: Final = {
    "BROWSE": rights.BROWSE,
    "COMMENT_ISSUE": rights.COMMENT,
    "TRANSITION_ISSUE": rights.TRANSITION,
    "ASSIGN_ISSUE": rights.ASSIGN,
    "EDIT_ISSUE": rights.EDIT,
    "LINK_ISSUE": rights.LINK,
    "SCHEDULE_ISSUE": rights.SCHEDULE,
    "RESOLVE_ISSUE": rights.RESOLVE,
    "CREATE_ISSUE": rights.CREATE,
}


class SearchBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST search."""

    jql: str = ""
    startAt: int = 0  # noqa: N815 - the vendor's name.
    maxResults: int = 50  # noqa: N815 - the vendor's name.
    fields: list[str] = []
    expand: list[str] = []
    validateQuery: bool = True  # noqa: N815 - the vendor's name.


class AssigneeBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT assignee; null unassigns."""

    name: str | None


class CommentBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST and PUT comment, in wiki markup."""

    body: str
    visibility: rest_comments.VisibilityBody | None = None
    properties: list[rest_comments.PropertyBody] = []


def get_server_info(call: Call) -> Answer:
    """What the site says of itself."""
    return Answer(200, rest_site.server_info(call, "9.12.15", deployment="Server"))


def get_projects(call: Call) -> Answer:
    """Every project the caller may browse, at once."""
    found = call.site.visible_projects(call.caller)
    return Answer(200, [call.shapes.project(project) for project in found])


def get_user(call: Call) -> Answer:
    """One user by key or by name."""
    wanted = call.text("key") or call.text("username")
    by_key = call.text("key") is not None
    people = call.site.state.people.values()
    found = next((p for p in people if (p.account_id if by_key else p.username) == wanted), None)
    if found is None:
        raise JiraRefused(404, NO_USER)
    return Answer(200, call.shapes.user(found))


def get_assignable(call: Call) -> Answer:
    """People who could be assigned, by the beginning of a name."""
    return rest_people.search_assignable(_by_username(call))


def get_permitted(call: Call) -> Answer:
    """People who have all the named permissions, which may go by their older names."""
    named = [_NEWER_NAMES.get(key, key) for key in call.words("permissions")]
    return rest_people.search_permitted(_by_username(call, permissions=",".join(named)))


def _by_username(call: Call, **changes: str) -> Call:
    """The call as Cloud's handlers read it: `username` matches what `query` does there."""
    given = {**dict(call.query), **changes}
    name = given.pop("username", "")
    if not name:
        raise JiraRefused(400, "The username query parameter was not provided.")
    return replace(call, query=type(call.query)({**given, "query": name}))


def post_search(call: Call) -> Answer:
    """Search with the query in the body; pages are counted."""
    body = call.body(SearchBody)
    issues = search(call.site, body.jql, call.caller)
    end = body.startAt + min(body.maxResults, _MOST_ISSUES)
    shapes = [
        call.issues.issue(issue, fields=body.fields or ["*navigable"], expand=body.expand)
        for issue in issues[body.startAt : end]
    ]
    return Answer(
        200,
        {
            "expand": "schema,names",
            "startAt": body.startAt,
            "maxResults": body.maxResults,
            "total": len(issues),
            "issues": shapes,
        },
    )


def put_assignee(call: Call) -> Answer:
    """Assign or unassign, by user name."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    name = call.body(AssigneeBody).name
    account_id = None if name is None else _named(call, name).account_id
    assign_issue(call.site, issue, caller=call.caller, account_id=account_id)
    return Answer(204)


def _named(call: Call, name: str) -> Person:
    people = call.site.state.people.values()
    found = next((p for p in people if p.username == name.casefold()), None)
    if found is None:
        raise JiraRefused(400, errors={"assignee": f"User '{name}' does not exist."})
    return found


def post_comment(call: Call) -> Answer:
    """Add a comment; a second one with the same content is simply a second comment."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    body = call.body(CommentBody)
    comment = call.site.add_comment(
        issue,
        call.caller,
        draft=_draft(call, body),
        properties={item.key: item.value for item in body.properties},
    )
    return Answer(201, call.shapes.comment(comment))


def put_comment(call: Call) -> Answer:
    """Replace a comment's content and restriction."""
    comment = call.site.visible_comment(call.path["id"], call.caller)
    draft = _draft(call, call.body(CommentBody))
    return Answer(
        200, call.shapes.comment(call.site.edit_comment(comment, call.caller, draft=draft))
    )


def _draft(call: Call, body: CommentBody) -> CommentDraft:
    visibility = None
    if body.visibility is not None:
        visibility = CommentVisibility(body.visibility.type, body.visibility.value)
    return CommentDraft(body=call.shapes.document(body.body), wiki=body.body, visibility=visibility)


def post_issue(call: Call) -> Answer:
    """Create an issue, its description in wiki markup."""
    return rest_creating.post_issue(_with_document(call))


def put_issue(call: Call) -> Answer:
    """Edit fields and labels, the description in wiki markup."""
    return rest_issues.put_issue(_with_document(call))


def _with_document(call: Call) -> Call:
    """The call with a description as Cloud's handlers read it."""
    body = call.body(dict[str, Any])
    fields = body.get("fields") or {}
    text = fields.get("description")
    if text is None:
        return call
    if not isinstance(text, str):
        raise JiraRefused(400, errors={"description": "Operation value must be a string"})
    changed = {**body, "fields": {**fields, "description": call.shapes.document(text)}}
    return replace(call, raw_body=msgspec.json.encode(changed))


def _as_values(handler: Handler, name: str) -> Handler:
    def respond(call: Call) -> Answer:
        answer = handler(call)
        shape: Shape = dict(answer.body)
        shape["values"] = shape.pop(name)
        return replace(answer, body=shape)

    return respond


def _changed(method: str, path: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method, f"/rest/api/2{path}", handler)


_META: Final = "/issue/createmeta/{project}/issuetypes"
_OWN: Final = (
    _changed("GET", "/serverInfo", get_server_info),
    _changed("GET", "/project", get_projects),
    _changed("GET", "/user", get_user),
    _changed("GET", "/user/assignable/search", get_assignable),
    _changed("GET", "/user/permission/search", get_permitted),
    _changed("POST", "/search", post_search),
    _changed("PUT", "/issue/{key}/assignee", put_assignee),
    _changed("POST", "/issue/{key}/comment", post_comment),
    _changed("PUT", "/issue/{key}/comment/{id}", put_comment),
    _changed("GET", _META, _as_values(rest_creating.get_types, "issueTypes")),
    _changed("GET", _META + "/{type}", _as_values(rest_creating.get_screen, "fields")),
    _changed("POST", "/issue", post_issue),
    _changed("PUT", "/issue/{key}", put_issue),
)
# Paths that only Cloud has.
_CLOUD_ONLY: Final = re.compile(
    r"/rest/api/3/(?:project/search|permissions/check|user/bulk|search/jql|comment/list"
    r"|issue/bulkfetch|issue/\{key\}/changelog)"
)


_SHARED: Final = tuple(
    replace(point, path=point.path.replace("/rest/api/3/", "/rest/api/2/"))
    for point in app.ENDPOINTS
    if not _CLOUD_ONLY.fullmatch(point.path)
)


ENDPOINTS: Final = (*_OWN, *_SHARED)
