"""`rotate`: a new secret is tried before it takes the place of the old one."""

import asyncio
import os
import secrets
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import AnswerWrong, ask, choose, is_terminal
from chargehand.cli.bitbucket_hooks import hook_address, put_hooks
from chargehand.cli.connecting import (
    FlagsMissing,
    call,
    echo_check,
    read_secret,
    read_signing_secret,
)
from chargehand.cli.context import Invocation, operator_name

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.drafting import ConfigFiles
    from chargehand.bootstrap.rotating import Change
    from chargehand.config.settings import Connection

# What a secret has to do with; a channel that is gone says nothing of a token.
_OF_SECRETS = frozenset(
    {"site", "sign-in", "scopes", "socket mode", "application", "public key", "server"}
)
_WORDS = {
    "api_token": "API token",
    "bot_token": "Bot token",
    "private_key": "Private key",
    "token": "Token",
    "app_token": "App token",
    "path_token": "Path token",
    "webhook_secrets": "Signing secret",
}
_NEW = "CHARGEHAND_NEW_SECRET"


def rotate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection by its name.")],
    *,
    secret: Annotated[
        str | None,
        typer.Option(
            help="Which one: api_token, bot_token, app_token, token, private_key, webhook_secrets."
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Option(help="The new secret; better in the environment than here.", envvar=_NEW),
    ] = None,
    expires_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day it stops working."),
    ] = None,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="End the older of two signing secrets.")
    ] = False,
    webhooks: Annotated[
        bool,
        typer.Option("--webhooks", help="Have Bitbucket's webhooks sign with the newest secret."),
    ] = False,
) -> None:
    """Replace a secret of a connection, once the vendor took the new one.

    A signing secret can not be tried by a call: the new one is added, both are accepted, and
    `--drop-old` ends the older one when the vendor signs with the new.

    Example: chargehand rotate jira --expires-on 2027-11-01
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.connection_keeping import Hand
    from chargehand.bootstrap.drafting import read_files
    from chargehand.bootstrap.rotating import find_configured
    from chargehand.bootstrap.rotating import rotate as put

    file = invocation.config or Path("chargehand.toml")
    files = read_files(file, os.environ)
    settings = invocation.load_settings()
    connection = find_configured(files, name)
    if webhooks:
        _renew_hooks(invocation, connection)
        return
    ends_on = expires_on.date() if expires_on is not None else None
    change = (
        _dropping()
        if drop_old
        else _asked(connection, secret, new, ends_on, invocation.clock(settings).now().date())
    )
    _try(files, connection, change)
    if drop_old and connection.connector == "github":
        _sign_with_newest(files, connection)
    hand = Hand(operator_name(), invocation.clock(settings))
    put(file, os.environ, name, change, hand=hand)
    _tell(files, connection, change, is_own=new is None)


def _renew_hooks(invocation: Invocation, connection: "Connection") -> None:
    """Have Bitbucket's webhooks sign with the newest secret, which the service accepts by then."""
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.config.bitbucket_settings import BitbucketConnection

    signing = connection.webhook_secrets
    if not isinstance(connection, BitbucketConnection) or not signing:
        problem = f"{connection.id} has no webhooks that chargehand could set"
        raise AnswerWrong(what="--webhooks", problem=problem)
    url = hook_address(invocation.load_settings().server.public_url or "", connection.id)
    if not put_hooks(invocation, connection, url=url, secret=signing[0].get_secret_value()):
        sys.exit(1)


def _dropping() -> "Change":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.rotating import SIGNING, Change

    return Change(SIGNING, None)


def _asked(
    connection: "Connection",
    secret: str | None,
    new: str | None,
    ends_on: date | None,
    today: date,
) -> "Change":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.rotating import SIGNING, Change, rotatable

    if ends_on is not None and ends_on <= today:
        raise AnswerWrong(what="--expires-on", problem=f"{ends_on} is not in the future")
    known = rotatable(connection)
    setting = choose("Which secret", secret, known, flag="--secret", default=known[0])
    makes_its_own = connection.connector in ("bitbucket", "github", "jira")
    if setting == SIGNING and new is None and makes_its_own:
        # There whoever makes the webhook makes its secret.
        return Change(setting, secrets.token_urlsafe(32), ends_on)
    if new is None and not is_terminal():
        raise FlagsMissing(flags=f"--new (or {_NEW})")
    read = read_signing_secret if setting == SIGNING else read_secret
    text = ask(f"New {_WORDS[setting]} (not shown)", new, read, flag="--new", hidden=True)
    return Change(setting, text, ends_on)


def _try(files: "ConfigFiles", connection: "Connection", change: "Change") -> None:
    """End with 1 unless the vendor takes the new secret; nothing is changed by then."""
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.rotating import SIGNING, with_secret
    from chargehand.plugins.connector import CheckState

    wanted = with_secret(connection, change)
    if change.setting in (SIGNING, "path_token"):
        return
    failed = 0
    for check in asyncio.run(call(files.settings, wanted)):
        if check.name in _OF_SECRETS:
            echo_check(check)
            failed += check.state is CheckState.FAILED
    if failed:
        typer.echo("The new secret does not work; the old one stays in its place.", err=True)
        sys.exit(1)


def _tell(
    files: "ConfigFiles", connection: "Connection", change: "Change", *, is_own: bool
) -> None:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.rotating import SIGNING

    name = connection.id
    if change.text is None:
        typer.echo(f"The older signing secret of {name} is ended.")
    elif change.setting == SIGNING:
        typer.echo(f"{name} accepts the new signing secret beside the old one.")
        if is_own and connection.connector == "jira":
            url = f"{files.settings.server.public_url or ''}/webhooks/jira/{name}"
            typer.echo("After the reload, in Jira under System > Webhooks, put it into the webhook")
            typer.echo(f"  URL     {url}\n  Secret  {change.text}")
        elif connection.connector == "github":
            _tell_github(connection, name, change.text)
            return
        if connection.connector == "bitbucket":
            typer.echo(f"After the reload, set the webhooks: chargehand rotate {name} --webhooks")
        typer.echo(f"When something arrived by it: chargehand rotate {name} --drop-old")
    else:
        typer.echo(
            f"The new secret works and is in its place: connections.{name}.{change.setting}."
        )
        typer.echo("Revoke the old one at the vendor after the reload.")
    typer.echo("Let the running service know it: systemctl reload chargehand, or SIGHUP.")


def _tell_github(connection: "Connection", name: str, secret: str) -> None:
    typer.echo("Let the running service know it: systemctl reload chargehand, or SIGHUP.")
    if getattr(connection, "token", None) is None:
        typer.echo(f"Then put it into the webhook on the App's page on GitHub: {secret}")
    typer.echo(f"Then have GitHub sign with it alone: chargehand rotate {name} --drop-old")


def _sign_with_newest(files: "ConfigFiles", connection: "Connection") -> None:
    """Give the webhooks of its repositories the newest secret; 1 where that does not work."""
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_github import register_hooks
    from chargehand.config.github_settings import GitHubConnection

    public_url, ca_file = files.settings.server.public_url, files.settings.network.ca_file
    if not isinstance(connection, GitHubConnection) or connection.token is None:
        return
    if public_url is None or not connection.webhook_secrets:
        return
    # The newest stands first.
    secret = connection.webhook_secrets[0].get_secret_value()
    outcomes = asyncio.run(register_hooks(connection, public_url, secret=secret, ca_file=ca_file))
    for one in outcomes:
        word = one.problem or "signed with the new secret from now on"
        typer.echo(f"The webhook of {one.repository}: {word}")
    if any(one.problem for one in outcomes):
        typer.echo(
            f"The older secret stays, since not every webhook took the new one. Put it there by "
            f"hand, and take the older one out of the settings: {secret}",
            err=True,
        )
        sys.exit(1)
