"""Sets a site up: people, projects, rights, issues, links, sprints and a past."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chargehand.domain.errors import Rejected
from chargehand.kit.clock import Clock
from chargehand.testing.jira import permissions as rights
from chargehand.testing.jira.permissions import GLOBAL_PERMISSIONS, PROJECT_PERMISSIONS
from chargehand.testing.jira.records import (
    AccountType,
    Change,
    ChangeItem,
    Comment,
    CommentVisibility,
    Issue,
    Link,
    Person,
    Project,
    ProjectKind,
    SecurityLevel,
    Sprint,
    SprintState,
)
from chargehand.testing.jira.site import CommentDraft, Happening, Site
from chargehand.testing.jira.state import State
from chargehand.testing.jira.wiki import wiki_to_adf
from chargehand.testing.jira.workflows import ISSUE_TYPES, LINK_KINDS, PRIORITIES, workflow_for

BUNDLES: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "reader": rights.READER,
    "commenter": rights.COMMENTER,
    "member": rights.MEMBER,
    "agent": rights.SERVICE_AGENT,
    "lead": rights.LEAD,
}


class SetUpRefused(Rejected):
    """A set-up step that makes no sense."""

    code = "fake_jira_set_up_refused"
    template = "{field} can not be {value!r}: {allowed}."


def _nobody(_happening: Happening) -> None:
    """Hears of what happened in the past, and tells no one."""


class Building:
    """The set-up half of the fake; nothing here sends webhooks."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self._past = Site(state, clock, _nobody)

    def person(self, who: str) -> Person:
        """The account named by its id, e-mail address or display name.

        Raises: SetUpRefused when nobody, or more than one, is meant.
        """
        people = self.state.people
        if who in people:
            return people[who]
        wanted = who.casefold()
        found = [p for p in people.values() if wanted in (p.email.casefold(), p.name.casefold())]
        if len(found) != 1:
            allowed = f"exactly one account must have it, {len(found)} do"
            raise SetUpRefused(field="person", value=who, allowed=allowed)
        return found[0]

    def issue(self, key: str) -> Issue:
        """The issue with this key or id, hidden or not.

        Raises: SetUpRefused when there is none.
        """
        issue = self.state.find_issue(key)
        if issue is None:
            raise SetUpRefused(field="issue", value=key, allowed="no issue has this key")
        return issue

    def project(self, key: str) -> Project:
        """The project with this key.

        Raises: SetUpRefused when there is none.
        """
        project = self.state.find_project(key)
        if project is None:
            raise SetUpRefused(field="project", value=key, allowed="no project has this key")
        return project

    def add_person(
        self,
        name: str,
        *,
        account_id: str | None = None,
        email: str | None = None,
        time_zone: str = "UTC",
        account_type: AccountType = "atlassian",
        active: bool = True,
        token: str = "",
        groups: Sequence[str] = (),
        global_permissions: Sequence[str] = (),
    ) -> Person:
        """A new account, or the account `account_id` anew; a token lets it use the REST API."""
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            allowed = "an IANA name such as Europe/Madrid is wanted"
            raise SetUpRefused(field="time_zone", value=time_zone, allowed=allowed) from error
        _require_all(global_permissions, GLOBAL_PERMISSIONS, "global_permissions")
        number = self.state.next_number("person")
        person = Person(
            account_id=account_id or f"70121:{number:08d}-5a1e-4c0d-9f00-{number:012d}",
            name=name,
            email=email or f"{name.casefold().replace(' ', '.')}@example.com",
            time_zone=time_zone,
            account_type=account_type,
            active=active,
            token=token,
            groups=tuple(groups),
            global_permissions=tuple(global_permissions),
        )
        self.state.people[person.account_id] = person
        return person

    def add_project(
        self,
        key: str,
        *,
        name: str | None = None,
        kind: ProjectKind = "software",
        lead: str | None = None,
        members: Sequence[str] | None = None,
        security_levels: Mapping[str, Sequence[str]] | None = None,
        components: Sequence[str] = (),
        versions: Sequence[str] = (),
        required_fields: Sequence[str] = (),
    ) -> Project:
        """A new project.

        Shape: `members` are the people who get the usual rights of a member, None means every
        account of the site but customers; `security_levels` maps a level's name to the people in
        it.
        """
        staff = [p for p in self.state.people.values() if p.account_type != "customer"]
        chosen = staff if members is None else [self.person(who) for who in members]
        if not staff:
            allowed = "add a person first, a project needs a lead"
            raise SetUpRefused(field="project", value=key, allowed=allowed)
        levels = {
            level: SecurityLevel(
                id=str(self.state.next_number("security")),
                name=level,
                members=tuple(self.person(who).account_id for who in people),
            )
            for level, people in (security_levels or {}).items()
        }
        leader = self.person(lead) if lead else (chosen or staff)[0]
        project = Project(
            id=str(self.state.next_number("project")),
            key=key.upper(),
            name=name or key,
            kind=kind,
            lead=leader.account_id,
            workflow=workflow_for(kind),
            security_levels=levels,
            components=tuple(components),
            versions=tuple(versions),
            required_fields=tuple(required_fields),
        )
        self.state.projects[project.key] = project
        bundle = "member" if kind == "software" else "agent"
        for person in chosen:
            project = self.grant(project.key, person.account_id, permissions=bundle)
        return project

    def grant(
        self,
        project: str,
        who: str,
        *,
        permissions: str | Sequence[str] = "member",
        roles: Sequence[str] | None = None,
    ) -> Project:
        """Set what a person may do in a project, replacing what was.

        Shape: `permissions` is a bundle (none, reader, commenter, member, agent, lead) or a list
        of keys; `roles` None means the role that goes with the bundle.
        """
        place, person = self.project(project), self.person(who)
        keys = BUNDLES.get(permissions) if isinstance(permissions, str) else tuple(permissions)
        if keys is None:
            allowed = "one of " + ", ".join(BUNDLES)
            raise SetUpRefused(field="permissions", value=permissions, allowed=allowed)
        _require_all(keys, PROJECT_PERMISSIONS, "permissions")
        wanted = set(_roles_of(keys) if roles is None else roles)
        members = {
            role: tuple(a for a in accounts if a != person.account_id)
            for role, accounts in place.roles.items()
        }
        for role in sorted(wanted):
            members[role] = (*members.get(role, ()), person.account_id)
        changed = replace(
            place, permissions=place.permissions | {person.account_id: keys}, roles=members
        )
        self.state.projects[place.key] = changed
        return changed

    def add_sprint(
        self,
        name: str,
        *,
        state: SprintState = "active",
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        goal: str = "",
    ) -> Sprint:
        """A new sprint."""
        number = self.state.next_number("sprint") - 9_900
        completed = ends_at if state == "closed" else None
        sprint = Sprint(number, name, state, 1, starts_at, ends_at, completed, goal)
        self.state.sprints[number] = sprint
        return sprint

    def add_issue(
        self,
        project: str,
        summary: str,
        *,
        key: str | None = None,
        issue_type: str | None = None,
        status: str | None = None,
        assignee: str | None = None,
        reporter: str | None = None,
        priority: str = "Medium",
        due_on: date | None = None,
        labels: Sequence[str] = (),
        description: str = "",
        parent: str | None = None,
        security: str | None = None,
        sprints: Sequence[int] = (),
        flagged: bool = False,
        at: datetime | None = None,
    ) -> Issue:
        """A new issue.

        Shape: people by id, e-mail or name; `status` by name, None means where the workflow
        starts; `description` in wiki markup; `reporter` None means the project's lead; `at` is
        when it was created, None means now.
        """
        place = self.project(project)
        kind = issue_type or ("Task" if place.kind == "software" else "Service request")
        _require_all([kind], ISSUE_TYPES, "issue_type")
        _require_all([priority], PRIORITIES, "priority")
        if security is not None:
            _require_all([security], place.security_levels, "security")
        _require_all([str(n) for n in sprints], [str(n) for n in self.state.sprints], "sprints")
        now = at or self.clock.now()
        issue = Issue(
            id=str(self.state.next_number("issue")),
            key=self._free_key(place, key),
            project=place.key,
            summary=summary,
            issue_type=kind,
            status=_status_id(place, status),
            reporter=self.person(reporter).account_id if reporter else place.lead,
            created_at=now,
            updated_at=now,
            assignee=self.person(assignee).account_id if assignee else None,
            priority=priority,
            due_on=due_on,
            labels=tuple(labels),
            description=self.document(description) if description else None,
            parent=self.issue(parent).key if parent else None,
            security=security,
            sprints=tuple(sprints),
            flagged=flagged,
        )
        self.state.issues[issue.key] = issue
        return issue

    def _free_key(self, project: Project, key: str | None) -> str:
        taken = [int(i.key.rpartition("-")[2]) for i in self._issues_of(project)]
        wanted = key.upper() if key else f"{project.key}-{max(taken, default=0) + 1}"
        prefix, _, number = wanted.rpartition("-")
        if wanted in self.state.issues or prefix != project.key or not number.isdecimal():
            allowed = f"a free key such as {project.key}-{max(taken, default=0) + 1}"
            raise SetUpRefused(field="key", value=key, allowed=allowed)
        return wanted

    def _issues_of(self, project: Project) -> list[Issue]:
        return [issue for issue in self.state.issues.values() if issue.project == project.key]

    def add_link(self, source: str, target: str, *, kind: str = "Blocks") -> Link:
        """Link two issues: with `Blocks`, the source blocks the target."""
        _require_all([kind], LINK_KINDS, "kind")
        link = Link(
            id=str(self.state.next_number("link")),
            kind=kind,
            source=self.issue(source).key,
            target=self.issue(target).key,
        )
        self.state.links.append(link)
        return link

    def add_past_comment(
        self,
        key: str,
        *,
        author: str,
        body: str,
        at: datetime,
        visibility: CommentVisibility | None = None,
        public: bool = True,
        properties: Mapping[str, Any] | None = None,
    ) -> Comment:
        """A comment that has been there since `at`; no webhook tells of it."""
        return self._past.put_comment(
            self.issue(key),
            self.person(author),
            draft=self.draft(body, visibility=visibility, public=public),
            properties=dict(properties or {}),
            at=at,
        )

    def add_past_change(
        self, key: str, *, author: str, items: Sequence[ChangeItem], at: datetime
    ) -> Change:
        """A history entry made at `at`; the issue's present fields stay as they are."""
        actor = self.person(author)
        self._past.change_issue(self.issue(key), actor, items, at=at)
        return self.state.changes[-1]

    def document(self, text: str) -> dict[str, Any]:
        """The ADF document for a text in wiki markup."""
        return wiki_to_adf(text, self.state.names())

    def draft(
        self, body: str, *, visibility: CommentVisibility | None = None, public: bool = True
    ) -> CommentDraft:
        """A comment's content from wiki markup, mentions included."""
        return CommentDraft(
            body=self.document(body), wiki=body, visibility=visibility, public=public
        )


def _roles_of(keys: Sequence[str]) -> list[str]:
    if rights.PROJECT_ADMIN in keys:
        return ["Administrators", "Developers"]
    if rights.AGENT in keys:
        return ["Service Desk Team"]
    if rights.TRANSITION in keys:
        return ["Developers"]
    return ["Viewers"] if rights.BROWSE in keys else []


def _status_id(project: Project, name: str | None) -> str:
    statuses = project.workflow.statuses
    if name is None:
        return statuses[0].id
    found = next((s.id for s in statuses if s.name.casefold() == name.casefold()), None)
    if found is None:
        allowed = "one of " + ", ".join(status.name for status in statuses)
        raise SetUpRefused(field="status", value=name, allowed=allowed)
    return found


def _require_all(
    values: Sequence[str], known: Sequence[str] | Mapping[str, object], field: str
) -> None:
    for value in values:
        if value not in known:
            raise SetUpRefused(field=field, value=value, allowed="one of " + ", ".join(known))
