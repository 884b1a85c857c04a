"""People, projects, comments and fixed things of the site, in the shapes of Jira's REST API v3.

`Shapes.api` is "3" for REST answers; webhooks show the same objects with links of version 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from chargehand.testing.jira.permissions import GLOBAL_PERMISSIONS, PROJECT_PERMISSIONS
from chargehand.testing.jira.records import (
    Change,
    ChangeItem,
    Comment,
    Person,
    Project,
    SecurityLevel,
    Sprint,
    Status,
    WorkflowMove,
)
from chargehand.testing.jira.state import State, group_id
from chargehand.testing.jira.wiki import wiki_to_adf
from chargehand.testing.jira.workflows import (
    CATEGORIES,
    ISSUE_TYPES,
    PRIORITIES,
    RESOLUTIONS,
    ROLES,
)

Shape: TypeAlias = dict[str, Any]

_SIZES: Final = {"48x48": "large", "24x24": "small", "16x16": "xsmall", "32x32": "medium"}


def jira_time(moment: datetime) -> str:
    """A moment as Jira writes it: milliseconds, and an offset without a colon."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


@dataclass(frozen=True, slots=True)
class Shapes:
    """Writes the site's objects as Jira does; links start with `site_url`."""

    state: State
    site_url: str
    api: str = "3"

    def document(self, text: str) -> Shape:
        """The ADF document for a text somebody wrote in wiki markup."""
        return wiki_to_adf(text, self.state.names())

    def description(self, document: Shape | None) -> Any:
        """A description as an issue's field shows it."""
        return document

    def link(self, path: str) -> str:
        """The address of a REST resource of this site."""
        return f"{self.site_url}/rest/api/{self.api}/{path}"

    # People

    def user(self, person: Person) -> Shape:
        """An account as others see it; Jira Cloud hides the e-mail address by default."""
        return {
            "self": self.link(f"user?accountId={person.account_id}"),
            "accountId": person.account_id,
            "avatarUrls": self.avatars("avatar", person.account_id),
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone,
            "accountType": person.account_type,
            **({"emailAddress": person.email} if person.shows_email else {}),
        }

    def myself(self, person: Person) -> Shape:
        """An account as it sees itself."""
        groups = [
            {"name": name, "groupId": group_id(name), "self": self.link(f"group?groupname={name}")}
            for name in person.groups
        ]
        return {
            **self.user(person),
            "emailAddress": person.email,
            "locale": "en_US",
            "groups": {"size": len(groups), "items": groups},
            "applicationRoles": {"size": 1, "items": []},
            "expand": "groups,applicationRoles",
        }

    def request_author(self, person: Person) -> Shape:
        """An account as the service desk shows it."""
        return {
            "accountId": person.account_id,
            "displayName": person.name,
            "active": person.active,
            "timeZone": person.time_zone,
            "_links": {
                "self": self.link(f"user?accountId={person.account_id}"),
                "avatarUrls": self.user(person)["avatarUrls"],
            },
        }

    def account(self, account_id: str | None) -> Shape | None:
        """The account with this id; None for nobody."""
        return self.user(self.state.people[account_id]) if account_id else None

    def avatars(self, kind: str, owner: str) -> dict[str, str]:
        """Addresses of a picture in Jira's four sizes."""
        url = f"{self.site_url}/secure/{kind}?owner={owner}"
        return {size: f"{url}&size={word}" for size, word in _SIZES.items()}

    # Projects and the fixed things

    def project_reference(self, project: Project) -> Shape:
        """A project as an issue's field shows it."""
        return {
            "self": self.link(f"project/{project.id}"),
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.kind,
            "simplified": False,
            "avatarUrls": self.avatars("projectavatar", project.id),
        }

    def project(self, project: Project) -> Shape:
        """A project by itself."""
        roles = {
            name: self.link(f"project/{project.id}/role/{ROLES.get(name, '10099')}")
            for name in project.roles
        }
        return {
            **self.project_reference(project),
            "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
            "description": "",
            "lead": self.account(project.lead),
            "components": [self.component(project, name) for name in project.components],
            "versions": [self.version(project, name) for name in project.versions],
            "issueTypes": [self.issue_type(name) for name in ISSUE_TYPES],
            "assigneeType": "UNASSIGNED",
            "roles": roles,
            "style": "classic",
            "isPrivate": False,
            "properties": {},
        }

    def issue_type(self, name: str) -> Shape:
        """One issue type."""
        number, level = ISSUE_TYPES[name]
        return {
            "self": self.link(f"issuetype/{number}"),
            "id": number,
            "description": "",
            "iconUrl": f"{self.site_url}/images/icons/issuetypes/{number}.svg",
            "name": name,
            "subtask": level < 0,
            "avatarId": int(number) + 300,
            "hierarchyLevel": level,
        }

    def component(self, project: Project, name: str) -> Shape:
        """One component of a project."""
        number = f"{project.id}{project.components.index(name)}"
        return {"self": self.link(f"component/{number}"), "id": number, "name": name}

    def version(self, project: Project, name: str) -> Shape:
        """One version of a project."""
        number = f"{project.id}{project.versions.index(name)}"
        return {
            "self": self.link(f"version/{number}"),
            "id": number,
            "name": name,
            "archived": False,
            "released": False,
        }

    def status(self, status: Status) -> Shape:
        """One status with its category."""
        number, name, colour = CATEGORIES[status.category]
        return {
            "self": self.link(f"status/{status.id}"),
            "description": "",
            "iconUrl": f"{self.site_url}/",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "self": self.link(f"statuscategory/{number}"),
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def priority(self, name: str) -> Shape:
        """One priority."""
        return {
            "self": self.link(f"priority/{PRIORITIES[name]}"),
            "iconUrl": f"{self.site_url}/images/icons/priorities/{name.lower()}.svg",
            "name": name,
            "id": PRIORITIES[name],
        }

    def resolution(self, name: str | None) -> Shape | None:
        """One resolution; None while unresolved."""
        if name is None:
            return None
        number = RESOLUTIONS[name]
        return {
            "self": self.link(f"resolution/{number}"),
            "id": number,
            "description": "",
            "name": name,
        }

    def security(self, level: SecurityLevel) -> Shape:
        """A security level as an issue's field shows it."""
        return {
            "self": self.link(f"securitylevel/{level.id}"),
            "id": level.id,
            "description": "",
            "name": level.name,
        }

    def sprint(self, sprint: Sprint) -> Any:
        """A sprint as its custom field shows it; dates come with a Z here, unlike elsewhere."""
        shape: Shape = {
            "id": sprint.id,
            "name": sprint.name,
            "state": sprint.state,
            "boardId": sprint.board_id,
            "goal": sprint.goal,
        }
        dates = {
            "startDate": sprint.starts_at,
            "endDate": sprint.ends_at,
            "completeDate": sprint.completed_at,
        }
        shape.update({name: _zulu(moment) for name, moment in dates.items() if moment})
        return shape

    def transition(self, move: WorkflowMove, project: Project) -> Shape:
        """A transition without its fields."""
        return {
            "id": move.id,
            "name": move.name,
            "to": self.status(project.workflow.status(move.to_status)),
            "hasScreen": bool(move.required_fields),
            "isGlobal": not move.from_statuses,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": move.is_conditional,
            "looped": False,
        }

    def transition_fields(self, move: WorkflowMove) -> Shape:
        """The fields a transition's screen demands, as `expand=transitions.fields` gives them."""
        values = [{"id": number, "name": name} for name, number in RESOLUTIONS.items()]
        return {
            name: {
                "required": True,
                "schema": {"type": name, "system": name},
                "name": name.capitalize(),
                "key": name,
                "hasDefaultValue": False,
                "operations": ["set"],
                "allowedValues": values,
            }
            for name in move.required_fields
        }

    def permissions(self, granted: Mapping[str, bool]) -> Shape:
        """Permissions by key with whether the caller has them."""
        return {key: _permission(key, has_it=has_it) for key, has_it in granted.items()}

    # Comments and history

    def comment(self, comment: Comment) -> Shape:
        """A comment, body in ADF, without its properties."""
        issue_id = self.state.issues[comment.issue].id
        shape: Shape = {
            "self": self.link(f"issue/{issue_id}/comment/{comment.id}"),
            "id": comment.id,
            "author": self.account(comment.author),
            "body": comment.body,
            "updateAuthor": self.account(comment.update_author),
            "created": jira_time(comment.created_at),
            "updated": jira_time(comment.updated_at),
            "jsdPublic": comment.public,
        }
        if comment.visibility is not None:
            kind, value = comment.visibility.type, comment.visibility.value
            identifier = group_id(value) if kind == "group" else value
            shape["visibility"] = {"type": kind, "value": value, "identifier": identifier}
        return shape

    def comment_with_properties(self, comment: Comment) -> Shape:
        """A comment together with its entity properties."""
        properties = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return {**self.comment(comment), "properties": properties}

    def change(self, change: Change) -> Shape:
        """One history entry."""
        return {
            "id": change.id,
            "author": self.account(change.author),
            "created": jira_time(change.at),
            "items": [change_item(item) for item in change.items],
        }


def page(values: list[Shape], *, start: int, limit: int, self_url: str) -> Shape:
    """One page of a list in the shape most of Jira's lists have."""
    shown = values[start : start + limit]
    separator = "&" if "?" in self_url else "?"
    shape: Shape = {
        "self": f"{self_url}{separator}startAt={start}&maxResults={limit}",
        "maxResults": limit,
        "startAt": start,
        "total": len(values),
        "isLast": start + limit >= len(values),
        "values": shown,
    }
    if not shape["isLast"]:
        shape["nextPage"] = f"{self_url}{separator}startAt={start + limit}&maxResults={limit}"
    return shape


def change_item(item: ChangeItem) -> Shape:
    """One changed field of a history entry."""
    return {
        "field": item.field,
        "fieldtype": item.kind,
        "fieldId": item.field_id,
        "from": item.from_value,
        "fromString": item.from_text,
        "to": item.to_value,
        "toString": item.to_text,
    }


def unknown_permissions(keys: Iterable[str]) -> list[str]:
    """Those of the keys that no permission has."""
    known = PROJECT_PERMISSIONS.keys() | GLOBAL_PERMISSIONS.keys()
    return [key for key in keys if key not in known]


def _permission(key: str, *, has_it: bool) -> Shape:
    is_global = key in GLOBAL_PERMISSIONS
    number, name, description = (GLOBAL_PERMISSIONS if is_global else PROJECT_PERMISSIONS)[key]
    return {
        "id": number,
        "key": key,
        "name": name,
        "type": "GLOBAL" if is_global else "PROJECT",
        "description": description,
        "havePermission": has_it,
    }


def _zulu(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
