"""The settings of what is told to others: errors to Sentry, durations to OpenTelemetry."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

from chargehand.config.addresses import require_plain_address
from chargehand.config.secret_settings import Secret, UnreadSecret

_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def _collector(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        message = "must be an address such as http://127.0.0.1:4318, without user and password"
        raise ValueError(message)
    require_plain_address(url)
    return url.rstrip("/").removesuffix("/v1/traces")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SentrySettings(_Section):
    """Errors to Sentry; nothing is sent without `dsn`."""

    dsn: Secret | None = Field(None, description="Address and key of the project there.")
    environment: str = Field(
        "production", pattern=_NAME, description="What Sentry calls this installation."
    )

    @field_validator("dsn")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or isinstance(value, UnreadSecret):
            return value
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("http", "https") or not parts.username or not parts.path.strip("/"):
            message = "must be a DSN such as https://key@sentry.example.com/1"
            raise ValueError(message)
        return value


class TracingSettings(_Section):
    """One trace for each delivery to an OpenTelemetry collector; off without `otlp_url`."""

    otlp_url: Annotated[str, AfterValidator(_collector)] | None = Field(
        None, description="Address of the collector, for OTLP over HTTP: http://127.0.0.1:4318."
    )
    headers: Secret | None = Field(
        None, description="Headers it wants, as name=value,name=value; kept like a secret."
    )
