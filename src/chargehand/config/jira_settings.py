"""The settings of one Jira connection."""

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
    ConnectionSettings,
    ProjectName,
    is_somebodys,
)
from chargehand.config.secret_settings import Secret, UnreadSecret
from chargehand.domain.work_item import FieldName

_LEAST_TOKEN: Final = 24


class JiraConnection(ConnectionSettings):
    """One Jira site, of Jira Cloud or of Jira Data Center."""

    id: str = Field("jira", pattern=SLUG, description="Name of the connection, in paths and keys.")
    connector: Literal["jira"] = "jira"
    deployment: Literal["cloud", "data_center"] = Field(
        "cloud", description="Which Jira it is: Atlassian's Cloud, or a Data Center of your own."
    )
    site: Annotated[str, AfterValidator(address_with_path)] = Field(
        description="Address of the site, like https://acme.atlassian.net; of Data Center with its "
        "path, like https://jira.example.org/jira."
    )
    email: str | None = Field(
        None,
        description="E-mail address of the account the bot acts as; none for a service account, "
        "and none on Data Center.",
        min_length=3,
    )
    user_name: str | None = Field(
        None,
        description="On Data Center the name the bot signs in and is mentioned by, as "
        "`chargehand init` found it.",
        min_length=1,
    )
    api_token: Secret = Field(
        description="API token of that account, on Data Center a personal access token; put it "
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
        description="Account id the bot has there, on Data Center its user key, as "
        "`chargehand init` found it.",
    )
    projects: tuple[ProjectName, ...] = Field(
        description="Keys of the projects the bot serves.", min_length=1
    )
    intake: Literal["webhook", "poll", "both"] = Field(
        "poll", description="How comments reach us; poll needs no public address."
    )
    poll_interval: timedelta = Field(
        timedelta(seconds=60), description="Time between polls.", ge=timedelta(seconds=1)
    )
    path_token: Secret | None = Field(
        None, description="Accept unsigned webhooks under this unguessable path; off by default."
    )
    editable_fields: tuple[FieldName, ...] = Field(
        tuple(FieldName),
        description="Fields of work items people may have the bot set; [] for none.",
    )

    @field_validator("site")
    @classmethod
    def _path_is_for_data_center(cls, value: str, info: ValidationInfo) -> str:
        return value if info.data.get("deployment") == "data_center" else site_address(value)

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
    def _can_sign_in(self) -> "JiraConnection":
        if self.deployment == "data_center":
            return self._on_data_center()
        if self.user_name is not None:
            message = 'user_name is for deployment = "data_center"; on Cloud the account has none'
            raise ValueError(message)
        if self.email is None and self.cloud_id is None:
            message = "email is missing; a service account has none and needs cloud_id instead"
            raise ValueError(message)
        return self

    def _on_data_center(self) -> "JiraConnection":
        for name in ("email", "cloud_id"):
            if getattr(self, name) is not None:
                message = (
                    f"{name} is for Jira Cloud; on Data Center a personal access token is all the "
                    "bot signs in with"
                )
                raise ValueError(message)
        if self.user_name is None or self.account_id is None:
            message = (
                "user_name and account_id are needed on Data Center, where people mention the bot "
                "by its name; `chargehand init` finds both"
            )
            raise ValueError(message)
        return self

    @property
    def is_real(self) -> bool:
        """Whether the site is somebody's, and not a fake on this machine."""
        return is_somebodys(self.site)

    @property
    def polled_every(self) -> timedelta | None:
        """The time between two polls; None when nothing is polled."""
        return self.poll_interval if self.intake in ("poll", "both") else None

    @property
    def takes_webhooks(self) -> bool:
        """Whether the vendor posts to us."""
        return self.intake in ("webhook", "both")

    @property
    def is_proof_set(self) -> bool:
        """Whether there is anything a sender could prove itself by."""
        return bool(self.webhook_secrets) or self.path_token is not None
