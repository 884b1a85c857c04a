"""What the API answers a caller who asks about themselves."""

from pydantic import Field

from chargehand.domain.permission import Permission
from chargehand.web.api.member_models import MemberName, MemberRole
from chargehand.web.api.models import Actor, Project, Shown


class HeldPermissions(Shown):
    """What is allowed in one project; null is every project, and the organization itself."""

    project: Project | None
    permissions: list[Permission]


class Me(Shown):
    """The caller, with the rights they have now."""

    name: Actor = Field(description="What they do is recorded under it.")
    via: str = Field(description="The way they came.")
    member: MemberName | None = Field(description="Null for a key that acts for nobody.")
    roles: list[MemberRole]
    permissions: list[HeldPermissions]
