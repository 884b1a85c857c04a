"""`events`: what deliveries meant, and a trial of what a payload would mean."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.event_readers import (
    EventReader,
    ParsedConnector,
    reader_of,
    webhook_reader,
)
from chargehand.cli.naming import bot_names, with_names
from chargehand.cli.options import AsJSON, Cursor, Last, Project, WorkItem
from chargehand.cli.output import (
    ERASED,
    echo_json,
    echo_json_line,
    echo_next,
    echo_table,
    excerpt,
    local_time,
)
from chargehand.domain.errors import Rejected
from chargehand.domain.event import EventKind
from chargehand.domain.ids import ProjectKey
from chargehand.kit.clock import SystemClock

if TYPE_CHECKING:
    # The parser takes longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.domain.event import Event, Place
    from chargehand.domain.json import JSONValue
    from chargehand.domain.records import EventRecord

events = typer.Typer(
    name="events",
    help="What happened, in one vocabulary for all connectors.\n\n"
    "Example: chargehand events list --project PAY --last 5",
    no_args_is_help=True,
)
_STDIN = "-"


class HeaderWrong(Rejected):
    """A header that is not written as one."""

    code = "header_wrong"
    template = "--header {pair!r} is not like x-event:created: a name, a colon, a value."


@events.command("list")
def list_(
    context: typer.Context,
    *,
    last: Last = 20,
    project: Project = None,
    work_item: WorkItem = None,
    kind: Annotated[
        EventKind | None,
        typer.Option(metavar="KIND", help="Only this kind, such as comment.created."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Only those whose text holds every one of some words."),
    ] = None,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List the newest events.

    Example: chargehand events list --text "payment declined" --last 5
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_events
    from chargehand.pipeline.showing import to_json

    wanted = ProjectKey(project) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: list_events(
                tx,
                cursor=cursor,
                limit=last,
                project=wanted,
                work_item=work_item,
                kind=kind,
                text=text,
            )
        )
        names = bot_names(stores)
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("No such events yet. `chargehand deliveries list` shows what arrived at all.")
        echo_next(page.next_cursor)
        return
    _echo_events(page.items, names, settings)
    echo_next(page.next_cursor)


def _echo_events(
    found: "Sequence[EventRecord]", names: "Mapping[str, str]", settings: "Settings"
) -> None:
    echo_table(
        ("id", f"occurred ({settings.business.time_zone})", "kind", "on", "by", "text"),
        [
            (
                one.id,
                local_time(one.occurred_at, settings),
                one.kind.value,
                one.work_item or one.project or "-",
                one.actor_name or "-",
                ERASED if one.is_erased else excerpt(with_names(one.text or "", names)),
            )
            for one in found
        ],
        texts=("by", "text"),
    )


@events.command("parse")
def parse(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Payloads; - reads standard input.")
    ],
    *,
    connector: Annotated[
        ParsedConnector, typer.Option(help="Whose payloads they are.")
    ] = ParsedConnector.JIRA,
    event_type: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="EVENT",
            help="The vendor's name of the event, where the vendor tells it beside the payload.",
        ),
    ] = "",
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With webhook: the connection whose rules say what they mean."
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", metavar="NAME:VALUE", help="With webhook: a header the rules look at."
        ),
    ] = None,
) -> None:
    """Print the event each payload means, one JSON object a line.

    It needs no configuration, but for plain webhooks, whose meaning is configured. What is not
    understood is `unsupported`, which is no failure; a file that can not be read is.

    Example: chargehand events parse --connector slack payload.json
    """
    if connector is ParsedConnector.WEBHOOK:
        read = _configured_reader(context.obj, connection, header or [])
    else:
        read = reader_of(connector, event_type)
    unreadable = 0
    for name in files:
        try:
            body, received_at = _read(name)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            typer.echo(f"chargehand: {name} can not be read: {problem}.", err=True)
            unreadable += 1
            continue
        echo_json_line(_event_json(read(body, received_at)))
    if unreadable:
        raise typer.Exit(2)


def _configured_reader(
    invocation: Invocation, wanted: str | None, headers: "Sequence[str]"
) -> "EventReader":
    """What reads the payloads of a sender of plain webhooks.

    Raises: ConnectionMissing, HeaderWrong, and what reading the settings raises.
    """
    # lazy: pydantic takes longer than `--help` may.
    from chargehand.bootstrap.configured import find_webhook

    found: dict[str, str] = {}
    for pair in headers:
        name, colon, value = pair.partition(":")
        if not (name.strip() and colon and value.strip()):
            raise HeaderWrong(pair=pair)
        found[name.strip().lower()] = value.strip()
    return webhook_reader(find_webhook(invocation.load_settings(), wanted), found)


def _read(name: str) -> tuple[bytes, datetime]:
    """The bytes, and the time an event gets whose payload tells none."""
    if name == _STDIN:
        return sys.stdin.buffer.read(), SystemClock().now()
    path = Path(name)
    body = path.read_bytes()
    # The file's own time, so that the same file always means the same event.
    return body, datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _event_json(event: "Event") -> "Mapping[str, JSONValue]":
    actor = event.actor
    # What is no chat has no place, and prints none.
    place = {"place": _place_json(event.place)} if event.place is not None else {}
    return {
        "kind": event.kind.value,
        "event_key": event.event_key,
        "connector": event.connector,
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "project": event.project,
        "work_item": event.work_item,
        "actor": {
            "account_id": actor.account_id,
            "name": actor.name,
            "kind": actor.kind.value,
            "time_zone": actor.time_zone,
        },
        "text": event.text,
        "mentions": list(event.mentions),
        "data": event.data,
        **place,
    }


def _place_json(place: "Place") -> "Mapping[str, JSONValue]":
    # The token a reply needs is a secret for as long as it is good.
    return {
        "channel_id": place.channel_id,
        "kind": place.kind.value,
        "message_id": place.message_id,
        "thread_id": place.thread_id,
        "is_outsider": place.is_outsider,
    }
