"""`discord`: the slash commands of a server, registered from the registry of commands."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name

if TYPE_CHECKING:
    # The client takes longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.connectors.discord.client import DiscordClient
    from chargehand.connectors.discord.commands_sync import CommandChange
    from chargehand.kit.clock import Clock

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
    if dry_run:
        _compare_commands(context.obj, connection)
    else:
        register_commands(context.obj, connection)


def _compare_commands(invocation: Invocation, connection: str | None) -> None:
    # lazy: the client takes longer to load than `--help` may.
    from chargehand.bootstrap.configured import find_discord
    from chargehand.bootstrap.discord import open_client
    from chargehand.plugins.vendor_line import Surroundings

    settings = invocation.load_settings()
    configured, clock = find_discord(settings, connection), invocation.clock(settings)
    client = open_client(configured, Surroundings(clock), ca_file=settings.network.ca_file)
    count = asyncio.run(_compare(client))
    if count:
        typer.echo(f"Nothing was changed; {count} command(s) would be.")
    else:
        _echo_same(configured.guild_id)


def register_commands(invocation: Invocation, connection: str | None) -> None:
    """Register what differs, recorded beforehand, and tell each change.

    Raises: ConnectionMissing, and the errors of plugins/errors.py.
    """
    # lazy: SQLAlchemy and the client take longer than `--help` may.
    from chargehand.bootstrap.configured import find_discord
    from chargehand.bootstrap.discord import open_client
    from chargehand.plugins.vendor_line import Surroundings

    with invocation.open_stores() as (settings, stores):
        configured, clock = find_discord(settings, connection), invocation.clock(settings)
        client = open_client(configured, Surroundings(clock), ca_file=settings.network.ca_file)
        count = asyncio.run(write_differences(client, recording(stores, client, clock)))
    if count:
        typer.echo(f"Changed {count} command(s) of server {configured.guild_id}.")
    else:
        _echo_same(configured.guild_id)


def recording(stores: "Stores", client: "DiscordClient", clock: "Clock") -> "Record":
    """What records changes before they are made."""
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.registering import record_registration

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

    return record


def _echo_same(guild_id: str) -> None:
    typer.echo(f"Server {guild_id} has every command as it is here.")


async def _compare(client: "DiscordClient") -> int:
    """Show what differs; how much that is."""
    try:
        changes = await client.command_changes()
    finally:
        await client.aclose()
    for change in changes:
        typer.echo(_shown(change))
    return len(changes)


async def write_differences(client: "DiscordClient", record: "Record") -> int:
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
