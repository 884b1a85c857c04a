"""`members import|export`: a whole team as a table, shown before it is stored."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.files import ExportUnwritable, write_whole
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.members.planning import PlannedMember
    from chargehand.members.roster import RosterProblem
    from chargehand.pipeline.rosters import RosterOutcome

_STANDARD_INPUT = "-"
_MOST_SHOWN = 20


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; - reads from a pipe.")],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store it; without this, only say what would change.")
    ] = False,
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="Members who are not in the file leave.")
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Take a roster in: say what it would change, and store all of it or nothing with --apply.

    Columns: name, email, roles, projects, time_zone, and account:CONNECTION for each connection;
    id where a member is to be found by it. What has no column is left as it is. Exit 1 means that
    some lines can not be used.

    Example: chargehand members import roster.csv --apply
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import known_connections, served_projects
    from chargehand.members.errors import RosterRefused
    from chargehand.members.roster import Known, read_roster
    from chargehand.pipeline.rosters import import_roster, preview_roster
    from chargehand.pipeline.showing import to_json

    def stored() -> "RosterOutcome":
        return stores.database.write(
            lambda tx: import_roster(
                tx, roster, removes_missing=remove_missing, by=operator_name(), now=now
            )
        )

    def previewed() -> "RosterOutcome":
        return stores.database.read(
            lambda tx: preview_roster(tx, roster, removes_missing=remove_missing, now=now)
        )

    content = _read(file)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        known = Known(known_connections(settings), served_projects(settings))
        roster = read_roster(content, known)
        try:
            found = stored() if apply else previewed()
        except RosterRefused:
            # It names the first line that can not be used; here all of them are shown.
            found = previewed()
    if as_json:
        echo_json(to_json(found))
    else:
        _echo(found)
    if found.plan.refused:
        raise typer.Exit(1)


def export(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to; standard output without it.")
    ] = None,
) -> None:
    """Write everybody who did not leave as a roster that `members import` takes back.

    Example: chargehand members export --out roster.csv
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.rosters import export_roster

    with invocation.open_stores() as (_settings, stores):
        lines = stores.database.read(lambda tx: tuple(export_roster(tx)))
    encoded = [line.encode() for line in lines]
    if out is None:
        sys.stdout.buffer.write(b"".join(encoded))
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(out, encoded)
    except OSError as error:
        raise ExportUnwritable(path=str(out), detail=error.strerror or str(error)) from error
    typer.echo(f"{len(lines) - 1} members written to {out}.")


def _read(file: Path) -> bytes:
    # lazy: the zones of the world load longer than `--help` may.
    from chargehand.members.errors import RosterUnreadable
    from chargehand.members.roster import MOST_BYTES

    # One byte more than is allowed, so that what is too large is told and not read whole.
    if str(file) == _STANDARD_INPUT:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise RosterUnreadable(problem=f"{file}: {error.strerror or error}") from error


def _echo(found: "RosterOutcome") -> None:
    plan = found.plan
    _echo_problems("Can not be used", plan.refused)
    _echo_problems("Left aside", plan.notes)
    _echo_planned("New", plan.added)
    _echo_planned("Changed", plan.changed)
    _echo_planned("Leaving", plan.leaving)
    if plan.missing:
        names = ", ".join(f"{one.name} ({one.id})" for one in plan.missing[:_MOST_SHOWN])
        typer.echo(f"Not in the file, and left alone{_more(plan.missing)}: {names}\n")
    counts = (
        f"{len(plan.added)} new, {len(plan.changed)} changed, {plan.unchanged} unchanged, "
        f"{len(plan.leaving)} leaving"
    )
    if plan.refused:
        typer.echo(f"{counts}, {len(plan.refused)} refused. Nothing was stored; mend the file.")
    elif found.is_applied:
        typer.echo(f"Stored: {counts}.")
        if found.matched_by_email:
            typer.echo(f"{found.matched_by_email} accounts seen before were matched by e-mail.")
        if plan.added or any(one.new_accounts for one in plan.changed):
            typer.echo("Matched accounts carry no rights until `chargehand members confirm`.")
    else:
        typer.echo(f"Would be stored: {counts}. Nothing was changed; --apply does it.")


def _echo_problems(title: str, problems: "Sequence[RosterProblem]") -> None:
    if not problems:
        return
    typer.echo(f"{title}{_more(problems)}:\n")
    echo_table(
        ("line", "column", "found", "allowed"),
        [
            (str(one.line), one.column, one.found or "nothing", one.allowed)
            for one in problems[:_MOST_SHOWN]
        ],
        texts=("found", "allowed"),
    )
    typer.echo("")


def _echo_planned(title: str, planned: "Sequence[PlannedMember]") -> None:
    if not planned:
        return
    typer.echo(f"{title}{_more(planned)}:\n")
    echo_table(
        ("line", "name", "field", "before", "after"),
        [
            (
                str(one.line or "-"),
                one.member.name,
                change.field,
                change.before or "-",
                change.after or "-",
            )
            for one in planned[:_MOST_SHOWN]
            for change in one.changes
        ],
        texts=("name", "before", "after"),
    )
    typer.echo("")


def _more(found: Sequence[object]) -> str:
    if len(found) <= _MOST_SHOWN:
        return ""
    return f" (the first {_MOST_SHOWN} of {len(found)}; --json has all)"
