"""What one Jira connection needs to know; checked on construction."""

import base64
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chargehand.connectors.jira.errors import JiraConfigWrong
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.domain.work_item import FieldName
from chargehand.kit.masked import MaskedText
from chargehand.plugins.plain_address import problem_of_address

ATLASSIAN_GATEWAY = "https://api.atlassian.com"
_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]*")
_CLOUD_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_MAX_TIMEOUT_S = 300.0
# Calls are written with this root; a connection to Data Center replaces it by its own.
PLATFORM_ROOT: Final = "/rest/api/3"
_DATA_CENTER_ROOT: Final = "/rest/api/2"
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class Deployment(StrEnum):
    """Which Jira a site is: Atlassian's own, or one that somebody runs."""

    CLOUD = "cloud"
    DATA_CENTER = "data_center"


class ApiToken(MaskedText):
    """The token of the sign-in."""


@dataclass(frozen=True, slots=True)
class JiraConfig:
    """One connection to one site.

    Shape: `site` is the address people open, reduced to scheme and host, of Data Center with its
    path. On Cloud, with `email` the sign-in is basic; without it the token is a service account's
    and goes as Bearer, which Atlassian takes only at its gateway and so needs `cloud_id`.
    `cloud_id` alone sends an e-mail's scoped token through the gateway. On Data Center the token is
    a personal access token, and `user_name` the name people mention the bot by. `projects` may be
    empty while a connection is being set up. `editable_fields` are those people may have set.
    `ca_file` names further authorities to trust.
    Units: `request_timeout_s` covers one write, or one read with all its retries.
    Raises: JiraConfigWrong, naming the field.
    """

    connection_id: ConnectionId
    site: str
    api_token: ApiToken
    projects: tuple[ProjectKey, ...] = ()
    email: str | None = None
    cloud_id: str | None = None
    bot_account_id: AccountId | None = None
    request_timeout_s: float = 20.0
    editable_fields: frozenset[FieldName] = frozenset(FieldName)
    gateway: str = ATLASSIAN_GATEWAY
    ca_file: Path | None = None
    deployment: Deployment = Deployment.CLOUD
    user_name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "site", _clean_site(self.site, self.deployment))
        object.__setattr__(self, "gateway", clean_address(self.gateway, field="gateway"))
        _check_sign_in(self)
        for key in self.projects:
            if not _PROJECT_KEY.fullmatch(key):
                raise JiraConfigWrong(
                    field="projects",
                    problem=f"{key!r} is no project key; a key looks like PAY or TEAM_2",
                )
        if not 0 < self.request_timeout_s <= _MAX_TIMEOUT_S:
            raise JiraConfigWrong(
                field="request_timeout_s",
                problem=f"must be more than 0 and at most {_MAX_TIMEOUT_S:g} seconds",
            )

    @property
    def platform_root(self) -> str:
        """The root of the platform's REST paths."""
        is_cloud = self.deployment is Deployment.CLOUD
        return PLATFORM_ROOT if is_cloud else _DATA_CENTER_ROOT

    @property
    def api_url(self) -> str:
        """Where REST requests go: the site, or Atlassian's gateway to it."""
        return f"{self.gateway}/ex/jira/{self.cloud_id}" if self.cloud_id else self.site

    def authorization(self) -> str:
        """The value of the Authorization header: secret, for the transport alone."""
        token = self.api_token.reveal()
        if self.email is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self.email}:{token}".encode()).decode()

    def item_url(self, key: str) -> str:
        """Where a person opens a work item."""
        return f"{self.site}/browse/{key}"

    def comment_url(self, key: str, comment_id: str) -> str:
        """Where a person opens a work item at one comment."""
        return f"{self.site}/browse/{key}?focusedCommentId={comment_id}"


def clean_address(text: str, *, field: str) -> str:
    """An address reduced to scheme, host and port; a bare host is taken as https.

    Raises: JiraConfigWrong for another scheme than https (http only to this machine itself), for
    credentials in the address, and for what is no address.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise JiraConfigWrong(field=field, problem="is not a web address") from error
    if not host or not re.fullmatch(r"[a-z0-9.:_-]+", host):
        raise JiraConfigWrong(
            field=field, problem="must be an address such as https://acme.atlassian.net"
        )
    if "@" in parts.netloc:
        raise JiraConfigWrong(
            field=field, problem="must not hold a user or password; the token has its own setting"
        )
    if problem := problem_of_address(parts.geturl()):
        raise JiraConfigWrong(field=field, problem=problem)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise JiraConfigWrong(
            field=field, problem="must start with https:// (http:// only to this machine itself)"
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def clean_address_with_path(text: str, *, field: str) -> str:
    """Like `clean_address`, with the path that a server of one's own may stand below.

    Raises: JiraConfigWrong.
    """
    text = text.strip()
    host = clean_address(text, field=field)
    path = urlsplit(text if "://" in text else f"https://{text}").path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise JiraConfigWrong(
            field=field, problem="must end with a plain path, such as https://jira.acme.org/jira"
        )
    return host + path


def _clean_site(text: str, deployment: Deployment) -> str:
    if deployment is Deployment.CLOUD:
        return clean_address(text, field="site")
    return clean_address_with_path(text, field="site")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_sign_in(config: JiraConfig) -> None:
    # A line break in a Bearer token would make the HTTP library quote it in its error.
    if not _PRINTABLE.fullmatch(config.api_token.reveal()):
        raise JiraConfigWrong(
            field="api_token", problem="must be printable ASCII without blanks, and not empty"
        )
    if config.deployment is Deployment.DATA_CENTER:
        _check_data_center(config)
        return
    if config.email is not None and not re.fullmatch(r"[^\s:@]+@[^\s:@]+", config.email):
        raise JiraConfigWrong(field="email", problem="must be one e-mail address")
    if config.cloud_id is not None and not _CLOUD_ID.fullmatch(config.cloud_id):
        raise JiraConfigWrong(
            field="cloud_id", problem="must be the id shown at <site>/_edge/tenant_info"
        )
    if config.email is None and config.cloud_id is None:
        raise JiraConfigWrong(
            field="email",
            problem="is needed, or cloud_id when the token belongs to a service account",
        )


def _check_data_center(config: JiraConfig) -> None:
    for field in ("email", "cloud_id"):
        if getattr(config, field) is not None:
            problem = "is for Jira Cloud; on Data Center a personal access token is all it takes"
            raise JiraConfigWrong(field=field, problem=problem)
