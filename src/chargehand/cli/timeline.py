"""`timeline`: what happened on one work item, and what was decided and done about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.naming import bot_names, with_names
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import ERASED, echo_json, echo_next, excerpt, local_time, safe_line

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from collections.abc import Mapping

    from chargehand.config.settings import Settings
    from chargehand.pipeline.timeline import TimelineEntry


def timeline(
    context: typer.Context,
    work_item: Annotated[str, typer.Argument(metavar="KEY", help="A work item, such as PAY-7.")],
    *,
    last: Last = 20,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """Tell what happened on one work item, newest first.

    Example: chargehand timeline PAY-7
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.timeline import read_timeline

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: read_timeline(tx, work_item, cursor=cursor, limit=last)
        )
        names = bot_names(stores)
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo(
            f"Nothing is known of {safe_line(work_item)}. `chargehand events list` shows all."
        )
        return
    typer.echo(f"{safe_line(work_item)}, times in {settings.business.time_zone}\n")
    for entry in page.items:
        _echo_entry(entry, names, settings)
    echo_next(page.next_cursor)


def _echo_entry(entry: "TimelineEntry", names: "Mapping[str, str]", settings: "Settings") -> None:
    event = entry.event
    said = ERASED if event.is_erased else excerpt(with_names(event.text or "", names))
    by = safe_line(event.actor_name) or "-"
    at = local_time(event.occurred_at, settings)
    typer.echo(f"{at}  {event.kind.value}  {by}: {safe_line(said)}".rstrip(" :"))
    for decision in entry.decisions:
        typer.echo(f"    {decision.verdict.value}: {decision.reason.value}  {decision.id}")
    for action in entry.actions:
        typer.echo(f"    {action.kind.value}: {action.state.value}  {action.id}")
