"""`outgoing-webhooks`: the programs that are told what happens, and what they took."""

import asyncio
import sys
from typing import Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.options import AsJSON, Cursor, Last
from chargehand.cli.output import echo_json, echo_next, echo_table, local_time

outgoing_webhooks = typer.Typer(
    name="outgoing-webhooks",
    help="Programs of yours that are told of approvals, decisions, actions and budgets, each post "
    "signed. They stand in chargehand.toml as [[outgoing_webhooks]].\n\n"
    "Example: chargehand outgoing-webhooks test",
    no_args_is_help=True,
)


@outgoing_webhooks.command("list")
def list_(context: typer.Context) -> None:
    """List the configured webhooks, with what each is told of.

    Example: chargehand outgoing-webhooks list
    """
    invocation: Invocation = context.obj
    with invocation.open_stores() as (settings, stores):
        waiting = {
            one.id: stores.database.read(lambda tx, id_=one.id: tx.outgoing.waiting(id_))  # type: ignore[misc]
            for one in settings.outgoing_webhooks
        }
    if not settings.outgoing_webhooks:
        typer.echo("No webhook is configured; docs/howto/send-webhooks.md says how.")
        return
    echo_table(
        ("id", "url", "events", "projects", "texts", "waiting"),
        [
            (
                one.id,
                one.url,
                ", ".join(event.value for event in one.events),
                ", ".join(one.projects) or "all",
                "yes" if one.include_text else "no",
                str(waiting[one.id]),
            )
            for one in settings.outgoing_webhooks
        ],
        texts=("events",),
    )


@outgoing_webhooks.command("test")
def try_webhooks(
    context: typer.Context,
    *,
    webhook: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Only this one; all if left out.")
    ] = None,
) -> None:
    """Post a test to each webhook now; exit 1 if one does not take it.

    Example: chargehand outgoing-webhooks test
    """
    invocation: Invocation = context.obj
    # lazy: what sends takes longer to load than `--help` may.
    from chargehand.bootstrap.outgoing import OutgoingSender
    from chargehand.pipeline.errors import ArgumentInvalid
    from chargehand.pipeline.outgoing import PostFailed, sample_post

    settings = invocation.load_settings()
    ids = [one.id for one in settings.outgoing_webhooks]
    wanted = [webhook] if webhook is not None else ids
    if not ids or not set(wanted) <= set(ids):
        allowed = ", ".join(ids) or "none, since no webhook is configured"
        raise ArgumentInvalid(field="id", found=webhook or "", allowed=allowed)
    sender, now, has_failed = OutgoingSender(settings), invocation.clock(settings).now(), False
    for one in wanted:
        post_id, body = sample_post(now)
        try:
            asyncio.run(sender.send(one, post_id, body, now=now))
        except PostFailed as error:
            has_failed = True
            typer.echo(f"FAIL  {one}: {error.fields['detail']}")
        else:
            typer.echo(f"ok    {one}: it took the post {post_id}.")
    if has_failed:
        sys.exit(1)


@outgoing_webhooks.command("log")
def log(
    context: typer.Context,
    *,
    webhook: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Only of this one; of all if left out.")
    ] = None,
    last: Last = 20,
    cursor: Cursor = None,
    as_json: AsJSON = False,
) -> None:
    """Show what was posted and what became of it, newest first; it is kept for thirty days.

    Example: chargehand outgoing-webhooks log
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(
            lambda tx: tx.outgoing.page(webhook=webhook, cursor=cursor, limit=last)
        )
    if as_json:
        echo_json(to_json(page))
        return
    echo_table(
        ("id", f"at ({settings.business.time_zone})", "webhook", "event", "about", "state", "why"),
        [
            (
                one.id,
                local_time(one.created_at, settings),
                one.webhook,
                one.event.value,
                one.subject_id,
                f"{one.state.value}, {one.attempts} tries",
                one.problem or "-",
            )
            for one in page.items
        ],
        texts=("why",),
    )
    echo_next(page.next_cursor)
