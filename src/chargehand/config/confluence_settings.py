"""The settings of one Confluence connection."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from chargehand.config.addresses import address_with_path, site_address
from chargehand.config.connection_settings import (
    SLUG,
    BoundSettings,
    ProjectName,
    is_somebodys,
    require_projects,
)
from chargehand.config.secret_settings import Secret, UnreadSecret

_LEAST_TOKEN: Final = 24
_ALONE: Final = timedelta(seconds=60)
_BESIDE: Final = timedelta(minutes=10)
SpaceKey = Annotated[str, Field(pattern=r"^~?[A-Za-z0-9_.@:-]{1,255}$")]


class ConfluenceConnection(BoundSettings):
    """The Confluence of one Atlassian site, or one Data Center."""

    id: str = Field(
        "confluence", pattern=SLUG, description="Name of the connection, in paths and keys."
    )
    connector: Literal["confluence"] = "confluence"
    deployment: Literal["cloud", "data_center"] = Field(
        "cloud", description="Confluence Cloud, or a Data Center of your own."
    )
    site: Annotated[str, AfterValidator(address_with_path)] = Field(
        description="Address of the site, like https://acme.atlassian.net; of a Data Center with "
        "its path, like https://wiki.example.org/confluence."
    )
    email: str | None = Field(
        None,
        description="E-mail address of the account the bot acts as; none for a service account, "
        "and none on Data Center.",
        min_length=3,
    )
    api_token: Secret = Field(
        description="API token of that account, on Data Center its personal access token; put it "
        "into .env."
    )
    cloud_id: str | None = Field(
        None,
        pattern=r"^[0-9a-zA-Z-]{1,64}$",
        description="Id of the site at Atlassian's gateway, from <site>/_edge/tenant_info; needed "
        "for a service account and for tokens with scopes.",
    )
    gateway: Annotated[str, AfterValidator(site_address)] = Field(
        "https://api.atlassian.com", description="Address of Atlassian's gateway."
    )
    account_id: str | None = Field(
        None,
        description="Account id the bot has there, on Data Center its user key, as `connect "
        "confluence` found it.",
    )
    spaces: dict[SpaceKey, tuple[ProjectName, ...]] = Field(
        default_factory=dict,
        description="The projects each space serves, by the key of the space; others are not read.",
    )
    intake: Literal["webhook", "poll", "both"] = Field(
        "poll",
        description="How comments reach us; Confluence's own webhooks hold no words, so most need "
        "poll.",
    )
    poll_interval: timedelta | None = Field(
        None,
        description="Time between polls; 60 seconds where polling is all there is, else 10 "
        "minutes.",
        ge=timedelta(seconds=1),
    )
    path_token: Secret | None = Field(
        None, description="Accept unsigned webhooks under this unguessable path; off by default."
    )

    @field_validator("site")
    @classmethod
    def _path_is_for_data_center(cls, value: str, info: ValidationInfo) -> str:
        return value if info.data.get("deployment") == "data_center" else site_address(value)

    @field_validator("spaces")
    @classmethod
    def _bound_to_something(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        require_projects("space", value)
        return value

    @field_validator("path_token")
    @classmethod
    def _unguessable(cls, value: SecretStr | None) -> SecretStr | None:
        if isinstance(value, UnreadSecret):
            return value
        if value is not None and len(value.get_secret_value()) < _LEAST_TOKEN:
            message = f"must have at least {_LEAST_TOKEN} characters"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _can_sign_in(self) -> "ConfluenceConnection":
        if self.deployment == "data_center":
            for name in ("email", "cloud_id"):
                if getattr(self, name) is not None:
                    message = f"{name} is for Cloud; a personal access token is all that is needed"
                    raise ValueError(message)
            return self
        if self.email is None and self.cloud_id is None:
            message = "email is missing; a service account has none and needs cloud_id instead"
            raise ValueError(message)
        return self

    @property
    def bound(self) -> Mapping[str, tuple[str, ...]]:
        """The projects each space serves."""
        return self.spaces

    @property
    def is_real(self) -> bool:
        """Whether the site is somebody's, and not a fake on this machine."""
        return is_somebodys(self.site)

    @property
    def polled_every(self) -> timedelta | None:
        """The time between two polls; None when nothing is polled."""
        if self.intake == "webhook":
            return None
        return self.poll_interval or (_ALONE if self.intake == "poll" else _BESIDE)

    @property
    def takes_webhooks(self) -> bool:
        """Whether the vendor posts to us."""
        return self.intake in ("webhook", "both")

    @property
    def is_proof_set(self) -> bool:
        """Whether there is anything a sender could prove itself by."""
        return bool(self.webhook_secrets) or self.path_token is not None
