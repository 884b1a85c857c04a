"""The settings of how members sign in to the pages and the API."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from chargehand.config.addresses import address_with_path
from chargehand.config.secret_settings import Secret
from chargehand.domain.member import Role


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OIDCSettings(_Section):
    """The provider members sign in by; off without `issuer`."""

    issuer: Annotated[str, AfterValidator(address_with_path)] | None = Field(
        None, description="Its address, as it names itself: https://login.example.com/realms/acme."
    )
    client_id: str = Field("", max_length=200, description="What it calls this installation.")
    client_secret: Secret | None = Field(
        None, description="Proves this installation there; left out for a public client."
    )
    name: str = Field("your company account", max_length=60, description="What the button says.")
    scopes: tuple[str, ...] = Field(
        ("openid", "email", "profile"), description="What is asked for there."
    )
    roles_claim: str = Field(
        "", max_length=100, description="The claim whose values give roles, such as groups."
    )
    roles: dict[str, tuple[str, ...]] = Field(
        {},
        description="For a value of that claim the roles it gives, such as "
        '`pay-leads = ["PAY:approver"]`. Once one is given here, the claim alone says which roles '
        "a member has.",
    )
    timeout: timedelta = Field(
        timedelta(seconds=10),
        ge=timedelta(seconds=1),
        le=timedelta(minutes=1),
        description="Longest wait for one answer.",
    )

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        names = {role.value for role in Role}
        for written in (one for roles in value.values() for one in roles):
            if written.rpartition(":")[2] not in names:
                message = f"{written!r} is no role; allowed: {', '.join(sorted(names))}, or "
                message += "PAY:approver for one project"
                raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> "OIDCSettings":
        if self.issuer is not None and not self.client_id:
            message = "issuer needs client_id, by which the provider knows this installation"
            raise ValueError(message)
        if self.roles and not self.roles_claim:
            message = "roles needs roles_claim, the claim whose values give them"
            raise ValueError(message)
        return self

    @field_validator("scopes")
    @classmethod
    def _has_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            message = "must hold openid, without which no provider says who signed in"
            raise ValueError(message)
        return value


class SignInSettings(_Section):
    """How members sign in, and for how long."""

    password: bool = Field(
        default=True, description="Whether members sign in by a password they were given."
    )
    idle: timedelta = Field(
        timedelta(hours=12), description="A session ends after so long without use."
    )
    lasts: timedelta = Field(timedelta(days=7), description="A session ends after so long anyway.")

    @field_validator("idle", "lasts")
    @classmethod
    def _bearable(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=5) <= value <= timedelta(days=90):
            message = "must lie between 5 minutes (PT5M) and 90 days (P90D)"
            raise ValueError(message)
        return value
