"""Puts the command groups together and turns errors into sentences and exit codes."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from chargehand import __version__
from chargehand.cli.context import Invocation
from chargehand.cli.doctor import doctor
from chargehand.cli.init import init
from chargehand.cli.serve import migrate, serve
from chargehand.domain.errors import ChargehandError, Fault

app = typer.Typer(
    name="chargehand",
    help="The AI foreman of a software team: reads what happens, shows exactly what it would do, "
    "and does it once a person or a policy says so.",
    epilog="First steps: `chargehand demo` shows the whole thing offline; `chargehand init` "
    "connects a Jira site.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(init)
app.command()(doctor)
app.command()(serve)
app.command()(migrate)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option's value in.
    if wanted:
        typer.echo(f"chargehand {__version__}")
        raise typer.Exit


@app.callback()
def _every_command(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="Configuration file; chargehand.toml in this folder if there is one.",
            envvar="CHARGEHAND_CONFIG",
        ),
    ] = None,
    _version: Annotated[  # noqa: FBT002 - typer makes options of parameters.
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    context.obj = Invocation(config=config)


def main() -> int:
    """Run the command line; the exit code.

    Shape: 0 done; 1 something that was checked is not right; 2 the request can not be done as it
    was made; 3 a fault of chargehand or of the machine.
    """
    try:
        app()
    except ChargehandError as error:
        sys.stderr.write(f"chargehand: {error}\n")
        return 3 if isinstance(error, Fault) else 2
    return 0
