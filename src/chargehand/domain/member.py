"""The people of a team, and the accounts they have in the connected tools."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chargehand.domain.ids import AccountId, ConnectionId, MemberId, ProjectKey


class Role(StrEnum):
    """What a member may do through the bot, besides what the vendor lets them do."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    DEVELOPER = "developer"
    PROJECT_MANAGER = "project_manager"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"
    SERVICE = "service"


# Who decides on the team's behalf, where no policy names others.
DECIDERS: Final = frozenset({Role.APPROVER, Role.PROJECT_MANAGER, Role.OPERATOR, Role.ADMIN})


class IdentityState(StrEnum):
    """How sure it is that an account is a member's.

    `matched` was found by e-mail or named by a roster: it may be named, and carries no right.
    `confirmed` was said from both accounts, or by an operator on the host. `refused` was denied by
    the account's owner and is not matched again.
    """

    MATCHED = "matched"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Identity:
    """One account of one connection, and whose it is.

    Shape: `is_active` is false once the vendor says that the account is deactivated.
    """

    connection_id: ConnectionId
    account_id: AccountId
    member_id: MemberId
    name: str
    state: IdentityState
    is_active: bool = True

    @property
    def carries_rights(self) -> bool:
        """Whether what the member may do may be done from this account."""
        return self.state is IdentityState.CONFIRMED and self.is_active


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a service of the organization.

    Shape: `roles` by project; the roles under None hold in every project. `time_zone` is an IANA
    name, None where nobody said; `left_at` is None while the member belongs to the team.
    """

    id: MemberId
    name: str
    email: str | None = None
    time_zone: str | None = None
    roles: tuple[tuple[ProjectKey | None, Role], ...] = ()
    left_at: datetime | None = None

    def roles_in(self, project: ProjectKey | None) -> frozenset[Role]:
        """The roles that hold in a project; None asks for those that hold everywhere."""
        return frozenset(role for where, role in self.roles if where is None or where == project)
