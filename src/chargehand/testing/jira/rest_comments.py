"""REST: comments, their entity properties, and lists of comments by id."""

from typing import Any, Final, Literal

import msgspec

from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.records import Comment, CommentVisibility
from chargehand.testing.jira.refusals import PAYLOAD, JiraRefused
from chargehand.testing.jira.shapes import page
from chargehand.testing.jira.site import draft_from_adf

_KEY_LIMIT: Final = 255
_VALUE_LIMIT: Final = 32_768
_LIST_LIMIT: Final = 1000


class VisibilityBody(msgspec.Struct, forbid_unknown_fields=True):
    """A restriction to a role or group, by name."""

    type: Literal["role", "group"]
    value: str = ""
    identifier: str | None = None


class PropertyBody(msgspec.Struct, forbid_unknown_fields=True):
    """One entity property."""

    key: str
    value: Any = None


class CommentBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST and PUT comment."""

    body: Any = None
    visibility: VisibilityBody | None = None
    properties: list[PropertyBody] = []


class IdsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST comment/list."""

    ids: list[int]


def get_comments(call: Call) -> Answer:
    """A page of an issue's comments."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    order = call.text("orderBy") or "created"
    if order.strip(" +-") != "created":
        raise JiraRefused(400, f"The value '{order}' of 'orderBy' is not supported.")
    comments = call.site.visible_comments(issue, call.caller)
    if order.startswith("-"):
        comments.reverse()
    start, limit = call.number("startAt", 0), min(call.number("maxResults", 100), 5000)
    return Answer(
        200,
        {
            "startAt": start,
            "maxResults": limit,
            "total": len(comments),
            "comments": [call.shapes.comment(c) for c in comments[start : start + limit]],
        },
    )


def post_comment(call: Call) -> Answer:
    """Add a comment; a second one with the same content is simply a second comment."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    body = call.body(CommentBody)
    for item in body.properties:
        _judge_property(item.key, item.value)
    comment = call.site.add_comment(
        issue,
        call.caller,
        draft=draft_from_adf(body.body, _visibility(body)),
        properties={item.key: item.value for item in body.properties},
    )
    return Answer(201, call.shapes.comment(comment))


def get_comment(call: Call) -> Answer:
    """One comment."""
    return Answer(200, call.shapes.comment(_comment_of_issue(call)))


def put_comment(call: Call) -> Answer:
    """Replace a comment's content and restriction."""
    comment = _comment_of_issue(call)
    body = call.body(CommentBody)
    draft = draft_from_adf(body.body, _visibility(body))
    edited = call.site.edit_comment(comment, call.caller, draft=draft)
    for item in body.properties:
        _judge_property(item.key, item.value)
        call.site.set_property(edited, item.key, item.value)
    return Answer(200, call.shapes.comment(edited))


def delete_comment(call: Call) -> Answer:
    """Delete a comment."""
    call.site.delete_comment(_comment_of_issue(call), call.caller)
    return Answer(204)


def list_comments(call: Call) -> Answer:
    """Comments by id; those the caller may not see are left out."""
    ids = call.body(IdsBody).ids
    if not 0 < len(ids) <= _LIST_LIMIT:
        raise JiraRefused(400, f"Between 1 and {_LIST_LIMIT} comment ids must be given.")
    found = [call.site.state.find_comment(str(number)) for number in ids]
    visible = [c for c in found if c is not None and call.site.can_see_comment(c, call.caller)]
    has_properties = "properties" in call.words("expand")
    shape = call.shapes.comment_with_properties if has_properties else call.shapes.comment
    url = call.shapes.link("comment/list")
    shapes = [shape(comment) for comment in visible]
    return Answer(200, page(shapes, start=0, limit=_LIST_LIMIT, self_url=url))


def get_property_keys(call: Call) -> Answer:
    """The keys of a comment's properties."""
    comment = call.site.visible_comment(call.path["id"], call.caller)
    link = call.shapes.link(f"comment/{comment.id}/properties")
    return Answer(
        200, {"keys": [{"self": f"{link}/{key}", "key": key} for key in comment.properties]}
    )


def get_property(call: Call) -> Answer:
    """One property of a comment."""
    comment = call.site.visible_comment(call.path["id"], call.caller)
    key = call.path["property"]
    if key not in comment.properties:
        raise JiraRefused(404, f"The property with the key '{key}' does not exist.")
    return Answer(200, {"key": key, "value": comment.properties[key]})


def put_property(call: Call) -> Answer:
    """Set a property of a comment; 201 when it is new."""
    comment = call.site.visible_comment(call.path["id"], call.caller)
    value = call.body(object)
    _judge_property(call.path["property"], value)
    is_new = call.site.set_property(comment, call.path["property"], value)
    return Answer(201 if is_new else 200, {})


def _comment_of_issue(call: Call) -> Comment:
    issue = call.site.visible_issue(call.path["key"], call.caller)
    comment = call.site.visible_comment(call.path["id"], call.caller)
    if comment.issue != issue.key:
        raise JiraRefused(404, f"Can not find a comment for the id: {comment.id}.")
    return comment


def _visibility(body: CommentBody) -> CommentVisibility | None:
    if body.visibility is None:
        return None
    if not body.visibility.value:
        raise JiraRefused(400, PAYLOAD)
    return CommentVisibility(body.visibility.type, body.visibility.value)


def _judge_property(key: str, value: object) -> None:
    if not 0 < len(key) <= _KEY_LIMIT:
        raise JiraRefused(400, f"The property key must have 1 to {_KEY_LIMIT} characters.")
    if value is None:
        raise JiraRefused(400, "The property value must not be empty.")
    if len(msgspec.json.encode(value)) > _VALUE_LIMIT:
        raise JiraRefused(400, f"The property value must not exceed {_VALUE_LIMIT} characters.")


ENDPOINTS: Final = (
    Endpoint("GET", "/rest/api/3/issue/{key}/comment", get_comments),
    Endpoint("POST", "/rest/api/3/issue/{key}/comment", post_comment),
    Endpoint("GET", "/rest/api/3/issue/{key}/comment/{id}", get_comment),
    Endpoint("PUT", "/rest/api/3/issue/{key}/comment/{id}", put_comment),
    Endpoint("DELETE", "/rest/api/3/issue/{key}/comment/{id}", delete_comment),
    Endpoint("POST", "/rest/api/3/comment/list", list_comments),
    Endpoint("GET", "/rest/api/3/comment/{id}/properties", get_property_keys),
    Endpoint("GET", "/rest/api/3/comment/{id}/properties/{property}", get_property),
    Endpoint("PUT", "/rest/api/3/comment/{id}/properties/{property}", put_property),
)
