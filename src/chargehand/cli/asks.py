"""`asks`: what people asked of the bot, and the questions that wait for a person."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.naming import bot_names, with_names
from chargehand.cli.one_by_one import one_by_one
from chargehand.cli.options import AsJSON, Cursor, Last, Project
from chargehand.cli.output import (
    ERASED,
    echo_json,
    echo_next,
    echo_table,
    excerpt,
    local_time,
)
from chargehand.domain.ask import AskState
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AskId, ProjectKey

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.config.settings import Settings
    from chargehand.domain.records import Page
    from chargehand.pipeline.looking import StoredAsk

asks = typer.Typer(
    name="asks",
    help="One ask gets one answer. Asks that are too old to be answered by themselves are late, "
    "those that could not be answered are stuck; both wait here for a person.\n\n"
    "Example: chargehand asks late",
    no_args_is_help=True,
)
_WAITING = (AskState.LATE, AskState.STUCK)
_PAGE = 200
Identifiers: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="ID", help="Asks by their ids: ask_...")
]
Every: TypeAlias = Annotated[bool, typer.Option("--all", help="Every ask that is late or stuck.")]


class NothingNamed(Rejected):
    """Neither ids nor --all."""

    code = "asks_not_named"
    template = "Name asks by their ids, or all of them with --all; not both."


@asks.command("list")
def list_(
    context: typer.Context,
    *,
    last: Last = 20,
    state: Annotated[AskState | None, typer.Option(help="Only asks in this state.")] = None,
    project: Project = None,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List the newest asks.

    Example: chargehand asks list --state decided --last 5
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_asks
    from chargehand.pipeline.showing import to_json

    wanted = ProjectKey(project) if project is not None else None
    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: list_asks(tx, cursor=cursor, limit=last, state=state, project=wanted)
        )
        names = bot_names(stores)
    if as_json:
        echo_json(to_json(page))
        return
    _echo_asks(
        page, settings, names, empty="No such asks yet. Mention the bot in a comment to make one."
    )


@asks.command("late")
def late(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List the questions that wait for a person, oldest last.

    Example: chargehand asks late
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.domain.records import Page
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = Page(items=_waiting(stores), next_cursor=None)
        names = bot_names(stores)
    if as_json:
        echo_json(to_json(page))
        return
    _echo_asks(
        page, settings, names, empty="No asks are late or stuck; nothing waits for you here."
    )
    if page.items:
        typer.echo("\nAnswer them with `chargehand asks answer ID`, or close them with dismiss.")


@asks.command("answer")
def answer(
    context: typer.Context, identifiers: Identifiers = None, *, every: Every = False
) -> None:
    """Let late or stuck asks be answered all the same; the modes in force apply.

    Example: chargehand asks answer ask_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.late_asks import release_ask

    def release(stores: "Stores", ask_id: str, now: datetime) -> str:
        by = operator_name()
        done = stores.database.write(lambda tx: release_ask(tx, ask_id, by=by, now=now))
        return f"{done} is answered next; see `chargehand trace {done}`."

    _settle(context, identifiers, release, every=every)


@asks.command("dismiss")
def dismiss(
    context: typer.Context, identifiers: Identifiers = None, *, every: Every = False
) -> None:
    """Close late or stuck asks without an answer.

    Example: chargehand asks dismiss --all
    """
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.late_asks import dismiss_ask

    def close(stores: "Stores", ask_id: str, now: datetime) -> str:
        by = operator_name()
        done = stores.database.write(lambda tx: dismiss_ask(tx, ask_id, by=by, now=now))
        return f"{done} is dismissed and will not be answered."

    _settle(context, identifiers, close, every=every)


def _settle(
    context: typer.Context,
    identifiers: list[str] | None,
    work: "Callable[[Stores, str, datetime], str]",
    *,
    every: bool,
) -> None:
    if every is bool(identifiers):
        raise NothingNamed
    invocation: Invocation = context.obj
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        wanted: list[AskId] | list[str] = identifiers or [one.ask.id for one in _waiting(stores)]
        if not wanted:
            typer.echo("No asks are late or stuck.")
        one_by_one(wanted, lambda ask_id: work(stores, ask_id, now))


def _waiting(stores: "Stores") -> "tuple[StoredAsk, ...]":
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_asks

    def waiting_in(state: AskState) -> "Iterator[StoredAsk]":
        cursor: str | None = None
        while True:
            look = partial(list_asks, cursor=cursor, limit=_PAGE, state=state)
            page = stores.database.read(look)
            yield from page.items
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    found = [one for state in _WAITING for one in waiting_in(state)]
    return tuple(sorted(found, key=lambda one: one.ask.asked_at, reverse=True))


def _echo_asks(
    page: "Page[StoredAsk]", settings: "Settings", names: Mapping[str, str], *, empty: str
) -> None:
    if not page.items:
        typer.echo(empty)
        return
    echo_table(
        ("id", f"asked ({settings.business.time_zone})", "on", "by", "state", "problem", "text"),
        [
            (
                one.ask.id,
                local_time(one.ask.asked_at, settings),
                one.ask.subject,
                one.ask.asker.name or "-",
                one.ask.state.value,
                one.problem or "-",
                ERASED if one.is_erased else excerpt(with_names(one.ask.text, names)),
            )
            for one in page.items
        ],
        texts=("by", "text"),
    )
    echo_next(page.next_cursor)
