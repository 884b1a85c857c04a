"""`members`: the people of the team, what they may do, and which accounts are theirs."""

from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.account_checks import check_accounts
from chargehand.cli.away import absences, away, back
from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.erase import erase
from chargehand.cli.identities import confirm, link, refuse, unmapped
from chargehand.cli.options import AsJSON, Cursor, Last, MemberNamed
from chargehand.cli.output import (
    ERASED,
    echo_fields,
    echo_json,
    echo_next,
    echo_table,
    local_time,
    safe_line,
    zoned_time,
)
from chargehand.cli.passwords import password
from chargehand.cli.rosters import export, import_
from chargehand.cli.sign_in_links import link_sign_in, unlink_sign_in
from chargehand.domain.errors import Rejected

if TYPE_CHECKING:
    # They name types only.
    from chargehand.domain.member import Identity, Member

members = typer.Typer(
    name="members",
    help="The people of the team: their roles, and their accounts at each connection. An account "
    "is matched by a roster, by its e-mail address or by hand; it carries rights once it is "
    "confirmed.\n\nExample: chargehand members import roster.csv",
    no_args_is_help=True,
)
_ROLES_HELP = (
    "A role everywhere such as approver, or in one project such as PAY:approver; may be repeated."
)


class RolesMissing(Rejected):
    """Neither roles nor --none."""

    code = "roles_missing"
    template = "Name the roles the member shall have, or --none to take all of them away; not both."


@members.command("list")
def list_(
    context: typer.Context, *, last: Last = 50, cursor: Cursor = None, as_json: AsJSON = False
) -> None:
    """List the members added last, with their roles and accounts.

    Example: chargehand members list --last 200
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.members import list_members
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        page = stores.database.read(lambda tx: list_members(tx, cursor=cursor, limit=last))
    if as_json:
        echo_json(to_json(page))
        return
    if not page.items:
        typer.echo(
            "No members yet. Take a roster in with `chargehand members import roster.csv`, or add "
            'one with `chargehand members add "Ana Ruiz" --email ana@example.com`.'
        )
        return
    echo_table(
        ("id", "name", "email", "roles", "accounts", f"left ({settings.business.time_zone})"),
        [
            (
                one.member.id,
                one.member.name or ERASED,
                one.member.email or "-",
                _roles(one.member),
                ", ".join(f"{of.connection_id} {_state(of)}" for of in one.identities) or "-",
                local_time(one.member.left_at, settings),
            )
            for one in page.items
        ],
        texts=("name", "email", "roles", "accounts"),
    )
    echo_next(page.next_cursor)


@members.command("show")
def show(context: typer.Context, member: MemberNamed, *, as_json: AsJSON = False) -> None:
    """Show one member with every account, refused ones included.

    Example: chargehand members show ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.members import read_member
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        found = stores.database.read(lambda tx: read_member(tx, member))
        sign_ins = stores.database.read(lambda tx: tx.sign_in.accounts_of(found.member.id))
    if as_json:
        echo_json(to_json(found))
        return
    typer.echo(found.member.id)
    left = found.member.left_at
    echo_fields(
        [
            ("name", found.member.name or ERASED),
            ("email", found.member.email or "-"),
            ("time zone", found.member.time_zone or "-"),
            ("roles", _roles(found.member)),
            ("left", zoned_time(left, settings) if left is not None else ""),
            ("signs in as", ", ".join(f"{account} at {at}" for at, account in sign_ins)),
        ]
    )
    if not found.identities:
        typer.echo(
            "\nNo accounts are known. Link one: "
            f"chargehand members link {found.member.id} CONNECTION ACCOUNT"
        )
        return
    typer.echo("")
    echo_table(
        ("connection", "account", "name there", "state", "carries rights"),
        [
            (
                one.connection_id,
                one.account_id,
                one.name or "-",
                _state(one),
                "yes" if one.carries_rights else "no",
            )
            for one in found.identities
        ],
        texts=("name there",),
    )


@members.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="How people call them.")],
    *,
    email: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Accounts with this address are matched.")
    ] = "",
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="Such as Europe/Madrid.")] = "",
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help=_ROLES_HELP)
    ] = None,
) -> None:
    """Add one member; a whole team is quicker by a roster.

    Example: chargehand members add "Ana Ruiz" --email ana@example.com --role PAY:approver
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.members.fields import read_roles
    from chargehand.pipeline.members import add_member, read_member

    with invocation.open_stores() as (settings, stores):
        roles = read_roles(" ".join(role or ()), (), served_projects(settings))
        now = invocation.clock(settings).now()
        added = stores.database.write(
            lambda tx: add_member(
                tx,
                name,
                email=email,
                time_zone=time_zone,
                roles=roles,
                by=operator_name(),
                now=now,
            )
        )
        shown = stores.database.read(lambda tx: read_member(tx, added.id))
    typer.echo(f"{added.id} ({safe_line(added.name)}) is a member, with {_roles(added)}.")
    for one in shown.identities:
        typer.echo(f"Matched by e-mail: {one.account_id} at {one.connection_id}.")


@members.command("roles")
def roles_(
    context: typer.Context,
    member: MemberNamed,
    role: Annotated[list[str] | None, typer.Argument(metavar="ROLE", help=_ROLES_HELP)] = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Take every role away.")] = False,
) -> None:
    """Give a member these roles instead of those they had; it holds at once.

    Roles: viewer, contributor, developer, project_manager, approver, operator, admin, service.

    Example: chargehand members roles ana@example.com developer PAY:approver
    """
    if none is bool(role):
        raise RolesMissing
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.members.fields import read_roles
    from chargehand.pipeline.members import find_member, set_roles

    with invocation.open_stores() as (settings, stores):
        wanted = read_roles(" ".join(role or ()), (), served_projects(settings))
        now = invocation.clock(settings).now()
        found = stores.database.write(
            lambda tx: set_roles(
                tx, find_member(tx, member).id, wanted, by=operator_name(), now=now
            )
        )
    typer.echo(f"{safe_line(found.name)} has {_roles(found)} now.")


@members.command("leave")
def leave(context: typer.Context, member: MemberNamed) -> None:
    """Let a member leave: roles and rights end at once; what they did stays on record.

    `members erase` takes out what is held about them.

    Example: chargehand members leave ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.members import find_member
    from chargehand.pipeline.members import leave as let_leave

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        gone = stores.database.write(
            lambda tx: let_leave(tx, find_member(tx, member).id, by=operator_name(), now=now)
        )
        when = zoned_time(gone.left_at, settings)
    typer.echo(f"{safe_line(gone.name)} left on {when}; no account of theirs carries rights.")


members.command("import")(import_)
members.command("export")(export)
members.command("link")(link)
members.command("confirm")(confirm)
members.command("refuse")(refuse)
members.command("unmapped")(unmapped)
members.command("check-accounts")(check_accounts)
members.command("away")(away)
members.command("back")(back)
members.command("absences")(absences)
members.command("erase")(erase)
members.command("password")(password)
members.command("link-sign-in")(link_sign_in)
members.command("unlink-sign-in")(unlink_sign_in)


def _roles(member: "Member") -> str:
    # lazy: the zones of the world load longer than `--help` may.
    from chargehand.members.fields import write_roles

    return write_roles(member.roles) or "no role"


def _state(identity: "Identity") -> str:
    return identity.state.value if identity.is_active else "deactivated"
