"""`deliveries`: what reached chargehand, before anything was made of it."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import echo_json, echo_next, echo_table, local_time
from chargehand.domain.ids import ConnectionId

deliveries = typer.Typer(
    name="deliveries",
    help="Requests as they were received, once each: webhooks and polled items. Every delivery "
    "means exactly one event.\n\nExample: chargehand deliveries list --last 5",
    no_args_is_help=True,
)


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
