"""The settings of one Discord connection."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from chargehand.config.addresses import address_with_path
from chargehand.config.connection_settings import SLUG, ChatSettings, is_somebodys
from chargehand.config.secret_settings import Secret

_API: Final = "https://discord.com/api/v10"


class DiscordConnection(ChatSettings):
    """One Discord server."""

    id: str = Field(
        "discord", pattern=SLUG, description="Name of the connection, in paths and keys."
    )
    connector: Literal["discord"] = "discord"
    bot_token: Secret = Field(description="Token of the app's bot; put it into .env.")
    application_id: str = Field(pattern=r"^[0-9]{15,21}$", description="Id of the application.")
    public_key: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="Public key of the application, 64 hexadecimal digits; no secret.",
    )
    guild_id: str = Field(pattern=r"^[0-9]{15,21}$", description="Id of the server it serves.")
    intake: Literal["webhook", "gateway"] = Field(
        "webhook",
        description="How interactions reach us: posted to the interactions endpoint, or by the "
        "gateway, which needs no public address.",
    )
    mentions: bool = Field(
        default=False,
        description="Whether messages that mention the bot, and those said to it alone, are asks; "
        "by the gateway alone.",
    )
    api_url: Annotated[str, AfterValidator(address_with_path)] = Field(
        _API, description="Address of Discord's API."
    )

    @model_validator(mode="after")
    def _can_hear(self) -> "DiscordConnection":
        if self.mentions and self.intake != "gateway":
            message = 'mentions is true, and only intake = "gateway" hears messages'
            raise ValueError(message)
        return self

    @property
    def takes_webhooks(self) -> bool:
        """Whether the vendor posts to us."""
        return self.intake == "webhook"

    @property
    def site(self) -> str:
        """What people know the connection by."""
        return f"{self.api_url} {self.guild_id}"

    @property
    def is_real(self) -> bool:
        """Whether the server is somebody's, and not a fake on this machine."""
        return is_somebodys(self.api_url)

    @property
    def is_proof_set(self) -> bool:
        """Whether there is anything a sender could prove itself by: the public key, always."""
        return True
