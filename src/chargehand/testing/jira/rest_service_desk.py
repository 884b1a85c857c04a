"""REST: comments of customer requests through the service desk API, internal or public.

Source: Atlassian, "Jira Service Management Cloud REST API", Request, read 2026-11.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from chargehand.kit.clock import to_micros
from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.records import Comment, Issue
from chargehand.testing.jira.refusals import JiraRefused
from chargehand.testing.jira.shapes import Shape, jira_time
from chargehand.testing.jira.site import CommentDraft

_PATH: Final = "/rest/servicedeskapi/request/{key}/comment"
_NO_REQUEST: Final = "The requested issue does not exist or you do not have permission to see it."
_TRUTH: Final = {"true": True, "false": False}


class RequestCommentBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST request comment: wiki markup, and whether the customer reads it."""

    body: str
    public: bool = True


def post_request_comment(call: Call) -> Answer:
    """Comment on a request, publicly or internally."""
    issue = _request(call)
    body = call.body(RequestCommentBody)
    if not body.body.strip():
        raise JiraRefused(400, "The comment body can not be empty.")
    project = call.site.project_of(issue)
    is_agent = rights.may(call.caller, rights.AGENT, project)
    if not body.public and not is_agent:
        raise JiraRefused(403, "Only agents of the service project can comment internally.")
    is_own = issue.reporter == call.caller.account_id
    if not is_own and not rights.may_on_issue(call.caller, rights.COMMENT, issue, project):
        raise JiraRefused(403, "You do not have the permission to comment on this request.")
    draft = CommentDraft(body=call.shapes.document(body.body), wiki=body.body, public=body.public)
    comment = call.site.put_comment(issue, call.caller, draft=draft)
    return Answer(201, _shape(call, comment))


def get_request_comments(call: Call) -> Answer:
    """A page of a request's comments; customers get the public ones."""
    issue = _request(call)
    wanted = {
        flag: _TRUTH.get((call.text(name) or "true").casefold(), True)
        for flag, name in ((True, "public"), (False, "internal"))
    }
    comments = [
        comment
        for comment in call.site.state.comments_of(issue.key)
        if wanted[comment.public] and _can_read(call, comment)
    ]
    start, limit = call.number("start", 0), min(call.number("limit", 100), 100)
    shown = comments[start : start + limit]
    link = f"{call.shapes.site_url}{_PATH.format(key=issue.id)}"
    return Answer(
        200,
        {
            "_expands": ["attachment", "renderedBody"],
            "size": len(shown),
            "start": start,
            "limit": limit,
            "isLastPage": start + limit >= len(comments),
            "_links": {"self": f"{link}?start={start}&limit={limit}", "base": _base(call)},
            "values": [_shape(call, comment) for comment in shown],
        },
    )


def _can_read(call: Call, comment: Comment) -> bool:
    if call.caller.account_type == "customer":
        return comment.public
    return call.site.can_see_comment(comment, call.caller)


def _request(call: Call) -> Issue:
    """The request, for people of the project and for the customer who made it."""
    issue = call.site.state.find_issue(call.path["key"])
    if issue is None or call.site.project_of(issue).kind != "service_desk":
        raise JiraRefused(404, _NO_REQUEST)
    project = call.site.project_of(issue)
    is_own = issue.reporter == call.caller.account_id
    if not is_own and not rights.can_see_issue(call.caller, issue, project):
        raise JiraRefused(404, _NO_REQUEST)
    return issue


def _base(call: Call) -> str:
    return f"{call.shapes.site_url}/rest/servicedeskapi"


def _shape(call: Call, comment: Comment) -> Shape:
    issue = call.site.state.issues[comment.issue]
    author = call.site.state.people[comment.author]
    return {
        "_expands": ["attachment", "renderedBody"],
        "id": comment.id,
        "body": comment.wiki,
        "public": comment.public,
        "author": call.shapes.request_author(author),
        "created": _date(comment.created_at),
        "_links": {"self": f"{_base(call)}/request/{issue.id}/comment/{comment.id}"},
    }


def _date(moment: datetime) -> Shape:
    utc = moment.astimezone(UTC)
    return {
        "iso8601": f"{utc:%Y-%m-%dT%H:%M:%S}+0000",
        "jira": jira_time(moment),
        "friendly": f"{utc:%d/%b/%y %H:%M}",
        "epochMillis": to_micros(moment) // 1000,
    }


ENDPOINTS: Final = (
    Endpoint("POST", _PATH, post_request_comment),
    Endpoint("GET", _PATH, get_request_comments),
)
