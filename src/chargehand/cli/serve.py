"""`serve` and `migrate`: run the service, prepare its databases."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from chargehand.bootstrap.supervisor import Plan, Role, supervise
from chargehand.cli.context import Invocation


class ServeRole(StrEnum):
    """Which processes one `serve` runs."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


_ROLES: dict[ServeRole, tuple[Role, ...]] = {
    ServeRole.ALL: ("front", "worker"),
    ServeRole.WEB: ("front",),
    ServeRole.WORKER: ("worker",),
    ServeRole.CLOCK: ("clock",),
}


def serve(
    context: typer.Context,
    role: Annotated[
        ServeRole, typer.Option(help="Run everything, or one role of several processes.")
    ] = ServeRole.ALL,
    clock_from: Annotated[
        str | None,
        typer.Option(help="For trials: take the time from a fake vendor on this machine."),
    ] = None,
) -> None:
    """Run the service until it is stopped: receive, decide, act, and answer REST.

    A clock needs PostgreSQL: it polls, reminds, prunes and the like for all workers, and takes no
    tasks; where no clock runs, the workers do that themselves.

    Example: chargehand serve --role worker
    """
    invocation: Invocation = context.obj
    clock_from = clock_from or invocation.clock_from
    plan = Plan(roles=_ROLES[role], config=invocation.config, clock_from=clock_from)
    sys.exit(supervise(plan))


def migrate(context: typer.Context) -> None:
    """Bring the databases to this program's schema, after a backup; `serve` does it by itself.

    Example: chargehand --config chargehand.toml migrate
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.stores import migrate_after_backup
    from chargehand.kit.clock import SystemClock

    done = migrate_after_backup(invocation.load_settings(), clock=SystemClock())
    if done.backup is not None:
        typer.echo(f"Backed up first: {done.backup}")
    typer.echo(f"The databases are {'migrated' if done.has_changed else 'up to date'}.")
