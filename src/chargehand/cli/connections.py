"""`connections`: how each one is, from what was seen of it, without calling anybody."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_fields, echo_json, echo_table, since, zoned_time

if TYPE_CHECKING:
    # They take longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.domain.connection import ConnectionHealth, MissedByWebhook, SecretHealth

connections = typer.Typer(
    name="connections",
    help="How each connection is: green, yellow or red, and why. Nothing is called for it; "
    "`doctor` does that.\n\nExample: chargehand connections list",
    no_args_is_help=True,
)


@connections.command("list")
def list_(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List every configured connection with its state.

    Example: chargehand connections list
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import connections_by_settings
    from chargehand.pipeline.connection_health import list_connections
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now, known = invocation.clock(settings).now(), connections_by_settings(settings)
        found = stores.database.read(lambda tx: list_connections(tx, known, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    if not found.connections:
        typer.echo(
            "None is configured; begin with `chargehand init`, or `chargehand connect jira`."
        )
        return
    echo_table(
        ("name", "kind", "state", "last delivery", "last poll", "missed in 24 h", "why"),
        [
            (
                one.id,
                one.connector,
                one.state.value,
                _ago(one.last_delivery_at, now),
                _ago(one.polled_at, now),
                str(one.missed.lately) if one.missed is not None else "-",
                one.reason,
            )
            for one in found.connections
        ],
        texts=("why",),
    )


@connections.command("show")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A connection by its name.")],
    *,
    as_json: AsJSON = False,
) -> None:
    """Show one connection: its intake, what its webhook missed, its secrets and their ends.

    Example: chargehand connections show slack
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import connections_by_settings
    from chargehand.pipeline.connection_health import find_connection
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now, known = invocation.clock(settings).now(), connections_by_settings(settings)
        found = stores.database.read(lambda tx: find_connection(tx, known, name, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    _echo(found, settings, now)


def _echo(one: "ConnectionHealth", settings: "Settings", now: datetime) -> None:
    typer.echo(f"{one.id} is {one.state.value}. {one.reason}".rstrip())
    echo_fields(
        [
            ("kind", one.connector),
            ("site", one.site),
            ("acts as", one.bot_name),
            ("last delivery", _shown(one.last_delivery_at, settings, now)),
            ("last poll", _shown(one.polled_at, settings, now) if one.polled_at else ""),
            ("webhook missed", _missed(one.missed, settings, now)),
            ("last call that worked", _shown(one.last_ok_at, settings, now)),
            ("last call that failed", _failure(one, settings, now)),
            ("refused since", _shown(one.refused_since, settings, now) * bool(one.refused_since)),
        ]
    )
    if one.secrets:
        typer.echo("\nSecrets")
    for secret in one.secrets:
        typer.echo(f"  {secret.setting}: {_secret(secret, now)}")


def _missed(missed: "MissedByWebhook | None", settings: "Settings", now: datetime) -> str:
    if missed is None:
        return ""
    if missed.last_at is None:
        return "nothing that polling found"
    event = f" ({missed.last_event_id})" if missed.last_event_id is not None else ""
    last = _shown(missed.last_at, settings, now)
    return f"{missed.lately} in 24 h; the last one {last}{event}"


def _failure(one: "ConnectionHealth", settings: "Settings", now: datetime) -> str:
    if one.last_failure_at is None:
        return ""
    return f"{_shown(one.last_failure_at, settings, now)} ({one.last_failure})"


def _secret(secret: "SecretHealth", now: datetime) -> str:
    if secret.problem:
        return f"NOT READ: {secret.problem}"
    known = secret.known_since
    age = f"set {since(known, now)}" if known is not None else "not looked at by the worker yet"
    if secret.expires_at is None:
        return f"{age}, nobody said until when it works"
    end = f"{secret.expires_at:%Y-%m-%d}"
    if secret.warning_days == 0:
        return f"{age}, EXPIRED on {end}"
    left = f"{secret.days_left} day(s) left"
    return f"{age}, works until {end}, {left}" + (
        f" (warned at {secret.warning_days})" if secret.warning_days is not None else ""
    )


def _shown(moment: datetime | None, settings: "Settings", now: datetime) -> str:
    return f"{since(moment, now)}, {zoned_time(moment, settings)}" if moment else "never"


def _ago(moment: datetime | None, now: datetime) -> str:
    return since(moment, now) if moment is not None else "-"
