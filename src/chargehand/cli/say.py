"""`say`: a line of the command registry, as people say it in a chat."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json
from chargehand.domain.command import Surface
from chargehand.domain.ids import ProjectKey, WorkItemKey


def say(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(metavar="LINE", help="The command and what it takes, quoted or not."),
    ],
    *,
    project: Annotated[
        str | None, typer.Option(metavar="KEY", help="What it is about; every project if left out.")
    ] = None,
    work_item: Annotated[
        str | None, typer.Option(metavar="KEY", help="What `here` and `this ticket` mean.")
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Say a command as in a chat: approve, reject, why, mute, remind and the others.

    `chargehand say help` lists them. A line that is none, or is not allowed now, changes nothing
    and ends with exit code 2.

    Example: chargehand say "mute here for 2d" --project PAY
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.commands import command_deps
    from chargehand.pipeline.caller import Outcome
    from chargehand.pipeline.commanding import operator_caller, run_text
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now, deps = invocation.clock(settings).now(), command_deps(settings)
        caller = operator_caller(
            Surface.CLI,
            operator_name(),
            project=ProjectKey(project) if project is not None else None,
            work_item=WorkItemKey(work_item) if work_item is not None else None,
            served=deps.served,
        )
        reply = stores.database.write(
            lambda tx: run_text(tx, " ".join(words), caller, now=now, deps=deps)
        )
    is_refused = reply.outcome not in (Outcome.DONE, Outcome.UNCHANGED)
    if as_json:
        echo_json(to_json(reply))
    else:
        typer.echo(reply.markdown, err=is_refused)
        for control in reply.controls:
            typer.echo(f"{control.label}: chargehand say {control.command}", err=is_refused)
    if is_refused:
        raise typer.Exit(2)
