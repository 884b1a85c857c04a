"""`policy`: the rules that give every action its mode, its approvers and its bounds."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.asking import is_terminal
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import (
    echo_fields,
    echo_json,
    echo_table,
    local_time,
    safe_line,
    safe_text,
    zoned_time,
)
from chargehand.domain.action import ActionKind
from chargehand.domain.diff import MOST_LINES
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import ProjectKey
from chargehand.domain.policy import Cause, Origin, Trust

if TYPE_CHECKING:
    # SQLAlchemy takes longer to load than `--help` may.
    from chargehand.pipeline.policies import CheckedPolicy, Explanation, PolicyDifference

policy = typer.Typer(
    name="policy",
    help="One document of ordered rules says of every action whether it is simulated, approved or "
    "sent at once, and who approves it. Nothing is sent that no rule allows.\n\n"
    "Example: chargehand policy show > policy.toml",
    no_args_is_help=True,
)
_File = Annotated[Path, typer.Argument(metavar="FILE", help="A policy in TOML.", dir_okay=False)]
_Lines = Annotated[
    int | None,
    typer.Option(min=0, max=MOST_LINES, metavar="N", help="On a pull request of N changed lines."),
]
_Paths = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="On one that changes this file; may be repeated."),
]
_MOST_BYTES = 1_048_576
_MOST_SHOWN = 10


class FileUnreadable(Rejected):
    """A file that can not be read."""

    code = "policy_file_unreadable"
    template = "{path} can not be read: {detail}."


class QuestionIncomplete(Rejected):
    """Neither an action nor a whole question."""

    code = "policy_question_incomplete"
    template = "Name an action (act_...), or both --kind and --project."


class ChangeMadeUpForAction(Rejected):
    """A recorded action has the change it was judged by."""

    code = "policy_question_twice"
    template = "A recorded action is explained as it is now; --lines, --path and --at need --kind."


@policy.command("show")
def show(
    context: typer.Context,
    *,
    version: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="This version; the newest if left out.")
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Print the policy in force as a document that can be changed and applied.

    Example: chargehand policy show --version 3
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.policies import show_policy
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        shown = stores.database.read(lambda tx: show_policy(tx, version))
    if as_json:
        echo_json(to_json(shown))
        return
    since = f", since {local_time(shown.created_at, settings)}" if shown.created_at else ""
    typer.echo(f"# Policy version {shown.version}{since} by {safe_line(shown.created_by)}.")
    if shown.format == 1:
        typer.echo("# It was set with `chargehand modes`; this says the same as a document.")
    typer.echo(safe_text(shown.text), nl=False)


@policy.command("history")
def history(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List every version: when, by whom.

    Example: chargehand policy history
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.policies import list_policies
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        lines = stores.database.read(list_policies)
    if as_json:
        echo_json(to_json(lines))
        return
    echo_table(
        ("version", f"since ({settings.business.time_zone})", "by", "format", "rules"),
        [
            (
                str(one.version),
                local_time(one.created_at, settings),
                one.created_by,
                str(one.format),
                str(one.rules),
            )
            for one in lines
        ],
    )


@policy.command("check")
def check(context: typer.Context, file: _File, *, as_json: AsJSON = False) -> None:
    """Say everything that is wrong with a policy, for the team as it is now; changes nothing.

    The exit code is 1 where it would be refused.

    Example: chargehand policy check policy.toml
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.policies import check_policy
    from chargehand.pipeline.showing import to_json

    text = _text_of(file)
    with invocation.open_stores() as (settings, stores):
        served = served_projects(settings)
        now = invocation.clock(settings).now()
        checked = stores.database.read(lambda tx: check_policy(tx, text, served=served, now=now))
    if as_json:
        echo_json(to_json(checked))
    else:
        _tell_check(checked, file)
    if not checked.is_valid:
        raise typer.Exit(1)


@policy.command("diff")
def diff(context: typer.Context, file: _File, *, as_json: AsJSON = False) -> None:
    """Show what a policy would change: line by line, and in the modes of the served projects.

    Example: chargehand policy diff policy.toml
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.policies import compare_policy
    from chargehand.pipeline.showing import to_json

    text = _text_of(file)
    with invocation.open_stores() as (settings, stores):
        served = served_projects(settings)
        found = stores.database.read(lambda tx: compare_policy(tx, text, served=served))
    if as_json:
        echo_json(to_json(found))
        return
    _tell_difference(found)


@policy.command("apply")
def apply(
    context: typer.Context,
    file: _File,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put a policy in force in every process, after its check and its difference were shown.

    Recorded simulated actions are never sent by a change; older questions wait as late asks.

    Example: chargehand policy apply policy.toml
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.policies import apply_policy, check_policy, compare_policy

    text = _text_of(file)
    with invocation.open_stores() as (settings, stores):
        served = served_projects(settings)
        now = invocation.clock(settings).now()
        checked = stores.database.read(lambda tx: check_policy(tx, text, served=served, now=now))
        if not checked.is_valid:
            _tell_check(checked, file)
            raise typer.Exit(1)
        found = stores.database.read(lambda tx: compare_policy(tx, text, served=served))
        if not found.lines:
            typer.echo(f"Nothing to change: it says what version {found.based_on} says.")
            return
        _tell_findings(checked)
        _tell_difference(found)
        if not yes and is_terminal():
            typer.confirm("\nPut it in force?", abort=True)
        # Whoever was asked may have taken their time.
        now = invocation.clock(settings).now()
        version = stores.database.write(
            lambda tx: apply_policy(
                tx, text, based_on=found.based_on, served=served, by=operator_name(), now=now
            )
        )
    typer.echo(f"\nPolicy version {version} is in force in every process.")


@policy.command("explain")
def explain(
    context: typer.Context,
    action_id: Annotated[
        str | None, typer.Argument(metavar="[ACTION]", help="A recorded action: act_...")
    ] = None,
    *,
    kind: Annotated[ActionKind | None, typer.Option(help="An action of this kind.")] = None,
    project: Annotated[str | None, typer.Option(metavar="KEY", help="In this project.")] = None,
    target: Annotated[str, typer.Option(metavar="NAME", help="On this target.")] = "",
    requester: Annotated[
        str, typer.Option(metavar="WHO", help="Asked for by member:ID, or CONNECTION:ACCOUNT.")
    ] = "",
    origin: Annotated[Origin, typer.Option(help="Where it was asked for.")] = Origin.UNKNOWN,
    trust: Annotated[Trust, typer.Option(help="Whose words caused it.")] = Trust.UNKNOWN,
    lines: _Lines = None,
    path: _Paths = None,
    at: Annotated[
        str | None, typer.Option(metavar="WHEN", help="At this moment; now if left out.")
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Say which rule decides about an action, and why those before it do not.

    Example: chargehand policy explain --kind github.approve --project PAY --lines 500 --path a.tf
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.policies import MadeUpChange, explain_action, explain_question
    from chargehand.pipeline.showing import to_json
    from chargehand.pipeline.stretches import read_moment

    cause = Cause(requester=requester, origin=origin, trust=trust)
    change = MadeUpChange(lines, tuple(path or ()))
    if action_id is not None and (lines is not None or path or at):
        raise ChangeMadeUpForAction
    with invocation.open_stores() as (settings, stores):
        now, database = invocation.clock(settings).now(), stores.database
        if action_id is not None:
            wanted = action_id
            found = database.read(lambda tx: explain_action(tx, wanted, now=now))
        elif kind is not None and project is not None:
            asked, key = kind, ProjectKey(project.upper())
            now = now if at is None else read_moment("at", at, zone=settings.business.zone)
            found = database.read(
                lambda tx: explain_question(
                    tx, asked, key, cause=cause, target=target, now=now, change=change
                )
            )
        else:
            raise QuestionIncomplete
    if as_json:
        echo_json(to_json(found))
        return
    _tell_explanation(found)


@policy.command("break-glass")
def break_glass_(
    context: typer.Context,
    *,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why; the other operators are told.")
    ] = "",
    end: Annotated[bool, typer.Option("--end", help="End it before its hour is over.")] = False,
) -> None:
    """Go past the policy for an hour, in an emergency; recorded, told, and over by itself.

    What you do yourself is sent at once, and an approval takes one person, who may have asked.

    Example: chargehand policy break-glass --reason "wrong answers in PAY, taking them back"
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.breaking_glass import break_glass, mend_glass

    by = operator_name()
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        if end:
            stores.database.write(lambda tx: mend_glass(tx, by=by, now=now))
            typer.echo("The policy holds for everybody again.")
            return
        glass = stores.database.write(lambda tx: break_glass(tx, by=by, reason=reason, now=now))
    until = zoned_time(glass.ends_at, settings)
    typer.echo(f"You ({safe_line(by)}) are past the policy until {until}.")
    typer.echo("It is recorded, and the operators are told. --end ends it before.")


def _text_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileUnreadable(path=str(file), detail=error.strerror or "no file") from error


def _tell_check(checked: "CheckedPolicy", file: Path) -> None:
    for problem in checked.problems:
        line = f":{problem.line}" if problem.line is not None else ""
        typer.echo(f"{file}{line}: {safe_line(problem.sentence)}")
    _tell_findings(checked)
    if checked.is_valid:
        typer.echo(f"{file} is a policy this team can work with.")
    else:
        typer.echo("\nIt would be refused. `chargehand policy show` prints what is in force.")


def _tell_findings(checked: "CheckedPolicy") -> None:
    for one in checked.findings:
        word = "error" if one.is_error else "warning"
        where = f"{one.rule}: " if one.rule else ""
        typer.echo(safe_line(f"{word}: {where}{one.text}"))


def _tell_difference(found: "PolicyDifference") -> None:
    if not found.lines:
        typer.echo(f"It says what version {found.based_on} says.")
        return
    typer.echo(safe_text("\n".join(found.lines)))
    if not found.modes:
        typer.echo("\nNo kind changes its mode where no further condition decides.")
        return
    typer.echo("\nWhat changes where no further condition decides:\n")
    echo_table(
        ("project", "kind", "until now", "from now on"),
        [(one.project, one.kind.value, one.before.value, one.after.value) for one in found.modes],
    )


def _tell_explanation(found: "Explanation") -> None:
    ruling, question = found.ruling, found.question
    where = f" on {safe_line(question.target)}" if question.target else ""
    typer.echo(f"{question.kind.value}{where} in {question.project}: {ruling.mode.value}")
    rule = f"{ruling.rule} (policy version {ruling.version})"
    echo_fields(
        [
            ("because of", safe_line(rule)),
            ("why not its mode", ruling.reason),
            ("approvers", _approvers(found) if ruling.mode.value == "approve" else ""),
            ("asked by", safe_line(question.cause.requester)),
            ("asked in", question.cause.origin.value),
            ("trust", question.cause.trust.value),
            ("changes", "" if question.diff_lines is None else f"{question.diff_lines} lines"),
            ("files", safe_line(", ".join(question.paths[:_MOST_SHOWN]))),
        ]
    )
    _tell_tried(found)


def _tell_tried(found: "Explanation") -> None:
    rows: Sequence[tuple[str, ...]] = [
        (one.rule, one.where, f"{one.unmet} is {one.fact}" if one.unmet else "holds")
        for one in found.tried
    ]
    if rows:
        typer.echo("\nThe rules, in the order they were asked:\n")
        echo_table(("rule", "of", "why"), rows, texts=("rule", "why"))
    if not rows or found.tried[-1].unmet:
        typer.echo("\nNo rule decides, so it is simulated.")


def _approvers(found: "Explanation") -> str:
    approvers = found.ruling.approvers
    names = [*sorted(role.value for role in approvers.roles), *sorted(approvers.members)]
    own = ", not whoever asked" if approvers.excludes_requester else ""
    return safe_line(f"{approvers.quorum} of {', '.join(names)}{own}")
