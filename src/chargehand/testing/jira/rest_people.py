"""REST: the caller, other people, permissions and who may be assigned."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.calls import Answer, Call, Endpoint
from chargehand.testing.jira.permissions import GLOBAL_PERMISSIONS, PROJECT_PERMISSIONS
from chargehand.testing.jira.records import Issue, Person, Project
from chargehand.testing.jira.refusals import NO_USER, JiraRefused
from chargehand.testing.jira.shapes import Shape, page, unknown_permissions


class ProjectPermissionsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Project permissions to check, and where."""

    permissions: list[str]
    issues: list[int] = []
    projects: list[int] = []


class CheckBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST permissions/check."""

    accountId: str | None = None  # noqa: N815 - the vendor's name.
    globalPermissions: list[str] = []  # noqa: N815 - the vendor's name.
    projectPermissions: list[ProjectPermissionsBody] = []  # noqa: N815 - the vendor's name.


def get_myself(call: Call) -> Answer:
    """The caller's own account."""
    return Answer(200, call.shapes.myself(call.caller))


def get_user(call: Call) -> Answer:
    """One account."""
    person = call.site.state.people.get(call.text("accountId") or "")
    if person is None:
        raise JiraRefused(404, NO_USER)
    return Answer(200, call.shapes.user(person))


def get_users(call: Call) -> Answer:
    """Accounts by id; unknown ids are left out."""
    ids = call.query.getlist("accountId")
    if not ids:
        raise JiraRefused(400, "The accountId query parameter needs to be provided.")
    people = call.site.state.people
    shapes = [call.shapes.user(people[account]) for account in ids if account in people]
    limit = min(call.number("maxResults", 10), 200)
    url = call.shapes.link("user/bulk")
    return Answer(200, page(shapes, start=call.number("startAt", 0), limit=limit, self_url=url))


def search_assignable(call: Call) -> Answer:
    """People who could be assigned, by the beginning of a name or the whole account id."""
    project = _place(call, call.text("project"))[0]
    found = [
        person
        for person in call.site.state.people.values()
        if rights.may(person, rights.ASSIGNABLE, project)
    ]
    return Answer(200, _people(call, found))


def search_permitted(call: Call) -> Answer:
    """People who have all the named permissions; for administrators only."""
    keys = call.words("permissions")
    if not keys:
        raise JiraRefused(400, "The 'permissions' query parameter is required.")
    _require_known(keys)
    if not any(call.text(name) for name in ("query", "accountId", "username")):
        raise JiraRefused(400, "The query parameter 'query' or 'accountId' is required.")
    project, issue = _place(call, call.text("projectKey"))
    may_ask = rights.may(call.caller, rights.PROJECT_ADMIN, project)
    if not may_ask and not rights.is_admin(call.caller):
        raise JiraRefused(403, "You do not have permission to search for users by permission.")
    found = [p for p in call.site.state.people.values() if _has_all(p, keys, project, issue)]
    return Answer(200, _people(call, found))


def _has_all(person: Person, keys: Sequence[str], project: Project, issue: Issue | None) -> bool:
    return all(_has(person, key, project, issue) for key in keys)


def _has(person: Person, key: str, project: Project | None, issue: Issue | None) -> bool:
    if key in GLOBAL_PERMISSIONS:
        return rights.has_global(person, key)
    if project is None:
        return False
    if issue is not None:
        return rights.may_on_issue(person, key, issue, project)
    return rights.may(person, key, project)


def _place(call: Call, project_key: str | None) -> tuple[Project, Issue | None]:
    issue_key = call.text("issueKey") or call.text("issueId")
    if issue_key:
        issue = call.site.visible_issue(issue_key, call.caller)
        return call.site.project_of(issue), issue
    if project_key:
        return call.site.visible_project(project_key, call.caller), None
    raise JiraRefused(400, "Either a project or an issue must be specified.")


def _people(call: Call, found: Sequence[Person]) -> list[Shape]:
    account, query = call.text("accountId"), (call.text("query") or "").casefold()
    chosen = [p for p in found if account in (None, p.account_id) and _matches(p, query)]
    start, limit = call.number("startAt", 0), min(call.number("maxResults", 50), 1000)
    ordered = sorted(chosen, key=lambda person: person.name)
    return [call.shapes.user(person) for person in ordered[start : start + limit]]


def _matches(person: Person, query: str) -> bool:
    name = person.name.casefold()
    words = (*name.split(), name, person.email.casefold(), person.username)
    return any(word.startswith(query) for word in words)


def get_my_permissions(call: Call) -> Answer:
    """Which of the named permissions the caller has, anywhere or in one place."""
    keys = call.words("permissions")
    if not keys:
        raise JiraRefused(400, "The 'permissions' query parameter is required.")
    _require_known(keys)
    granted = dict.fromkeys(keys, False)
    for project, issue in _places(call):
        granted = {k: granted[k] or _has(call.caller, k, project, issue) for k in keys}
    return Answer(200, {"permissions": call.shapes.permissions(granted)})


def _places(call: Call) -> list[tuple[Project | None, Issue | None]]:
    """Where to look; without a place a project permission counts when it is held anywhere."""
    project_key = call.text("projectKey") or call.text("projectId")
    if project_key or call.text("issueKey") or call.text("issueId"):
        return [_place(call, project_key)]
    return [(None, None), *((project, None) for project in call.site.visible_projects(call.caller))]


def check_permissions(call: Call) -> Answer:
    """Which permissions an account has where; only administrators may ask about others."""
    body = call.body(CheckBody)
    account = body.accountId or call.caller.account_id
    if account != call.caller.account_id and not rights.is_admin(call.caller):
        raise JiraRefused(403, "Only Jira administrators can check the permissions of others.")
    person = call.site.state.people.get(account)
    if person is None:
        raise JiraRefused(400, NO_USER)
    _require_known([k for asked in body.projectPermissions for k in asked.permissions])
    grants = [
        _grant(call, person, key, asked)
        for asked in body.projectPermissions
        for key in asked.permissions
    ]
    held = [key for key in body.globalPermissions if rights.has_global(person, key)]
    return Answer(200, {"globalPermissions": held, "projectPermissions": grants})


def _grant(call: Call, person: Person, key: str, asked: ProjectPermissionsBody) -> Shape:
    state = call.site.state
    issues = [state.find_issue(str(number)) for number in asked.issues]
    projects = [state.find_project(str(number)) for number in asked.projects]
    return {
        "permission": key,
        "issues": [
            int(issue.id)
            for issue in issues
            if issue and _has(person, key, call.site.project_of(issue), issue)
        ],
        "projects": [
            int(project.id) for project in projects if project and rights.may(person, key, project)
        ],
    }


def _require_known(keys: Sequence[str]) -> None:
    unknown = unknown_permissions(keys)
    if unknown:
        known = ", ".join([*PROJECT_PERMISSIONS, *GLOBAL_PERMISSIONS])
        text = f"Unrecognized permissions: {', '.join(unknown)}; known are {known}."
        raise JiraRefused(400, text)


ENDPOINTS: Final = (
    Endpoint("GET", "/rest/api/3/myself", get_myself),
    Endpoint("GET", "/rest/api/3/mypermissions", get_my_permissions),
    Endpoint("POST", "/rest/api/3/permissions/check", check_permissions),
    Endpoint("GET", "/rest/api/3/user", get_user),
    Endpoint("GET", "/rest/api/3/user/bulk", get_users),
    Endpoint("GET", "/rest/api/3/user/assignable/search", search_assignable),
    Endpoint("GET", "/rest/api/3/user/permission/search", search_permitted),
)
