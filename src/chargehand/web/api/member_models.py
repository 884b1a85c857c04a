"""The shapes of answers about members."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chargehand.domain.member import IdentityState, Role
from chargehand.web.api.models import ConnectionName, MemberId, Page, Project, Shown

AccountId = Annotated[str, Field(description="The id the vendor gave the account.")]


class MemberRole(Shown):
    """One role of a member."""

    project: Project | None = Field(description="Null for every project.")
    role: Role


class Identity(Shown):
    """One account of a member."""

    connection_id: ConnectionName
    account_id: AccountId
    member_id: MemberId
    name: str = Field(description="The name there; empty where it is not known.")
    state: IdentityState
    is_active: bool = Field(description="False once the vendor said that it is deactivated.")
    carries_rights: bool = Field(description="Whether the member's roles hold for this account.")


class Member(Shown):
    """A person or a service of the team."""

    id: MemberId
    name: str = Field(description="Empty after its retention.")
    email: str | None
    time_zone: str | None = Field(description="IANA name; null where nobody said.")
    roles: list[MemberRole]
    left_at: datetime | None = Field(description="Null while they are of the team.")
    identities: list[Identity] = Field(description="Every account, refused ones included.")


class MemberPage(Page[Member]):
    """Members, newest first."""


class MemberName(Shown):
    """A member, in short."""

    id: MemberId
    name: str


class UnmappedAccount(Shown):
    """An account that was seen and is nobody's."""

    id: str
    connection_id: ConnectionName
    account_id: AccountId
    name: str = Field(description="Its name there; empty where it is not known.")
    email: str | None = Field(description="Null where the vendor does not tell.")
    first_at: datetime
    last_at: datetime
    days: int = Field(description="On how many days it was seen.")
    candidates: list[MemberName] = Field(
        description="Members of the same name or address; a person decides."
    )


class UnmappedPage(Page[UnmappedAccount]):
    """Unmapped accounts, first seen last first."""


class StartedConfirmation(Shown):
    """A code, at the one moment it is known."""

    code: str = Field(description="To be said to the bot from the account: `whoami CODE`.")
    member_id: MemberId
    connection_id: ConnectionName
    account_id: str | None = Field(
        description="The only account it can be said from; null for any that is nobody's."
    )
    expires_at: datetime


class FieldChange(Shown):
    """One field, before and after; empty where there is nothing."""

    field: str
    before: str
    after: str


class PlannedMember(Shown):
    """What changes about one member."""

    line: int | None = Field(description="Line of the file; null for one who is not in it.")
    member_id: MemberId
    name: str
    changes: list[FieldChange]


class RosterProblem(Shown):
    """A cell or a column that can not be used."""

    line: int
    column: str
    found: str
    allowed: str


class MissingMember(Shown):
    """A member who is not in the file."""

    member_id: MemberId
    name: str


class RosterOutcome(Shown):
    """What a roster did, or would do."""

    is_applied: bool
    added: list[PlannedMember]
    changed: list[PlannedMember]
    unchanged: int
    left: list[PlannedMember] = Field(description="Members who leave, where that was asked for.")
    missing: list[MissingMember] = Field(description="Members who are not in it and stay.")
    refused: list[RosterProblem] = Field(description="While there are any, nothing is stored.")
    notes: list[RosterProblem] = Field(description="Left aside; the rest is stored.")
    matched_by_email: int = Field(description="Accounts seen before that were found by address.")


class Absence(Shown):
    """A time in which a member is away."""

    id: str = Field(description="Id of the absence.")
    member_id: MemberId
    member_name: str
    deputy_id: MemberId | None = Field(description="Who may decide in their place.")
    deputy_name: str = Field(description="Empty without a deputy.")
    starts_at: datetime
    ends_at: datetime = Field(description="From then on they are back.")
    set_by: str = Field(description="Who said so.")


class AbsenceList(Shown):
    """Absences that are not over."""

    items: list[Absence] = Field(description="By their beginning.")
