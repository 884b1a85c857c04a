"""The single questions facts are made from, each asked of Jira once and answered or raised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chargehand.connectors.jira.answers import (
    EditMetaAnswer,
    IssueAnswer,
    LinkedFieldsAnswer,
    LinkTypesAnswer,
    NewFieldPageAnswer,
    NewTypePageAnswer,
    ProjectAnswer,
    TransitionsAnswer,
)
from chargehand.connectors.jira.dialect import Dialect, Place, Search
from chargehand.connectors.jira.errors import VENDOR
from chargehand.connectors.jira.items import (
    Issue,
    changes_of,
    links_of,
    open_issue,
    person_of,
    transition_of,
)
from chargehand.connectors.jira.jql import quoted
from chargehand.connectors.jira.transport import Call, JiraTransport, decode, path_of
from chargehand.domain.ids import AccountId
from chargehand.domain.work_item import (
    Change,
    Creation,
    LinkType,
    NewItemType,
    Person,
    Right,
    Transition,
)
from chargehand.plugins.errors import VendorAnswerUnreadable

HISTORY_LIMIT = 50
_LINKED_LIMIT = 100
READ_ITEM = "read a work item"
_READ_HISTORY = "read the history"
_OF_A_PROJECT = frozenset({Right.CREATE})
# Every new work item has these, and Jira fills in the reporter by itself.
_ALWAYS_FILLED = frozenset({"project", "issuetype", "summary", "description", "reporter"})
_CREATION_PAGE = 200
PERMISSIONS = {
    Right.COMMENT: "ADD_COMMENTS",
    Right.TRANSITION: "TRANSITION_ISSUES",
    Right.ASSIGN: "ASSIGN_ISSUES",
    Right.EDIT: "EDIT_ISSUES",
    Right.LINK: "LINK_ISSUES",
    Right.SCHEDULE: "SCHEDULE_ISSUES",
    Right.RESOLVE: "RESOLVE_ISSUES",
    Right.CREATE: "CREATE_ISSUES",
    Right.READ: "BROWSE_PROJECTS",
}


@dataclass(frozen=True, slots=True)
class JiraQueries:
    """Asks one connection; every method raises what `JiraTransport.read` raises."""

    transport: JiraTransport
    dialect: Dialect

    async def issue(self, key: str) -> Issue:
        """The work item with all its fields but the long lists."""
        # Sprint and flag have another field number on every site, hence all fields with their
        # schema; comments, attachments and worklogs would only make the answer long.
        query = {"fields": "*all,-comment,-attachment,-worklog", "expand": "names,schema"}
        call = Call("GET", path_of("issue", key), READ_ITEM, f"work item {key}", query=query)
        answer = await self.transport.read(call, IssueAnswer)
        return open_issue(answer, operation=READ_ITEM)

    async def open_linked_keys(self, issue: Issue) -> frozenset[str]:
        """The linked work items that everybody who reads `issue` may read too."""
        linked = dict.fromkeys(link.stub.key for link in links_of(issue.fields))
        return await self.open_keys(linked, issue.fields.project.key)

    async def open_keys(self, wanted: Iterable[str], project: str) -> frozenset[str]:
        """Those work items that everybody who reads the project may read.

        They lie in it and have no security level. A link carries neither, so they are searched;
        what the search does not return stays closed.
        """
        keys = [key for key in wanted if key.rpartition("-")[0] == project][:_LINKED_LIMIT]
        if not keys:
            return frozenset()
        operation = "read linked work items"
        listed = ", ".join(quoted(key) for key in keys)
        fields = ("project", "security")
        search = Search(f"key in ({listed})", fields, _LINKED_LIMIT, operation, "linked work items")
        open_keys = set()
        for answer in await self.dialect.search(search):
            read = decode(bytes(answer.fields), LinkedFieldsAnswer, operation=operation)
            if read.security is None and read.project.key == project:
                open_keys.add(answer.key)
        return frozenset(open_keys)

    async def granted(
        self, issue: Issue, asker: AccountId, rights: tuple[Right, ...]
    ) -> dict[Right, bool]:
        """Which of `rights` an account has on a work item, or in its project."""
        here = [PERMISSIONS[right] for right in rights if right not in _OF_A_PROJECT]
        there = [PERMISSIONS[right] for right in rights if right in _OF_A_PROJECT]
        asked: dict[Place, list[str]] = {}
        if here:
            asked[Place(issue.answer.key, issue.number)] = here
        if there:
            project = issue.fields.project.key
            asked[Place(project, issue.project_number, is_project=True)] = there
        granted = await self.dialect.granted(asker, asked)
        return {right: PERMISSIONS[right] in granted for right in rights}

    async def assignable(self, key: str, name: str) -> tuple[Person, ...]:
        """Whom a name or an account id may mean among those the work item can be assigned to."""
        if not name.strip():
            return ()
        users = await self.dialect.assignable(key, name)
        return tuple(person for user in users if (person := person_of(user)) is not None)

    async def history(self, key: str) -> tuple[Change, ...]:
        """The last changes, oldest first."""
        found = await self.dialect.history(key, limit=HISTORY_LIMIT)
        return changes_of(found, operation=_READ_HISTORY)

    async def transitions(self, key: str) -> tuple[Transition, ...]:
        """The moves the bot can make now, in Jira's order."""
        path = path_of("issue", key, "transitions")
        query = {"expand": "transitions.fields"}
        call = Call("GET", path, "read the transitions", f"work item {key}", query=query)
        answer = await self.transport.read(call, TransitionsAnswer)
        return tuple(transition_of(move) for move in answer.transitions if move.is_available)

    async def edit_meta(self, key: str) -> EditMetaAnswer:
        """What the bot can set on a work item, and to what."""
        path = path_of("issue", key, "editmeta")
        call = Call("GET", path, "tell what can be edited", f"work item {key}")
        return await self.transport.read(call, EditMetaAnswer)

    async def link_types(self) -> tuple[LinkType, ...]:
        """The kinds of links of the site, in Jira's order."""
        call = Call("GET", path_of("issueLinkType"), "list the kinds of links", "kinds of links")
        answer = await self.transport.read(call, LinkTypesAnswer)
        return tuple(LinkType(one.name, one.outward, one.inward) for one in answer.issue_link_types)

    async def project(self, key: str) -> ProjectAnswer:
        """A project by itself."""
        call = Call("GET", path_of("project", key), "show the project", f"project {key}")
        return await self.transport.read(call, ProjectAnswer)

    async def granted_in_project(
        self, project: ProjectAnswer, asker: AccountId, rights: Sequence[Right]
    ) -> dict[Right, bool]:
        """Which of `rights` an account has in a project."""
        if not (project.id.isascii() and project.id.isdigit()):
            detail = "the id of the project is no number"
            raise VendorAnswerUnreadable(vendor=VENDOR, operation="read a project", detail=detail)
        place = Place(project.key, int(project.id), is_project=True)
        asked = {place: [PERMISSIONS[right] for right in rights]}
        granted = await self.dialect.granted(asker, asked)
        return {right: PERMISSIONS[right] in granted for right in rights}

    async def creation(self, project: ProjectAnswer, wanted: str) -> Creation:
        """What the bot can create in a project."""
        word = wanted.casefold()
        path = path_of("issue", "createmeta", project.key, "issuetypes")
        page = await self.transport.read(_creation_call(path, project.key), NewTypePageAnswer)
        offered = page.issue_types or page.values
        types = [one for one in offered if not one.subtask]
        found = next((one for one in types if one.name.casefold() == word), None)
        kind = None
        if found is not None:
            path = path_of("issue", "createmeta", project.key, "issuetypes", found.id)
            screen = await self.transport.read(
                _creation_call(path, project.key), NewFieldPageAnswer
            )
            required = tuple(
                one.name or one.field_id
                for one in screen.fields or screen.values
                if one.required and not one.has_default_value and one.field_id not in _ALWAYS_FILLED
            )
            kind = NewItemType(found.id, found.name, required)
        return Creation(project.id, kind, tuple(one.name for one in types))


def _creation_call(path: str, project: str) -> Call:
    query = {"maxResults": _CREATION_PAGE}
    return Call("GET", path, "tell what can be created", f"project {project}", query=query)
