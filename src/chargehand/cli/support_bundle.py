"""`support-bundle`: what somebody else needs to help, in one archive, without secrets or names."""

from pathlib import Path
from typing import Annotated

import typer

from chargehand.cli.context import Invocation
from chargehand.cli.output import echo_fields
from chargehand.domain.errors import Rejected
from chargehand.kit.clock import SystemClock


class BundleUnwritable(Rejected):
    """The archive can not be written."""

    code = "bundle_unwritable"
    template = "The bundle can not be written to {path}: {detail}. Name another file by --output."


def support_bundle(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; a new file in this folder."),
    ] = None,
    lines: Annotated[
        int, typer.Option(min=0, max=100_000, metavar="N", help="Last lines of the log file.")
    ] = 2000,
    online: Annotated[
        bool, typer.Option("--online", help="Let doctor call each vendor for it.")
    ] = False,
) -> None:
    """Pack what is needed to help from outside: settings, checks, figures, the end of the log.

    Secrets, e-mail addresses, names and texts of people are left out. Look at it before you send
    it.

    Example: chargehand support-bundle --output bundle.tar.gz
    """
    invocation: Invocation = context.obj
    # lazy: the libraries for archives and for versions take longer than `--help` may.
    from chargehand.cli.bundle_files import bundle_files, pack

    now = SystemClock().now()
    path = output or Path(f"chargehand-support-{now:%Y%m%d-%H%M%S}.tar.gz")
    files = dict(bundle_files(invocation, lines=lines, online=online, now=now))
    try:
        pack(path, files, now)
    except OSError as error:
        raise BundleUnwritable(path=str(path), detail=error.strerror or str(error)) from error
    typer.echo(f"{path} holds, without secrets, e-mail addresses, names and texts of people:\n")
    echo_fields([(name, f"{len(text.encode())} bytes") for name, text in files.items()])
    typer.echo("\nLook at it before you send it, for example with `tar xzf`.")
