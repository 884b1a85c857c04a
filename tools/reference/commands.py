"""What people can say to the bot, made from the one list of commands."""

from chargehand.commands.registry import COMMANDS
from chargehand.domain.intent import WRITES
from tools.reference.markdown import in_cell, page, table

_INTRO = """\
What people can write after mentioning the bot in a comment.
`[KEY]` is the key of another work item of the same project; without one the comment's own is meant.
Names with spaces stand in quotes.
Plain questions mean the same as the command beside them; \
[understanding](../explanation/understanding.md) says what else counts, and when a change is \
proposed."""


def commands_page() -> str:
    """Every command with its usage, what it does and asks that mean it."""
    rows = [
        [
            f"`{command.name}`",
            ", ".join(f"`{alias}`" for alias in command.aliases),
            f"`{in_cell(command.usage)}`",
            command.does,
            "a change" if command.kind in WRITES else "an answer",
            ", ".join(f"“{example}”" for example in command.examples),
        ]
        for command in COMMANDS
    ]
    head = ["command", "also", "usage", "what it does", "leads to", "asks that mean it"]
    return page("Commands in comments", _INTRO, table(head, rows))
