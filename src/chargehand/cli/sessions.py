"""`sessions`: who is signed in, and ending that."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import ERASED, echo_json, echo_table, local_time, safe_line
from chargehand.domain.errors import Rejected

sessions = typer.Typer(
    name="sessions",
    help="Members who are signed in by a browser.\n\nExample: chargehand sessions list",
    no_args_is_help=True,
)
Whose = Annotated[
    str | None,
    typer.Option("--member", metavar="MEMBER", help="Of this member: id, address or whole name."),
]


class SessionUnnamed(Rejected):
    """Neither a session nor a member."""

    code = "session_unnamed"
    template = "Name one session by its id, or a member by --member; not both."


@sessions.command("list")
def list_(context: typer.Context, *, member: Whose = None, as_json: AsJSON = False) -> None:
    """List the sessions that are not over, newest first.

    Example: chargehand sessions list --member ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import session_rules
    from chargehand.domain.records import Page
    from chargehand.pipeline.members import find_member
    from chargehand.pipeline.sessions import list_sessions
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now, rules = invocation.clock(settings).now(), session_rules(settings)
        whose = stores.database.read(lambda tx: find_member(tx, member).id) if member else None
        found = stores.database.read(
            lambda tx: list_sessions(tx, rules=rules, now=now, member_id=whose)
        )
        names = {
            one.member_id: stores.database.read(
                lambda tx, who=one.member_id: tx.members.find(who)  # type: ignore[misc]
            )
            for one in found
        }
    if as_json:
        echo_json(to_json(Page(items=found, next_cursor=None)))
        return
    if not found:
        typer.echo("Nobody is signed in. `chargehand members password MEMBER` gives a password.")
        return
    zone = settings.business.time_zone
    echo_table(
        ("id", "member", "by", "on", f"since ({zone})", "last used", "ends at the latest"),
        [
            (
                one.id,
                (known.name if (known := names[one.member_id]) is not None else "") or ERASED,
                one.method.value,
                one.device.value,
                local_time(one.started_at, settings),
                local_time(one.used_at, settings),
                local_time(one.ends_at, settings),
            )
            for one in found
        ],
        texts=("member",),
    )


@sessions.command("revoke")
def revoke(
    context: typer.Context,
    session_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The session's id: ses_...")
    ] = None,
    *,
    member: Whose = None,
) -> None:
    """End one session, or all of a member, at once; ending it twice is no error.

    Example: chargehand sessions revoke --member ana@example.com
    """
    if (session_id is None) == (member is None):
        raise SessionUnnamed
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.members import find_member
    from chargehand.pipeline.sessions import end_session, end_sessions_of

    with invocation.open_stores() as (settings, stores):
        now, by = invocation.clock(settings).now(), operator_name()
        if session_id is not None:
            named = session_id
            ended = stores.database.write(lambda tx: end_session(tx, named, by=by, now=now))
            typer.echo(f"{ended.id} is ended.")
            return
        found = stores.database.read(lambda tx: find_member(tx, member or ""))
        count = stores.database.write(lambda tx: end_sessions_of(tx, found.id, by=by, now=now))
    typer.echo(f"{count} sessions of {safe_line(found.name)} are ended.")
