"""`flags`: switches that work while everything runs; a change holds at once everywhere."""

import difflib
from collections.abc import Sequence
from datetime import datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, plain_lines, safe_line, zoned_time
from chargehand.cli.scopes import (
    ForAgent,
    ForConnector,
    ForProject,
    Why,
    known_scopes,
    one_scope,
)
from chargehand.domain.action import ActionKind
from chargehand.domain.errors import Rejected
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind
from chargehand.flags.registry import Flag
from chargehand.flags.stopping import scope_words

if TYPE_CHECKING:
    # pydantic and SQLAlchemy take longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.pipeline.flags import FlagLine

flags = typer.Typer(
    name="flags",
    help="Switches that work without a restart, in every process at once. Off wins: a flag that is "
    "off in any scope that fits is off there, whatever another scope says.\n\n"
    "Example: chargehand flags set sending off --project PAY --until 'tomorrow at 9:00'",
    no_args_is_help=True,
)
ForKind = Annotated[ActionKind | None, typer.Option("--kind", help="Only actions of this kind.")]
ForCohort = Annotated[
    str | None, typer.Option("--cohort", metavar="NAME", help="Only this cohort of the policy.")
]
NamedFlag = Annotated[str, typer.Argument(metavar="FLAG", help="Which switch.")]
_SCOPES = "--project, --agent, --connector, --kind, --cohort, or none for the whole organization"


class FlagUnknown(Rejected):
    """No flag of that name."""

    code = "flag_unknown"
    template = "There is no flag {found!r}.{hint} Flags: {allowed}."


class MomentUnread(Rejected):
    """Words that are no moment ahead."""

    code = "moment_unread"
    template = (
        "--until {found!r} is no moment ahead; say for example 2h, 'tomorrow at 9:00', Monday, or "
        "'2026-12-01 18:00'."
    )


class Position(StrEnum):
    """Where a switch can stand."""

    ON = "on"
    OFF = "off"


@flags.command("list")
def list_(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List every flag: how it stands, who set it where and until when, and what it does.

    Example: chargehand flags list
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.flags import list_flags
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        lines = stores.database.read(lambda tx: list_flags(tx, now=now))
    if as_json:
        echo_json(to_json(lines))
        return
    _echo(lines, settings)


@flags.command("show", hidden=True)
def show(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List every flag, as `flags list`.

    Example: chargehand flags show
    """
    list_(context, as_json=as_json)


@flags.command("set")
def set_(
    context: typer.Context,
    flag: NamedFlag,
    position: Annotated[Position, typer.Argument(help="Where it shall stand.")],
    *,
    project: ForProject = None,
    agent: ForAgent = None,
    connector: ForConnector = None,
    kind: ForKind = None,
    cohort: ForCohort = None,
    reason: Why = "",
    until: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="When it ends by itself: 2h, 'tomorrow at 9:00'."),
    ] = None,
) -> None:
    """Turn a flag on or off in one scope, in every process at once.

    Example: chargehand flags set model_decisions off --project PAY --reason 'odd answers'
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.flags import overruled_by, set_flag

    wanted, scope = _flag(flag), _scope(project, agent, connector, kind, cohort)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        expires_at = _moment(until, settings, now)
        known = known_scopes(settings)
        changed = stores.database.write(
            lambda tx: set_flag(
                tx,
                wanted,
                scope,
                is_on=position is Position.ON,
                known=known,
                by=operator_name(),
                now=now,
                reason=reason,
                expires_at=expires_at,
            )
        )
        closed_by = stores.database.read(lambda tx: overruled_by(tx, wanted, now=now))
    where = "" if scope == ORGANIZATION else f" for {scope_words(scope)}"
    if not changed:
        typer.echo(f"Nothing to change: {wanted.value} is {position.value}{where} already.")
    else:
        till = f" until {zoned_time(expires_at, settings)}" if expires_at is not None else ""
        typer.echo(f"{wanted.value} is {position.value}{where} now{till}, in every process.")
    if position is Position.ON and closed_by:
        typer.echo(f"It stays off all the same: {closed_by} says off, and off wins.")


@flags.command("clear")
def clear(
    context: typer.Context,
    flag: NamedFlag,
    *,
    project: ForProject = None,
    agent: ForAgent = None,
    connector: ForConnector = None,
    kind: ForKind = None,
    cohort: ForCohort = None,
) -> None:
    """Forget what was set of a flag in one scope, so that the others count alone.

    Example: chargehand flags clear sending --project PAY
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.flags import clear_flag

    wanted, scope = _flag(flag), _scope(project, agent, connector, kind, cohort)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        stores.database.write(lambda tx: clear_flag(tx, wanted, scope, by=operator_name(), now=now))
    typer.echo(f"{wanted.value} is no longer set for {scope_words(scope)}.")


def _flag(name: str) -> Flag:
    known = [one.value for one in Flag]
    if name in known:
        return Flag(name)
    near = difflib.get_close_matches(name.casefold(), known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise FlagUnknown(found=name[:60], hint=hint, allowed=", ".join(known))


def _scope(
    project: str | None,
    agent: str | None,
    connector: str | None,
    kind: ActionKind | None,
    cohort: str | None,
) -> Scope:
    named = {
        ScopeKind.PROJECT: project,
        ScopeKind.AGENT: agent,
        ScopeKind.CONNECTOR: connector,
        ScopeKind.KIND: kind.value if kind is not None else None,
        ScopeKind.COHORT: cohort,
    }
    is_all = all(name is None for name in named.values())
    return one_scope(named, is_all=is_all, allowed=_SCOPES)


def _moment(words: str | None, settings: "Settings", now: datetime) -> datetime | None:
    if words is None:
        return None
    # lazy: only who gives a moment needs it.
    from chargehand.commands.moments import read_moment

    said = read_moment(words)
    starts = time(settings.business.hours_start)
    found = said.resolve(now, zone=settings.business.zone, day_starts=starts) if said else None
    if found is None:
        raise MomentUnread(found=words[:60])
    return found


def _echo(lines: "Sequence[FlagLine]", settings: "Settings") -> None:
    echo_table(
        ("flag", "stands", "what it does"),
        [
            (
                line.flag.value,
                Position.ON.value if line.is_on else Position.OFF.value,
                line.does,
            )
            for line in lines
        ],
        texts=("what it does",),
    )
    for line in lines:
        if line.is_off_by_settings:
            typer.echo(f"\n{line.flag.value} is turned off by the settings of this installation.")
    rows = [
        (
            line.flag.value,
            Position.ON.value if one.is_on else Position.OFF.value,
            str(one.scope),
            zoned_time(one.set_at, settings),
            one.set_by,
            zoned_time(one.expires_at, settings) if one.expires_at else "for good",
            one.reason,
        )
        for line in lines
        for one in line.settings
    ]
    if not rows:
        typer.echo("\nNobody set any of them.")
        return
    typer.echo("\nWhat was set; off wins in every scope that fits:\n")
    head = ("flag", "set", "scope", "since", "by", "until", "reason")
    for row in plain_lines([head, *rows]):
        typer.echo(safe_line(row))
