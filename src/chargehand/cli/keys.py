"""`keys`: secrets that let programs use REST."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time, safe_line
from chargehand.domain.errors import Rejected

if TYPE_CHECKING:
    # They name types only.
    from collections.abc import Collection
    from datetime import datetime

    from chargehand.config.settings import Settings
    from chargehand.domain.ids import ProjectKey
    from chargehand.domain.records import ApiKeyRecord
    from chargehand.pipeline.keys import NewKey, Writing

keys = typer.Typer(
    name="keys",
    help="API keys for REST: a program shows one as `Authorization: Bearer ...`. Only a digest is "
    "kept, so a secret is shown once, when it is made.\n\nExample: chargehand keys create ci",
    no_args_is_help=True,
)
_SHOWN = 60


class ExpiryUnclear(Rejected):
    """An end of a key that is no moment, or over."""

    code = "key_expiry_unclear"
    template = "--expires is {found!r}; allowed: a moment to come, as 2027-06-30 or in 90 days."


@keys.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PERMISSION",
            help="What it may do, such as approval:view or approval:*; may be repeated. All of it "
            "when left out.",
        ),
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Only in this project; may be repeated."),
    ] = None,
    acts_for: Annotated[
        str | None,
        typer.Option(
            metavar="MEMBER",
            help="Whoever it speaks for: it never has more rights than they have at that moment, "
            "and what it does is recorded as theirs.",
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="WHEN", help='Such as "in 90 days" or 2027-06-30.')
    ] = None,
) -> None:
    """Make a key and print its secret, this once; nothing else goes to standard output.

    Without limits a key may do whatever an operator may.

    Example: chargehand keys create board --scope approval:view --project PAY > board.key
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.bootstrap.configured import served_projects
    from chargehand.pipeline.keys import KeyLimits, create_key, read_scope
    from chargehand.pipeline.members import find_member

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        limits = KeyLimits(
            permissions=read_scope(scope) if scope else None,
            projects=_projects(project, served_projects(settings)) if project else None,
            expires_at=_moment(expires, settings, now) if expires is not None else None,
        )

        def work(tx: "Writing") -> "NewKey":
            member = find_member(tx, acts_for).id if acts_for is not None else None
            limited = replace(limits, member_id=member)
            return create_key(tx, name, by=operator_name(), now=now, limits=limited)

        made = stores.database.write(work)
    typer.echo(f"{made.id} ({made.name}) works at once. Its secret is not shown again:", err=True)
    typer.echo(made.secret)


@keys.command("list")
def list_(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List every key without its secret, revoked ones included.

    Example: chargehand keys list
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.domain.records import Page
    from chargehand.pipeline.showing import to_json

    with invocation.open_stores() as (settings, stores):
        found = stores.database.read(lambda tx: tx.api_keys.all())
    if as_json:
        echo_json(to_json(Page(items=found, next_cursor=None)))
        return
    if not found:
        typer.echo("No keys yet. Make one with `chargehand keys create NAME`.")
        return
    echo_table(
        ("id", "name", f"created ({settings.business.time_zone})", "by", "limits", "revoked"),
        [
            (
                key.id,
                key.name,
                local_time(key.created_at, settings),
                key.created_by,
                _limits(key, settings),
                local_time(key.revoked_at, settings),
            )
            for key in found
        ],
        texts=("name", "by"),
    )


@keys.command("revoke")
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id: key_...")],
) -> None:
    """End a key at once; revoking it twice is no error.

    Example: chargehand keys revoke key_06f0c4h8k2v9m3p7r1t5w8x2z4
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.keys import revoke_key

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        key = stores.database.write(lambda tx: revoke_key(tx, key_id, by=operator_name(), now=now))
        when = local_time(key.revoked_at, settings)
    zone = settings.business.time_zone
    typer.echo(f"{key.id} ({safe_line(key.name)}) is revoked since {when} {zone}.")


def _projects(named: "list[str]", served: "Collection[ProjectKey]") -> "frozenset[ProjectKey]":
    # lazy: the zones of the world load longer than `--help` may.
    from chargehand.members.fields import read_projects

    return frozenset(read_projects(" ".join(named), served, field="project"))


def _moment(words: str, settings: "Settings", now: "datetime") -> "datetime":
    # lazy: the zones of the world load longer than `--help` may.
    from datetime import time

    from chargehand.commands.moments import read_moment

    meant = read_moment(words)
    day_starts = time(settings.business.hours_start)
    zone = settings.business.zone
    found = meant.resolve(now, zone=zone, day_starts=day_starts) if meant is not None else None
    if found is None:
        raise ExpiryUnclear(found=safe_line(words)[:_SHOWN])
    return found


def _limits(key: "ApiKeyRecord", settings: "Settings") -> str:
    told = []
    if key.permissions is not None:
        told.append(" ".join(sorted(key.permissions)) or "nothing")
    if key.projects is not None:
        told.append(f"in {' '.join(sorted(key.projects))}")
    if key.member_id is not None:
        told.append(f"for {key.member_id}")
    if key.expires_at is not None:
        told.append(f"until {local_time(key.expires_at, settings)}")
    return ", ".join(told) or "none"
