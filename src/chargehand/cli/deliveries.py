"""`deliveries`: what reached chargehand, before anything was made of it."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.one_by_one import one_by_one
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import echo_json, echo_next, echo_table, local_time
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ConnectionId

deliveries = typer.Typer(
    name="deliveries",
    help="Requests as they were received, once each: webhooks and polled items. Every delivery "
    "means exactly one event.\n\nExample: chargehand deliveries list --last 5",
    no_args_is_help=True,
)


class NoDeliveryNamed(Rejected):
    """Nobody can tell which deliveries are meant."""

    code = "no_delivery_named"
    template = "Name deliveries that were given up, or all of them with --all, but not both."


@deliveries.command("list")
def list_(
    context: typer.Context,
    *,
    last: Last = 20,
    connection: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this connection, such as jira.")
    ] = None,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List the newest deliveries; a duplicate names the event another one had told of.

    Example: chargehand deliveries list --last 5 --json
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_deliveries
    from chargehand.pipeline.showing import to_json

    wanted = ConnectionId(connection) if connection is not None else None
    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: list_deliveries(tx, cursor=cursor, limit=last, connection_id=wanted)
        )
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No deliveries here yet. `chargehand doctor` says how they arrive.")
        return
    echo_table(
        ("id", f"received ({settings.business.time_zone})", "from", "bytes", "event", "duplicate"),
        [
            (
                one.id,
                local_time(one.received_at, settings),
                f"{one.connection_id} {one.source}",
                str(one.size_bytes),
                one.duplicate_of or one.event_id,
                "yes" if one.duplicate_of else "",
            )
            for one in page.items
        ],
    )
    echo_next(page.next_cursor)


@deliveries.command("given-up")
def given_up(
    context: typer.Context, *, last: Last = 20, cursor: Cursor = None, as_json: AsJSON = False
) -> None:
    """List the newest deliveries nobody could dispatch, which wait for `deliveries retry`.

    Example: chargehand deliveries given-up
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.given_up import list_given_up
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = list_given_up(stores.queue, cursor=cursor, limit=last)
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No delivery was given up.")
        return
    echo_table(
        ("id", f"received ({settings.business.time_zone})", "from", "bytes", "because"),
        [
            (
                one.id,
                local_time(one.received_at, settings),
                f"{one.connection_id} {one.source}",
                str(one.size_bytes),
                one.error,
            )
            for one in page.items
        ],
    )
    echo_next(page.next_cursor)
    typer.echo("\nNext, when the cause is gone: chargehand deliveries retry ID, or --all")


@deliveries.command("retry")
def retry(
    context: typer.Context,
    identifiers: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]", help="Deliveries that were given up.")
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="All that were given up, the newest thousand.")
    ] = False,
) -> None:
    """Have deliveries that were given up dispatched once more, as if they had never failed.

    What they ask is as old as it is: a question that waited for too long becomes a late ask.

    Example: chargehand deliveries retry --all
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.given_up import MOST_AT_ONCE, take_up_again

    if every is bool(identifiers):
        raise NoDeliveryNamed
    with invocation.open_stores() as (settings, stores):
        now, by = invocation.clock(settings).now(), operator_name()
        wanted = identifiers or [one.id for one in stores.queue.given_up(MOST_AT_ONCE)]

        def again(identifier: str) -> str:
            found = stores.database.write(
                lambda tx: take_up_again(tx, stores.queue, identifier, by=by, now=now)
            )
            return f"{found} is dispatched next."

        one_by_one(wanted, again)
    if not wanted:
        typer.echo("No delivery was given up.")
