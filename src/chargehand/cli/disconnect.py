"""`disconnect`: takes out what `connect` made, after showing what that is."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import is_terminal
from chargehand.cli.bitbucket_hooks import hook_address, remove_hooks
from chargehand.cli.connecting import FlagsMissing
from chargehand.cli.context import Invocation, operator_name
from chargehand.domain.errors import ChargehandError

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.bootstrap.connection_removal import Removal
    from chargehand.config.discord_settings import DiscordConnection
    from chargehand.config.github_settings import GitHubConnection


def disconnect(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection by its name.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Take a connection out: its settings, its secrets, and what was registered; nothing else.

    What was received and done under its name stays, and its place in the audit.

    Example: chargehand disconnect slack
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.connection_keeping import Hand
    from chargehand.bootstrap.connection_removal import plan_removal, remove
    from chargehand.config.bitbucket_settings import BitbucketConnection
    from chargehand.config.discord_settings import DiscordConnection
    from chargehand.config.github_settings import GitHubConnection

    file = invocation.config or Path("chargehand.toml")
    plan = plan_removal(file, os.environ, name)
    _show(plan)
    if not yes:
        if not is_terminal():
            raise FlagsMissing(flags="--yes")
        if not typer.confirm("Take it out?"):
            typer.echo("Nothing was changed.")
            raise typer.Exit(1)
    settings = invocation.load_settings()
    if isinstance(plan.connection, DiscordConnection):
        _take_commands(invocation, plan.connection)
    if isinstance(plan.connection, BitbucketConnection) and plan.connection.takes_webhooks:
        url = hook_address(settings.server.public_url or "", name)
        remove_hooks(invocation, plan.connection, url=url)
    if isinstance(plan.connection, GitHubConnection):
        _take_webhooks(invocation, plan.connection)
    hand = Hand(operator_name(), invocation.clock(settings))
    remove(file, os.environ, name, hand=hand)
    typer.echo(f"{name} is taken out. Let the running service know it: systemctl reload.")


def _show(plan: "Removal") -> None:
    typer.echo(f"{plan.connection.id} is {plan.connection.connector} at {plan.connection.site}.")
    typer.echo("This goes:")
    typer.echo(f"  its table in {plan.files.file}")
    if plan.names:
        typer.echo(f"  {', '.join(plan.names)} in {plan.names_file}")
    if plan.stored:
        typer.echo(f"  the stored secrets {', '.join(plan.stored)}")
    if plan.connection.connector == "discord":
        typer.echo("  the commands registered with Discord")
    if plan.connection.connector == "bitbucket" and plan.connection.takes_webhooks:
        typer.echo("  the webhooks of its repositories")
    if plan.connection.connector == "github":
        typer.echo("  the webhooks registered in its repositories")
    if plan.left:
        typer.echo(f"This stays, take it away yourself: {', '.join(plan.left)}")
    typer.echo("The app or token you made at the vendor stays; end it there.")


def _take_commands(invocation: Invocation, configured: "DiscordConnection") -> None:
    """Take the commands away at Discord, where that still works."""
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.discord import open_client
    from chargehand.plugins.vendor_line import Surroundings

    settings = invocation.load_settings()
    clock, ca_file = invocation.clock(settings), settings.network.ca_file
    client = open_client(configured, Surroundings(clock), ca_file=ca_file, commands=())
    # lazy: as above.
    from chargehand.cli.discord import recording, write_differences

    with invocation.open_stores() as (_, stores):
        record = recording(stores, client, clock)
        try:
            count = asyncio.run(write_differences(client, record))
        except ChargehandError as error:
            typer.echo(f"Discord's commands could not be taken away: {error}")
            typer.echo("They vanish with the application, or when the bot leaves the server.")
        else:
            typer.echo(f"Took {count} command(s) away at Discord.")


def _take_webhooks(invocation: Invocation, configured: "GitHubConnection") -> None:
    """Take the webhooks away at GitHub, where that still works."""
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.surveying_github import remove_hooks

    settings = invocation.load_settings()
    if settings.server.public_url is None or configured.token is None:
        # An App's webhook stands on its own page, and goes with it.
        return
    ca_file = settings.network.ca_file
    for one in asyncio.run(remove_hooks(configured, settings.server.public_url, ca_file=ca_file)):
        if one.problem:
            typer.echo(f"The webhook of {one.repository} could not be removed: {one.problem}")
        else:
            typer.echo(f"Took the webhook of {one.repository} away at GitHub.")
