"""`stop` and `resume`: the way to hold everything back at once, and the way out of it."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.output import plain_lines, safe_line, zoned_time
from chargehand.cli.restore import resume_after_restore
from chargehand.cli.scopes import ForAgent, ForConnector, ForProject, Why, known_scopes, one_scope
from chargehand.domain.errors import ChargehandError, Rejected
from chargehand.domain.switches import FOREMAN_NAME, Scope, ScopeKind
from chargehand.flags.stopping import scope_words

if TYPE_CHECKING:
    # pydantic and SQLAlchemy take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.bootstrap.switches import LocalSwitches
    from chargehand.config.settings import Settings
    from chargehand.pipeline.stopping import Resumed, Stopped, UnderWay

_LOOK_EVERY_S = 0.25
_WAIT_S = 15.0
_SCOPES = "--all, --project KEY, --agent NAME, --connector NAME"
Everything = Annotated[bool, typer.Option("--all", help="Everything.")]


class StopFileUnwritable(Rejected):
    """Neither the database nor the folder takes the stop."""

    code = "stop_file_unwritable"
    template = (
        "Nothing is stopped: the database can not be used ({why}), and {path} can not be written "
        "({detail}). Stop the service itself, or set CHARGEHAND_STOP=all where it starts."
    )


class ResumeNotNamed(Rejected):
    """Sending is allowed again on purpose only."""

    code = "resume_not_named"
    template = (
        "Say what to resume: {scopes} ends that stop; --after-restore looks up what may have "
        "happened since the backup, and then allows sending again."
    )


def stop(
    context: typer.Context,
    *,
    everything: Everything = False,
    project: ForProject = None,
    agent: ForAgent = None,
    connector: ForConnector = None,
    reason: Why = "",
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            min=0,
            max=600,
            metavar="SECONDS",
            help="Longest wait for how what was under way ended.",
        ),
    ] = _WAIT_S,
) -> None:
    """Stop everything, one project, one agent or one connector: nothing of it is decided or sent.

    It outlives restarts. Deliveries are kept; what is asked waits. Without a database it is written
    into the file STOP in the data folder, which works for the processes that use that folder.

    Example: chargehand stop --all --reason 'odd answers'
    """
    invocation: Invocation = context.obj
    scope = one_scope(_named(project, agent, connector), is_all=everything, allowed=_SCOPES)
    settings = invocation.load_settings()
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.stores import open_stores
    from chargehand.bootstrap.switches import local_switches
    from chargehand.pipeline.stopping import require_stoppable
    from chargehand.pipeline.stopping import stop as stop_scope

    require_stoppable(scope, known_scopes(settings), [FOREMAN_NAME])
    try:
        stores = open_stores(settings)
    except ChargehandError as error:
        _stop_by_file(local_switches(settings), scope, error)
        return
    try:
        now = invocation.clock(settings).now()
        stopped = stores.database.write(
            lambda tx: stop_scope(tx, scope, reason=reason, by=operator_name(), now=now)
        )
        _echo_stopped(stopped, settings)
        _follow(stopped.under_way, stores, wait_s=wait)
    except Rejected:
        raise
    except ChargehandError as error:
        _stop_by_file(local_switches(settings), scope, error)
    finally:
        stores.close()


def resume(
    context: typer.Context,
    *,
    everything: Everything = False,
    project: ForProject = None,
    agent: ForAgent = None,
    connector: ForConnector = None,
    after_restore: Annotated[
        bool,
        typer.Option("--after-restore", help="Look up what may have happened since the backup."),
    ] = False,
) -> None:
    """End a stop, by the scope that was stopped; or allow sending again after a restore.

    What waited goes on; questions that waited for too long are late. After a restore every open
    action is looked up at its vendor first, and what had happened is not sent again.

    Example: chargehand resume --all
    """
    invocation: Invocation = context.obj
    named = _named(project, agent, connector)
    if after_restore:
        if everything or any(named.values()):
            raise ResumeNotNamed(scopes=_SCOPES)
        resume_after_restore(invocation)
        return
    if not everything and not any(named.values()):
        raise ResumeNotNamed(scopes=_SCOPES)
    scope = one_scope(named, is_all=everything, allowed=_SCOPES)
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.switches import local_switches
    from chargehand.pipeline.stopping import resume as resume_scope

    switches = local_switches(invocation.load_settings())
    was_in_file = _remove_from_file(switches, scope)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        resumed = stores.database.write(
            lambda tx: resume_scope(tx, scope, by=operator_name(), now=now, was_in_file=was_in_file)
        )
    _echo_resumed(resumed, scope)


def _named(
    project: str | None, agent: str | None, connector: str | None
) -> dict[ScopeKind, str | None]:
    return {
        ScopeKind.PROJECT: project,
        ScopeKind.AGENT: agent,
        ScopeKind.CONNECTOR: connector,
    }


def _stop_by_file(switches: "LocalSwitches", scope: Scope, error: ChargehandError) -> None:
    try:
        path = switches.add(scope)
    except OSError as failed:
        raise StopFileUnwritable(
            why=str(error), path=str(switches.path), detail=failed.strerror or str(failed)
        ) from failed
    sys.stderr.write(f"The database can not be used: {error}\n")
    typer.echo(f"STOPPED by the file {path}: {scope_words(scope)}.")
    typer.echo("It holds for every process that uses this folder, at once and after a restart.")
    typer.echo("What was under way can not be told now. Remove the file, or run `chargehand")
    typer.echo("resume` with the same scope, to go on.")


def _remove_from_file(switches: "LocalSwitches", scope: Scope) -> bool:
    try:
        return switches.remove(scope)
    except OSError as error:
        path: Path | None = switches.path
        raise StopFileKept(path=str(path), detail=error.strerror or str(error)) from error


class StopFileKept(Rejected):
    """The stop file can not be taken away."""

    code = "stop_file_kept"
    template = "{path} can not be changed ({detail}), so it stays stopped; remove it by hand."


def _echo_stopped(stopped: "Stopped", settings: "Settings") -> None:
    record = stopped.stop
    words = scope_words(record.scope)
    if stopped.is_new:
        typer.echo(f"STOPPED: {words}, in every process. Deliveries are kept; what is asked waits.")
    else:
        since = zoned_time(record.since, settings) if record.since is not None else "before"
        typer.echo(f"Stopped already: {words}, since {since} by {safe_line(record.by)}.")
    if not stopped.under_way:
        typer.echo("Nothing of it was under way.")
        return
    typer.echo("\nAlready under way, and not called back:\n")
    rows = [
        (
            one.action_id,
            one.kind.value,
            one.target,
            f"left {zoned_time(one.intended_at, settings)}",
            f"known by {zoned_time(one.settle_at, settings)}" if one.settle_at else "",
        )
        for one in stopped.under_way
    ]
    for line in plain_lines(rows):
        typer.echo(f"  {safe_line(line)}")


def _follow(under_way: "Sequence[UnderWay]", stores: "Stores", *, wait_s: float) -> None:
    """Tell how what was under way ended, for as long as somebody wants to wait."""
    # lazy: as above.
    from chargehand.pipeline.stopping import ended

    open_ids, until_s = {one.action_id for one in under_way}, monotonic() + wait_s
    if open_ids:
        typer.echo("")
    while open_ids:
        found = stores.database.read(partial(ended, ids=frozenset(open_ids)))
        for action_id, action in found.items():
            problem = f" ({action.problem})" if action.problem else ""
            typer.echo(f"  {action_id} ended: {action.state.value}{problem}")
        open_ids -= set(found)
        if not open_ids or monotonic() >= until_s:
            break
        sleep(_LOOK_EVERY_S)
    for action_id in sorted(open_ids):
        typer.echo(f"  {action_id} is still open; `chargehand trace {action_id}` tells its end.")


def _echo_resumed(resumed: "Resumed", scope: Scope) -> None:
    # lazy: as above.
    from chargehand.pipeline.stopping import stopped_words

    typer.echo(f"Resumed: {scope_words(scope)}. What waited goes on.")
    if resumed.left:
        typer.echo(f"STILL STOPPED: {safe_line(stopped_words(resumed.left))}.")
