"""`status`, `stats` and `notices`: how things stand, how much happened, what to look at."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand import __version__
from chargehand.cli.alive import Liveness, look_at_clock, look_at_front, look_at_worker
from chargehand.cli.context import Invocation
from chargehand.cli.keeping import retention_lines
from chargehand.cli.model_checks import model_lines
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import (
    echo_fields,
    echo_json,
    echo_next,
    echo_table,
    local_time,
    plain_lines,
    safe_line,
    since,
    zoned_time,
)
from chargehand.cli.secret_checks import secret_lines
from chargehand.domain.errors import Rejected
from chargehand.flags.stopping import scope_words

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.domain.connection import ConnectionHealth
    from chargehand.domain.records import ConnectionRecord, NoticeRecord
    from chargehand.domain.switches import StopRecord
    from chargehand.pipeline.looking import Modes, Status

notices = typer.Typer(
    name="notices",
    help="What chargehand tells its operator, once for each cause, however often it returns.\n\n"
    "Example: chargehand notices list",
    no_args_is_help=True,
)
_SHOWN_NOTICES = 5
# What waits, in the order of how much it wants a person, with the command that deals with it.
_WAITING = (
    (
        "actions_unknown",
        "actions that may or may not have happened",
        "actions list --state unknown",
    ),
    ("approvals_open", "actions that wait for approval", "approvals list"),
    ("asks_late", "questions too old to be answered by themselves", "asks late"),
    ("asks_stuck", "questions that could not be answered", "asks late"),
    ("asks_open", "questions being answered", "asks list --state open"),
    ("actions_under_way", "approved actions on their way", "actions list --state approved"),
)


class NoChannel(Rejected):
    """Notices go into the log alone."""

    code = "no_channel"
    template = (
        "No channel is configured, so notices go into the log alone. Set notices.webhook_url or "
        "notices.email_to; docs/howto/get-notices.md says how."
    )


@dataclass(frozen=True, slots=True)
class _Screen:
    """Everything `status` shows."""

    status: "Status"
    modes: "Modes"
    notices: "Sequence[NoticeRecord]"
    front: Liveness
    worker: Liveness
    clock: Liveness
    models: "Sequence[str]"
    healths: "Mapping[str, ConnectionHealth]"


def status(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """Show on one screen what runs, what is connected, what waits, and what needs a look.

    Example: chargehand status
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        screen = _look(settings, stores, now)
    if as_json:
        shown = to_json(screen.status)
        beside = {
            "front": to_json(screen.front),
            "worker": to_json(screen.worker),
            "clock": to_json(screen.clock),
            "secrets": to_json(settings.found_secrets),
        }
        echo_json({**shown, **beside} if isinstance(shown, dict) else beside)
        return
    _echo_screen(screen, settings, now)


def stats(
    context: typer.Context,
    *,
    hours: Annotated[
        int, typer.Option(min=1, max=24 * 366, metavar="N", help="How far to look back.")
    ] = 24,
    as_json: AsJSON = False,
) -> None:
    """Count what happened lately, by kind of row and its closed word.

    Example: chargehand stats --hours 168
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import read_stats
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        start = now - timedelta(hours=hours)
        found = stores.database.read(lambda tx: read_stats(tx, since=start, until=now))
    if as_json:
        echo_json(to_json(found))
        return
    typer.echo(f"Since {zoned_time(found.since, settings)}, models took ${found.cost_usd:.2f}:\n")
    rows = [
        (name.replace("_", " "), word, str(count))
        for name, words in found.counts.items()
        for word, count in words.items()
    ]
    if not rows:
        typer.echo("Nothing happened. `chargehand status` says whether anything is connected.")
        return
    echo_table(("what", "word", "count"), rows)


@notices.command("list")
def list_notices(
    context: typer.Context, *, last: Last = 20, cursor: Cursor = None, as_json: AsJSON = False
) -> None:
    """List the newest notices, with how often each cause has returned.

    Example: chargehand notices list --last 5
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import looking
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(lambda tx: looking.list_notices(tx, cursor=cursor, limit=last))
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No notices: nothing needed a person yet.")
        return
    echo_table(
        ("severity", f"last ({settings.business.time_zone})", "times", "code", "text"),
        [
            (
                one.severity.value,
                local_time(one.last_at, settings),
                str(one.count),
                one.code,
                one.text,
            )
            for one in page.items
        ],
        texts=("text",),
    )
    echo_next(page.next_cursor)


@notices.command("test")
def test_channels(context: typer.Context) -> None:
    """Send a test notice on every configured channel; exit 1 if one does not take it.

    Example: chargehand notices test
    """
    invocation: Invocation = context.obj
    # lazy: what the channels need takes longer than `--help` may.
    from chargehand.bootstrap.channels import notice_channels
    from chargehand.pipeline.telling import ChannelFailed, sample_notice

    settings = invocation.load_settings()
    now = invocation.clock(settings).now()
    channels = notice_channels(settings.notices, ca_file=settings.network.ca_file)
    if not channels:
        raise NoChannel
    has_failed = False
    for channel in channels:
        try:
            channel.send(sample_notice(now), now=now)
        except ChannelFailed as error:
            has_failed = True
            typer.echo(f"FAIL  {channel.name}: {error.fields['detail']}")
        else:
            typer.echo(f"ok    {channel.name}: it took the notice; look whether it arrived.")
    if has_failed:
        sys.exit(1)


def _look(settings: "Settings", stores: "Stores", now: datetime) -> _Screen:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import (
        connections_by_settings,
        pipeline_rules,
        served_projects,
    )
    from chargehand.pipeline.connection_health import list_connections
    from chargehand.pipeline.looking import list_notices, read_modes, read_status

    projects, inbox = served_projects(settings), stores.queue.counts()
    retention = pipeline_rules(settings).retention
    database, known = stores.database, connections_by_settings(settings)
    healths = database.read(lambda tx: list_connections(tx, known, now=now)).connections
    return _Screen(
        status=database.read(
            lambda tx: read_status(
                tx, inbox=inbox, retention=retention, version=__version__, now=now
            )
        ),
        modes=database.read(lambda tx: read_modes(tx, projects)),
        notices=database.read(lambda tx: list_notices(tx, limit=_SHOWN_NOTICES)).items,
        front=look_at_front(settings),
        worker=look_at_worker(settings),
        clock=look_at_clock(settings),
        models=model_lines(settings, stores, now=now),
        healths={one.id: one for one in healths},
    )


def _echo_screen(screen: _Screen, settings: "Settings", now: datetime) -> None:
    typer.echo(f"chargehand {__version__}, {zoned_time(now, settings)}")
    hold = screen.status.hold
    if hold is not None:
        how = f"{hold.reason.value} {since(hold.held_at, now)}"
        known = f"what happened after {zoned_time(hold.taken_at, settings)} is not in this database"
        typer.echo(f"\nHELD: {how}; {known}.")
        typer.echo("Nothing is sent until you run `chargehand resume --after-restore`.")
    _echo_stops(screen.status.stops, settings)
    typer.echo("\nProcesses")
    running = [("front", _shown(screen.front)), ("worker", _shown(screen.worker))]
    # Nobody needs one, so only one that is there is shown.
    echo_fields([*running, ("clock", screen.clock.found)] if screen.clock.is_up else running)
    _echo_processes(screen.status, now)
    typer.echo("\nConnections")
    _echo_connections(screen, settings, now)
    typer.echo("\nWaiting")
    _echo_waiting(screen.status)
    typer.echo(f"\nModes of replies (policy version {screen.modes.version})")
    _echo_reply_modes(screen.modes)
    if screen.models:
        typer.echo("\nModels")
    for line in screen.models:
        typer.echo(f"  {safe_line(line)}")
    typer.echo("\nNotices")
    _echo_notices(screen.notices, now)
    typer.echo("\nSecrets")
    for line in secret_lines(settings, now=now):
        typer.echo(f"  {safe_line(line)}")
    typer.echo("\nKept")
    for line in retention_lines(screen.status.retention, now):
        typer.echo(f"  {line}")
    typer.echo(f"\nAudit chain: {screen.status.audit_records} records")


def _echo_stops(stops: "Sequence[StopRecord]", settings: "Settings") -> None:
    if not stops:
        return
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.stopping import stopped_words

    typer.echo(f"\nSTOPPED: {safe_line(stopped_words(stops))}.")
    for one in stops:
        since = f"since {zoned_time(one.since, settings)}" if one.since is not None else ""
        by = f"by {one.by}" if one.by else "by the settings"
        words = " ".join(word for word in (since, by) if word)
        typer.echo(f"  {scope_words(one.scope)}: {safe_line(words)}")
        for line in (one.reason, one.note):
            if line:
                typer.echo(f"    {safe_line(line)}")
    typer.echo("Nothing of it is decided or sent until it is resumed; see `chargehand resume`.")


def _shown(liveness: Liveness) -> str:
    return liveness.found if liveness.is_up else f"NOT RUNNING: {liveness.found}"


def _echo_processes(status: "Status", now: datetime) -> None:
    if not status.processes:
        return
    typer.echo("\nOn this database")
    rows = [
        (
            one.role.value,
            f"{one.host}, process {one.pid}",
            one.state.value if one.is_up or not one.is_live else "SILENT",
            f"heard of {since(one.seen_at, now)}",
            one.version,
        )
        for one in status.processes
    ]
    for line in plain_lines(rows):
        typer.echo(f"  {safe_line(line)}")


def _echo_connections(screen: _Screen, settings: "Settings", now: datetime) -> None:
    known = {str(record.id): record for record in screen.status.connections}
    if not settings.connections:
        typer.echo(
            "  None is configured; begin with `chargehand init`, or `chargehand connect jira`."
        )
    for configured in settings.connections:
        health, details = _health(known.get(configured.id), now)
        typer.echo(f"  {configured.id}  {configured.site}  {health}")
        for line in details:
            typer.echo(f"    {safe_line(line)}")
        found = screen.healths[configured.id]
        if found.reason:
            typer.echo(f"    {found.state.value}: {safe_line(found.reason)}")
            typer.echo(f"    See `chargehand connections show {configured.id}`.")


def _health(record: "ConnectionRecord | None", now: datetime) -> tuple[str, list[str]]:
    if record is None:
        return "not called yet", ["The worker calls it when it starts: `chargehand serve`."]
    failed, worked = record.last_failure_at, record.last_ok_at
    if failed is None and worked is None and not record.bot_name:
        return "not called yet", []
    is_failing = failed is not None and (worked is None or failed > worked)
    if is_failing and failed is not None:
        health = f"FAILING ({record.last_failure}, {since(failed, now)}); see `chargehand doctor`"
    else:
        health = f"works, acts as {record.bot_name or 'nobody known yet'}"
    delivered, polled = record.last_delivery_at, record.polled_at
    details = [f"last delivery {since(delivered, now) if delivered else 'never'}"]
    details += [f"last call that worked {since(worked, now)}"] if worked else []
    details += [f"last poll {since(polled, now)}"] if polled else []
    return health, details


def _echo_waiting(status: "Status") -> None:
    rows = [
        (str(count), words, f"chargehand {command}")
        for key, words, command in _WAITING
        if (count := status.waiting.get(key, 0))
    ]
    inbox = status.inbox
    if inbox.interactive + inbox.bulk:
        stored = str(inbox.interactive + inbox.bulk)
        rows.append((stored, "deliveries not looked at yet", "chargehand serve"))
    if inbox.dead:
        rows.append((str(inbox.dead), "deliveries given up", "chargehand deliveries given-up"))
    for line in plain_lines(rows) if rows else ["Nothing waits."]:
        typer.echo(f"  {line}")


def _echo_reply_modes(modes: "Modes") -> None:
    # lazy: it is small, and only this line needs it.
    from chargehand.domain.action import ActionKind

    replies = [line for line in modes.modes if line.kind is ActionKind.JIRA_ADD_COMMENT]
    shown = ", ".join(f"{line.project} {line.mode.value}" for line in replies)
    typer.echo(f"  {shown or f'no project is served; the default is {modes.default.value}'}")


def _echo_notices(found: "Sequence[NoticeRecord]", now: datetime) -> None:
    if not found:
        typer.echo("  None.")
    for one in found:
        times = f", {one.count} times" if one.count > 1 else ""
        typer.echo(
            f"  {one.severity.value}, {since(one.last_at, now)}{times}: {safe_line(one.text)}"
        )
