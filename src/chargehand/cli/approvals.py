"""`approvals`: exact actions that wait for a person."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.editing import edit_text
from chargehand.cli.naming import bot_names
from chargehand.cli.one_by_one import one_by_one
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import echo_json, indented
from chargehand.cli.shown_approvals import background_of, echo_approval, echo_list
from chargehand.domain.action import Mode
from chargehand.domain.records import ApprovalState
from chargehand.domain.vote import MEMBER

if TYPE_CHECKING:
    # SQLAlchemy and pydantic take longer to load than `--help` may.
    from chargehand.bootstrap.stores import Stores
    from chargehand.domain.records import ActionRecord

approvals = typer.Typer(
    name="approvals",
    help="In approve mode nothing is sent before a person saw its exact words. An approval is "
    "bound to those words: it is void once they change, the first decision wins, and it "
    "expires.\n\nExample: chargehand approvals list",
    no_args_is_help=True,
)
_VIA = "cli"
Identifiers: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="ID", help="Approvals, by id or short id.")
]
Identifier: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The approval, by id or short id.")
]


@approvals.command("list")
def list_(
    context: typer.Context,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Decided, expired and void ones as well.")
    ] = False,
    mine: Annotated[
        str | None,
        typer.Option(metavar="MEMBER", help="Only those that wait for this member's vote."),
    ] = None,
    last: Last = 50,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """List what waits for a decision, newest first.

    Example: chargehand approvals list --all --last 10
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import list_approvals
    from chargehand.pipeline.members import find_member
    from chargehand.pipeline.showing import to_json

    state = None if every else ApprovalState.OPEN
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        page = stores.database.read(
            lambda tx: list_approvals(
                tx,
                cursor=cursor,
                limit=last,
                state=state,
                needs=f"{MEMBER}{find_member(tx, mine).id}" if mine else None,
                now=now,
            )
        )
        if as_json:
            echo_json(to_json(page))
            return
        backgrounds = [background_of(stores, one.action) for one in page.items]
    if not page.items:
        typer.echo(_nothing(mine, every=every))
        return
    echo_list(page, backgrounds, now)


@approvals.command("show")
def show(context: typer.Context, identifier: Identifier, *, as_json: AsJSON = False) -> None:
    """Show the exact preview, who asked, why it is proposed, and until when it can be decided.

    Example: chargehand approvals show 7h2k9d
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.looking import find_approval
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        shown = stores.database.read(lambda tx: find_approval(tx, identifier, now=now))
        background, names = background_of(stores, shown.action), bot_names(stores)
    if as_json:
        echo_json(to_json(shown))
        return
    echo_approval(shown, background, settings, now, names=names)


@approvals.command("approve")
def approve(context: typer.Context, identifiers: Identifiers) -> None:
    """Let exact actions be sent; each is checked once more at the moment of sending.

    Example: chargehand approvals approve 7h2k9d 3m5x8q
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import approving

    with invocation.open_stores() as (settings, stores):
        now, by = invocation.clock(settings).now(), operator_name()

        def decide(identifier: str) -> str:
            decided = approving.decide_or_note(
                stores.database,
                identifier,
                lambda tx: approving.approve(tx, identifier, by=by, via=_VIA, now=now),
                by=by,
                via=_VIA,
                now=now,
            )
            name, action = decided.approval.short_id, decided.action
            if decided.approval.state is ApprovalState.OPEN:
                standing = decided.standing
                return (
                    f"{name} has {standing.counted} of {standing.quorum} now; "
                    f"{action.kind.value} on {action.target} waits for the others."
                )
            told = f"{name} approved: {action.kind.value} on {action.target}."
            if _mode_now(stores, action, now=now) is Mode.SIMULATE:
                return f"{told} The mode is simulate by now, so it will be recorded, not sent."
            return f"{told} The worker sends it next; see `chargehand trace {name}`."

        one_by_one(identifiers, decide)


@approvals.command("reject")
def reject(
    context: typer.Context,
    identifiers: Identifiers,
    *,
    reason: Annotated[str, typer.Option(help="Why, for those who look back.")] = "",
) -> None:
    """See to it that actions are never sent.

    Example: chargehand approvals reject 7h2k9d --reason "answered in person"
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import approving

    with invocation.open_stores() as (settings, stores):
        now, by = invocation.clock(settings).now(), operator_name()

        def decide(identifier: str) -> str:
            decided = approving.decide_or_note(
                stores.database,
                identifier,
                lambda tx: approving.reject(
                    tx, identifier, by=by, via=_VIA, reason=reason, now=now
                ),
                by=by,
                via=_VIA,
                now=now,
            )
            action = decided.action
            name = decided.approval.short_id
            return f"{name} rejected: {action.kind.value} on {action.target} will not be sent."

        one_by_one(identifiers, decide)


@approvals.command("comment")
def comment(
    context: typer.Context,
    identifier: Identifier,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say, in quotes.")],
) -> None:
    """Say something about an approval to those who decide it; it decides nothing.

    Example: chargehand approvals comment 7h2k9d "the bank answers on Friday"
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import approving

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        said = stores.database.write(
            lambda tx: approving.comment(
                tx, identifier, text=text, by=operator_name(), via=_VIA, now=now
            )
        )
    typer.echo(f"Noted with {said.approval.short_id}; `chargehand approvals show` tells of it.")


@approvals.command("edit")
def edit(
    context: typer.Context,
    identifier: Identifier,
    *,
    text: Annotated[
        str | None, typer.Option(help="The new words, as Markdown; without it, $EDITOR opens.")
    ] = None,
) -> None:
    """Word a comment differently; the approval for the old words is void and a new one opens.

    Example: chargehand approvals edit 7h2k9d --text "Due **Friday 27 November 2026**."
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import find_connection
    from chargehand.bootstrap.receiving import previewers
    from chargehand.pipeline import approving
    from chargehand.pipeline.errors import EditNotPossible
    from chargehand.pipeline.looking import find_approval

    with invocation.open_stores() as (settings, stores):
        clock = invocation.clock(settings)
        now = clock.now()
        before = stores.database.read(lambda tx: find_approval(tx, identifier, now=now)).action
        find_connection(settings, before.connection_id)
        previewer = previewers(settings)[before.connection_id]
        words = before.params.get("markdown")
        if text is None and not isinstance(words, str):
            raise EditNotPossible(kind=before.kind.value)
        wording = text if text is not None else edit_text(str(words))
        if wording is None:
            typer.echo("Nothing was changed.")
            return
        by, now = operator_name(), clock.now()
        decided = approving.decide_or_note(
            stores.database,
            identifier,
            lambda tx: approving.edit(
                tx,
                identifier,
                text=wording,
                previewer=previewer,
                by=by,
                via=_VIA,
                lasts=settings.answers.approval_expires_after,
                now=now,
            ),
            by=by,
            via=_VIA,
            now=now,
        )
    name = decided.approval.short_id
    typer.echo(f"The new words wait as {name}:\n")
    typer.echo(indented(decided.action.preview, "  "))
    typer.echo(f"\nNext: chargehand approvals approve {name}")


def _nothing(mine: str | None, *, every: bool) -> str:
    if mine:
        return f"Nothing waits for {mine}."
    if every:
        return "No approvals yet."
    return (
        "No approvals wait. Actions wait here where the mode is approve; see "
        "`chargehand modes show`."
    )


def _mode_now(stores: "Stores", action: "ActionRecord", *, now: datetime) -> Mode:
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.ruling import rule_on

    return stores.database.read(lambda tx: rule_on(tx, action, cause=action.cause, now=now)).mode
