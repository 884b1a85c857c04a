"""`members link|confirm|refuse|unmapped`: which accounts are whose, and how sure that is."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON, Cursor, Last, MemberNamed
from chargehand.cli.output import echo_json, echo_next, echo_table, local_time, safe_line
from chargehand.domain.account import AccountRef
from chargehand.domain.errors import Rejected
from chargehand.domain.ids import AccountId, ConnectionId

ConnectionNamed = Annotated[
    str, typer.Argument(metavar="CONNECTION", help="Name of the connection in the settings.")
]


class NoAccountThere(Rejected):
    """A member without an account at a connection."""

    code = "member_without_account"
    template = (
        "{name} has no account at {connection}; `chargehand members show {member_id}` lists those "
        "they have."
    )


def link(
    context: typer.Context,
    member: MemberNamed,
    connection: ConnectionNamed,
    account: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="The id the vendor gave the account.")
    ],
) -> None:
    """Say that an account is a member's; it may be named so, and carries no right yet.

    Example: chargehand members link ana@example.com jira 5b10ac8d82e05b22cc7d4ef5
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import known_connections
    from chargehand.pipeline.identifying import link_account
    from chargehand.pipeline.members import find_member

    ref = AccountRef(ConnectionId(connection), AccountId(account))
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        linked = stores.database.write(
            lambda tx: link_account(
                tx,
                find_member(tx, member).id,
                ref,
                connections=known_connections(settings),
                by=operator_name(),
                now=now,
            )
        )
    typer.echo(f"{linked.account_id} at {linked.connection_id} is {linked.state.value} as theirs.")
    if not linked.carries_rights:
        typer.echo(
            "It carries no right yet. If you are sure: "
            f"chargehand members confirm {linked.member_id} {linked.connection_id}"
        )


def confirm(
    context: typer.Context,
    member: MemberNamed,
    connection: ConnectionNamed,
    *,
    code: Annotated[
        bool,
        typer.Option(
            "--code", help="Let the person prove it: print a code to be said from the account."
        ),
    ] = False,
) -> None:
    """Confirm that a member's account is theirs, so that it carries their rights.

    Without --code you vouch for it yourself, which is audited. A code is said to the bot from the
    account as `whoami CODE`, within 15 minutes; it is printed alone on standard output.

    Example: chargehand members confirm ana@example.com jira
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import known_connections
    from chargehand.pipeline.confirming import confirm_as_operator, start_confirmation
    from chargehand.pipeline.members import find_member

    where, by = ConnectionId(connection), operator_name()
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        known = known_connections(settings)
        if code:
            started = stores.database.write(
                lambda tx: start_confirmation(
                    tx, find_member(tx, member).id, where, connections=known, by=by, now=now
                )
            )
            until = local_time(started.expires_at, settings)
            account = started.account_id or "an account that is nobody's yet"
            zone = settings.business.time_zone
            typer.echo(f"To be said from {account} at {where} until {until} ({zone}):", err=True)
            typer.echo(started.code)
            return
        done = stores.database.write(
            lambda tx: confirm_as_operator(tx, find_member(tx, member).id, where, by=by, now=now)
        )
    for one in done.identities:
        name = safe_line(done.member.name)
        typer.echo(f"{one.account_id} at {one.connection_id} is confirmed as {name}'s.")
        if not one.is_active:
            typer.echo("It is deactivated there, so it carries no right all the same.")


def refuse(
    context: typer.Context,
    member: MemberNamed,
    connection: ConnectionNamed,
    account: Annotated[
        str | None,
        typer.Argument(metavar="ACCOUNT", help="The account's id; the one they have there."),
    ] = None,
) -> None:
    """Say that an account is not a member's: it carries nothing, and is not matched again.

    Example: chargehand members refuse ana@example.com jira
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.identifying import refuse_account
    from chargehand.pipeline.members import find_member

    where = ConnectionId(connection)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        found = stores.database.read(lambda tx: find_member(tx, member))
        has = stores.database.read(lambda tx: tx.members.identity_at(found.id, where))
        account_id = AccountId(account) if account else has.account_id if has else None
        if account_id is None:
            raise NoAccountThere(
                name=safe_line(found.name), connection=connection, member_id=found.id
            )
        ref = AccountRef(where, account_id)
        stores.database.write(
            lambda tx: refuse_account(tx, found.id, ref, by=operator_name(), now=now)
        )
    typer.echo(f"{account_id} at {connection} is not {safe_line(found.name)}'s.")
    typer.echo("It is not matched with them again; `chargehand members link` takes that back.")


def unmapped(
    context: typer.Context, *, last: Last = 50, cursor: Cursor = None, as_json: AsJSON = False
) -> None:
    """List accounts that spoke to the bot and are nobody's, with members of the same name.

    A name proves nothing: look, then link the account, or leave it alone.

    Example: chargehand members unmapped
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.accounts import list_unmapped
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(lambda tx: list_unmapped(tx, cursor=cursor, limit=last))
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo("Every account that was seen belongs to a member, or none was seen yet.")
        return
    echo_table(
        (
            "connection",
            "account",
            "name",
            "days seen",
            f"last ({settings.business.time_zone})",
            "perhaps",
        ),
        [
            (
                one.account.connection_id,
                one.account.account_id,
                one.account.name or "-",
                str(one.account.days),
                local_time(one.account.last_at, settings),
                ", ".join(f"{of.name} ({of.id})" for of in one.candidates) or "-",
            )
            for one in page.items
        ],
        texts=("name", "perhaps"),
    )
    typer.echo("\nIf you know whose one is: chargehand members link MEMBER CONNECTION ACCOUNT")
    echo_next(page.next_cursor)
