"""The settings of secrets: where they may be read from, and until when each one works."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, WrapValidator
from pydantic import model_validator as _model_validator

from chargehand.config.addresses import is_loopback_url, require_plain_address
from chargehand.domain.errors import ChargehandError

_MOUNT: Final = r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$"


class UnreadSecret(SecretStr):
    """A secret whose place did not give it: whoever needs it meets the reason.

    Commands that need none of it work on, so that a flag can be turned off while Vault is away.
    """

    def __init__(self, error: ChargehandError) -> None:
        super().__init__("")
        self.error = error

    def get_secret_value(self) -> str:
        """Never.

        Raises: the error it was not read for.
        """
        raise self.error

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def _kept_unread(value: Any, check: Callable[[Any], SecretStr]) -> SecretStr:
    return value if isinstance(value, UnreadSecret) else check(value)


# What can not be read is not checked either.
Secret = Annotated[SecretStr, WrapValidator(_kept_unread)]


def _vault_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        message = "must be an address such as https://vault.example.com:8200"
        raise ValueError(message)
    require_plain_address(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_url(url)):
        message = "must start with https:// (http:// is for this machine only)"
        raise ValueError(message)
    return url.rstrip("/").removesuffix("/v1")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretSettings(_Section):
    """How secrets are read, and until when each works."""

    expires_on: dict[str, date] = Field(
        {},
        description="For a secret setting, such as `connections.jira.api_token`, the day it stops "
        "working; you are told 30, 7 and 1 days before.",
    )
    key_file: Path = Field(
        Path("secrets.key"),
        description="File of the keys of stored secrets; keep a copy of it apart from backups.",
    )
    timeout: timedelta = Field(
        timedelta(seconds=5),
        description="Longest wait for one answer of a place of secrets.",
        ge=timedelta(seconds=1),
        le=timedelta(minutes=1),
    )


class VaultSettings(_Section):
    """HashiCorp Vault, for secrets written `vault:mount/path#field`."""

    address: Annotated[str, AfterValidator(_vault_url)] | None = Field(
        None, description="Its address, like https://vault.example.com:8200."
    )
    namespace: str = Field("", description="Its namespace, in editions that have them.")
    token: Secret | None = Field(
        None, description="A token that may read; env:NAME or file:path keep it out of here."
    )
    role_id: str | None = Field(None, description="The AppRole to sign in with instead.")
    secret_id: Secret | None = Field(
        None, description="Its secret id; env:NAME or file:path keep it out of here."
    )
    role_mount: str = Field(
        "approle", pattern=_MOUNT, description="Where the AppRole method is mounted."
    )

    @_model_validator(mode="after")
    def _can_sign_in(self) -> "VaultSettings":
        if self.address is None:
            return self
        if (self.role_id is None) != (self.secret_id is None):
            message = "role_id and secret_id belong together"
            raise ValueError(message)
        if (self.token is None) == (self.role_id is None):
            message = "give token, or role_id with secret_id, and not both"
            raise ValueError(message)
        return self


class AWSSettings(_Section):
    """AWS Secrets Manager, for secrets written `aws:secret-id#field`."""

    region: str | None = Field(
        None, description="Region of the secrets; as AWS's own tools find it when left out."
    )
    endpoint_url: str | None = Field(
        None, pattern=r"^https?://[^\s/@]+$", description="Address of a private endpoint."
    )


class NetworkSettings(_Section):
    """How this machine reaches others."""

    ca_file: Path | None = Field(
        None,
        description="A PEM file of further certificate authorities to trust, for vendors, models, "
        "notices and Vault; those of this machine are trusted as well.",
    )
