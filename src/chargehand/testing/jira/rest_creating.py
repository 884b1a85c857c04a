"""REST: new issues, and what a project offers for them."""

from typing import Any, Final

import msgspec

from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.edits import edited_fields
from chargehand.testing.jira.issue_shapes import field_definitions
from chargehand.testing.jira.permissions import may
from chargehand.testing.jira.records import Issue, Project
from chargehand.testing.jira.refusals import PAYLOAD, JiraRefused
from chargehand.testing.jira.shapes import Shape
from chargehand.testing.jira.workflows import ISSUE_TYPES

_SOFTWARE: Final = ("Epic", "Story", "Task", "Bug", "Sub-task")
_SERVICE: Final = ("Task", "Service request")
_SCREEN: Final = ("project", "issuetype", "summary", "description", "priority", "labels", "duedate")
_REQUIRED: Final = frozenset({"project", "issuetype", "summary"})


class PropertyBody(msgspec.Struct, forbid_unknown_fields=True):
    """An entity property to be stored with an issue."""

    key: str
    value: Any


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST issue."""

    fields: dict[str, Any]
    properties: list[PropertyBody] = []


def get_types(call: Call) -> Answer:
    """The issue types of a project the caller can create; none without the right."""
    names = _types(call, _project(call))
    shapes = [call.shapes.issue_type(name) for name in names]
    return Answer(200, _page(call, "issueTypes", shapes))


def get_screen(call: Call) -> Answer:
    """The fields a new issue of one type can have."""
    project = _project(call)
    number = call.path["type"]
    if number not in {ISSUE_TYPES[name][0] for name in _types(call, project)}:
        raise JiraRefused(400, "The issue type can not be created in this project.")
    return Answer(200, _page(call, "fields", [_field(call, project, name) for name in _SCREEN]))


def post_issue(call: Call) -> Answer:
    """Create an issue; never looks whether the same exists already."""
    body = call.body(CreateBody)
    fields = dict(body.fields)
    project = _named_project(call, fields.pop("project", None))
    kind = _named_type(call, project, fields.pop("issuetype", None))
    if not isinstance(fields.get("summary"), str):
        raise JiraRefused(400, errors={"summary": "You must specify a summary of the issue."})
    now = call.site.clock.now()
    draft = Issue(
        id="0",
        key="",
        project=project.key,
        summary="",
        issue_type=kind,
        status=project.workflow.statuses[0].id,
        reporter=call.caller.account_id,
        creator=call.caller.account_id,
        created_at=now,
        updated_at=now,
        properties={one.key: one.value for one in body.properties},
    )
    filled = edited_fields(call.site, draft, caller=call.caller, fields=fields)[0]
    issue = call.site.create_issue(filled, project=project, actor=call.caller)
    link = call.shapes.link(f"issue/{issue.id}")
    return Answer(201, {"id": issue.id, "key": issue.key, "self": link})


def get_property(call: Call) -> Answer:
    """One entity property of an issue."""
    issue = call.site.visible_issue(call.path["key"], call.caller)
    key = call.path["property"]
    if key not in issue.properties:
        raise JiraRefused(404, f"The property {key} does not exist.")
    return Answer(200, {"key": key, "value": issue.properties[key]})


def _project(call: Call) -> Project:
    project = call.site.state.find_project(call.path["project"])
    if project is None or not may(call.caller, rights.BROWSE, project):
        raise JiraRefused(400, "No project could be found with this key.")
    return project


def _types(call: Call, project: Project) -> tuple[str, ...]:
    if not may(call.caller, rights.CREATE, project):
        return ()
    return _SOFTWARE if project.kind == "software" else _SERVICE


def _field(call: Call, project: Project, name: str) -> Shape:
    title, schema = field_definitions(call.site)[name]
    return {
        "fieldId": name,
        "key": name,
        "name": title,
        "schema": schema,
        "required": name in _REQUIRED or name in project.required_fields,
        "hasDefaultValue": name == "priority",
        "operations": ["set"],
    }


def _page(call: Call, name: str, values: list[Shape]) -> Shape:
    start, limit = call.number("startAt", 0), min(call.number("maxResults", 50), 200)
    shown = values[start : start + limit]
    return {name: shown, "startAt": start, "maxResults": limit, "total": len(values)}


def _named_project(call: Call, named: Any) -> Project:
    if not isinstance(named, dict):
        raise JiraRefused(400, errors={"project": "project is required"})
    project = call.site.state.find_project(str(named.get("id") or named.get("key") or ""))
    if project is None or not may(call.caller, rights.CREATE, project):
        text = "You cannot create issues in this project."
        raise JiraRefused(400, errors={"project": text})
    return project


def _named_type(call: Call, project: Project, named: Any) -> str:
    if not isinstance(named, dict):
        raise JiraRefused(400, PAYLOAD)
    for name in _types(call, project):
        if str(named.get("id")) == ISSUE_TYPES[name][0] or named.get("name") == name:
            return name
    raise JiraRefused(400, errors={"issuetype": "The issue type selected is invalid."})


_META: Final = "/rest/api/3/issue/createmeta/{project}/issuetypes"
ENDPOINTS: Final = (
    Endpoint("GET", _META, get_types),
    Endpoint("GET", _META + "/{type}", get_screen),
    Endpoint("POST", "/rest/api/3/issue", post_issue),
    Endpoint("GET", "/rest/api/3/issue/{key}/properties/{property}", get_property),
)
