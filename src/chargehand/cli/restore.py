"""`restore`, and what `resume` does after one: the way back from a backup."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.output import echo_table, zoned_time

if TYPE_CHECKING:
    # pydantic and SQLAlchemy take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.kit.clock import Clock
    from chargehand.pipeline.resuming import Resumed


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
) -> None:
    """Put a backup in the place of the databases; the service has to be stopped.

    What was there is kept aside. The restored database sends nothing until `chargehand resume
    --after-restore`. On PostgreSQL name an empty database first; no other is written to.

    Example: chargehand restore /mnt/elsewhere/chargehand.tar.gz
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.restoring import restore as put_back

    settings = invocation.load_settings()
    clock = invocation.clock(settings)
    restored = put_back(settings, file, clock=clock, by=operator_name())
    moment = zoned_time(restored.checked.manifest.created_at, settings)
    typer.echo(f"Restored as of {moment}. What was replaced is in {restored.aside}.")
    if not restored.checked.is_intact:
        typer.echo("Its audit chain is BROKEN; `chargehand audit verify` says where.")
    typer.echo("\nIt is HELD: deliveries are received and judged, and nothing is sent.")
    typer.echo("Start the service, then run `chargehand resume --after-restore`.")
    typer.echo("Modes, API keys, passwords, members and their roles, flags and stops are those of")
    typer.echo(f"{moment}: a key revoked since, an old password and a member who left work again,")
    typer.echo("and a stop or flag set since is not in force. Everybody has to sign in again.")
    typer.echo("Look at `chargehand modes show`, `keys list`, `members list`, `flags list` and")
    typer.echo("`status` first.")
    _tell_of_missing_keys(invocation)


def _tell_of_missing_keys(invocation: Invocation) -> None:
    """The backup holds stored secrets sealed, and never their key."""
    # lazy: SQLAlchemy and the library that encrypts take longer than `--help` may.
    from chargehand.bootstrap.stored_secrets import names_without_key

    with invocation.open_stores() as (settings, stores):
        names = names_without_key(settings, stores.database)
    if names:
        typer.echo(f"\nStored secrets that can NOT be opened here: {', '.join(names)}.")
        typer.echo(
            f"Their key is in no backup: put the old file back as {settings.secrets.key_file}"
        )
        typer.echo("before the service starts, or set each anew with `chargehand secrets set`.")


def resume_after_restore(invocation: Invocation) -> None:
    """Allow sending again after a restore, once every open action was looked up at its vendor.

    The service may run. What had happened is recorded and not sent again.
    Raises: NotHeld, NotLookedUp.
    """
    with invocation.open_stores() as (settings, stores):
        clock = invocation.clock(settings)
        resumed = asyncio.run(_resume(settings, stores, clock))
        moment = zoned_time(resumed.hold.held_at, settings)
    _echo_resumed(resumed, moment)


async def _resume(settings: "Settings", stores: "Stores", clock: "Clock") -> "Resumed":
    # lazy: the clients take longer to load than `--help` may.
    from chargehand.bootstrap.configured import pipeline_rules
    from chargehand.bootstrap.connections import live_connections
    from chargehand.pipeline.resuming import Resuming

    connections = live_connections(settings, clock=clock)
    rules = pipeline_rules(settings)
    try:
        resuming = Resuming(stores.database, connections, rules=rules, clock=clock)
        return await resuming.resume(by=operator_name())
    finally:
        for connection in connections.values():
            await connection.client.aclose()


def _echo_resumed(resumed: "Resumed", moment: str) -> None:
    groups = (
        (resumed.happened, "had happened, and is not sent again"),
        (resumed.goes_on, "is surely not there, or waits for a person as before"),
        (resumed.asks_again, "can not be told; see `chargehand approvals list` and `status`"),
    )
    rows = [(action_id, words) for group, words in groups for action_id in group]
    if rows:
        echo_table(("action", "found"), rows)
    else:
        typer.echo("No action was open when the backup was made.")
    for one in resumed.unknown_effects:
        typer.echo(f"The bot commented on {one.work_item} ({one.comment_id}); its record is lost.")
    typer.echo(f"\nSending is allowed again. Questions from before {moment} wait as late:")
    typer.echo("look at the thread, then use `chargehand asks late`.")
