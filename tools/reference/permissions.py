"""Which role holds which permission."""

from chargehand.domain.member import Role
from chargehand.domain.permission import Permission
from chargehand.policy.permissions import HELD_BY, OF_EVERY_MEMBER
from tools.reference.markdown import page, table

_INTRO = """\
What each role holds in the projects where a member has it; every member holds what stands behind \
"everybody", whatever their roles.
[Permissions](../explanation/permissions.md) explains where they are asked for, and what an API \
key's scope does with them."""


def permissions_page() -> str:
    """Every permission, and the roles that hold it."""
    roles = tuple(Role)
    rows = [
        [
            f"`{permission.value}`",
            *("yes" if permission in HELD_BY[role] else "" for role in roles),
            "yes" if permission in OF_EVERY_MEMBER else "",
        ]
        for permission in sorted(Permission)
    ]
    head = ["permission", *(role.value.replace("_", " ") for role in roles), "everybody"]
    return page("Permissions", _INTRO, table(head, rows))
