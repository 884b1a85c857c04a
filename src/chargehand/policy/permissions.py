"""Which permissions each role holds, and what somebody may do in which project.

Whatever is not held is not allowed; nothing here takes a permission away from a role.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from chargehand.domain.ids import ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.permission import Permission

# Whatever their roles, members set for themselves when they are told something, and see what is
# done by itself where they work.
OF_EVERY_MEMBER: Final = frozenset(
    {Permission.ATTENTION_SET, Permission.COMMAND_RUN, Permission.MODE_VIEW}
)
_LOOKING_ON: Final = OF_EVERY_MEMBER | {Permission.CONNECTION_VIEW, Permission.FLAG_VIEW}
# The texts of tickets and chats are behind these, and here nobody asks for whom a text was meant;
# so only those hold them who answer for the project.
_ANSWERING_FOR: Final = _LOOKING_ON | {
    Permission.ACTION_UNDO,
    Permission.ACTION_VIEW,
    Permission.APPROVAL_COMMENT,
    Permission.APPROVAL_DECIDE,
    Permission.APPROVAL_EDIT,
    Permission.APPROVAL_VIEW,
    Permission.ASK_VIEW,
    Permission.DECISION_VIEW,
    Permission.DELIVERY_VIEW,
    Permission.EVENT_VIEW,
    Permission.POLICY_VIEW,
    Permission.RUN_VIEW,
    Permission.TRACE_VIEW,
}
_LEADING: Final = _ANSWERING_FOR | {
    Permission.ASK_ANSWER,
    Permission.ASK_DISMISS,
    Permission.BUDGET_VIEW,
}
_OPERATING: Final = _LEADING | {
    Permission.ACTION_SETTLE,
    Permission.AUDIT_READ,
    Permission.DELIVERY_RETRY,
    Permission.FLAG_SET,
    Permission.MEMBER_VIEW,
    Permission.NOTICE_VIEW,
    Permission.STATUS_VIEW,
    Permission.STOP_SET,
}
HELD_BY: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: _LOOKING_ON,
        Role.CONTRIBUTOR: _LOOKING_ON,
        Role.DEVELOPER: _LOOKING_ON,
        Role.PROJECT_MANAGER: _LEADING,
        Role.APPROVER: _ANSWERING_FOR,
        Role.OPERATOR: _OPERATING,
        Role.ADMIN: frozenset(Permission),
        Role.SERVICE: _LOOKING_ON,
    }
)
_NONE: Final[frozenset[Permission]] = frozenset()


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may do.

    Shape: `everywhere` holds in every project and for what belongs to the whole organization;
    `in_projects` has what comes to it in one project.
    """

    everywhere: frozenset[Permission] = _NONE
    in_projects: Mapping[ProjectKey, frozenset[Permission]] = field(default_factory=dict)

    def in_project(self, project: ProjectKey | None) -> frozenset[Permission]:
        """What is allowed in a project; None asks for what belongs to the whole organization."""
        if project is None:
            return self.everywhere
        return self.everywhere | self.in_projects.get(project, _NONE)

    def allows(self, permission: Permission, project: ProjectKey | None) -> bool:
        """Whether a deed is allowed in a project; None is the whole organization."""
        return permission in self.in_project(project)

    def allows_somewhere(self, permission: Permission) -> bool:
        """Whether a deed is allowed in any project at all."""
        places = (self.everywhere, *self.in_projects.values())
        return any(permission in held for held in places)

    def projects_with(self, permission: Permission) -> frozenset[ProjectKey] | None:
        """The projects in which a deed is allowed; None for every project there is."""
        if permission in self.everywhere:
            return None
        return frozenset(one for one, held in self.in_projects.items() if permission in held)

    def within(self, others: "Rights") -> "Rights":
        """What both allow."""
        named = self.in_projects.keys() | others.in_projects.keys()
        return Rights(
            self.everywhere & others.everywhere,
            {one: self.in_project(one) & others.in_project(one) for one in named},
        )


EVERYTHING: Final = Rights(frozenset(Permission))
NOTHING: Final = Rights()


def rights_of_roles(roles: Sequence[tuple[ProjectKey | None, Role]]) -> Rights:
    """What a member with these roles may do; those under None hold in every project."""
    everywhere = set(OF_EVERY_MEMBER)
    in_projects: dict[ProjectKey, frozenset[Permission]] = {}
    for project, role in roles:
        if project is None:
            everywhere |= HELD_BY[role]
        else:
            in_projects[project] = in_projects.get(project, _NONE) | HELD_BY[role]
    return Rights(frozenset(everywhere), in_projects)


def rights_of_scope(
    permissions: Collection[Permission] | None, projects: Collection[ProjectKey] | None
) -> Rights:
    """What a scope allows; None is every permission, or every project."""
    held = frozenset(Permission) if permissions is None else frozenset(permissions)
    if projects is None:
        return Rights(held)
    return Rights(in_projects=dict.fromkeys(projects, held))


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """The roles that hold a permission, in the order of their names; none where all members do."""
    if permission in OF_EVERY_MEMBER:
        return ()
    return tuple(sorted(role for role, held in HELD_BY.items() if permission in held))
