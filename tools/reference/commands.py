"""What people can say to the bot, made from the one list of commands."""

from chargehand.commands.definition import EVERYWHERE, Access, Command
from chargehand.commands.registry import COMMANDS
from chargehand.domain.intent import WRITES
from chargehand.policy.permissions import roles_with
from tools.reference.markdown import in_cell, page, table

_INTRO = """\
What people can say to the bot, on the command line with `chargehand say`, and by REST at \
`/v1/commands`."""
_ASKS = """\
## Asked

Questions and changes about a work item.
`[KEY]` is the key of another work item of the same project; without one the comment's own is meant.
Names with spaces stand in quotes.
Plain questions mean the same as the command beside them; \
[understanding](../explanation/understanding.md) says what else counts, and when a change is \
proposed."""
_RUN = """\
## Run

A line is a command from its first word to its last, or none; \
[say a command](../howto/commands.md) tells what follows.
An id may be shortened to its last six characters or more."""
_WHO = {
    Access.PUBLIC: "everybody",
    Access.ANYBODY: "whoever may ask there",
    Access.MEMBER: "members with a confirmed account",
}


def commands_page() -> str:
    """Every command with its usage, what it does and asks that mean it."""
    asks = [
        [
            *_named(command),
            "a change" if command.kind in WRITES else "an answer",
            _examples(command),
        ]
        for command in COMMANDS
        if command.is_ask
    ]
    run = [
        [*_named(command), _who(command), _where(command), _seen(command), _examples(command)]
        for command in COMMANDS
        if not command.is_ask
    ]
    head = ["command", "also", "usage", "what it does"]
    parts = [
        _RUN,
        table([*head, "who", "where", "who sees the answer", "lines"], run),
        _ASKS,
        table([*head, "leads to", "asks that mean it"], asks),
    ]
    return page("Commands", _INTRO, "\n\n".join(part.strip("\n") for part in parts) + "\n")


def _named(command: Command) -> list[str]:
    return [
        f"`{command.name}`",
        ", ".join(f"`{alias}`" for alias in command.aliases),
        f"`{in_cell(command.usage)}`",
        command.does,
    ]


def _examples(command: Command) -> str:
    return ", ".join(f"“{example}”" for example in command.examples)


def _who(command: Command) -> str:
    if command.access is Access.MEMBER and command.permission is not None:
        roles = roles_with(command.permission)
        if roles:
            return "in the project: " + ", ".join(f"`{role}`" for role in roles)
    return _WHO[command.access]


def _where(command: Command) -> str:
    if command.surfaces == EVERYWHERE:
        return "everywhere"
    return ", ".join(f"`{surface}`" for surface in sorted(command.surfaces))


def _seen(command: Command) -> str:
    return "who said it" if command.is_private else "everybody there"
