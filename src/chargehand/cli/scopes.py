"""The options that say what a flag or a stop is about."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from chargehand.domain.errors import Rejected
from chargehand.domain.switches import ORGANIZATION, Scope, ScopeKind

if TYPE_CHECKING:
    # pydantic and SQLAlchemy take longer to load than `--help` may.
    from chargehand.config.settings import Settings
    from chargehand.pipeline.flags import KnownScopes

ForProject: TypeAlias = Annotated[
    str | None, typer.Option("--project", metavar="KEY", help="Only this project, such as PAY.")
]
ForAgent: TypeAlias = Annotated[
    str | None, typer.Option("--agent", metavar="NAME", help="Only this agent.")
]
ForConnector: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--connector", metavar="NAME", help="Only this connector, or this connection by its id."
    ),
]
Why: TypeAlias = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for those who look back.")
]


class ScopesMixed(Rejected):
    """More than one scope was named, or none where one is needed."""

    code = "scopes_mixed"
    template = "Name one scope: {allowed}. Named here: {found}."


def one_scope(named: dict[ScopeKind, str | None], *, is_all: bool, allowed: str) -> Scope:
    """The one scope that options name.

    Raises: ScopesMixed.
    """
    found = [Scope(kind, _plain(kind, name)) for kind, name in named.items() if name is not None]
    if is_all:
        found.append(ORGANIZATION)
    if len(found) != 1:
        shown = ", ".join("--all" if one == ORGANIZATION else f"--{one.kind}" for one in found)
        raise ScopesMixed(allowed=allowed, found=shown or "none")
    return found[0]


def known_scopes(settings: "Settings") -> "KnownScopes":
    """The projects and connectors of this installation."""
    # lazy: what it imports takes longer than `--help` may.
    from chargehand.bootstrap.configured import scopes_of

    return scopes_of(settings)


def _plain(kind: ScopeKind, name: str) -> str:
    return name.strip().upper() if kind is ScopeKind.PROJECT else name.strip()
