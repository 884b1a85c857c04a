"""The options of `replay`."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

TriedPolicy: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Give modes by this policy, as TOML; see `policy check`."),
]
TriedModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="M",
        help="Ask this model anew: a provider of the settings, or PROVIDER:MODEL. It costs.",
    ),
]
TriedPrompt: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Ask anew with this system prompt; the data, the tool and the form of the answer "
        "stay. It costs.",
    ),
]
SpendsUnasked: TypeAlias = Annotated[
    bool, typer.Option("--yes", help="Spend what it can cost without being asked.")
]
MostReplayed: TypeAlias = Annotated[
    int, typer.Option(min=1, max=2000, metavar="N", help="How many of a stretch at most.")
]
MostAsked: TypeAlias = Annotated[
    int,
    typer.Option(min=1, max=200, metavar="N", help="About how many of a stretch a model is asked."),
]
