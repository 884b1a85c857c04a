"""`storage`: where the data is, and how it moves."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.output import echo_table

storage = typer.Typer(
    name="storage",
    help="Two SQLite files serve a small team; PostgreSQL serves more, and several machines. "
    "`chargehand doctor` says when it is time.\n\n"
    "Example: chargehand storage copy --to postgresql://db.example.com/chargehand",
    no_args_is_help=True,
)


@storage.callback()
def _storage() -> None:
    """A group of its own, though it has one command."""


@storage.command("copy")
def copy(
    context: typer.Context,
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="postgresql://..., or a new folder for SQLite files.",
            envvar="CHARGEHAND_COPY_TO",
        ),
    ],
) -> None:
    """Copy everything into an empty database of the other kind; the service has to be stopped.

    Every row is read back and compared. The old databases are held, so that nothing is sent by
    both.

    Example: chargehand storage copy --to /var/lib/chargehand-sqlite
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.moving_storage import copy_storage

    settings = invocation.load_settings()
    clock = invocation.clock(settings)
    copied = copy_storage(settings, to, clock=clock, by=operator_name())
    echo_table(
        ("table", "rows", "digest, sent and arrived"),
        [(one.name, str(one.rows), one.digest[:16]) for one in copied.tables],
    )
    rows = sum(one.rows for one in copied.tables)
    typer.echo(f"\n{rows} rows are in {copied.target}, each compared. The old databases are held.")
    typer.echo("Name the new place in storage.database_url or storage.data_dir, then start.")
