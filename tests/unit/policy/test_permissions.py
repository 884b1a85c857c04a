"""Who holds what, written out; a change of this table is a change of what people may do."""

from chargehand.commands.definition import Access
from chargehand.commands.registry import COMMANDS
from chargehand.domain.ids import ProjectKey
from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.policy.permissions import (
    EVERYTHING,
    HELD_BY,
    NOTHING,
    Rights,
    rights_of_roles,
    rights_of_scope,
    roles_with,
)

PAY, OPS = ProjectKey("PAY"), ProjectKey("OPS")
LOOKING_ON = "attention:set command:run connection:view flag:view mode:view"
ANSWERING_FOR = (
    f"{LOOKING_ON} action:undo action:view approval:comment approval:decide approval:edit "
    "approval:view ask:view decision:view delivery:view event:view policy:view run:view trace:view"
)
LEADING = f"{ANSWERING_FOR} ask:answer ask:dismiss budget:view"
OPERATING = (
    f"{LEADING} action:settle audit:read delivery:retry flag:set member:view notice:view "
    "status:view stop:set"
)
TABLE = {
    "viewer": LOOKING_ON,
    "contributor": LOOKING_ON,
    "developer": LOOKING_ON,
    "project_manager": LEADING,
    "approver": ANSWERING_FOR,
    "operator": OPERATING,
    "admin": f"{OPERATING} budget:set key:manage member:manage mode:set policy:edit",
    "service": LOOKING_ON,
}
# What every caller may say, whatever they hold.
OPEN = {"agents", "help", "whoami"}


def test_every_role_holds_exactly_what_the_table_says() -> None:
    found = {role.value: set(held) for role, held in HELD_BY.items()}

    assert found == {role: set(words.split()) for role, words in TABLE.items()}


def test_admin_holds_all_there_is() -> None:
    assert HELD_BY[Role.ADMIN] == set(Permission)


def test_who_decided_before_decides_still() -> None:
    deciders = ("admin", "approver", "operator", "project_manager")

    assert roles_with(Permission.APPROVAL_DECIDE) == deciders
    assert roles_with(Permission.TRACE_VIEW) == deciders
    assert roles_with(Permission.ATTENTION_SET) == ()


def test_every_command_that_is_run_takes_a_permission_or_is_open_to_all() -> None:
    bare = {one.name for one in COMMANDS if not one.is_ask and one.permission is None}

    assert bare == OPEN
    assert not [one for one in COMMANDS if one.name in OPEN and one.access is Access.MEMBER]


def test_roles_of_a_project_hold_there_alone() -> None:
    rights = rights_of_roles(((PAY, Role.APPROVER), (None, Role.VIEWER)))

    assert rights.allows(Permission.APPROVAL_DECIDE, PAY)
    assert not rights.allows(Permission.APPROVAL_DECIDE, OPS)
    assert not rights.allows(Permission.APPROVAL_DECIDE, None)
    assert rights.projects_with(Permission.APPROVAL_DECIDE) == {PAY}
    assert rights.projects_with(Permission.FLAG_VIEW) is None


def test_two_roles_in_a_project_add_up() -> None:
    rights = rights_of_roles(((PAY, Role.APPROVER), (PAY, Role.OPERATOR)))

    assert rights.in_project(PAY) == HELD_BY[Role.APPROVER] | HELD_BY[Role.OPERATOR]


def test_scope_of_projects_reaches_nothing_of_the_organization() -> None:
    rights = rights_of_scope(None, {PAY})

    assert rights.in_project(PAY) == set(Permission)
    assert (rights.in_project(None), rights.in_project(OPS)) == (set(), set())


def test_empty_scope_allows_nothing() -> None:
    assert not rights_of_scope((), None).everywhere
    assert not rights_of_scope(None, ()).allows_somewhere(Permission.MODE_VIEW)


def test_of_a_member_and_a_scope_both_have_to_allow() -> None:
    member = rights_of_roles(((PAY, Role.APPROVER), (OPS, Role.APPROVER)))
    scope = rights_of_scope({Permission.APPROVAL_VIEW, Permission.FLAG_SET}, {PAY})

    both = member.within(scope)

    assert both.in_project(PAY) == {Permission.APPROVAL_VIEW}
    assert (both.in_project(OPS), both.in_project(None)) == (set(), set())
    assert both == scope.within(member)


def test_everything_and_nothing_are_the_ends() -> None:
    rights = rights_of_roles(((PAY, Role.APPROVER),))

    assert rights.within(EVERYTHING).in_project(PAY) == rights.in_project(PAY)
    assert rights.within(NOTHING) == Rights(in_projects={PAY: frozenset()})
