"""`modes`: what happens to actions, by project and kind; a change holds at once everywhere."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import is_terminal
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, zoned_time
from chargehand.domain.action import ActionKind, Mode
from chargehand.domain.ids import ProjectKey
from chargehand.policy.modes import DEFAULT_RULE

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.pipeline.modes import ModeLine
    from chargehand.policy.in_force import Policy
    from chargehand.policy.modes import ModeRule

modes = typer.Typer(
    name="modes",
    help="simulate records what would be sent, approve asks a person first, auto sends at once. "
    "The first policy simulates everything. Of several rules the most specific counts: project "
    "and kind, then project, then kind, then the default.\n\n"
    "Example: chargehand modes set approve --project PAY --kind jira.add_comment",
    no_args_is_help=True,
)


@modes.command("show")
def show(
    context: typer.Context,
    *,
    show_all: Annotated[
        bool, typer.Option("--all", help="Kinds of connectors too that are not connected.")
    ] = False,
    as_json: AsJSON = False,
) -> None:
    """Show the mode of every action kind in every served project, and the rule that gives it.

    Only kinds of connected connectors are shown, unless --all is given.

    Example: chargehand modes show
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.looking import read_modes
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        projects = served_projects(settings)
        shown = stores.database.read(lambda tx: read_modes(tx, projects))
        connected = {one.connector for one in settings.connections}
    every = len(shown.modes)
    if not show_all:
        kept = tuple(line for line in shown.modes if line.kind.connector in connected)
        shown = replace(shown, modes=kept)
    if as_json:
        echo_json(to_json(shown))
        return
    changed = f", since {zoned_time(shown.changed_at, settings)} by {shown.changed_by}"
    typer.echo(f"Policy version {shown.version}{changed if shown.changed_at else ''}\n")
    if not shown.modes:
        typer.echo(f"No project is served yet; the default is {shown.default.value}.")
        return
    echo_table(
        ("project", "kind", "mode", "because of"),
        [
            (line.project, line.kind.value, line.mode.value, _because(line, shown.default))
            for line in shown.modes
        ],
        texts=("because of",),
    )
    if len(shown.modes) < every:
        typer.echo(
            f"\nOnly kinds of what is connected ({', '.join(sorted(connected))}) are shown; "
            "`chargehand modes show --all` shows the others too."
        )


@modes.command("set")
def set_(
    context: typer.Context,
    mode: Annotated[Mode, typer.Argument(help="What shall happen to actions.")],
    *,
    project: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only in this project, such as PAY.")
    ] = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only actions of this kind.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before auto.")] = False,
) -> None:
    """Change a mode: everywhere, in one project, for one kind, or for one kind in one project.

    Recorded simulated actions are never sent by a change; older questions wait as late asks.

    Example: chargehand modes set auto --project PAY --kind jira.add_comment
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.modes import policy_in_force, set_mode

    wanted = ProjectKey(project.upper()) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        served = served_projects(settings)
        before = stores.database.read(policy_in_force)
        after = before.with_mode(mode, project=wanted, kind=kind)
        changes = _changes(before, after, sorted(served | ({wanted} if wanted else set())))
        if before.to_document() == after.to_document():
            typer.echo(f"Nothing to change: {_scope(wanted, kind)} {mode.value} already.")
            return
        if wanted is None or wanted in served:
            connected = {one.connector for one in settings.connections}
            _tell(changes, connected)
            if not yes and any(new is Mode.AUTO for _, _, _, new in changes) and is_terminal():
                typer.confirm("Send these without asking anybody?", abort=True)
        now = invocation.clock(settings).now()
        written = stores.database.write(
            lambda tx: set_mode(
                tx, mode, project=wanted, kind=kind, served=served, by=operator_name(), now=now
            )
        )
    typer.echo(f"\nPolicy version {written.version} is in force in every process.")
    typer.echo("Actions recorded as simulated are not sent by this.")
    if any(change[1] is ActionKind.JIRA_ADD_COMMENT for change in changes):
        typer.echo(
            "Questions asked before now and not answered yet wait in `chargehand asks late`."
        )


_Change = tuple[ProjectKey, ActionKind, Mode, Mode]


def _changes(
    before: "Policy", after: "Policy", projects: Sequence[ProjectKey]
) -> tuple[_Change, ...]:
    pairs = ((project, kind) for project in projects for kind in ActionKind)
    found = (
        (project, kind, before.mode_for(project, kind), after.mode_for(project, kind))
        for project, kind in pairs
    )
    return tuple(change for change in found if change[2] is not change[3])


def _tell(changes: Sequence[_Change], connected: Collection[str]) -> None:
    if not changes:
        typer.echo("No served project behaves differently: a more specific rule counts there.")
        return
    shown = [change for change in changes if change[1].connector in connected]
    if not shown:
        typer.echo("It counts from when such a connector is connected; now none is.")
        return
    typer.echo("What changes:\n")
    echo_table(
        ("project", "kind", "until now", "from now on"),
        [(project, kind.value, old.value, new.value) for project, kind, old, new in shown],
    )


def _scope(project: ProjectKey | None, kind: ActionKind | None) -> str:
    if project is None and kind is None:
        return "the default is"
    parts = [f"kind {kind.value}" if kind else "", f"project {project}" if project else ""]
    return f"the rule for {' in '.join(part for part in parts if part)} is"


def _because(line: "ModeLine", default: Mode) -> str:
    if line.rule is None and line.rule_name != DEFAULT_RULE:
        rule, given = f"rule {line.rule_name!r}", line.mode
    elif line.rule is None:
        rule, given = "the default", default
    else:
        rule, given = _rule(line.rule), line.rule.mode
    if line.unless:
        rule = f"{rule}, unless {', '.join(repr(one) for one in line.unless)}"
    if given is line.mode:
        return rule
    return f"{rule} says {given.value}; what customers read is auto only by a rule of its own"


def _rule(rule: "ModeRule") -> str:
    parts = [
        f"project {rule.project}" if rule.project else "",
        f"kind {rule.kind.value}" if rule.kind else "",
    ]
    return " and ".join(part for part in parts if part)
