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
from chargehand.cli.context import Invocation
from chargehand.cli.lazy_group import Entry, group_of
from chargehand.domain.errors import ChargehandError, Fault

_TRACEBACK = "CHARGEHAND_TRACEBACK"
_COMMANDS = (
    Entry("demo", "See the whole thing happen offline, in a minute."),
    Entry("init", "Connect a Jira site."),
    Entry("connect", "Connect a chat, a code host, a wiki, or another Jira."),
    Entry("connections", "How each connection is, and why."),
    Entry("disconnect", "Take out what `connect` made."),
    Entry("rotate", "Replace a secret of a connection, tried first."),
    Entry("doctor", "Say what works, what is missing, and how to mend it."),
    Entry("serve", "Run the service."),
    Entry("migrate", "Prepare the databases; `serve` does it by itself.", "serve:migrate"),
    Entry("restore", "Put a backup in the place of the databases."),
    Entry("stop", "Stop everything, a project, an agent or a connector.", "stopping:stop"),
    Entry("resume", "End a stop; allow sending again after a restore.", "stopping:resume"),
    Entry("selftest", "Send a signed delivery through the running server."),
    Entry("health", "Whether the running service works, by exit code."),
    Entry("status", "What runs, what is connected, what waits."),
    Entry("stats", "How much happened lately.", "status:stats"),
    Entry("support-bundle", "What others need to help, without secrets and names."),
    Entry("timeline", "What happened on one work item."),
    Entry("trace", "The story of one thing, from delivery to effect."),
    Entry("approvals", "Actions that wait for a person."),
    Entry("asks", "Questions to the bot, and those that wait."),
    Entry("say", "A command, as people say it in a chat."),
    Entry("modes", "What is simulated, approved or sent at once."),
    Entry("replay", "A decision made again, and what would be different."),
    Entry("policy", "The rules that give every action its mode and approvers."),
    Entry("shadow", "What would have been done, next to what people did."),
    Entry("flags", "Switches that work while everything runs."),
    Entry("budget", "What models may cost, and did cost."),
    Entry("actions", "Side effects and their exact previews."),
    Entry("decisions", "Answers and silences, with reasons."),
    Entry("events", "What deliveries meant; try payloads."),
    Entry("deliveries", "What was received."),
    Entry("notices", "What the operator was told.", "status:notices"),
    Entry("outgoing-webhooks", "Programs that are told what happens."),
    Entry("audit", "The chained account: show, verify, export."),
    Entry("keys", "API keys for REST."),
    Entry("secrets", "Secrets kept encrypted, and their key."),
    Entry("storage", "Move the data to PostgreSQL, or back."),
    Entry("backup", "Back everything up; verify and list backups."),
    Entry("members", "The people of the team, and their accounts."),
    Entry("sessions", "Who is signed in by a browser."),
    Entry("discord", "Register slash commands with Discord."),
    Entry("privacy", "What is kept of people, and for how long."),
)
app = typer.Typer(
    name="chargehand",
    cls=group_of(_COMMANDS),
    help="The AI foreman of a software team: reads what happens, shows exactly what it would do, "
    "and does it once a person or a policy says so.",
    epilog="First steps: `chargehand demo` shows the whole thing offline; `chargehand init` "
    "connects a Jira site.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
