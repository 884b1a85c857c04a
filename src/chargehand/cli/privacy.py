"""`privacy`: what is kept of people, for how long, and a copy of it for one who asks."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.files import ExportUnwritable, write_whole
from chargehand.cli.keeping import WORDS
from chargehand.cli.output import plain_lines, safe_line
from chargehand.domain.retention import Kept

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.pipeline.pruning import Pruning

privacy = typer.Typer(
    name="privacy",
    help="Names and texts of people go after their retention; the settings say when. Rows, digests "
    "and the audit stay.\n\nExample: chargehand privacy prune --dry-run",
    no_args_is_help=True,
)


@privacy.command("prune")
def prune(
    context: typer.Context,
    *,
    now: Annotated[
        bool, typer.Option("--now/--dry-run", help="Do it, or only count what would go.")
    ] = False,
) -> None:
    """Let go of what is past its retention; the worker does the same by itself every hour.

    Example: chargehand privacy prune --now
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import pipeline_rules
    from chargehand.pipeline.pruning import Pruning

    with invocation.open_stores() as (settings, stores):
        rules = pipeline_rules(settings)
        clock = invocation.clock(settings)
        pruning = Pruning(stores.database, stores.queue, rules.retention, clock)
        rows = _run(pruning) if now else pruning.preview()
    word = "went" if now else "would go"
    table = [
        (str(rows[kept]), WORDS[kept], f"older than {rules.retention[kept].days} days {word}")
        for kept in Kept
    ]
    for line in plain_lines(table):
        typer.echo(line)
    if not now:
        typer.echo("Nothing was changed; --now does it.")


@privacy.command("export")
def export(
    context: typer.Context,
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="An account id, an e-mail address, or the id of a member."
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.")],
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--also",
            metavar="TEXT",
            help="A further id or name of the same person, such as cli:anna; may be repeated.",
        ),
    ] = None,
) -> None:
    """Write everything that is held about a person into a JSON file, whole or not at all.

    Look through it before you hand it over: raw deliveries tell of others as well.

    Example: chargehand privacy export 5b10ac8d82e05b22cc7d4ef5 --output person.json
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.exporting import Exporting
    from chargehand.pipeline.searching import Archive, known_as, learn_names
    from chargehand.privacy.person import given_person

    with invocation.open_stores() as (settings, stores):
        archive = Archive(stores.database, stores.raw)
        identifier = known_as(archive, identifier)
        given = given_person(identifier, also or ())
        person = learn_names(archive, given)
        exporting = Exporting(archive, invocation.clock(settings))
        found = exporting.export(person, by=operator_name())
    text = json.dumps(found, ensure_ascii=False, indent=2)
    try:
        write_whole(output, [text.encode("utf-8", "backslashreplace"), b"\n"])
    except OSError as error:
        raise ExportUnwritable(path=str(output), detail=error.strerror or str(error)) from error
    typer.echo(f"Everything held about {safe_line(identifier)} is in {output}.")


def _run(pruning: "Pruning") -> dict[Kept, int]:
    run = pruning.begin()
    while run.step():
        # A running service shares the databases, and goes first.
        time.sleep(run.rest_s)
    run.finish(by=operator_name())
    return run.removed
