"""What the routes about API keys answer."""

from datetime import datetime

from pydantic import Field

from chargehand.domain.permission import Permission
from chargehand.web.api.models import Actor, KeyId, MemberId, Page, Project, Shown


class ApiKey(Shown):
    """An API key without its secret."""

    id: KeyId
    name: str = Field(description="What it decides is recorded under it, if it acts for nobody.")
    created_at: datetime
    created_by: Actor
    last_used_at: datetime | None = Field(description="To the hour; null before its first use.")
    revoked_at: datetime | None
    permissions: list[Permission] | None = Field(description="Null is all of them.")
    projects: list[Project] | None = Field(
        description="Null is every project, and the organization itself."
    )
    member_id: MemberId | None = Field(
        description="Whom it acts for, with no more rights than they have; null for nobody."
    )
    expires_at: datetime | None


class ApiKeyPage(Page[ApiKey]):
    """API keys, newest first, revoked ones included."""


class NewApiKey(Shown):
    """An API key at the one moment its secret is told."""

    key: ApiKey
    secret: str = Field(description="For the `Authorization` header; it is not told again.")
