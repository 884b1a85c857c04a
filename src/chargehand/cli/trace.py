"""`trace`: one thing from delivery to effect, on one screen."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.naming import bot_names
from chargehand.cli.options import AsJSON
from chargehand.cli.output import (
    echo_json,
    indented,
    local_time,
    plain_lines,
    precise_time,
    safe_line,
    span,
    zoned_time,
)
from chargehand.cli.story import Step, tell
from chargehand.domain.errors import ChargehandError
from chargehand.domain.ids import DeliveryId
from chargehand.kit.ids import id_kind

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.domain.records import AuditRecord
    from chargehand.pipeline.looking import Trace

_INDENT = " " * 4
_DATE_LENGTH = len("2026-11-19 ")


def trace(
    context: typer.Context,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A delivery, event, ask, decision, action or approval, by id; an approval by its "
            "short id too.",
        ),
    ],
    *,
    as_json: AsJSON = False,
) -> None:
    """Tell the whole story of one thing: who said what, what was decided and why, what was done.

    Example: chargehand trace 7h2k9d
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.errors import NotFound
    from chargehand.pipeline.looking import find_trace
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        try:
            found = stores.database.read(lambda tx: find_trace(tx, identifier))
        except NotFound as error:
            raise _why_no_story(stores, settings, identifier, error) from error
        if as_json:
            echo_json(to_json(found))
            return
        names = bot_names(stores)
    _echo_trace(found, tell(found, names), settings)


def _why_no_story(
    stores: "Stores", settings: "Settings", identifier: str, error: ChargehandError
) -> Exception:
    """A delivery that was stored and not looked at yet has no story, but it is not lost."""
    is_delivery = id_kind(identifier) == "delivery"
    stored = stores.queue.read(DeliveryId(identifier)) if is_delivery else None
    if stored is None:
        return error
    received = zoned_time(stored.delivery.received_at, settings)
    typer.echo(
        f"{identifier} was received at {received} and is stored; no worker has taken it yet."
    )
    return typer.Exit(1)


def _echo_trace(found: "Trace", steps: Sequence[Step], settings: "Settings") -> None:
    event = found.event
    place = event.work_item or event.project or event.connection_id
    zone = settings.business.time_zone
    typer.echo(f"{event.kind.value} on {place}, times in {zone}")
    day: date | None = None
    before: datetime | None = None
    kinds = max(len(step.kind) for step in steps)
    for step in steps:
        local = step.at.astimezone(settings.business.zone)
        if local.date() != day:
            day = local.date()
            typer.echo(f"\n{day:%A} {day}")
        clock = precise_time(step.at, settings.business.zone)[_DATE_LENGTH:]
        line = step.line
        if step.until is not None:
            line += " " + precise_time(step.until, settings.business.zone)
        delta = f"+{span(step.at - before)}" if before is not None else ""
        typer.echo(f"{clock}  {delta:>12}  {step.kind.ljust(kinds)}  {safe_line(line)}")
        for text in step.details:
            typer.echo(indented(text, " " * 14 + _INDENT))
        before = step.at
    _echo_audit(found.audit, settings)


def _echo_audit(records: "Sequence[AuditRecord]", settings: "Settings") -> None:
    if not records:
        return
    typer.echo("\nAudit records")
    rows = [
        (str(one.seq), local_time(one.recorded_at, settings), one.tag, one.subject_id)
        for one in records
    ]
    for line in plain_lines(rows):
        typer.echo(f"  {line}")
