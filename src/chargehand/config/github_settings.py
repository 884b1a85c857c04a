"""The settings of one GitHub connection."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from chargehand.config.addresses import address_with_path
from chargehand.config.connection_settings import (
    SLUG,
    BoundSettings,
    ProjectName,
    is_somebodys,
    require_projects,
)
from chargehand.config.secret_settings import Secret

_API: Final = "https://api.github.com"
_ALONE: Final = timedelta(seconds=60)
_BESIDE: Final = timedelta(minutes=5)
_REPOSITORY: Final = r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$"
RepositoryName = Annotated[str, Field(pattern=_REPOSITORY)]


class GitHubConnection(BoundSettings):
    """One GitHub, by a token or by an App's installation."""

    id: str = Field(
        "github", pattern=SLUG, description="Name of the connection, in paths and keys."
    )
    connector: Literal["github"] = "github"
    token: Secret | None = Field(
        None, description="Token of the bot's account, fine-grained or classic; put it into .env."
    )
    app_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Id of the GitHub App, instead."
    )
    installation_id: str | None = Field(
        None, pattern=r"^[1-9][0-9]{0,18}$", description="Number of the App's installation."
    )
    private_key: Secret | None = Field(
        None,
        description="The App's private key as PEM, with \\n for line ends; put it into .env.",
    )
    login: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?$",
        description="Login of the bot there, as `chargehand connect github` found it; an App's "
        "ends in [bot].",
    )
    repositories: dict[RepositoryName, tuple[ProjectName, ...]] = Field(
        default_factory=dict,
        description="The projects each repository serves, by its full name; nowhere else anything "
        "is told of them.",
    )
    intake: Literal["webhook", "poll", "both"] = Field(
        "webhook", description="How events reach us; poll needs no public address."
    )
    poll_interval: timedelta | None = Field(
        None,
        description="Time between polls; 60 seconds where polling is all there is, else 5 minutes.",
        ge=timedelta(seconds=1),
    )
    api_url: Annotated[str, AfterValidator(address_with_path)] = Field(
        _API,
        description="Address of GitHub's REST API; of a server of your own it ends in /api/v3.",
    )

    @field_validator("repositories")
    @classmethod
    def _bound_to_something(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        require_projects("repository", value)
        return value

    @model_validator(mode="after")
    def _can_sign_in(self) -> "GitHubConnection":
        of_app = {
            "app_id": self.app_id,
            "installation_id": self.installation_id,
            "private_key": self.private_key,
        }
        missing = [name for name, value in of_app.items() if value is None]
        if self.token is not None and len(missing) < len(of_app):
            message = "token and app_id exclude each other; one sign-in is enough"
            raise ValueError(message)
        if self.token is None and missing:
            named = "token is" if len(missing) == len(of_app) else f"{', '.join(missing)} is"
            message = f"{named} missing; an App needs app_id, installation_id and private_key"
            raise ValueError(message)
        return self

    @property
    def site(self) -> str:
        """What people know the connection by."""
        return f"{self.api_url} {self.login or self.installation_id or self.id}"

    @property
    def bound(self) -> Mapping[str, tuple[str, ...]]:
        """The projects each repository serves."""
        return self.repositories

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
