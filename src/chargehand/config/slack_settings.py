"""The settings of one Slack connection."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from chargehand.config.addresses import address_with_path
from chargehand.config.connection_settings import SLUG, ChatSettings, is_somebodys
from chargehand.config.secret_settings import Secret

_API: Final = "https://slack.com/api"
_ALONE: Final = timedelta(seconds=15)
_BESIDE: Final = timedelta(seconds=60)


class SlackConnection(ChatSettings):
    """One Slack workspace."""

    id: str = Field("slack", pattern=SLUG, description="Name of the connection, in paths and keys.")
    connector: Literal["slack"] = "slack"
    bot_token: Secret = Field(description="Bot token of the app, xoxb-...; put it into .env.")
    app_token: Secret | None = Field(
        None, description="Token for Socket Mode, xapp-...; for hosts without a public address."
    )
    team_id: str = Field(
        pattern=r"^[TE][A-Z0-9]{2,31}$", description="Id of the workspace, like T0123ABCD."
    )
    intake: Literal["webhook", "socket", "poll", "both"] = Field(
        "webhook",
        description="How messages reach us; socket and poll need no public address, both is "
        "webhooks with polling beside them.",
    )
    poll_interval: timedelta | None = Field(
        None,
        description="Time between polls; 15 seconds where polling is all there is, else 60.",
        ge=timedelta(seconds=1),
    )
    api_url: Annotated[str, AfterValidator(address_with_path)] = Field(
        _API, description="Address of Slack's Web API."
    )

    @model_validator(mode="after")
    def _can_listen(self) -> "SlackConnection":
        if self.intake == "socket" and self.app_token is None:
            message = "app_token is missing; Socket Mode signs in with a token that begins xapp-"
            raise ValueError(message)
        return self

    @property
    def site(self) -> str:
        """What people know the connection by."""
        return f"{self.api_url} {self.team_id}"

    @property
    def is_real(self) -> bool:
        """Whether the workspace is somebody's, and not a fake on this machine."""
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
