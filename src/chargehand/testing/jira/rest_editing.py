"""REST: what can be edited on an issue, and links between issues."""

from typing import Any, Final

import msgspec

from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.edits import HELD_BY
from chargehand.testing.jira.issue_shapes import field_definitions
from chargehand.testing.jira.permissions import may_on_issue
from chargehand.testing.jira.records import Issue, Project
from chargehand.testing.jira.refusals import NO_ISSUE, JiraRefused
from chargehand.testing.jira.shapes import Shape
from chargehand.testing.jira.workflows import LINK_KINDS, PRIORITIES

_EDITABLE: Final = (
    "summary",
    "priority",
    "labels",
    "duedate",
    "components",
    "fixVersions",
)


class NamedType(msgspec.Struct, forbid_unknown_fields=True):
    """A kind of link named by its name."""

    name: str


class KeyedIssue(msgspec.Struct, forbid_unknown_fields=True):
    """An issue named by its key."""

    key: str


class LinkBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST issueLink; the inward issue is where the arrow begins."""

    type: NamedType
    inwardIssue: KeyedIssue  # noqa: N815 - the vendor's name.
    outwardIssue: KeyedIssue  # noqa: N815 - the vendor's name.


def get_edit_meta(call: Call) -> Answer:
    """The fields the caller could set, with the values they may get; none without the right."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    project = call.site.project_of(issue)
    if not may_on_issue(call.caller, rights.EDIT, issue, project):
        return Answer(200, {"fields": {}})
    names = [name for name in _EDITABLE if _is_on_screen(call, name, issue, project)]
    return Answer(200, {"fields": {name: field_meta(call, name, project) for name in names}})


def _is_on_screen(call: Call, name: str, issue: Issue, project: Project) -> bool:
    held_by = HELD_BY.get(name)
    return held_by is None or may_on_issue(call.caller, held_by, issue, project)


def field_meta(call: Call, name: str, project: Project) -> Shape:
    """One field as screens describe it."""
    title, schema = field_definitions(call.site)[name]
    shape: Shape = {
        "required": name == "summary",
        "schema": schema,
        "name": title,
        "key": name,
        "operations": ["add", "set", "remove"] if schema["type"] == "array" else ["set"],
    }
    values = _allowed_values(call, name, project)
    return shape if values is None else {**shape, "allowedValues": values}


def _allowed_values(call: Call, name: str, project: Project) -> list[Any] | None:
    shapes = call.shapes
    match name:
        case "priority":
            return [shapes.priority(one) for one in PRIORITIES]
        case "components":
            return [shapes.component(project, one) for one in project.components]
        case "fixVersions":
            return [shapes.version(project, one) for one in project.versions]
        case _:
            return None


def get_link_types(call: Call) -> Answer:
    """Every kind of link."""
    kinds = [
        {
            "id": number,
            "name": name,
            "inward": inward,
            "outward": outward,
            "self": call.shapes.link(f"issueLinkType/{number}"),
        }
        for name, (number, inward, outward) in LINK_KINDS.items()
    ]
    return Answer(200, {"issueLinkTypes": kinds})


def post_link(call: Call) -> Answer:
    """Link two issues; never looks whether they are linked already."""
    body = call.body(LinkBody)
    source = call.site.visible_issue(body.inwardIssue.key, call.caller)
    target = call.site.visible_issue(body.outwardIssue.key, call.caller)
    kind = next((one for one in LINK_KINDS if one == body.type.name), None)
    if kind is None:
        raise JiraRefused(404, f"No issue link type with name '{body.type.name}' found.")
    _require_link_right(call, source)
    call.site.link(source, target, kind=kind, actor=call.caller)
    return Answer(201)


def delete_link(call: Call) -> Answer:
    """Take a link away."""
    links = call.site.state.links
    link = next((one for one in links if one.id == call.path["link"]), None)
    if link is None:
        raise JiraRefused(404, "No issue link with the given id exists.")
    for key in (link.source, link.target):
        call.site.visible_issue(key, call.caller)
    source = call.site.state.find_issue(link.source)
    if source is None:
        raise JiraRefused(404, NO_ISSUE)
    _require_link_right(call, source)
    call.site.unlink(link, actor=call.caller)
    return Answer(204)


def _require_link_right(call: Call, issue: Issue) -> None:
    project = call.site.project_of(issue)
    if not may_on_issue(call.caller, rights.LINK, issue, project):
        raise JiraRefused(401, "No Link Issue Permission for issue.")


ENDPOINTS: Final = (
    Endpoint("GET", "/rest/api/3/issue/{key}/editmeta", get_edit_meta),
    Endpoint("GET", "/rest/api/3/issueLinkType", get_link_types),
    Endpoint("POST", "/rest/api/3/issueLink", post_link),
    Endpoint("DELETE", "/rest/api/3/issueLink/{link}", delete_link),
)
