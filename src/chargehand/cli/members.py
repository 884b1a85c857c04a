"""`members`: the people chargehand knows of."""

import typer

from chargehand.cli.erase import erase

members = typer.Typer(
    name="members",
    help="The people chargehand knows of, by their accounts.\n\n"
    "Example: chargehand members erase 5b10ac8d82e05b22cc7d4ef5",
    no_args_is_help=True,
)


@members.callback()
def _group() -> None:
    """Keep `members` a group while it has one command."""


members.command("erase")(erase)
