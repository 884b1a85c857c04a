"""`members away` and `back`: who is away, and who decides in their place."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON, MemberNamed
from chargehand.cli.output import echo_json, echo_table, safe_line, zoned_time

_DAY, _MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H:%M"
_FORMATS = [_DAY, _MINUTE]


def away(
    context: typer.Context,
    member: MemberNamed,
    *,
    until: Annotated[
        datetime,
        typer.Option(formats=_FORMATS, help="The day, or day and time, they are back."),
    ],
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=_FORMATS, help="When it begins; now without it."),
    ] = None,
    deputy: Annotated[
        str | None, typer.Option(metavar="MEMBER", help="Who may decide in their place.")
    ] = None,
) -> None:
    """Say that a member is away, and who may decide about approvals in their place.

    Times are those of the member's zone, else of the team's.

    Example: chargehand members away ana@example.com --until 2027-01-04 --deputy ben@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.kit.calendar import zone_named
    from chargehand.pipeline.absences import go_away
    from chargehand.pipeline.members import find_member

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        found = stores.database.read(lambda tx: find_member(tx, member))
        instead = stores.database.read(lambda tx: find_member(tx, deputy) if deputy else None)
        zone = zone_named(found.time_zone, settings.business.zone)
        starts_at = since.replace(tzinfo=zone).astimezone(UTC) if since is not None else now
        absence = stores.database.write(
            lambda tx: go_away(
                tx,
                found.id,
                starts_at=starts_at,
                ends_at=until.replace(tzinfo=zone).astimezone(UTC),
                deputy_id=instead.id if instead is not None else None,
                by=operator_name(),
                now=now,
            )
        )
    place = f"; {safe_line(instead.name)} may decide in their place" if instead else ""
    typer.echo(
        f"{safe_line(found.name)} is away from {zoned_time(absence.starts_at, settings)} until "
        f"{zoned_time(absence.ends_at, settings)}{place}."
    )


def back(context: typer.Context, member: MemberNamed) -> None:
    """End a member's absence and take back those to come; what was decided in it stays so.

    Example: chargehand members back ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.absences import come_back
    from chargehand.pipeline.members import find_member

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        found = stores.database.read(lambda tx: find_member(tx, member))
        ended = stores.database.write(
            lambda tx: come_back(tx, found.id, by=operator_name(), now=now)
        )
    name = safe_line(found.name)
    typer.echo(f"{name} is back." if ended else f"{name} is not away.")


def absences(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List who is away now or will be, and who decides in their place.

    Example: chargehand members absences
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.absences import list_absences
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        found = stores.database.read(lambda tx: list_absences(tx, now=now))
    if as_json:
        echo_json(to_json(found))
        return
    if not found:
        typer.echo("Nobody is away. See `chargehand members away --help`.")
        return
    echo_table(
        ("member", "from", "until", "deputy"),
        [
            (
                one.member_name,
                zoned_time(one.absence.starts_at, settings),
                zoned_time(one.absence.ends_at, settings),
                one.deputy_name or "-",
            )
            for one in found
        ],
        texts=("member", "deputy"),
    )
