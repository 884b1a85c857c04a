"""What callers may hand in about members."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from chargehand.domain.account import LONGEST_EMAIL, LONGEST_NAME
from chargehand.domain.member import Role
from chargehand.web.api.inputs import ConnectionFilter, Handed, ProjectFilter

# A body of the API has at most 64 KiB; larger rosters are taken in on the host.
_LONGEST_ROSTER = 60_000
_LONGEST_ZONE = 64
_MOST_ROLES = 200
AccountName = Annotated[
    str, Field(pattern="^[!-~]{1,200}$", description="The id the vendor gave the account.")
]
MemberName = Annotated[str, Field(pattern="^[0-9a-z_]{1,40}$", description="Id of a member.")]


class RoleBody(Handed):
    """One role, in one project or in every one."""

    role: Role
    project: ProjectFilter | None = Field(None, description="One project; null for every one.")


class RolesBody(Handed):
    """Every role a member shall have."""

    roles: list[RoleBody] = Field(max_length=_MOST_ROLES, description="None takes all away.")


class MemberBody(Handed):
    """A new member."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="How people call them.")
    email: str = Field(
        "", max_length=LONGEST_EMAIL, description="Accounts with this address are matched."
    )
    time_zone: str = Field("", max_length=_LONGEST_ZONE, description="An IANA name.")
    roles: list[RoleBody] = Field([], max_length=_MOST_ROLES)


class AbsenceBody(Handed):
    """A time in which a member is away."""

    starts_at: AwareDatetime | None = Field(None, description="Null for now.")
    ends_at: AwareDatetime = Field(description="From then on they are back.")
    deputy_id: MemberName | None = Field(
        None, description="Who may decide in their place; null for nobody."
    )


class AccountBody(Handed):
    """An account that is a member's, or is not."""

    connection: ConnectionFilter = Field(description="Name of the connection in the settings.")
    account: AccountName


class CodeBody(Handed):
    """Where a code shall be said."""

    connection: ConnectionFilter = Field(description="Name of the connection in the settings.")


class RosterBody(Handed):
    """A roster as CSV."""

    csv: str = Field(
        max_length=_LONGEST_ROSTER,
        description="Columns: name, email, roles, projects, time_zone, account:CONNECTION, id.",
    )
    is_applied: bool = Field(
        default=False, strict=True, description="true stores it, false only says what would change."
    )
    removes_missing: bool = Field(
        default=False, strict=True, description="true lets members leave who are not in it."
    )
