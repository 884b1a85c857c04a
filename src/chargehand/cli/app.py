"""Puts the command groups together and turns errors into sentences and exit codes."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chargehand import __version__
from chargehand.cli.actions import actions
from chargehand.cli.approvals import approvals
from chargehand.cli.asks import asks
from chargehand.cli.audit import audit
from chargehand.cli.backup import backup
from chargehand.cli.budget import budget
from chargehand.cli.context import Invocation
from chargehand.cli.decisions import decisions
from chargehand.cli.deliveries import deliveries
from chargehand.cli.demo import demo
from chargehand.cli.doctor import doctor
from chargehand.cli.events import events
from chargehand.cli.flags import flags
from chargehand.cli.health import health
from chargehand.cli.init import init
from chargehand.cli.keys import keys
from chargehand.cli.members import members
from chargehand.cli.modes import modes
from chargehand.cli.privacy import privacy
from chargehand.cli.restore import restore, resume
from chargehand.cli.selftest import selftest
from chargehand.cli.serve import migrate, serve
from chargehand.cli.status import notices, stats, status
from chargehand.cli.storage import storage
from chargehand.cli.support_bundle import support_bundle
from chargehand.cli.trace import trace
from chargehand.domain.errors import ChargehandError, Fault

_TRACEBACK = "CHARGEHAND_TRACEBACK"
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
for command, in_short in (
    (demo, "See the whole thing happen offline, in a minute."),
    (init, "Connect a Jira site."),
    (doctor, "Say what works, what is missing, and how to mend it."),
    (serve, "Run the service."),
    (migrate, "Prepare the databases; `serve` does it by itself."),
    (restore, "Put a backup in the place of the databases."),
    (resume, "Allow sending again after a restore."),
    (selftest, "Send a signed delivery through the running server."),
    (health, "Whether the running service works, by exit code."),
    (status, "What runs, what is connected, what waits."),
    (stats, "How much happened lately."),
    (support_bundle, "What others need to help, without secrets and names."),
    (trace, "The story of one thing, from delivery to effect."),
):
    app.command(short_help=in_short)(command)
for group, in_short in (
    (approvals, "Actions that wait for a person."),
    (asks, "Questions to the bot, and those that wait."),
    (modes, "What is simulated, approved or sent at once."),
    (flags, "Switches that work while everything runs."),
    (budget, "What models may cost, and did cost."),
    (actions, "Side effects and their exact previews."),
    (decisions, "Answers and silences, with reasons."),
    (events, "What deliveries meant; try payloads."),
    (deliveries, "What was received."),
    (notices, "What the operator was told."),
    (audit, "The chained account: show, verify, export."),
    (keys, "API keys for REST."),
    (storage, "Move the data to PostgreSQL, or back."),
    (backup, "Back everything up; verify and list backups."),
    (members, "The people chargehand knows of."),
    (privacy, "What is kept of people, and for how long."),
):
    app.add_typer(group, short_help=in_short)


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
    clock_from: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="For trials: take the time from a fake vendor on this machine.",
            envvar="CHARGEHAND_CLOCK_FROM",
        ),
    ] = None,
    _version: Annotated[  # noqa: FBT002 - typer makes options of parameters.
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    given = context.obj if isinstance(context.obj, Invocation) else Invocation(config=None)
    context.obj = replace(given, config=config or given.config, clock_from=clock_from)


def main(arguments: Sequence[str] | None = None, given: Invocation | None = None) -> int:
    """Run the command line; the exit code.

    Shape: 0 done; 1 something that was checked is not right; 2 the request can not be done as it
    was made; 3 a fault of chargehand or of the machine. `arguments` None means those of the
    process; `given` is what a caller inside Python begins with.
    """
    # What is written belongs to the operator alone: databases hold what people said.
    os.umask(0o077)
    _print_whatever_comes()
    try:
        app(arguments, obj=given)
    except ChargehandError as error:
        sys.stderr.write(f"chargehand: {error}\n")
        return 3 if isinstance(error, Fault) else 2
    except Exception as error:  # noqa: BLE001 - the command line is one of the three edges.
        sys.stderr.write(_unexpected(error))
        return 3
    return 0


def _print_whatever_comes() -> None:
    """A name that the terminal's encoding lacks is printed as an escape, and ends nothing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _unexpected(error: Exception) -> str:
    if os.environ.get(_TRACEBACK):
        return "".join(traceback.format_exception(error))
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"chargehand: this should not have happened: {type(error).__name__}: {error} "
        f"({Path(place.filename).name}:{place.lineno}). Please report it; with {_TRACEBACK}=1 the "
        "whole way there is shown.\n"
    )
