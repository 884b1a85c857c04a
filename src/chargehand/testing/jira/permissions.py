"""Permission keys, the bundles people usually get, and who may do or see what."""

from typing import Final

from chargehand.testing.jira.records import Comment, Issue, Person, Project

BROWSE: Final = "BROWSE_PROJECTS"
COMMENT: Final = "ADD_COMMENTS"
TRANSITION: Final = "TRANSITION_ISSUES"
ASSIGN: Final = "ASSIGN_ISSUES"
ASSIGNABLE: Final = "ASSIGNABLE_USER"
EDIT: Final = "EDIT_ISSUES"
CREATE: Final = "CREATE_ISSUES"
LINK: Final = "LINK_ISSUES"
SCHEDULE: Final = "SCHEDULE_ISSUES"
RESOLVE: Final = "RESOLVE_ISSUES"
EDIT_OWN: Final = "EDIT_OWN_COMMENTS"
EDIT_ALL: Final = "EDIT_ALL_COMMENTS"
DELETE_OWN: Final = "DELETE_OWN_COMMENTS"
DELETE_ALL: Final = "DELETE_ALL_COMMENTS"
PROJECT_ADMIN: Final = "ADMINISTER_PROJECTS"
AGENT: Final = "SERVICEDESK_AGENT"
ADMIN: Final = "ADMINISTER"
BROWSE_USERS: Final = "USER_PICKER"

PROJECT_PERMISSIONS: Final = {
    BROWSE: ("10", "Browse Projects", "See the project and its issues."),
    COMMENT: ("15", "Add Comments", "Comment on issues."),
    TRANSITION: ("46", "Transition Issues", "Move issues through the workflow."),
    ASSIGN: ("13", "Assign Issues", "Assign issues to other people."),
    ASSIGNABLE: ("17", "Assignable User", "Be assigned to issues."),
    EDIT: ("12", "Edit Issues", "Edit issues."),
    CREATE: ("11", "Create Issues", "Create issues."),
    LINK: ("21", "Link Issues", "Link issues."),
    SCHEDULE: ("28", "Schedule Issues", "Set the due date of issues."),
    RESOLVE: ("14", "Resolve Issues", "Resolve issues and set their fix versions."),
    EDIT_OWN: ("35", "Edit Own Comments", "Edit comments one wrote."),
    EDIT_ALL: ("34", "Edit All Comments", "Edit anybody's comments."),
    DELETE_OWN: ("37", "Delete Own Comments", "Delete comments one wrote."),
    DELETE_ALL: ("36", "Delete All Comments", "Delete anybody's comments."),
    PROJECT_ADMIN: ("23", "Administer Projects", "Administer the project."),
    AGENT: ("-1", "Service Project Agent", "Work on requests and comment internally."),
}
GLOBAL_PERMISSIONS: Final = {
    ADMIN: ("0", "Administer Jira", "Administer the whole site."),
    BROWSE_USERS: ("27", "Browse users and groups", "Look people up."),
}

READER: Final = (BROWSE,)
COMMENTER: Final = (BROWSE, COMMENT, EDIT_OWN, DELETE_OWN)
MEMBER: Final = (*COMMENTER, TRANSITION, ASSIGN, ASSIGNABLE, EDIT, LINK, SCHEDULE, RESOLVE, CREATE)
SERVICE_AGENT: Final = (*MEMBER, AGENT)
LEAD: Final = (*MEMBER, EDIT_ALL, DELETE_ALL, PROJECT_ADMIN)


def is_admin(person: Person) -> bool:
    """Whether the account administers the site."""
    return ADMIN in person.global_permissions


def has_global(person: Person, permission: str) -> bool:
    """Whether the account has a global permission; every employee may look people up."""
    if permission == BROWSE_USERS and person.account_type != "customer":
        return person.active
    return permission in person.global_permissions


def may(person: Person | None, permission: str, project: Project) -> bool:
    """Whether the account has a project permission; inactive and anonymous people have none."""
    if person is None or not person.active:
        return False
    return permission in project.permissions.get(person.account_id, ())


def can_see_issue(person: Person | None, issue: Issue, project: Project) -> bool:
    """Whether project and security level let the account see the issue."""
    if person is None or not may(person, BROWSE, project):
        return False
    if issue.security is None:
        return True
    return person.account_id in project.security_levels[issue.security].members


def may_on_issue(person: Person | None, permission: str, issue: Issue, project: Project) -> bool:
    """Whether the account has a permission on an issue, which it must also be able to see."""
    return can_see_issue(person, issue, project) and may(person, permission, project)


def is_within(person: Person, comment: Comment, project: Project) -> bool:
    """Whether the account belongs to the role or group a comment is restricted to."""
    visibility = comment.visibility
    if visibility is None:
        return True
    if visibility.type == "group":
        return visibility.value in person.groups
    return person.account_id in project.roles.get(visibility.value, ())
