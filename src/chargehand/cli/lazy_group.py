"""A group whose commands are loaded when they are called: `--help` waits for none of them."""

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group


class Entry(NamedTuple):
    """A command's line in the list of commands, and where it lives.

    Shape: `place` is `module:attribute` below `chargehand.cli`, a function or a `typer.Typer`; left
    out, both are called as the command is.
    """

    name: str
    in_short: str
    place: str = ""


def group_of(entries: tuple[Entry, ...]) -> type[TyperGroup]:
    """What `typer.Typer(cls=...)` takes to offer these commands, in this order."""
    by_name = {entry.name: entry for entry in entries}

    # The library keeps the types of contexts and formatters to itself.
    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            del ctx
            return list(by_name)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name in by_name and cmd_name not in self.commands:
                self.commands[cmd_name] = _load(by_name[cmd_name])
            return super().get_command(ctx, cmd_name)

        def invoke(self, ctx: Any) -> Any:
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                # The library that checks arguments puts its own kind of error before the sentence.
                error.message = error.message.removeprefix("Value error, ")
                raise

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            del ctx
            with formatter.section("Commands"):
                formatter.write_dl([(entry.name, entry.in_short) for entry in entries])

    return LazyGroup


def _load(entry: Entry) -> Any:
    own = entry.name.replace("-", "_")
    module, _, attribute = (entry.place or f"{own}:{own}").partition(":")
    found = getattr(importlib.import_module(f"chargehand.cli.{module}"), attribute)
    parent = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        parent.add_typer(found, name=entry.name, short_help=entry.in_short)
    else:
        parent.command(entry.name, short_help=entry.in_short)(found)
    return get_group(parent).commands[entry.name]
