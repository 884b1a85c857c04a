"""`flags`: switches that work while everything runs; a change holds at once everywhere."""

from enum import StrEnum
from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, zoned_time
from chargehand.flags.registry import Flag

flags = typer.Typer(
    name="flags",
    help="Switches that work without a restart, in every process at once.\n\n"
    "Example: chargehand flags set model_decisions off",
    no_args_is_help=True,
)


class Position(StrEnum):
    """Where a switch can stand."""

    ON = "on"
    OFF = "off"


@flags.command("show")
def show(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """Show every flag: how it stands, who set it, what it does.

    Example: chargehand flags show
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.flags import list_flags
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        lines = stores.database.read(list_flags)
    if as_json:
        echo_json(to_json(lines))
        return
    echo_table(
        ("flag", "stands", "since", "by", "what it does"),
        [
            (
                line.flag.value,
                Position.ON.value if line.is_on else Position.OFF.value,
                zoned_time(line.changed_at, settings) if line.changed_at else "always",
                line.changed_by or "-",
                line.does,
            )
            for line in lines
        ],
        texts=("what it does",),
    )


@flags.command("set")
def set_(
    context: typer.Context,
    flag: Annotated[Flag, typer.Argument(help="Which switch.")],
    position: Annotated[Position, typer.Argument(help="Where it shall stand.")],
) -> None:
    """Turn a flag on or off, in every process at once.

    Example: chargehand flags set model_decisions off
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.flags import turn_flag_off, turn_flag_on

    turn = turn_flag_on if position is Position.ON else turn_flag_off
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        changed = stores.database.write(lambda tx: turn(tx, flag, by=operator_name(), now=now))
    if not changed:
        typer.echo(f"Nothing to change: {flag.value} is {position.value} already.")
        return
    typer.echo(f"{flag.value} is {position.value} now, in every process.")
