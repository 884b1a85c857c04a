"""What one Bitbucket connection needs to know; checked on construction."""

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from chargehand.connectors.bitbucket.errors import BitbucketConfigWrong
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.kit.masked import MaskedText

CLOUD_API: Final = "https://api.bitbucket.org/2.0"
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_MAX_TIMEOUT_S: Final = 300.0


class Deployment(StrEnum):
    """Which Bitbucket it is: Atlassian's own, or one that somebody runs."""

    CLOUD = "cloud"
    DATA_CENTER = "data_center"


@dataclass(frozen=True, slots=True)
class BitbucketConfig:
    """One connection to one Bitbucket.

    Shape: `api_url` is the root of the REST API on Cloud, and the address people open on Data
    Center. On Cloud, with `email` the sign-in is basic with an API token, without it the token is a
    repository's, project's or workspace's access token; Data Center takes HTTP access tokens.
    `bot_account_id` is the bot's account where Bitbucket does not tell it, `bot_name` a name people
    address it by; `repositories` are those that are bound; `ca_file` names further authorities.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: BitbucketConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    token: MaskedText
    api_url: str = CLOUD_API
    deployment: Deployment = Deployment.CLOUD
    email: str | None = None
    bot_account_id: AccountId | None = None
    bot_name: str = ""
    repositories: tuple[str, ...] = ()
    request_timeout_s: float = 20.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        # A line break in a Bearer token would make the HTTP library quote it in its error.
        if not _PRINTABLE.fullmatch(self.token.reveal()):
            problem = "must be printable ASCII without blanks, and not empty"
            raise BitbucketConfigWrong(field="token", problem=problem)
        if self.email is not None and not re.fullmatch(r"[^\s:@]+@[^\s:@]+", self.email):
            raise BitbucketConfigWrong(field="email", problem="must be one e-mail address")
        if self.email is not None and self.deployment is Deployment.DATA_CENTER:
            problem = "is for Bitbucket Cloud; Data Center takes an HTTP access token alone"
            raise BitbucketConfigWrong(field="email", problem=problem)
        if not 0 < self.request_timeout_s <= _MAX_TIMEOUT_S:
            problem = f"must be more than 0 and at most {_MAX_TIMEOUT_S:g} seconds"
            raise BitbucketConfigWrong(field="request_timeout_s", problem=problem)

    @property
    def is_cloud(self) -> bool:
        """Whether it is Atlassian's own."""
        return self.deployment is Deployment.CLOUD

    def authorization(self) -> str:
        """The value of the Authorization header: secret, for the transport alone."""
        token = self.token.reveal()
        if self.email is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self.email}:{token}".encode()).decode()
