"""Looks at GitHub before it is configured, and registers webhooks where an operator wants them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chargehand.bootstrap.github import open_client, webhook_url
from chargehand.config.github_settings import GitHubConnection
from chargehand.connectors.github.client import GitHubClient
from chargehand.connectors.github.config import AppSignIn, GitHubConfig
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import ConnectionId
from chargehand.kit.clock import SystemClock
from chargehand.kit.masked import MaskedText
from chargehand.plugins.connector import BotIdentity
from chargehand.plugins.vendor_line import Surroundings


@dataclass(frozen=True, slots=True)
class GitHubSignIn:
    """What somebody signs in with: a token, or an App's id, installation and key."""

    token: str = ""
    app_id: str = ""
    installation_id: int = 0
    private_key: str = ""


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What became of the webhook of one repository; `problem` is empty when all is well."""

    repository: str
    problem: str = ""


async def survey_github(
    sign_in: GitHubSignIn, *, api_url: str, timeout_s: float, ca_file: Path | None = None
) -> BotIdentity:
    """Sign in and ask who the bot is, changing nothing.

    Raises: GitHubConfigWrong, and the errors of plugins/errors.py.
    """
    app = None
    if sign_in.app_id:
        key = MaskedText(sign_in.private_key)
        app = AppSignIn(sign_in.app_id, sign_in.installation_id, key)
    config = GitHubConfig(
        connection_id=ConnectionId("github"),
        token=MaskedText(sign_in.token) if sign_in.token else None,
        app=app,
        api_url=api_url,
        request_timeout_s=timeout_s,
        ca_file=ca_file,
    )
    client = GitHubClient(config, Surroundings(SystemClock()))
    try:
        return await client.identify_bot()
    finally:
        await client.aclose()


async def register_hooks(
    configured: GitHubConnection, public_url: str, *, secret: str, ca_file: Path | None = None
) -> Sequence[HookOutcome]:
    """Have GitHub post what happens in every bound repository to us, signed with a secret."""
    url = webhook_url(public_url, configured.id)
    client = open_client(configured, Surroundings(SystemClock()), ca_file=ca_file)
    outcomes = []
    try:
        for repository in configured.repositories:
            try:
                await client.hooks.register(repository, url, secret=secret)
            except ChargehandError as error:
                outcomes.append(HookOutcome(repository, str(error)))
            else:
                outcomes.append(HookOutcome(repository))
    finally:
        await client.aclose()
    return outcomes


async def remove_hooks(
    configured: GitHubConnection, public_url: str, *, ca_file: Path | None = None
) -> Sequence[HookOutcome]:
    """Have GitHub post no longer; what can not be removed is said and left."""
    url = webhook_url(public_url, configured.id)
    client = open_client(configured, Surroundings(SystemClock()), ca_file=ca_file)
    outcomes = []
    try:
        for repository in configured.repositories:
            try:
                if await client.hooks.remove(repository, url):
                    outcomes.append(HookOutcome(repository))
            except ChargehandError as error:
                outcomes.append(HookOutcome(repository, str(error)))
    finally:
        await client.aclose()
    return outcomes
