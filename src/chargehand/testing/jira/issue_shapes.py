"""Issues as Jira's REST API v3 gives them, with field selection, names, schema and changelog."""

from collections.abc import Sequence
from typing import Any, Final

from chargehand.testing.jira.permissions import can_see_issue
from chargehand.testing.jira.records import Issue, Link, Person
from chargehand.testing.jira.shapes import Shape, Shapes, jira_time
from chargehand.testing.jira.site import Site
from chargehand.testing.jira.workflows import LINK_KINDS

_SYSTEM: Final[dict[str, tuple[str, Shape]]] = {
    "summary": ("Summary", {"type": "string", "system": "summary"}),
    "description": ("Description", {"type": "string", "system": "description"}),
    "issuetype": ("Issue Type", {"type": "issuetype", "system": "issuetype"}),
    "project": ("Project", {"type": "project", "system": "project"}),
    "status": ("Status", {"type": "status", "system": "status"}),
    "resolution": ("Resolution", {"type": "resolution", "system": "resolution"}),
    "priority": ("Priority", {"type": "priority", "system": "priority"}),
    "assignee": ("Assignee", {"type": "user", "system": "assignee"}),
    "reporter": ("Reporter", {"type": "user", "system": "reporter"}),
    "creator": ("Creator", {"type": "user", "system": "creator"}),
    "labels": ("Labels", {"type": "array", "items": "string", "system": "labels"}),
    "duedate": ("Due date", {"type": "date", "system": "duedate"}),
    "components": ("Components", {"type": "array", "items": "component", "system": "components"}),
    "fixVersions": (
        "Fix versions",
        {"type": "array", "items": "version", "system": "fixVersions"},
    ),
    "created": ("Created", {"type": "datetime", "system": "created"}),
    "updated": ("Updated", {"type": "datetime", "system": "updated"}),
    "issuelinks": (
        "Linked Issues",
        {"type": "array", "items": "issuelinks", "system": "issuelinks"},
    ),
    "subtasks": ("Sub-tasks", {"type": "array", "items": "issuelinks", "system": "subtasks"}),
    "parent": ("Parent", {"type": "issuelink", "system": "parent"}),
    "security": ("Security Level", {"type": "securitylevel", "system": "security"}),
    "comment": ("Comment", {"type": "comments-page", "system": "comment"}),
}
_CHANGES_SHOWN: Final = 100
_NOT_NAVIGABLE: Final = frozenset({"comment"})


class IssueShapes:
    """Writes issues for one caller: links to issues the caller may not see are left out."""

    def __init__(self, site: Site, shapes: Shapes, caller: Person) -> None:
        self._site = site
        self._shapes = shapes
        self._caller = caller

    def issue(self, issue: Issue, *, fields: Sequence[str], expand: Sequence[str]) -> Shape:
        """One issue.

        Shape: `fields` as in the query: names, `*all`, `*navigable`, `-name`; empty means none.
        """
        names = self._selected(fields)
        shape: Shape = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": issue.id,
            "self": self._shapes.link(f"issue/{issue.id}"),
            "key": issue.key,
        }
        if names:
            shape["fields"] = self.fields(issue, names)
        shape.update(self.described(names, expand))
        if "changelog" in expand:
            shape["changelog"] = self._newest_changes(issue)
        return shape

    def described(self, names: Sequence[str], expand: Sequence[str]) -> Shape:
        """The names and schemas of fields, as far as asked for."""
        described: Shape = {}
        known = field_definitions(self._site)
        if "names" in expand:
            described["names"] = {name: known[name][0] for name in names}
        if "schema" in expand:
            described["schema"] = {name: known[name][1] for name in names}
        return described

    def fields(self, issue: Issue, names: Sequence[str]) -> Shape:
        """The values of the named fields."""
        values = self._plain(issue) | self._people(issue) | self._related(issue, names)
        return {name: values[name] for name in names if name in values}

    def _selected(self, wanted: Sequence[str]) -> list[str]:
        known = list(field_definitions(self._site))
        chosen: list[str] = []
        for name in wanted:
            if name == "*all":
                chosen.extend(known)
            elif name == "*navigable":
                chosen.extend(field for field in known if field not in _NOT_NAVIGABLE)
            elif name.startswith("-"):
                # A list of exclusions only means: everything but these.
                chosen = [f for f in (chosen or known) if f != name[1:]]
            elif name in known:
                chosen.append(name)
        return list(dict.fromkeys(chosen))

    def _plain(self, issue: Issue) -> Shape:
        shapes, state = self._shapes, self._site.state
        project = self._site.project_of(issue)
        level = project.security_levels[issue.security] if issue.security else None
        sprints = [shapes.sprint(state.sprints[number]) for number in issue.sprints]
        option = shapes.link("customFieldOption/10019")
        flag = [{"self": option, "value": "Impediment", "id": "10019"}]
        return {
            "summary": issue.summary,
            "description": shapes.description(issue.description),
            "issuetype": shapes.issue_type(issue.issue_type),
            "project": shapes.project_reference(project),
            "status": shapes.status(project.workflow.status(issue.status)),
            "resolution": shapes.resolution(issue.resolution),
            "priority": shapes.priority(issue.priority),
            "labels": list(issue.labels),
            "duedate": issue.due_on.isoformat() if issue.due_on else None,
            "components": [shapes.component(project, name) for name in issue.components],
            "fixVersions": [shapes.version(project, name) for name in issue.fix_versions],
            "created": jira_time(issue.created_at),
            "updated": jira_time(issue.updated_at),
            "security": shapes.security(level) if level else None,
            state.sprint_field: sprints or None,
            state.flagged_field: flag if issue.flagged else None,
        }

    def _people(self, issue: Issue) -> Shape:
        return {
            "assignee": self._shapes.account(issue.assignee),
            "reporter": self._shapes.account(issue.reporter),
            "creator": self._shapes.account(issue.creator or issue.reporter),
        }

    def _related(self, issue: Issue, names: Sequence[str]) -> Shape:
        related: Shape = {}
        if "issuelinks" in names:
            links = (self._link(issue, link) for link in self._site.state.links)
            related["issuelinks"] = [link for link in links if link]
        issues = self._site.state.issues
        if "subtasks" in names:
            children = [c for c in issues.values() if c.parent == issue.key and self._is_seen(c)]
            related["subtasks"] = [self.reference(c) for c in children if self._is_subtask(c)]
        parent = issues.get(issue.parent or "")
        if parent is not None and self._is_seen(parent):
            related["parent"] = self.reference(parent)
        if "comment" in names:
            related["comment"] = self._comment_field(issue)
        return related

    def _is_seen(self, issue: Issue) -> bool:
        return can_see_issue(self._caller, issue, self._site.project_of(issue))

    def _is_subtask(self, issue: Issue) -> bool:
        return bool(self._shapes.issue_type(issue.issue_type)["subtask"])

    def _link(self, issue: Issue, link: Link) -> Shape | None:
        ends = {
            link.source: ("outwardIssue", link.target),
            link.target: ("inwardIssue", link.source),
        }
        if issue.key not in ends:
            return None
        side, other_key = ends[issue.key]
        other = self._site.state.issues.get(other_key)
        if other is None or not self._is_seen(other):
            return None
        number, inward, outward = LINK_KINDS[link.kind]
        return {
            "id": link.id,
            "self": self._shapes.link(f"issueLink/{link.id}"),
            "type": {
                "id": number,
                "name": link.kind,
                "inward": inward,
                "outward": outward,
                "self": self._shapes.link(f"issueLinkType/{number}"),
            },
            side: self.reference(other),
        }

    def reference(self, issue: Issue) -> Shape:
        """An issue at the other end of a link: five fields, and no security level among them."""
        project = self._site.project_of(issue)
        return {
            "id": issue.id,
            "key": issue.key,
            "self": self._shapes.link(f"issue/{issue.id}"),
            "fields": {
                "summary": issue.summary,
                "status": self._shapes.status(project.workflow.status(issue.status)),
                "priority": self._shapes.priority(issue.priority),
                "issuetype": self._shapes.issue_type(issue.issue_type),
            },
        }

    def _comment_field(self, issue: Issue) -> Shape:
        comments = self._site.visible_comments(issue, self._caller)
        return {
            "comments": [self._shapes.comment(comment) for comment in comments],
            "self": self._shapes.link(f"issue/{issue.id}/comment"),
            "maxResults": len(comments),
            "total": len(comments),
            "startAt": 0,
        }

    def _newest_changes(self, issue: Issue) -> Shape:
        changes = [change for change in self._site.state.changes if change.issue == issue.key]
        # Expanding gives the newest hundred only; the whole history has its own resource.
        newest = sorted(changes, key=lambda change: change.at, reverse=True)[:_CHANGES_SHOWN]
        return {
            "startAt": 0,
            "maxResults": len(newest),
            "total": len(changes),
            "histories": [self._shapes.change(change) for change in newest],
        }


def field_definitions(site: Site) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name and schema of every field by its id, the two custom fields of the site included."""
    sprint, flagged = site.state.sprint_field, site.state.flagged_field
    return _SYSTEM | {
        sprint: (
            "Sprint",
            {
                "type": "array",
                "items": "json",
                "custom": "com.pyxis.greenhopper.jira:gh-sprint",
                "customId": int(sprint.removeprefix("customfield_")),
            },
        ),
        flagged: (
            "Flagged",
            {
                "type": "array",
                "items": "option",
                "custom": "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes",
                "customId": int(flagged.removeprefix("customfield_")),
            },
        ),
    }


def field_list(site: Site) -> list[Shape]:
    """Every field as `GET /field` lists it."""
    return [
        {
            "id": name,
            "key": name,
            "name": title,
            "custom": name.startswith("customfield_"),
            "orderable": True,
            "navigable": name not in _NOT_NAVIGABLE,
            "searchable": True,
            "clauseNames": _clause_names(name, title),
            "schema": schema,
        }
        for name, (title, schema) in field_definitions(site).items()
    ]


def _clause_names(name: str, title: str) -> list[str]:
    number = name.removeprefix("customfield_")
    return [name] if number == name else [f"cf[{number}]", title]
