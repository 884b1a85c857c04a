"""`demo`: the main job on this machine alone, beside a small fake Jira."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(help="New folder for everything; demo-data/<time> if left out."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the server; a free one if left out."),
    ] = None,
) -> None:
    """Show the whole thing offline: a mention, the decision, your approval, the reply.

    Starts the real server beside a small fake Jira, on this machine only. Needs no key, no
    account and no network. Asks for approval on a terminal, and approves by itself without one.

    Example: chargehand demo
    """
    # lazy: what draws and speaks HTTP takes longer to load than `--help` may.
    from chargehand.cli.demo_run import run_demo

    run_demo(folder, port=port)
