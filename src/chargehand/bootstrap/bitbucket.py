"""What the worker needs of a Bitbucket connection: everything, with a client to call."""

from dataclasses import replace
from pathlib import Path

from chargehand.bootstrap.settling import SETTLE_MARGIN
from chargehand.config.bitbucket_settings import BitbucketConnection
from chargehand.connectors.bitbucket.accounts import made_up_account
from chargehand.connectors.bitbucket.client import BitbucketClient
from chargehand.connectors.bitbucket.config import BitbucketConfig, Deployment
from chargehand.connectors.bitbucket.limits import limits_of
from chargehand.connectors.bitbucket.parse import BitbucketParser
from chargehand.connectors.bitbucket.preview import BitbucketPreviewer, DataCenterPreviewer
from chargehand.domain.ids import AccountId, ConnectionId, ProjectKey
from chargehand.kit.masked import MaskedText
from chargehand.pipeline.connection import LiveConnection
from chargehand.plugins.limits import LimitBoard, scaled
from chargehand.plugins.vendor_line import Surroundings


def live_bitbucket(
    configured: BitbucketConnection, around: Surroundings, *, ca_file: Path | None = None
) -> LiveConnection:
    """One Bitbucket, with a client that is not connected yet."""
    limits = LimitBoard(around.clock, factor=configured.limit_factor)
    client = open_client(configured, replace(around, limits=limits), ca_file=ca_file)
    return LiveConnection(
        id=ConnectionId(configured.id),
        connector=configured.connector,
        site=configured.site,
        projects=frozenset(ProjectKey(key) for key in configured.projects),
        parser=parser_of(configured),
        previewer=previewer_of(configured),
        client=client,
        accounts=client,
        code=client,
        poll_interval=configured.polled_every,
        send_within=configured.request_timeout,
        settle_after=configured.request_timeout + SETTLE_MARGIN,
        channels={
            name: frozenset(ProjectKey(key) for key in projects)
            for name, projects in configured.repositories.items()
        },
        tells_in_public=configured.tell_in_public,
        limits=limits,
        limits_of=scaled(limits_of, configured.limit_factor),
    )


def parser_of(configured: BitbucketConnection) -> BitbucketParser:
    """What reads the deliveries of one Bitbucket."""
    config = config_of(configured)
    account = config.bot_account_id
    if account is None and config.bot_name:
        # Nobody told the account yet; what stands for it is what the bot is known by here too.
        account = made_up_account(config)
    return BitbucketParser(account, config.bot_name)


def previewer_of(configured: BitbucketConnection) -> BitbucketPreviewer:
    """What words the actions of one Bitbucket for people."""
    is_cloud = configured.deployment == "cloud"
    return BitbucketPreviewer() if is_cloud else DataCenterPreviewer()


def open_client(
    configured: BitbucketConnection, around: Surroundings, *, ca_file: Path | None = None
) -> BitbucketClient:
    """A client of one Bitbucket."""
    config = config_of(configured, ca_file=ca_file)
    return BitbucketClient(config, around)


def config_of(configured: BitbucketConnection, *, ca_file: Path | None = None) -> BitbucketConfig:
    """What the connector needs to know of one Bitbucket.

    Raises: BitbucketConfigWrong.
    """
    return BitbucketConfig(
        connection_id=ConnectionId(configured.id),
        token=MaskedText(configured.api_token.get_secret_value()),
        api_url=configured.api_url,
        deployment=Deployment(configured.deployment),
        email=configured.email,
        bot_account_id=AccountId(configured.account_id) if configured.account_id else None,
        bot_name=configured.user_name or "",
        repositories=tuple(configured.repositories),
        request_timeout_s=configured.request_timeout.total_seconds(),
        ca_file=ca_file,
    )
