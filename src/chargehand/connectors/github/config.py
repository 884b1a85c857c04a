"""What one GitHub connection needs to know; checked on construction."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chargehand.connectors.github.errors import GitHubConfigWrong
from chargehand.domain.ids import ConnectionId
from chargehand.kit.masked import MaskedText

API_URL: Final = "https://api.github.com"
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_PEM: Final = re.compile(r"\s*-----BEGIN [A-Z ]*PRIVATE KEY-----.*-----END", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AppSignIn:
    """The sign-in of a GitHub App: it signs for itself and is given tokens that last an hour."""

    app_id: str
    installation_id: int
    private_key: MaskedText


@dataclass(frozen=True, slots=True)
class GitHubConfig:
    """One connection to one GitHub, by an App or by a token.

    Shape: `repositories` are those that are bound to projects; exactly one of `token` and `app` is
    there; `ca_file` names further authorities to trust.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: GitHubConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    token: MaskedText | None = None
    app: AppSignIn | None = None
    repositories: tuple[str, ...] = ()
    api_url: str = API_URL
    webhook_url: str | None = None
    request_timeout_s: float = 20.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if (self.token is None) == (self.app is None):
            problem = "or app_id, installation_id and private_key: exactly one sign-in is needed"
            raise GitHubConfigWrong(field="token", problem=problem)
        # A line break in a token would make the HTTP library quote it in its error.
        if self.token is not None and not _PRINTABLE.fullmatch(self.token.reveal()):
            raise GitHubConfigWrong(field="token", problem="must have no blanks and line breaks")
        if self.app is not None and not _PEM.match(self.app.private_key.reveal()):
            problem = "must be the PEM file GitHub made, from -----BEGIN to -----END"
            raise GitHubConfigWrong(field="private_key", problem=problem)
