"""The settings of outgoing webhooks."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from chargehand.config.secret_settings import Secret, UnreadSecret
from chargehand.domain.outgoing import OutgoingEvent
from chargehand.kit.signing import webhook_key
from chargehand.plugins.urls import LONGEST_URL, AddressRefused, URLGuard

_ID = r"^[a-z][a-z0-9_-]{0,31}$"
_HOST = r"^[A-Za-z0-9.:_\[\]-]{1,253}$"


class OutgoingWebhookSettings(BaseModel):
    """An address that is told of approvals, decisions, actions and budgets, signed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=_ID, description="What it is called here.")
    url: str = Field(max_length=LONGEST_URL, description="Address each event is posted to.")
    secret: Secret = Field(
        description="Signs the posts: whsec_ and 24 to 64 bytes in base64; put it into .env."
    )
    events: tuple[OutgoingEvent, ...] = Field(
        tuple(OutgoingEvent), min_length=1, description="What it is told of; everything by default."
    )
    projects: tuple[str, ...] = Field(
        (), description="Only of these projects; all, and the organization's own, if empty."
    )
    include_text: bool = Field(
        default=False,
        description="Send texts too, of what everybody in the project may read; without it "
        "posts hold ids and digests.",
    )
    private_hosts: tuple[str, ...] = Field(
        (), description="Hosts inside your network it may lead to, as host or host:port."
    )

    @field_validator("secret")
    @classmethod
    def _is_a_standard_secret(cls, value: SecretStr) -> SecretStr:
        if not isinstance(value, UnreadSecret):
            webhook_key(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _leads_where_it_may(self) -> "OutgoingWebhookSettings":
        try:
            URLGuard(known_hosts=self.private_hosts).read(self.url)
        except AddressRefused as error:
            message = (
                f"url: {error.fields['problem']}; private_hosts names hosts inside your network "
                "that it may lead to"
            )
            raise ValueError(message) from error
        return self
