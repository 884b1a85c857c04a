"""`secrets`: keep secrets encrypted in the database, and change the key they are sealed with."""

import sys
from datetime import UTC, datetime
from getpass import getpass
from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import AsJSON
from chargehand.cli.output import echo_json, echo_table, local_time
from chargehand.domain.errors import Rejected

secrets = typer.Typer(
    name="secrets",
    help="Secrets that chargehand keeps itself, encrypted in its database; a setting reads one as "
    "stored:NAME. Their key is in a file outside the database, and in no backup.\n\n"
    "Example: chargehand secrets set jira-token",
    no_args_is_help=True,
)
_LARGEST_BYTES = 64 * 1024


class SecretNameInvalid(Rejected):
    """A name no setting could refer to."""

    code = "secret_name_invalid"
    template = (
        "The name of a stored secret has 1 to 64 lower-case letters, digits and -, beginning with "
        "a letter, such as jira-token."
    )


class SecretTextInvalid(Rejected):
    """No secret, or more than one."""

    code = "secret_text_invalid"
    template = "The secret must be text in UTF-8 of 1 byte to 64 KiB, on standard input."


class SecretInUse(Rejected):
    """A secret some setting reads."""

    code = "secret_in_use"
    template = "{setting} reads stored:{name}; change that setting first."


@secrets.command("set")
def set_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What a setting calls it.")],
    *,
    expires_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day it stops working."),
    ] = None,
) -> None:
    """Keep a secret, in the place of one with the same name; it is asked for, or read from a pipe.

    Example: chargehand secrets set jira-token --expires-on 2027-03-01 < token.txt
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy and the library that encrypts take longer than `--help` may.
    from chargehand.bootstrap.stored_secrets import NewSecret, keep_secret
    from chargehand.bootstrap.stores import migrate_stores, open_stores
    from chargehand.plugins.secret import is_stored_name

    if not is_stored_name(name):
        raise SecretNameInvalid
    ends_at = expires_on.replace(tzinfo=UTC) if expires_on is not None else None
    secret = NewSecret(name, _read_text(name), ends_at)
    settings = invocation.load_settings()
    clock = invocation.clock(settings)
    # A setting may name it before there was ever a database.
    migrate_stores(settings, clock=clock)
    stores = open_stores(settings)
    try:
        keep_secret(settings, stores.database, secret, by=operator_name(), now=clock.now())
    finally:
        stores.close()
    typer.echo(f"Kept, sealed with the newest key of {settings.secrets.key_file}.")
    typer.echo(f"A setting reads it as stored:{name}; a running service after a reload.")


@secrets.command("list")
def list_(context: typer.Context, *, as_json: AsJSON = False) -> None:
    """List what is kept, never a secret itself.

    Example: chargehand secrets list
    """
    invocation: Invocation = context.obj
    with invocation.open_stores() as (settings, stores):
        found = stores.database.read(lambda tx: tx.stored_secrets.all())
    if as_json:
        echo_json(
            [
                {
                    "name": one.name,
                    "key": one.key_id,
                    "set_at": one.set_at.isoformat(),
                    "set_by": one.set_by,
                    "expires_at": one.expires_at.isoformat() if one.expires_at else None,
                }
                for one in found
            ]
        )
        return
    if not found:
        typer.echo("Nothing is kept. Keep something with `chargehand secrets set NAME`.")
        return
    echo_table(
        ("name", "key", f"set ({settings.business.time_zone})", "by", "expires"),
        [
            (
                one.name,
                one.key_id,
                local_time(one.set_at, settings),
                one.set_by,
                f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "unknown",
            )
            for one in found
        ],
        texts=("by",),
    )


@secrets.command("remove")
def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of `secrets list`.")],
) -> None:
    """Forget a secret for good, unless a setting reads it.

    Example: chargehand secrets remove jira-token
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline.stored_secrets import remove_secret

    with invocation.open_stores() as (settings, stores):
        for one in settings.found_secrets:
            if one.place == f"stored:{name}":
                raise SecretInUse(setting=one.setting, name=name)
        now = invocation.clock(settings).now()
        stores.database.write(lambda tx: remove_secret(tx, name, by=operator_name(), now=now))
    typer.echo(f"{name} is forgotten; backups made before still hold it, sealed.")


@secrets.command("rotate-key")
def rotate_key(context: typer.Context) -> None:
    """Seal everything with a new key, all at once; cut off half way, run it again.

    The older keys stay in the file, for backups that were made before, until `forget-old-keys`.

    Example: chargehand secrets rotate-key
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy and the library that encrypts take longer than `--help` may.
    from chargehand.bootstrap import stored_secrets

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        done = stored_secrets.rotate_key(settings, stores.database, by=operator_name(), now=now)
    typer.echo(f"{done.resealed} secret(s) are sealed with the new key {done.key_id}.")
    if done.older_keys:
        older = ", ".join(done.older_keys)
        typer.echo(f"Older backups need {older}; drop them with `secrets forget-old-keys`.")


@secrets.command("forget-old-keys")
def forget_old_keys(context: typer.Context) -> None:
    """Drop the keys nothing is sealed with any more; what older backups hold then stays shut.

    Example: chargehand secrets forget-old-keys
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy and the library that encrypts take longer than `--help` may.
    from chargehand.bootstrap import stored_secrets

    with invocation.open_stores() as (settings, stores):
        gone = stored_secrets.forget_old_keys(settings, stores.database)
    typer.echo(f"Dropped: {', '.join(gone)}." if gone else "Every key that is there is in use.")


def _read_text(name: str) -> str:
    """The secret, without the line end that follows it; never from the command's own words."""
    if sys.stdin.isatty():
        return _checked(getpass(f"{name} (not shown): "))
    raw = sys.stdin.buffer.read(_LARGEST_BYTES + 1)
    if len(raw) > _LARGEST_BYTES:
        raise SecretTextInvalid
    try:
        return _checked(raw.decode())
    except UnicodeDecodeError as error:
        raise SecretTextInvalid from error


def _checked(text: str) -> str:
    text = text.rstrip("\r\n")
    if not text:
        raise SecretTextInvalid
    return text
