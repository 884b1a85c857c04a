"""The settings of one Bitbucket connection."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from chargehand.config.addresses import address_with_path
from chargehand.config.connection_settings import (
    SLUG,
    BoundSettings,
    ProjectName,
    is_somebodys,
    require_projects,
)
from chargehand.config.secret_settings import Secret, UnreadSecret

_CLOUD: Final = "https://api.bitbucket.org/2.0"
_LEAST_TOKEN: Final = 24
_ALONE: Final = timedelta(seconds=60)
_BESIDE: Final = timedelta(minutes=5)
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.~-]{1,128}/[A-Za-z0-9_.-]{1,128}")


class BitbucketConnection(BoundSettings):
    """Repositories of one Bitbucket, of Bitbucket Cloud or of Bitbucket Data Center."""

    id: str = Field(
        "bitbucket", pattern=SLUG, description="Name of the connection, in paths and keys."
    )
    connector: Literal["bitbucket"] = "bitbucket"
    deployment: Literal["cloud", "data_center"] = Field(
        "cloud",
        description="Which Bitbucket it is: Atlassian's Cloud, or a Data Center of your own.",
    )
    api_url: Annotated[str, AfterValidator(address_with_path)] = Field(
        _CLOUD,
        description="Address of Cloud's REST API; of Data Center the address people open, like "
        "https://bitbucket.example.org.",
    )
    email: str | None = Field(
        None,
        description="E-mail address of the account an API token of Cloud belongs to; none for an "
        "access token, and none on Data Center.",
        min_length=3,
    )
    api_token: Secret = Field(
        description="API token of that account, or an access token of a repository, project or "
        "workspace; on Data Center an HTTP access token. Put it into .env."
    )
    account_id: str | None = Field(
        None,
        description="Account id of the bot, where Bitbucket does not tell it, as of an access "
        "token; on Data Center the slug of its user.",
        min_length=1,
        max_length=128,
    )
    user_name: str | None = Field(
        None,
        description="A name people address the bot by with @, beside its account; needed where no "
        "editor offers to mention it.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    )
    repositories: dict[str, tuple[ProjectName, ...]] = Field(
        default_factory=dict,
        description="The projects each repository serves, by its full name: workspace/repository, "
        "on Data Center PROJECT/repository; nowhere else anything is told of them.",
    )
    intake: Literal["webhook", "poll", "both"] = Field(
        "poll",
        description="How changes reach us; poll needs no public address, both is webhooks with "
        "polling beside them.",
    )
    poll_interval: timedelta | None = Field(
        None,
        description="Time between polls; 60 seconds where polling is all there is, else 5 minutes.",
        ge=timedelta(seconds=1),
    )
    path_token: Secret | None = Field(
        None, description="Accept unsigned webhooks under this unguessable path; off by default."
    )

    @field_validator("repositories")
    @classmethod
    def _repositories_are_bound(
        cls, value: dict[str, tuple[str, ...]]
    ) -> dict[str, tuple[str, ...]]:
        for name in value:
            if not _REPOSITORY.fullmatch(name):
                message = f"{name!r} is no repository; write its full name, like acme/payments"
                raise ValueError(message)
        require_projects("repository", value)
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
    def _signs_in_as_its_kind_does(self) -> "BitbucketConnection":
        if self.deployment == "cloud":
            return self
        if self.email is not None:
            message = "email is for Bitbucket Cloud; Data Center takes an HTTP access token alone"
            raise ValueError(message)
        if self.api_url == _CLOUD:
            message = "api_url is needed on Data Center: the address people open it at"
            raise ValueError(message)
        return self

    @property
    def bound(self) -> Mapping[str, tuple[str, ...]]:
        """The projects each repository serves."""
        return self.repositories

    @property
    def site(self) -> str:
        """What people know the connection by."""
        owners = sorted({name.partition("/")[0] for name in self.repositories})
        return f"{self.api_url} {', '.join(owners)}".strip()

    @property
    def is_real(self) -> bool:
        """Whether it is somebody's, and not a fake on this machine."""
        return is_somebodys(self.api_url)

    @property
    def polled_every(self) -> timedelta | None:
        """The time between two polls; None when nothing is polled."""
        if self.intake not in ("poll", "both"):
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
