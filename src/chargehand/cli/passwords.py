"""`members password`: what a member signs in with."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import MemberNamed
from chargehand.cli.output import safe_line
from chargehand.domain.errors import Rejected


class PasswordTooWeak(Rejected):
    """A password that is soon found out."""

    code = "password_too_weak"
    template = "This password is {weakness}; choose another one, of 12 to 256 characters."


class PasswordsDiffer(Rejected):
    """Typed differently the second time."""

    code = "passwords_differ"
    template = "The two passwords differ, so nothing was changed."


def password(
    context: typer.Context,
    member: MemberNamed,
    *,
    none: Annotated[
        bool, typer.Option("--none", help="Let them sign in by a password no more.")
    ] = False,
) -> None:
    """Give a member a password to sign in with, and end their sessions.

    Asks for it twice without showing it; from a pipe it is the one line there. It never stands on
    the command line, where everybody on the host could read it.

    Example: chargehand members password ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.kit.passwords import digest_of_password, weakness_of
    from chargehand.pipeline.members import find_member
    from chargehand.pipeline.sessions import set_password, take_password

    with invocation.open_stores() as (settings, stores):
        found = stores.database.read(lambda tx: find_member(tx, member))
        now = invocation.clock(settings).now()
        if none:
            stores.database.write(
                lambda tx: take_password(tx, found.id, by=operator_name(), now=now)
            )
            typer.echo(f"{safe_line(found.name)} has no password, and is signed in nowhere.")
            return
        typed = _typed(found.name)
        weakness = weakness_of(typed, found.name, found.email or "")
        if weakness:
            raise PasswordTooWeak(weakness=weakness)
        digest = digest_of_password(typed)
        stores.database.write(
            lambda tx: set_password(tx, found.id, digest, by=operator_name(), now=now)
        )
    where = found.email or "no address, so give them one first"
    typer.echo(
        f"{safe_line(found.name)} signs in at /sign-in as {safe_line(where)}; earlier sessions "
        "have ended."
    )


def _typed(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline(4096).rstrip("\r\n")
    first = getpass(f"Password for {safe_line(name)} (not shown): ")
    if getpass("Once more: ") != first:
        raise PasswordsDiffer
    return first
