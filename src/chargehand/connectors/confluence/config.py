"""What one Confluence connection needs to know; checked on construction."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chargehand.connectors.confluence.errors import ConfluenceConfigWrong
from chargehand.domain.ids import AccountId, ConnectionId
from chargehand.kit.masked import MaskedText

ATLASSIAN_GATEWAY: Final = "https://api.atlassian.com"
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_CLOUD_ID: Final = re.compile(r"[0-9a-zA-Z-]{1,64}")
_SPACE: Final = re.compile(r"~?[A-Za-z0-9_.@:-]{1,255}")
_MAX_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class ConfluenceConfig:
    """One connection to the Confluence of one Atlassian site, or to a Data Center.

    Shape: `site` is the address people open, reduced to scheme and host; on Data Center with the
    path below which it lies, where `api_token` is a personal access token and nothing else is
    needed. On Cloud, with `email` the sign-in
    is basic; without it the token is a service account's and goes as Bearer, which Atlassian takes
    only at its gateway and so needs `cloud_id`. `spaces` are the keys of those that are bound, and
    may be empty while a connection is being set up.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: ConfluenceConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    site: str
    api_token: MaskedText
    spaces: tuple[str, ...] = ()
    email: str | None = None
    cloud_id: str | None = None
    bot_account_id: AccountId | None = None
    request_timeout_s: float = 20.0
    gateway: str = ATLASSIAN_GATEWAY
    ca_file: Path | None = None
    is_data_center: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.site)
        if not parts.hostname or parts.scheme not in ("http", "https"):
            problem = "must be an address such as https://acme.atlassian.net"
            raise ConfluenceConfigWrong(field="site", problem=problem)
        path = parts.path.rstrip("/") if self.is_data_center else ""
        object.__setattr__(self, "site", f"{parts.scheme}://{parts.netloc}{path}")
        # A line break in a Bearer token would make the HTTP library quote it in its error.
        if not _PRINTABLE.fullmatch(self.api_token.reveal()):
            problem = "must be printable ASCII without blanks, and not empty"
            raise ConfluenceConfigWrong(field="api_token", problem=problem)
        if self.email is not None and not re.fullmatch(r"[^\s:@]+@[^\s:@]+", self.email):
            raise ConfluenceConfigWrong(field="email", problem="must be one e-mail address")
        if self.cloud_id is not None and not _CLOUD_ID.fullmatch(self.cloud_id):
            problem = "must be the id shown at <site>/_edge/tenant_info"
            raise ConfluenceConfigWrong(field="cloud_id", problem=problem)
        if self.is_data_center and (self.email is not None or self.cloud_id is not None):
            problem = "and cloud_id are for Cloud; a personal access token is all that is needed"
            raise ConfluenceConfigWrong(field="email", problem=problem)
        if not self.is_data_center and self.email is None and self.cloud_id is None:
            problem = "is needed, or cloud_id when the token belongs to a service account"
            raise ConfluenceConfigWrong(field="email", problem=problem)
        for key in self.spaces:
            if not _SPACE.fullmatch(key):
                problem = f"name {key!r}, which is no key of a space; a key looks like ENG"
                raise ConfluenceConfigWrong(field="spaces", problem=problem)
        if not 0 < self.request_timeout_s <= _MAX_TIMEOUT_S:
            problem = f"must be more than 0 and at most {_MAX_TIMEOUT_S:g} seconds"
            raise ConfluenceConfigWrong(field="request_timeout_s", problem=problem)

    @property
    def api_url(self) -> str:
        """Where requests go: the site's Confluence, or Atlassian's gateway to it."""
        if self.is_data_center:
            return self.site
        if self.cloud_id:
            return f"{self.gateway}/ex/confluence/{self.cloud_id}/wiki"
        return f"{self.site}/wiki"

    def authorization(self) -> str:
        """The value of the Authorization header: secret, for the transport alone."""
        token = self.api_token.reveal()
        if self.email is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self.email}:{token}".encode()).decode()

    def page_url(self, page_id: str) -> str:
        """Where a person opens a page."""
        root = self.site if self.is_data_center else f"{self.site}/wiki"
        return f"{root}/pages/viewpage.action?pageId={page_id}"

    def comment_url(self, page_id: str, comment_id: str) -> str:
        """Where a person opens a page at one comment."""
        return f"{self.page_url(page_id)}&focusedCommentId={comment_id}"
