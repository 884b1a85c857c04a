"""Doing the same for several ids: a refusal is told and does not keep the others from it."""

from collections.abc import Callable, Sequence

import typer

from chargehand.domain.errors import Rejected


def one_by_one(identifiers: Sequence[str], work: Callable[[str], str]) -> None:
    """Print what `work` says of each id, once each; exit 2 when any was refused."""
    refused = 0
    for identifier in dict.fromkeys(identifiers):
        try:
            typer.echo(work(identifier))
        except Rejected as error:
            typer.echo(f"chargehand: {error}", err=True)
            refused += 1
    if refused:
        raise typer.Exit(2)
