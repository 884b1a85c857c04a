"""The settings of models: which there are, and which project's texts may go where."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from chargehand.config.addresses import is_loopback_url, require_plain_address
from chargehand.config.secret_settings import Secret

VENDOR_URLS: Final = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
}
_SLUG: Final = r"^[a-z][a-z0-9-]{0,31}$"
_PROJECT: Final = r"^[A-Z][A-Z0-9_]{1,31}$"
_HOST: Final = r"^[a-z0-9][a-z0-9.:-]{0,252}$"


def model_url(url: str) -> str:
    """The address of a model's server as it is kept.

    Raises: ValueError, in words for the operator.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        message = "must not hold a user name or password; keys go into .env"
        raise ValueError(message)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "must be an address like https://models.example.com/v1"
        raise ValueError(message)
    require_plain_address(url)
    return url.rstrip("/")


ModelURL = Annotated[str, AfterValidator(model_url)]
Price = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSettings(_Section):
    """What models may see and decide; without `[[providers]]` none is asked."""

    consent: dict[Annotated[str, Field(pattern=_PROJECT)], Literal["off", "local", "any"]] = Field(
        {},
        description="For each project where its texts may go: `off`, `local` (this machine and "
        "local_hosts) or `any`; a project that is not named is `off`.",
    )
    local_hosts: tuple[Annotated[str, Field(pattern=_HOST)], ...] = Field(
        (), description="Hosts of your own network that count as local."
    )
    confidence_threshold: float = Field(
        0.7, ge=0, le=1, description="A model less sure than this asks back instead."
    )


class ProviderSettings(_Section):
    """One model at one address; they are asked in the order they stand in."""

    id: str = Field(pattern=_SLUG, description="Name of the provider.")
    kind: Literal["anthropic", "openai"] = Field(
        description="The API spoken there: Anthropic's messages, or OpenAI's chat completions."
    )
    model: str = Field(min_length=1, max_length=200, description="Name of the model there.")
    base_url: ModelURL | None = Field(
        None, description="Address of the server; the vendor's own when left out."
    )
    api_key: Secret | None = Field(None, description="Its API key; put it into .env.")
    input_usd: Price | None = Field(
        None, description="Price of a million input tokens; needed where no table knows it."
    )
    output_usd: Price | None = Field(None, description="Price of a million output tokens.")
    cache_read_usd: Price | None = Field(
        None, description="Price of a million tokens read from a cache; as input when left out."
    )
    cache_write_usd: Price | None = Field(
        None, description="Price of a million tokens written to a cache; as input when left out."
    )
    timeout: timedelta = Field(
        timedelta(seconds=60), description="Longest wait for one answer.", ge=timedelta(seconds=1)
    )
    idle_timeout: timedelta = Field(
        timedelta(seconds=20),
        description="Longest wait for the next piece of an answer.",
        ge=timedelta(seconds=1),
    )
    output_tokens: int = Field(
        1500, ge=200, le=32_000, description="Most tokens a model may write in one answer."
    )

    @model_validator(mode="after")
    def _prices_come_together(self) -> "ProviderSettings":
        if (self.input_usd is None) != (self.output_usd is None):
            message = "input_usd and output_usd: give both, or none to use the price table"
            raise ValueError(message)
        return self

    @property
    def address(self) -> str:
        """Where requests go."""
        return self.base_url or VENDOR_URLS[self.kind]

    def is_local(self, local_hosts: tuple[str, ...]) -> bool:
        """Whether the address is this machine, or a host the operator named."""
        host = urlsplit(self.address).hostname or ""
        return is_loopback_url(self.address) or host in local_hosts
