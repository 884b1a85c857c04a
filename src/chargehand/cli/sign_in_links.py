"""`members link-sign-in|unlink-sign-in`: whose an account at the sign-in provider is."""

from typing import Annotated

import typer

from chargehand.cli.context import Invocation, operator_name
from chargehand.cli.options import MemberNamed
from chargehand.cli.output import safe_line
from chargehand.domain.errors import Rejected


class ProviderMissing(Rejected):
    """No provider to be linked to."""

    code = "sign_in_provider_missing"
    template = "No sign-in provider is set up; name it as `issuer` under [oidc] in the settings."


def link_sign_in(
    context: typer.Context,
    member: MemberNamed,
    account: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT",
            help="The id of the account there; whoever is turned away at /sign-in is told theirs.",
        ),
    ],
) -> None:
    """Let an account at your sign-in provider sign in as a member, because you vouch for it.

    For providers that do not say that an e-mail address is verified, such as Entra ID. Ask the
    person themselves for the id, in a way that proves who they are. `unlink-sign-in` takes it back.

    Example: chargehand members link-sign-in ana@example.com AAAAAIkzqFVrSaSaFHy782bbtaQ
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import sign_in_links
    from chargehand.pipeline.members import find_member

    with invocation.open_stores() as (settings, stores):
        issuer = settings.oidc.issuer
        if issuer is None:
            raise ProviderMissing
        now = invocation.clock(settings).now()
        linked = stores.database.write(
            lambda tx: sign_in_links.link_sign_in(
                tx, find_member(tx, member).id, issuer, account, by=operator_name(), now=now
            )
        )
    typer.echo(f"Whoever signs in as {safe_line(account)} at {issuer} is {safe_line(linked.name)}.")


def unlink_sign_in(context: typer.Context, member: MemberNamed) -> None:
    """Let nobody sign in as a member by a provider any more, and end their sessions.

    A provider that vouches for their e-mail address links them anew when they next sign in.

    Example: chargehand members unlink-sign-in ana@example.com
    """
    invocation: Invocation = context.obj
    # lazy: SQLAlchemy takes longer than `--help` may.
    from chargehand.pipeline import sign_in_links
    from chargehand.pipeline.members import find_member

    with invocation.open_stores() as (settings, stores):
        now = invocation.clock(settings).now()
        unlinked = stores.database.write(
            lambda tx: sign_in_links.unlink_sign_in(
                tx, find_member(tx, member).id, by=operator_name(), now=now
            )
        )
    typer.echo(f"No account at a provider signs in as {safe_line(unlinked.name)}; sessions ended.")
