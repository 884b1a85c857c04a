"""What the worker needs of a GitHub connection: everything, with a client to call."""

from dataclasses import replace
from pathlib import Path

from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.github_settings import GitHubConnection
from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.config import AppSignIn, GitHubConfig
from chargehand.connectors.github.limits import limits_of
from chargehand.connectors.github.parse import GitHubParser
from chargehand.connectors.github.preview import GitHubPreviewer
from chargehand.domain.ids import ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.limits import LimitBoard, scaled
from chargehand.plugins.vendor_line import Surroundings


def live_github(
    configured: GitHubConnection,
    around: Surroundings,
    *,
    ca_file: Path | None = None,
    public_url: str | None = None,
) -> LiveConnection:
    """One GitHub, with a client that is not connected yet."""
    limits = LimitBoard(around.clock, factor=configured.limit_factor)
    client = open_client(
        configured, replace(around, limits=limits), ca_file=ca_file, public_url=public_url
    )
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=GitHubParser(configured.login),
        previewer=GitHubPreviewer(),
        client=client,
        accounts=client,
        code=client,
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        tells_in_public=configured.tell_in_public,
        channels={
            repository: frozenset(ProjectKey(key) for key in projects)
            for repository, projects in configured.repositories.items()
        },
        limits=limits,
        limits_of=scaled(limits_of, configured.limit_factor),
    )


def open_client(
    configured: GitHubConnection,
    around: Surroundings,
    *,
    ca_file: Path | None = None,
    public_url: str | None = None,
) -> GitHubClient:
    """A client of one GitHub."""
    config = config_of(configured, ca_file=ca_file, public_url=public_url)
    return GitHubClient(config, around)


def config_of(
    configured: GitHubConnection, *, ca_file: Path | None = None, public_url: str | None = None
) -> GitHubConfig:
    """What the connector needs to know of one GitHub.

    Raises: GitHubConfigWrong.
    """
    token, key = configured.token, configured.private_key
    app = None
    if configured.app_id is not None and configured.installation_id is not None and key is not None:
        # A file of names holds one line for each.
        pem = MaskedText(key.get_secret_value().replace("\\n", "\n"))
        app = AppSignIn(configured.app_id, int(configured.installation_id), pem)
    is_posted_to = public_url is not None and configured.takes_webhooks
    return GitHubConfig(
        connection_id=ConnectionId(configured.id),
        token=None if token is None else MaskedText(token.get_secret_value()),
        app=app,
        repositories=tuple(configured.repositories),
        api_url=configured.api_url,
        webhook_url=webhook_url(public_url or "", configured.id) if is_posted_to else None,
        request_timeout_s=configured.request_timeout.total_seconds(),
        ca_file=ca_file,
    )


def webhook_url(public_url: str, connection_id: str) -> str:
    """Where GitHub is to post to."""
    return f"{public_url.rstrip('/')}/webhooks/github/{connection_id}"
