"""`keys`: secrets that let programs use REST."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time, safe_line
from chargehand.domain.errors import Rejected

keys = typer.Typer(
    name="keys",
    help="API keys for REST: a program shows one as `Authorization: Bearer ...`. Only a digest is "
    "kept, so a secret is shown once, when it is made.\n\nExample: chargehand keys create ci",
    no_args_is_help=True,
)
_LONGEST_NAME = 60


class KeyNameInvalid(Rejected):
    """A name that tells nobody what the key is for."""

    code = "key_name_invalid"
    template = "The name of a key must have 1 to {longest} visible characters."


@keys.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
) -> None:
    """Make a key and print its secret, this once; nothing else goes to standard output.

    Example: chargehand keys create ci > ci.key
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.keys import create_key

    named = name.strip()
    if not named or len(named) > _LONGEST_NAME or not named.isprintable():
        raise KeyNameInvalid(longest=_LONGEST_NAME)
    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        made = stores.database.write(lambda tx: create_key(tx, named, by=operator_name(), now=now))
    typer.echo(f"{made.id} ({named}) works at once. Its secret is not shown again:", err=True)
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
        ("id", "name", f"created ({settings.business.time_zone})", "by", "revoked"),
        [
            (
                key.id,
                key.name,
                local_time(key.created_at, settings),
                key.created_by,
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
