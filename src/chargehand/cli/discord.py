"""`discord`: the slash commands of a server, registered from the registry of commands."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name

if TYPE_CHECKING:
    # The client takes longer to load than `--help` may.
    from chargehand.connectors.discord.client import DiscordClient
    from chargehand.connectors.discord.commands_sync import CommandChange

    Record = Callable[[tuple[CommandChange, ...]], None]

discord = typer.Typer(
    name="discord",
    help="What is set up at Discord.\n\nExample: chargehand discord register --dry-run",
    no_args_is_help=True,
)


@discord.callback()
def _group() -> None:
    """Keep the group a group, though it has one command."""


@discord.command("register")
def register(
    context: typer.Context,
    *,
    connection: Annotated[
        str | None, typer.Option(metavar="ID", help="Which connection; not needed if only one.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
) -> None:
    """Bring the slash commands of a server in line with chargehand's own.

    Each command is compared first; one that is the same is left alone. Members see a change at
    once.

    Example: chargehand discord register --dry-run
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy and the client take longer than `--help` may.
    from chargehand.bootstrap.configured import find_discord
    from chargehand.bootstrap.discord import open_client
    from chargehand.pipeline.registering import record_registration

    with invocation.open_stores() as (settings, stores):
        configured, clock = find_discord(settings, connection), invocation.clock(settings)
        client = open_client(configured, clock=clock, ca_file=settings.network.ca_file)

        def record(changes: "tuple[CommandChange, ...]") -> None:
            stores.database.write(
                lambda tx: record_registration(
                    tx,
                    client.connection_id,
                    [f"{change.kind.value} {change.name}" for change in changes],
                    by=operator_name(),
                    now=clock.now(),
                )
            )

        count = asyncio.run(_compare(client) if dry_run else _register(client, record))
    if not count:
        typer.echo(f"Server {configured.guild_id} has every command as it is here.")
    elif dry_run:
        typer.echo(f"Nothing was changed; {count} command(s) would be.")
    else:
        typer.echo(f"Changed {count} command(s) of server {configured.guild_id}.")


async def _compare(client: "DiscordClient") -> int:
    """Show what differs; how much that is."""
    try:
        changes = await client.command_changes()
    finally:
        await client.aclose()
    for change in changes:
        typer.echo(_shown(change))
    return len(changes)


async def _register(client: "DiscordClient", record: "Record") -> int:
    """Record what differs and write it, telling each change once it is made; how many they are."""
    try:
        changes = await client.command_changes()
        if changes:
            record(changes)
        for change in changes:
            await client.write_command(change)
            typer.echo(_shown(change))
    finally:
        await client.aclose()
    return len(changes)


def _shown(change: "CommandChange") -> str:
    return f"{change.kind.value:<7}/{change.name}"
