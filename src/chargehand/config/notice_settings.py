"""Where notices go beside the log."""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from chargehand.config.addresses import is_loopback_url, require_plain_address
from chargehand.config.secret_settings import Secret, UnreadSecret
from chargehand.kit.signing import webhook_key

_EMAIL: Final = r"^[^@\s<>,]+@[^@\s<>,]+$"


def _plain_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "must start with http:// or https:// and name a host"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "must not hold a user name or password; the posts are signed"
        raise ValueError(message)
    require_plain_address(url)
    return url


class NoticeSettings(BaseModel):
    """Where notices go beside the log: an e-mail, a webhook, both or neither."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_severity: Literal["info", "warning", "critical"] = Field(
        "warning", description="Least severity that is sent; the log and the list have all."
    )
    webhook_url: Annotated[str, AfterValidator(_plain_url)] | None = Field(
        None, description="Address each notice is posted to; one inside your network is fine."
    )
    webhook_secret: Secret | None = Field(
        None, description="Signs the posts: whsec_ and 24 to 64 bytes in base64; put it into .env."
    )
    email_to: tuple[Annotated[str, Field(pattern=_EMAIL)], ...] = Field(
        (), description="E-mail addresses each notice is sent to.", max_length=20
    )
    email_from: Annotated[str, Field(pattern=_EMAIL)] | None = Field(
        None, description="E-mail address they are sent from."
    )
    smtp_host: str | None = Field(None, description="Mail server that takes them.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way there is encrypted; none is for this machine only."
    )
    smtp_user: str | None = Field(None, description="Name to sign in there, if it asks for one.")
    smtp_password: Secret | None = Field(
        None, description="Password to sign in there; put it into .env."
    )

    @field_validator("webhook_secret")
    @classmethod
    def _is_a_standard_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not isinstance(value, UnreadSecret):
            webhook_key(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _channels_are_whole(self) -> "NoticeSettings":
        if self.webhook_url is not None and self.webhook_secret is None:
            message = "webhook_url needs webhook_secret, by which the receiver knows who posts"
            raise ValueError(message)
        if self.email_to and (self.email_from is None or self.smtp_host is None):
            message = "email_to needs email_from and smtp_host"
            raise ValueError(message)
        if (self.smtp_user is None) != (self.smtp_password is None):
            message = "smtp_user and smtp_password belong together"
            raise ValueError(message)
        is_near = is_loopback_url(f"smtp://{self.smtp_host}")
        if self.email_to and self.smtp_security == "none" and not is_near:
            message = 'smtp_security = "none" is allowed for a mail server on this machine only'
            raise ValueError(message)
        return self
