"""What the settings of every connection have in common."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from chargehand.config.addresses import is_loopback_url
from chargehand.config.secret_settings import Secret

SLUG: Final = r"^[a-z][a-z0-9-]{0,31}$"
PROJECT: Final = r"^[A-Z][A-Z0-9_]{1,31}$"
ProjectName = Annotated[str, Field(pattern=PROJECT)]


class ConnectionSettings(BaseModel):
    """One site or workspace of a connector; a connector's own settings add to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=SLUG, description="Name of the connection, in paths and keys.")
    webhook_secrets: tuple[Secret, ...] = Field(
        (), description="One or two active signing secrets; put them into .env.", max_length=2
    )
    request_timeout: timedelta = Field(
        timedelta(seconds=20), description="Longest wait for one call.", ge=timedelta(seconds=1)
    )

    @property
    def polled_every(self) -> timedelta | None:
        """The time between two polls; None when nothing is polled."""
        return None

    @property
    def takes_webhooks(self) -> bool:
        """Whether the vendor posts to us."""
        return True

    @property
    def is_proof_set(self) -> bool:
        """Whether there is anything a sender could prove itself by."""
        return bool(self.webhook_secrets)


class ChatSettings(ConnectionSettings):
    """What the settings of every chat have in common."""

    channels: dict[str, tuple[ProjectName, ...]] = Field(
        default_factory=dict,
        description="The projects each channel serves, by the channel's id; nowhere else anything "
        "is told of them.",
    )

    limit_factor: float = Field(
        1.0,
        description="How much of the vendor's limits the bot may use: less beside other programs "
        "with the same token, more where the vendor granted more than it documents.",
        ge=0.1,
        le=1000,
    )

    approvals_channel: str | None = Field(
        None,
        description="Id of the channel where what waits for approval is shown with buttons; one "
        "of `channels`.",
    )

    @field_validator("channels")
    @classmethod
    def _bound_to_something(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        require_projects("channel", value)
        return value

    @model_validator(mode="after")
    def _approvals_go_where_projects_are_served(self) -> Self:
        if self.approvals_channel is not None and self.approvals_channel not in self.channels:
            known = ", ".join(self.channels) or "none"
            message = f"approvals_channel: must be one of the bound channels: {known}"
            raise ValueError(message)
        return self

    @property
    def projects(self) -> tuple[str, ...]:
        """Every project some channel serves."""
        return tuple(sorted({key for bound in self.channels.values() for key in bound}))


class BoundSettings(ConnectionSettings):
    """What the settings of a code host and a wiki have in common.

    A connector names what it binds: `repositories`, `spaces`.
    """

    tell_in_public: bool = Field(
        default=False,
        description="Whether facts of work items are told in repositories and spaces that "
        "everybody can read; without it only what is public there anyway.",
    )

    limit_factor: float = Field(
        1.0,
        description="How much of the vendor's limits the bot may use: less beside other programs "
        "with the same token, more where the vendor granted more than it documents.",
        ge=0.1,
        le=1000,
    )

    @property
    def bound(self) -> Mapping[str, tuple[str, ...]]:
        """The projects each repository or space serves."""
        return {}

    @property
    def bound_by(self) -> str:
        """The setting that binds them."""
        return "repositories"

    @property
    def projects(self) -> tuple[str, ...]:
        """Every project some repository or space serves."""
        return tuple(sorted({key for served in self.bound.values() for key in served}))


def require_projects(what: str, bound: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a repository, space or channel that names no project.

    Raises: ValueError, in words for whoever wrote the settings.
    """
    for name, projects in bound.items():
        if not projects:
            message = f"{what} {name}: names no project; leave the {what} out instead"
            raise ValueError(message)


def is_somebodys(site: str) -> bool:
    """Whether a site is somebody's, and not a fake on this machine."""
    return not is_loopback_url(site)
